#!/usr/bin/env python3
"""Makes Fixtures/adapters: LoRA adapters in the files of PEFT, and what the reference implementation computes when what
they mean is added to the weights of a checkpoint of Fixtures/golden.

The arithmetic is that of the paper and of PEFT's documentation: W + scale · B · A, scale = alpha / r, or alpha / √r with
`use_rslora`. See README.md.
"""

import pathlib
import shutil
import sys

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import reference  # noqa: E402

ADAPTERS = HERE / "adapters"

CONFIG = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "base_model_name_or_path": None,
    "bias": "none",
    "fan_in_fan_out": False,
    "inference_mode": True,
    "init_lora_weights": True,
    "layers_to_transform": None,
    "lora_alpha": 16,
    "lora_dropout": 0.05,
    "modules_to_save": None,
    "r": 4,
    "alpha_pattern": {},
    "rank_pattern": {},
    "use_dora": False,
    "use_rslora": False,
}

# Folder: base checkpoint, changed fields, layers with their rank, parameters that are replaced.
KINDS = {
    "llama": ("llama-tied", {}, {"q_proj": 4, "v_proj": 4}, []),
    "llama-all": (
        "llama2",
        {"use_rslora": True, "rank_pattern": {"down_proj": 2}, "alpha_pattern": {"layers.0.mlp.down_proj": 5}},
        {"q_proj": 4, "k_proj": 4, "o_proj": 4, "gate_proj": 4, "up_proj": 4, "down_proj": 2},
        ["lm_head", "model.norm"],
    ),
    "phi3": ("phi3", {}, {"qkv_proj": 4, "gate_up_proj": 4}, []),
    "gpt2": ("gpt2", {"fan_in_fan_out": True}, {"c_attn": 4, "c_proj": 4}, []),
}


def make(name, base, fields, ranks, replaced, seed):
    folder = ADAPTERS / name
    folder.mkdir(parents=True)
    config = CONFIG | fields | {"target_modules": sorted(ranks)}
    generator = torch.Generator().manual_seed(seed)
    model = reference.load_model(HERE / "golden" / base)
    tensors = {}
    with torch.no_grad():
        for module_name, module in model.named_modules():
            kind = module_name.split(".")[-1]
            if module_name in replaced:
                module.weight.copy_(module.weight + 0.5 * torch.randn(module.weight.shape, generator=generator))
                tensors[f"base_model.model.{module_name}.weight"] = module.weight.clone()
            if kind not in ranks:
                continue
            transposed = config["fan_in_fan_out"]  # GPT-2's layers keep [inputs, outputs]
            inputs, outputs = module.weight.shape if transposed else module.weight.shape[::-1]
            rank = ranks[kind]
            alpha = next((a for end, a in config["alpha_pattern"].items() if module_name.endswith(end)), 16)
            down = torch.randn(rank, inputs, generator=generator) * inputs**-0.5
            up = torch.randn(outputs, rank, generator=generator) * 0.2
            added = (up.double() @ down.double()) * alpha / (rank**0.5 if config["use_rslora"] else rank)
            weight = module.weight.double() + (added.T if transposed else added)
            module.weight.copy_(weight.float())
            tensors[f"base_model.model.{module_name}.lora_A.weight"] = down
            tensors[f"base_model.model.{module_name}.lora_B.weight"] = up
    reference.write_json(folder / "adapter_config.json", config)
    save_file({key: value.contiguous() for key, value in sorted(tensors.items())}, folder / "adapter_model.safetensors")
    ids = reference.random_ids(model.config.vocab_size, (1, 24), seed)
    golden = {"input_ids": ids, "logits": reference.forward(model, ids)["logits"]}
    reference.save_golden(folder, golden)


def main():
    torch.set_num_threads(1)
    shutil.rmtree(ADAPTERS, ignore_errors=True)
    for seed, (name, description) in enumerate(KINDS.items(), start=1):
        make(name, *description, seed)


if __name__ == "__main__":
    main()
