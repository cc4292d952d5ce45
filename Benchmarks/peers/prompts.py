"""Reading prompts."""

import contextlib

from peers.common import compare
from peers.programs import Attend, Llama, python_worker
from peers.workload import Workload

LENGTHS = (128, 512)


def run(setting):
    for threads in setting.threads:
        for model in setting.models:
            if model.label in ("Q4_1", "bf16"):
                yield from _rows(setting, model, threads)


def _rows(setting, model, threads):
    attend, llama, peers = Attend(setting.peers), Llama(setting.peers), setting.peers
    with contextlib.ExitStack() as stack:
        loaded = [
            (name, stack.enter_context(worker), request) for name, worker, request in _workers(setting, model, threads)
        ]
        for length in LENGTHS:
            programs = {"attend": lambda: attend.prompt(model.attend, length, threads)}
            if peers.has("llama.cpp"):
                programs["llama.cpp"] = lambda: llama.prompt(model.gguf, length, threads)
            for name, worker, request in loaded:
                programs[name] = lambda worker=worker, request=request: length / worker.seconds(f"{request} {length}")
            yield compare(
                setting,
                f"{model.label}, prompt {length}",
                "tokens/s",
                threads,
                programs,
                aim="≥ 3 (llama.cpp), 1.5 (OpenVINO), 2 (PyTorch)",
            )


def _workers(setting, model, threads):
    """(name, worker, request): the peers that stay loaded, each in the precisions that this processor is fast in."""
    peers = setting.peers
    precisions = ["f32", "bf16"] if setting.multiplies_bfloat16 else ["f32"]
    if model.label == "Q4_1" and peers.has("openvino-genai"):
        for precision in precisions:
            name = f"OpenVINO GenAI, {precision}"
            yield name, python_worker(peers, name, "openvino_worker.py", threads, model.gguf, precision), "prompt"
    if model.label == "bf16" and peers.has("torch", "transformers"):
        for precision in precisions:
            name = f"PyTorch, {precision}"
            yield name, python_worker(peers, name, "torch_worker.py", threads), f"prompt {model.attend} {precision}"


WORKLOAD = Workload(
    "prompts",
    "Prompts",
    "SmolLM2-135M reads a prompt of random tokens, up to the last token's logits. Peers compute in the "
    "type that is fastest on the processor: bfloat16 where it multiplies that, float32 elsewhere.",
    ["llama.cpp", "openvino-genai", "torch", "transformers"],
    run,
)
