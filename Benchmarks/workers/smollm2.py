"""A GGUF's weights in other forms.

smollm2.py bytes GGUF                   how many bytes of weights one decode step reads
smollm2.py safetensors GGUF FOLDER      a Llama as Hugging Face keeps it, in bfloat16
"""

import json
import pathlib
import sys

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def name(gguf):
    parts = gguf.removesuffix(".weight").split(".")
    prefix = f"model.layers.{parts[1]}." if parts[0] == "blk" else ""
    return prefix + NAMES[parts[-1]] + ".weight"


def rotary_halves(weight, heads):
    """GGUF keeps the two channels of a rotation side by side, Hugging Face in two halves of a head."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def weight_bytes(reader):
    sizes = {tensor.name: int(tensor.n_bytes) for tensor in reader.tensors}
    # With an output layer of its own, the embedding gives one row per token.
    return sum(sizes.values()) - (sizes["token_embd.weight"] if "output.weight" in sizes else 0)


def convert(reader, folder):
    def field(key):
        return reader.fields["llama." + key].contents()

    heads = {"attn_q": field("attention.head_count"), "attn_k": field("attention.head_count_kv")}
    tensors = {}
    for tensor in reader.tensors:
        # GGUF counts dimensions from the innermost.
        shape = [int(size) for size in tensor.shape][::-1]
        values = dequantize(tensor.data, tensor.tensor_type).reshape(shape)
        part = tensor.name.split(".")[-2]
        if part in heads:
            values = rotary_halves(values, heads[part])
        tensors[name(tensor.name)] = torch.from_numpy(np.ascontiguousarray(values)).to(torch.bfloat16)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "torch_dtype": "bfloat16",
        "vocab_size": field("vocab_size"),
        "hidden_size": field("embedding_length"),
        "intermediate_size": field("feed_forward_length"),
        "num_hidden_layers": field("block_count"),
        "num_attention_heads": heads["attn_q"],
        "num_key_value_heads": heads["attn_k"],
        "max_position_embeddings": field("context_length"),
        "rope_theta": field("rope.freq_base"),
        "rms_norm_eps": field("attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": "lm_head.weight" not in tensors,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


reader = GGUFReader(sys.argv[2])
if sys.argv[1] == "bytes":
    print(weight_bytes(reader))
else:
    convert(reader, pathlib.Path(sys.argv[3]))
