#!/usr/bin/env python3
"""Makes Fixtures/golden: tiny random checkpoints and what the reference implementation computes with them.

See README.md for how to run it and what the files hold. The same versions and seeds give the same numbers up to
the rounding of the machine's matrix products.
"""

import pathlib
import shutil
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig
from transformers.utils import logging

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import gguf_files, recurrent_translators, reference, translators  # noqa: E402
from make.families import FAMILIES, LENGTHS, LLAMA3_SCALING, PADDED_ROWS  # noqa: E402

GOLDEN = HERE / "golden"


def save_checkpoint(model, folder, **options):
    """The weight files alone, as the reference implementation saves them."""
    with tempfile.TemporaryDirectory() as temporary:
        model.save_pretrained(temporary, **options)
        for path in pathlib.Path(temporary).glob("model*.safetensors*"):
            shutil.copyfile(path, folder / path.name)


def rename_as_first_published(folder, context):
    path = folder / "model.safetensors"
    tensors = {name.removeprefix("transformer."): value for name, value in load_file(path).items()}
    mask = torch.tril(torch.ones(context, context)).view(1, 1, context, context)
    for layer in {name.split(".")[1] for name in tensors if name.startswith("h.")}:
        tensors[f"h.{layer}.attn.bias"] = mask.clone()
    save_file(tensors, path, metadata={"format": "pt"})


def store_rotary_frequencies(folder, config):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    size = config["hidden_size"] // config["num_attention_heads"]
    for layer in range(config["num_hidden_layers"]):
        tensors[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = 10000 ** -(torch.arange(0, size, 2) / size)
    save_file(tensors, path, metadata={"format": "pt"})


def padded_batch(vocabulary, seed):
    width = sum(PADDED_ROWS[0])
    ids = reference.random_ids(vocabulary, (len(PADDED_ROWS), width), seed)
    mask = torch.zeros_like(ids)
    for row, (left, length, _) in enumerate(PADDED_ROWS):
        mask[row, left : left + length] = 1
    return ids, mask


def make(name, description, seed):
    folder = GOLDEN / name
    folder.mkdir(parents=True)
    reference.write_json(folder / "config.json", description)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    model = reference.new_model(config, seed)
    match name:
        case "llama-sharded":
            save_checkpoint(model, folder, max_shard_size="40KB")
        case "llama-bf16":
            save_checkpoint(model.bfloat16(), folder)
        case "llama-f16":
            save_checkpoint(model.half(), folder)
        case _:
            save_checkpoint(model, folder)
    if name == "gpt2-hub":
        rename_as_first_published(folder, description["n_positions"])
    if name == "llama2":
        store_rotary_frequencies(folder, description)
    model = reference.load_model(folder)  # what the files say, half precision widened to float32
    if name.endswith("gradient"):
        golden = reference.gradients(folder, reference.random_ids(config.vocab_size, (2, 12), seed))
    elif name.endswith("padded"):
        ids, mask = padded_batch(config.vocab_size, seed)
        golden = {"input_ids": ids, "attention_mask": mask} | reference.forward(model, ids, mask)
        golden |= reference.prompt_and_greedy(model, seed)
        check_rows(model, golden)
    else:
        ids = reference.random_ids(config.vocab_size, (1, LENGTHS.get(name, 40)), seed)
        golden = {"input_ids": ids} | reference.forward(model, ids) | reference.prompt_and_greedy(model, seed)
    if name.startswith("llama3"):
        check_scaling_matters(folder, golden)
    assert 1 < golden["logits"].std() < 10, f"{name}: degenerate logits"
    reference.save_golden(folder, golden)


def check_rows(model, golden):
    """Each padded row equals the row alone: the reference's own positions and mask say what we think."""
    for row, (left, length, _) in enumerate(PADDED_ROWS):
        alone = reference.forward(model, golden["input_ids"][row : row + 1, left : left + length])
        assert torch.allclose(golden["logits"][row, left : left + length], alone["logits"][0], atol=2e-5)


def check_scaling_matters(folder, golden):
    model = reference.load_model(folder)
    model.config.rope_parameters = {"rope_theta": 500000.0, "rope_type": "default"}
    plain = type(model)(model.config).eval()
    plain.load_state_dict(model.state_dict())
    assert (reference.forward(plain, golden["input_ids"])["logits"] - golden["logits"]).abs().max() > 0.05


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for seed, (name, description) in enumerate(FAMILIES.items(), start=1):
        make(name, description, seed)
    gguf_files.make_all(GOLDEN, LLAMA3_SCALING)
    translators.make_all(GOLDEN)
    recurrent_translators.make_all(GOLDEN)
    for folder in sorted(GOLDEN.iterdir()):
        print(f"{sum(path.stat().st_size for path in folder.iterdir()) // 1024:5d} KiB  {folder.name}")


if __name__ == "__main__":
    main()
