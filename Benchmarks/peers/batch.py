"""Sixteen requests at once."""

from peers.common import compare
from peers.programs import Attend, Llama
from peers.workload import Workload

REQUESTS, PROMPT, DECODE = 16, 32, 32


def run(setting):
    attend, llama, peers = Attend(setting.peers), Llama(setting.peers), setting.peers
    model = setting.models[0]
    for threads in setting.threads:
        programs = {
            "attend": lambda: attend.batched_decode(model.attend, REQUESTS, PROMPT, DECODE, threads),
            "llama.cpp": lambda: llama.batched_decode(model.gguf, REQUESTS, PROMPT, DECODE, threads),
        }
        if peers.has("llama.cpp"):
            yield compare(
                setting, f"{model.label}, {REQUESTS} requests", "tokens/s of all", threads, programs, aim="≥ 3"
            )


WORKLOAD = Workload(
    "batch",
    "Requests at once",
    f"{REQUESTS} requests of {PROMPT} tokens write {DECODE} each, together; SmolLM2-135M. "
    "llama.cpp's side is llama-batched-bench.",
    ["llama.cpp"],
    run,
)
