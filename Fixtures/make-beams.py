#!/usr/bin/env python3
"""Beam searches of the reference implementation over the tiny decoders of golden/: makes beams.json.

Needs torch 2.13 and transformers 5.23. Every case is searched in float64 too, and left out where that finds other
tokens: there the result depends on rounding.
"""

import json
import pathlib

import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = ["gpt2", "llama3", "gemma2", "gpt-neox"]
SEARCHES = [
    {"num_beams": 2, "length_penalty": 1.0, "early_stopping": False},
    {"num_beams": 4, "length_penalty": 0.5, "early_stopping": False},
    {"num_beams": 5, "length_penalty": 2.0, "early_stopping": True},
    {"num_beams": 3, "length_penalty": 1.0, "early_stopping": True},
    {"num_beams": 4, "length_penalty": 0.0, "early_stopping": False},
]


def search(model, prompt, ends, options, longest):
    with torch.no_grad():
        found = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False,
            max_new_tokens=longest, eos_token_id=ends or None, pad_token_id=0, return_dict_in_generate=True,
            output_scores=True, num_return_sequences=options["num_beams"], **options)
    answers = []
    for row, score in zip(found.sequences[:, len(prompt):].tolist(), found.sequences_scores.tolist()):
        end = next((i for i, token in enumerate(row) if token in ends), None)
        answers.append({"tokens": row if end is None else row[: end + 1], "score": score})
    return answers


def main():
    logging.set_verbosity_error()
    cases = []
    for folder in FOLDERS:
        path = HERE / "golden" / folder
        single = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()
        double = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float64, attn_implementation="eager").eval()
        for model in (single, double):
            model.generation_config.eos_token_id = None
        generator = torch.Generator().manual_seed(len(cases) + 1)
        for index, options in enumerate(SEARCHES * 2):
            prompt = torch.randint(3, 60, (3 + index,), generator=generator).tolist()
            longest = 6 + 2 * index
            # Ends that a search comes by: tokens from the middle of what it finds without any.
            free = search(single, prompt, [], options, longest)
            ends = sorted({free[0]["tokens"][longest // 2], free[-1]["tokens"][longest // 3]})[: 1 + index % 2]
            for ends in ([], ends):
                answers = search(single, prompt, ends, options, longest)
                exact = search(double, prompt, ends, options, longest)
                if [a["tokens"] for a in answers] != [a["tokens"] for a in exact]:
                    continue
                cases.append({"folder": folder, "prompt": prompt, "ends": ends, "longest": longest, **options, "answers": exact})
    text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (HERE / "beams.json").write_text(f"[\n{text}\n]\n")
    ended = sum(1 for case in cases for a in case["answers"] if a["tokens"][-1] in case["ends"])
    print(len(cases), "cases,", ended, "answers that end,", sum(len(case["answers"]) for case in cases), "in all")


main()
