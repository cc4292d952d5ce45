#!/usr/bin/env python3
"""Makes Fixtures/smollm2: what the reference implementation answers with the weights of the published GGUF.

Fixtures/make-smollm2.py "$(scripts/fetch-models smollm2)"
"""

import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import chat, gguf_reader, reference  # noqa: E402

TOKENS = 64
PROMPTS = [
    "The capital of France is",
    "Once upon a time, in a small village by the sea,",
    "def fibonacci(n):\n    ",
    "Water boils at 100 degrees",
    "The three primary colours are",
    "Q: What is 2 + 2?\nA:",
    "In 1969, Neil Armstrong",
    "La capitale de l'Italie est",
    "List of planets: Mercury, Venus,",
    "To be, or not to be, that is the",
]
QUESTIONS = ["What is the capital of France?", "Why is the sky blue?", "Write a haiku about the sea."]


def continuation(model, ids):
    """Greedy tokens, to the end of text or 64, and the smallest distance between best and second best."""
    chosen, margin, cache, step = [], float("inf"), None, torch.tensor([ids])
    with torch.no_grad():
        while len(chosen) < TOKENS and (not chosen or chosen[-1] != model.config.eos_token_id):
            result = model(step, past_key_values=cache, use_cache=True)
            cache, best = result.past_key_values, result.logits[0, -1].topk(2)
            margin = min(margin, float(best.values[0] - best.values[1]))
            chosen.append(int(best.indices[0]))
            step = best.indices[:1][None]
    return chosen, margin


def entry(model, tokenizer, text, **extra):
    ids = tokenizer.encode(text).ids
    chosen, margin = continuation(model, ids)
    print(f"margin {margin:.4f}  {tokenizer.decode(chosen)[:80]!r}")
    return extra | {
        "prompt": text,
        "prompt_ids": ids,
        "greedy_ids": chosen,
        "greedy_text": tokenizer.decode(chosen),
        "smallest_margin": round(margin, 4),
    }


def negative_log_likelihood(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, :-1].double()
    return float(torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:])))


def main():
    torch.use_deterministic_algorithms(True)
    reader = gguf_reader.open_file(sys.argv[1])
    tokenizer, model = gguf_reader.tokenizer(reader), gguf_reader.llama(reader)
    entries = [entry(model, tokenizer, text) for text in PROMPTS]
    template = gguf_reader.value(reader, "tokenizer.chat_template")
    for question in QUESTIONS:
        messages = [{"role": "user", "content": question}]
        text = chat.render(template, messages=messages, add_generation_prompt=True)
        entries.append(entry(model, tokenizer, text, messages=messages))
    ids = tokenizer.encode((HERE / "austen-3000.txt").read_text()).ids[:512]
    nll = negative_log_likelihood(model, ids)
    print(f"austen: {nll:.4f} nats")
    # A continuation that turns on the last bits of float32 tests nothing.
    kept = [entry for entry in entries if entry["smallest_margin"] >= 2e-3]
    (HERE / "smollm2").mkdir(exist_ok=True)
    reference.write_json(
        HERE / "smollm2" / "reference.json",
        {
            "model": "SmolLM2-135M-Instruct.Q4_1.gguf, weights widened to float32",
            "austen": {"ids": ids, "mean_negative_log_likelihood": round(nll, 6)},
            "greedy": kept,
        },
    )
    print(f"kept {len(kept)} of {len(entries)}")


if __name__ == "__main__":
    main()
