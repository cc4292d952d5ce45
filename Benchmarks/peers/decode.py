"""Writing token by token: the time of a step is that of reading the weights once."""

from peers.common import Row, in_turns
from peers.programs import Attend, Llama, attend_worker
from peers.workload import Workload

LENGTH = 64


def run(setting):
    attend, llama = Attend(setting.peers), Llama(setting.peers)
    for threads in setting.threads:
        with attend_worker(setting.peers, threads) as memory:
            for model in setting.models:
                programs = {"attend": lambda: attend.decode(model.attend, LENGTH, threads)}
                if setting.peers.has("llama.cpp"):
                    programs["llama.cpp"] = lambda: llama.decode(model.gguf, LENGTH, threads)
                programs["streaming read"] = lambda: 1 / memory.seconds(f"stream {model.bytes_per_token}")
                values = in_turns(setting, programs)
                stream = values.pop("streaming read", None)
                if "attend" not in values or not stream:
                    continue
                row = Row(f"{model.label}, decode {LENGTH}", "tokens/s", threads, values, aim=f"≥ {model.aim}")
                if len(values) > 1:
                    yield row
                gigabytes = model.bytes_per_token / 1e9
                yield Row(
                    f"{model.label}, weights read",
                    "GB/s",
                    threads,
                    {
                        "attend": [value * gigabytes for value in values["attend"]],
                        "streaming read": [value * gigabytes for value in stream],
                    },
                    aim="≥ 0.85",
                )


WORKLOAD = Workload(
    "decode",
    "Decode",
    "64 tokens one by one from an almost empty cache, SmolLM2-135M and Gemma 3 270M. The streaming "
    "read goes once over as many bytes as the weights have, in the same turns: the bound of decoding.",
    ["llama.cpp"],
    run,
)
