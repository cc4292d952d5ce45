#!/usr/bin/env python3
"""Makes Fixtures/sampling.json: what the reference implementation's filters leave of random logits, and what its penalty
for repetition makes of them. See README.md."""

import json
import pathlib

import torch
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

FILTERS = {
    "topK": lambda value: TopKLogitsWarper(value),
    "topP": lambda value: TopPLogitsWarper(value),
    "minP": lambda value: MinPLogitsWarper(value),
    "typicalP": lambda value: TypicalLogitsWarper(value),
}
CHOICES = {"topK": [2, 7, 20], "topP": [0.3, 0.8, 0.95], "minP": [0.02, 0.1, 0.4], "typicalP": [0.2, 0.5, 0.9]}
SETS = [["minP"], ["typicalP"], ["topK", "typicalP"], ["topP", "minP"], ["topK", "topP", "minP", "typicalP"]]


def pick(values, generator):
    return values[int(torch.randint(len(values), (1,), generator=generator))]


def case(number):
    generator = torch.Generator().manual_seed(number)
    width = 30
    # Multiples of 1/64 are exact in decimal and make a few ties.
    logits = (torch.randn(width, generator=generator) * 2.5 * 64).round() / 64
    temperature = pick([0.5, 1.0, 1.75], generator)
    options = {name: pick(CHOICES[name], generator) for name in SETS[number % len(SETS)]}
    ids = torch.randint(width, (1, 12), generator=generator)
    scores = TemperatureLogitsWarper(temperature)(ids, logits[None])
    for name, value in options.items():
        scores = FILTERS[name](value)(ids, scores)
    penalty = pick([0.8, 1.1, 1.7], generator)
    return {
        "logits": logits.tolist(),
        "temperature": temperature,
        **options,
        "probabilities": [round(p, 7) for p in scores.softmax(-1)[0].tolist()],
        "ids": ids[0].tolist(),
        "repetition": penalty,
        "penalized": RepetitionPenaltyLogitsProcessor(penalty)(ids, logits[None])[0].tolist(),
    }


if __name__ == "__main__":
    path = pathlib.Path(__file__).resolve().parent / "sampling.json"
    path.write_text("[\n" + ",\n".join(json.dumps(case(number)) for number in range(40)) + "\n]\n")
