"""The first 50 losses of a model of nanoGPT's shape, by PyTorch: nanogpt/losses.json.

usage: python3 Fixtures/make-nanogpt.py      (about five minutes on one core)

Nothing random is stored. Weights and places of the batches are integer formulas (SplitMix64) that the test computes
again: `uniform(name, i)` below for parameter `name` and its element i in row-major order, and `place(step, row)`.
"""
import json
import pathlib
import time

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

STEPS, BATCH, BLOCK = 50, 16, 256
HERE = pathlib.Path(__file__).parent / "nanogpt"
GOLDEN = 0x9E3779B97F4A7C15


def split_mix(x):
    """The output function of SplitMix64 (Steele et al. 2014), elementwise on uint64."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def fnv(name):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    return h


def uniform(name, count):
    """Multiples of 2^-23 in [-1, 1)."""
    with np.errstate(over="ignore"):
        counter = np.uint64(fnv(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        return (split_mix(counter) >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1.0


def deviation(name, layers):
    """nanoGPT's: 0.02, and less for what is added to the residual stream."""
    return 0.02 / (2 * layers) ** 0.5 if name.endswith("c_proj.weight") else 0.02


def main():
    torch.manual_seed(0)
    text = (HERE / "emma-200k.txt").read_text()
    characters = sorted(set(text))
    tokens = torch.tensor([characters.index(c) for c in text])
    config = GPT2Config(
        vocab_size=len(characters), n_positions=BLOCK, n_embd=384, n_layer=6, n_head=6, resid_pdrop=0, embd_pdrop=0,
        attn_pdrop=0)
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif ".ln_" in name:
                parameter.fill_(1)
            else:
                bound = deviation(name, config.n_layer) * 3**0.5
                values = uniform(name, parameter.numel()) * bound
                parameter.copy_(torch.from_numpy(values.astype(np.float32)).view_as(parameter))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    losses, norms, start = [], [], time.time()
    for step in range(STEPS):
        # Warm-up over 100 steps, as nanoGPT has it: without, the first steps are chaotic and rounding shows in the losses.
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * step / 100
        with np.errstate(over="ignore"):
            counters = np.arange(step * BATCH + 1, step * BATCH + BATCH + 1, dtype=np.uint64) * np.uint64(GOLDEN)
            places = split_mix(counters) % np.uint64(len(tokens) - BLOCK - 1)
        rows = torch.stack([tokens[int(p) : int(p) + BLOCK + 1] for p in places])
        logits = model(rows[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), rows[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        optimizer.step()
        losses.append(loss.item())
        print(step, losses[-1], round(time.time() - start, 1), flush=True)
    result = {
        "torch": torch.__version__, "vocabulary": len(characters), "losses": losses, "gradient_norms": norms,
    }
    (HERE / "losses.json").write_text(json.dumps(result, indent=1) + "\n")


main()
