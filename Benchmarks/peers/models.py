"""The models that are measured. Everything is derived from what scripts/fetch-models brings."""

import json
import os
import subprocess
import sys

from peers.common import BENCHMARKS, ROOT, Failure, execute, say


class LanguageModel:
    """One model in the forms that the programs read."""

    def __init__(self, label, attend, gguf, bytes_per_token, aim):
        self.label, self.attend, self.gguf, self.bytes_per_token, self.aim = label, attend, gguf, bytes_per_token, aim


def _fetch(name):
    result = subprocess.run([ROOT / "scripts/fetch-models", name], stdout=subprocess.PIPE, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else None


def _bytes(peers, path):
    """Bytes of weights that a decode step reads: all of a file's tensors, of two embedding tables the output's."""
    note = peers.home / "models" / (os.path.basename(path) + ".bytes")
    if not note.exists():
        text, _, _ = execute([peers.python, BENCHMARKS / "workers/smollm2.py", "bytes", path])
        note.write_text(text)
    return int(note.read_text())


def language_models(peers, gemma):
    """SmolLM2 in Q4_1, Q8_0 and bfloat16, and Gemma 3 270M; what cannot be made is left out with a message."""
    folder = peers.home / "models"
    folder.mkdir(exist_ok=True)
    original = _fetch("smollm2")
    if not original:
        sys.exit("bench-peers: scripts/fetch-models cannot fetch smollm2")
    if not peers.has("gguf", "llama.cpp"):
        say("only Q4_1 is measured: deriving the other forms needs llama.cpp and the Python package gguf")
        return [LanguageModel("Q4_1", original, original, os.path.getsize(original), 1.5)]
    for form in ("Q8_0", "BF16"):
        path = folder / f"smollm2-{form.lower()}.gguf"
        if not path.exists():
            say(f"making {path.name}")
            partial = path.with_suffix(".partial")
            execute([peers.llama / "llama-quantize", "--allow-requantize", "--pure", original, partial, form])
            partial.rename(path)
    halves = folder / "smollm2-bf16"
    if not (halves / "config.json").exists():
        say(f"making {halves.name}")
        execute([peers.python, BENCHMARKS / "workers/smollm2.py", "safetensors", folder / "smollm2-bf16.gguf", halves])
    q8, bf16 = str(folder / "smollm2-q8_0.gguf"), str(folder / "smollm2-bf16.gguf")
    models = [
        LanguageModel("Q4_1", original, original, _bytes(peers, original), 1.5),
        LanguageModel("Q8_0", q8, q8, _bytes(peers, q8), 1.3),
        LanguageModel("bf16", str(halves), bf16, _bytes(peers, bf16), 1.5),
    ]
    path = _fetch("gemma3-270m") if gemma else None
    if path:
        models.append(LanguageModel("Gemma 3 270M Q4_K_M", path, path, _bytes(peers, path), 1.3))
    return models


def translator(peers):
    """A translator of Transformer-base's shape with random weights, for attend and for CTranslate2."""
    folder = peers.home / "models/transformer-base"
    if not (folder / "ctranslate2/model.bin").exists():
        say("making a translator of Transformer-base's shape")
        execute([peers.python, BENCHMARKS / "workers/transformer_base.py", folder])
    return folder / "huggingface", folder / "ctranslate2"


def isa(peers):
    """The instruction-set level that attend uses here."""
    try:
        text, _, _ = execute(
            [peers.attend, "bench", _fetch("smollm2"), "--json", "--prompt", 1, "--decode", 1, "--repetitions", 1]
        )
        return json.loads(text)["isa"]
    except (Failure, ValueError, KeyError):
        return "unknown"
