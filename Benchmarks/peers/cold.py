"""From nothing to the first token."""

from peers.common import Row, in_turns
from peers.programs import Attend, Llama
from peers.workload import Workload


def run(setting):
    peers = setting.peers
    if not peers.has("llama.cpp"):
        return
    attend, llama, model = Attend(peers), Llama(peers), setting.models[0]
    for threads in setting.threads:
        both = in_turns(
            setting,
            {
                "attend": lambda: attend.first_token(model.attend, threads),
                "llama.cpp": lambda: llama.first_token(model.gguf, threads),
                "llama.cpp, context 512": lambda: llama.first_token(model.gguf, threads, 512),
            },
        )
        if len(both) == 3:
            seconds = {name: [1000 * value[0] for value in values] for name, values in both.items()}
            peaks = {name: [value[1] for value in values] for name, values in both.items()}
            yield Row(f"{model.label}, first token", "ms", threads, seconds, higher=False, aim="≥ 2")
            yield Row(f"{model.label}, peak memory", "MiB", threads, peaks, higher=False, aim="≥ 2")


WORKLOAD = Workload(
    "cold",
    "Cold start",
    "A fresh process, its file in the page cache, loads SmolLM2-135M and writes one token. By default llama.cpp takes "
    "memory for the model's longest context, so it is measured with a context of 512 as well.",
    ["llama.cpp"],
    run,
)
