"""Writes tiny checkpoints as GGUF and stores what the reference computes with the numbers those files hold.

Names and layouts are llama.cpp's: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import json

import numpy
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, RopeScalingType, TokenType
from gguf.quants import dequantize, quantize
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MixtralConfig,
    Olmo2Config,
    Phi3Config,
    Qwen2Config,
    Qwen2MoeConfig,
    Qwen3Config,
    Qwen3MoeConfig,
)

from . import reference, tiny_tokenizer

VOCABULARY = 288
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
    "'\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

LLAMA_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}

GEMMA3_NAMES = {name: file for name, file in LLAMA_NAMES.items() if not name.startswith("post_")} | {
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}

EXPERT_NAMES = {
    "mlp.gate": "ffn_gate_inp",
    "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
    "mlp.shared_expert.gate_proj": "ffn_gate_shexp",
    "mlp.shared_expert.up_proj": "ffn_up_shexp",
    "mlp.shared_expert.down_proj": "ffn_down_shexp",
}

NEOX_NAMES = {
    "gpt_neox.embed_in": "token_embd",
    "gpt_neox.final_layer_norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "attention.query_key_value": "attn_qkv",
    "attention.dense": "attn_output",
    "mlp.dense_h_to_4h": "ffn_up",
    "mlp.dense_4h_to_h": "ffn_down",
}

# llama.cpp's `qwen3`, `olmo2` and `phi3` norm or store together what `llama` does not.
NAMES = {
    "llama": LLAMA_NAMES,
    "qwen2": LLAMA_NAMES,
    "gemma": LLAMA_NAMES,
    "qwen3": LLAMA_NAMES | {"self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm"},
    "phi3": LLAMA_NAMES | {"self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up"},
    "mixtral": LLAMA_NAMES | EXPERT_NAMES,
    "qwen2_moe": LLAMA_NAMES | EXPERT_NAMES,
    "qwen3_moe": LLAMA_NAMES
    | EXPERT_NAMES
    | {"self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm"},
    "gpt_neox": NEOX_NAMES,
    "gemma2": GEMMA3_NAMES,
    "gemma3_text": GEMMA3_NAMES,
    "olmo2": GEMMA3_NAMES,
}

GPT2_NAMES = {
    "transformer.wte": "token_embd",
    "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm",
    "lm_head": "output",
    "ln_1": "attn_norm",
    "ln_2": "ffn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def gguf_name(name, names):
    module, _, kind = name.rpartition(".")
    if module in names:
        return f"{names[module]}.{kind}"
    for prefix in ("model.layers.", "transformer.h.", "gpt_neox.layers."):
        module = module.removeprefix(prefix)
    layer, _, module = module.partition(".")
    return f"blk.{layer}.{names[module]}.{kind}"


def pieces(name, parameter, names):
    """The tensors that a file makes of a parameter, each with the part of the parameter that it holds."""
    layer = (name.split(".") + [""])[2]
    if name.endswith("experts.gate_up_proj"):
        gate, up = parameter.chunk(2, dim=1)
        return [(f"blk.{layer}.ffn_gate_exps.weight", gate), (f"blk.{layer}.ffn_up_exps.weight", up)]
    if name.endswith("experts.down_proj"):
        return [(f"blk.{layer}.ffn_down_exps.weight", parameter)]
    return [(gguf_name(name, names), parameter)]


def to_pairs(weight, heads):
    """Reorders a projection's rows from rotary halves (i, i + d/2) to neighbours (2i, 2i + 1) in each head."""
    rows, width = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)


def to_halves(weight, heads):
    rows, width = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)


def layout(name, config):
    """How the file keeps a parameter, and the way back: (to file, from file)."""
    if config.model_type == "gpt2" and ".c_" in name and name.endswith("weight"):
        return numpy.transpose, numpy.transpose
    if config.model_type.startswith("gemma"):
        if "norm" in name:  # the file holds the factor itself
            return (lambda weight: weight + 1), (lambda weight: weight - 1)
        return (lambda weight: weight), (lambda weight: weight)
    if "query_key_value" in name:
        heads = config.num_attention_heads
        return (
            lambda weight: weight.reshape(heads, 3, -1, *weight.shape[1:]).swapaxes(0, 1).reshape(weight.shape),
            lambda weight: weight.reshape(3, heads, -1, *weight.shape[1:]).swapaxes(0, 1).reshape(weight.shape),
        )
    if "shared_expert_gate" in name:
        return (lambda weight: weight[0]), (lambda weight: weight[None])
    if config.model_type not in ("llama", "mixtral"):
        return (lambda weight: weight), (lambda weight: weight)
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if heads:
        count = getattr(config, heads)
        return lambda weight: to_pairs(weight, count), lambda weight: to_halves(weight, count)
    return (lambda weight: weight), (lambda weight: weight)


def stored(values, type_):
    """The bytes the file keeps and the float32 numbers they mean."""
    values = numpy.ascontiguousarray(values, dtype=numpy.float32)
    data = values if type_ == Type.F32 else quantize(values, type_)
    return data, values if type_ == Type.F32 else dequantize(data, type_).reshape(values.shape)


def rotary_factors(config, scaling):
    """What llama.cpp divides each rotary frequency by."""
    factors = []
    for index in range(0, config.head_dim, 2):
        wavelength = 2 * numpy.pi * config.rope_parameters["rope_theta"] ** (index / config.head_dim)
        turns = scaling["original_max_position_embeddings"] / wavelength
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        smooth = min(max((turns - low) / (high - low), 0), 1)
        factors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return numpy.array(factors, dtype=numpy.float32)


def write_tokenizer(writer, kind):
    tokenizer = json.loads(tiny_tokenizer.train(kind, VOCABULARY).to_str())
    ids = tokenizer["model"]["vocab"]
    tokens = sorted(ids, key=ids.get)
    assert len(tokens) == VOCABULARY and tokens[:3] == tiny_tokenizer.SPECIAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(kind)
    writer.add_token_list(tokens)
    writer.add_token_types(
        [TokenType.CONTROL if token in tiny_tokenizer.SPECIAL else TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def write_llama_metadata(writer, config):
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)


def write_gemma3_metadata(writer, config):
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["full_attention"]["rope_theta"])
    writer.add_sliding_window(config.sliding_window)


def write_other_metadata(writer, config):
    """Of a decoder that needs no more than most."""
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    if config.model_type == "gpt_neox":
        writer.add_layer_norm_eps(config.layer_norm_eps)
        share = config.rope_parameters["partial_rotary_factor"]
        writer.add_rope_dimension_count(int(share * config.hidden_size // config.num_attention_heads))
        writer.add_parallel_residual(config.use_parallel_residual)
        return
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if getattr(config, "head_dim", None):
        writer.add_key_length(width)
        writer.add_value_length(width)
    if config.model_type == "phi3":
        writer.add_rope_dimension_count(width)
    if config.model_type in ("phi3", "gemma2") and config.sliding_window:
        writer.add_sliding_window(config.sliding_window)
    if config.model_type == "mixtral":
        writer.add_rope_dimension_count(width)
        writer.add_expert_count(config.num_local_experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
    if config.model_type in ("qwen2_moe", "qwen3_moe"):
        writer.add_expert_count(config.num_experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    if config.model_type == "qwen2_moe":
        writer.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)
    if config.rope_parameters["rope_type"] == "longrope":
        context = config.original_max_position_embeddings
        factor = config.max_position_embeddings / context
        writer.add_rope_scaling_orig_ctx_len(context)
        writer.add_rope_scaling_attn_factors(float(numpy.sqrt(1 + numpy.log(factor) / numpy.log(context))))
    if config.model_type == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if config.rope_parameters["rope_type"] == "yarn":
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(config.rope_parameters["factor"])
        writer.add_rope_scaling_orig_ctx_len(config.rope_parameters["original_max_position_embeddings"])


def write_gpt2_metadata(writer, config):
    writer.add_context_length(config.n_positions)
    writer.add_embedding_length(config.n_embd)
    writer.add_block_count(config.n_layer)
    writer.add_feed_forward_length(4 * config.n_embd)
    writer.add_head_count(config.n_head)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)


ARCHITECTURES = {
    "mixtral": "llama",
    "qwen2_moe": "qwen2moe",
    "qwen3_moe": "qwen3moe",
    "gpt_neox": "gptneox",
    "gemma3_text": "gemma3",
}


def make(root, name, config, seed, type_of, kind, scaling=None):
    """`type_of(gguf name)` gives the stored type of a matrix; vectors stay float32."""
    folder = root / name
    folder.mkdir()
    model = reference.new_model(config, seed)
    names = GPT2_NAMES if config.model_type == "gpt2" else NAMES[config.model_type]
    write_metadata = {
        "llama": write_llama_metadata, "gemma3_text": write_gemma3_metadata, "gpt2": write_gpt2_metadata
    }.get(config.model_type, write_other_metadata)  # fmt: skip
    writer = GGUFWriter(folder / "model.gguf", ARCHITECTURES.get(config.model_type, config.model_type))
    writer.add_name(name)
    write_metadata(writer, config)
    write_tokenizer(writer, kind)
    longrope = config.model_type == "phi3" and config.rope_parameters["rope_type"] == "longrope"
    for length in ("short", "long") if longrope else ():
        factors = numpy.array(config.rope_parameters[f"{length}_factor"], dtype=numpy.float32)
        writer.add_tensor(f"rope_factors_{length}.weight", factors)
    if scaling:
        writer.add_tensor("rope_freqs.weight", rotary_factors(config, scaling))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            to_file, from_file = layout(parameter_name, config)
            for file_name, part in pieces(parameter_name, parameter, names):
                held = to_file(part.numpy())
                type_ = type_of(file_name) if held.ndim > 1 else Type.F32
                data, values = stored(held, type_)
                writer.add_tensor(file_name, data, raw_dtype=type_)
                part.copy_(torch.from_numpy(numpy.ascontiguousarray(from_file(values))))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ids = reference.random_ids(config.vocab_size, (1, 60 if scaling or longrope else 12), seed)
    golden = {"input_ids": ids, "logits": reference.forward(model, ids)["logits"]}
    reference.save_golden(folder, golden | reference.prompt_and_greedy(model, seed))


def llama_config(**extra):
    return LlamaConfig(**{
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": 64, "vocab_size": VOCABULARY, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
        "bos_token_id": 1, "eos_token_id": 2, "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0},
    } | extra)  # fmt: skip


def mixed_type(name):
    """Every type in one file, as published files mix them."""
    layer_zero = {"attn_q": Type.BF16, "attn_k": Type.F16, "attn_v": Type.Q8_0, "attn_output": Type.Q4_0}
    return layer_zero.get(name.split(".")[-2], Type.Q4_1) if name.startswith("blk.") else Type.F16


def make_gemma3(root):
    """Every sixth layer sees everything, the local base is 10,000 and scores are divided by √head_dim: what a GGUF file
    does not say. The matrices are of the types that published files mix."""
    config = Gemma3TextConfig(
        hidden_size=32, num_hidden_layers=7, num_attention_heads=2, num_key_value_heads=1, head_dim=32,
        intermediate_size=64, vocab_size=VOCABULARY, max_position_embeddings=256, sliding_window=8,
        query_pre_attn_scalar=32, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    types = {"token_embd": Type.Q8_0, "attn_v": Type.Q8_0, "attn_output": Type.Q5_1, "ffn_down": Type.Q5_1}
    make(
        root, "gemma3-gguf-mixed", config, 34, lambda name: types.get(name.split(".")[-2], Type.Q5_0), "smollm"
    )  # fmt: skip
    make(root, "gemma3-gguf-f32", config, 35, lambda name: Type.F32, "smollm")


def make_others(root):
    """A file of each further family, its matrices as Q8_0."""
    small = {
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": 64, "vocab_size": VOCABULARY, "max_position_embeddings": 256,
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
    }  # fmt: skip
    yarn = {"rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 64}
    configs = [
        Qwen2Config(**small, tie_word_embeddings=True),
        Qwen3Config(**small, head_dim=32, rope_parameters=yarn),
        Phi3Config(**small, sliding_window=8),
        Olmo2Config(**small),
        GemmaConfig(**small, tie_word_embeddings=False, head_dim=32),
        Gemma2Config(**small, tie_word_embeddings=False, head_dim=32, query_pre_attn_scalar=32, sliding_window=8, attn_logit_softcapping=5.0),
    ]
    for seed, config in enumerate(configs, start=41):
        make(root, f"{config.model_type}-gguf-q8_0", config, seed, lambda name: Type.Q8_0, "smollm")
    make_mixtures(root, small)
    long = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1 + i / 8 for i in range(8)],
            "long_factor": [1 + i for i in range(8)]}  # fmt: skip
    config = Phi3Config(**small, original_max_position_embeddings=32, rope_parameters=long)
    make(root, "phi3-longrope-gguf-q8_0", config, 51, lambda name: Type.Q8_0, "smollm")
    config = GPTNeoXConfig(**{n: v for n, v in small.items() if n != "num_key_value_heads"})
    make(root, "gpt-neox-gguf-q8_0", config, 52, lambda name: Type.Q8_0, "smollm")


def make_mixtures(root, small):
    """The same parts of all experts are one tensor; routers stay float32."""
    some = {"num_experts": 6, "num_experts_per_tok": 3, "moe_intermediate_size": 32}
    configs = {
        "mixtral": MixtralConfig(**small, num_local_experts=5),
        "qwen2-moe": Qwen2MoeConfig(**small, **some, shared_expert_intermediate_size=96),
        "qwen3-moe": Qwen3MoeConfig(**small, **some, head_dim=32, norm_topk_prob=True),
    }
    for seed, (name, config) in enumerate(configs.items(), start=53):
        make(
            root, f"{name}-gguf-q8_0", config, seed,
            lambda name: Type.F32 if "ffn_gate_inp" in name else Type.Q8_0, "smollm",
        )  # fmt: skip


def make_all(root, scaling):
    matrices = {"f32": Type.F32, "f16": Type.F16, "q8_0": Type.Q8_0, "q4_0": Type.Q4_0, "q4_1": Type.Q4_1}
    for suffix, type_ in matrices.items():
        # As published: 4-bit matrices come with an 8-bit embedding. Two files have an output matrix.
        embedding = Type.Q8_0 if suffix.startswith("q4") else type_
        tied = suffix not in ("f16", "q8_0")
        make(
            root, f"llama-gguf-{suffix}", llama_config(tie_word_embeddings=tied), 31,
            lambda name: embedding if name.startswith("token_embd") else type_, "smollm",
        )  # fmt: skip
        config = GPT2Config(
            n_embd=32, n_layer=2, n_head=2, n_positions=64, vocab_size=VOCABULARY, bos_token_id=1, eos_token_id=2
        )
        make(
            root, f"gpt2-gguf-{suffix}", config, 32,
            lambda name: Type.F32 if name.startswith("position") else embedding if "embd" in name else type_, "gpt-2",
        )  # fmt: skip
    config = llama_config(
        num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True,
        rope_parameters=scaling | {"rope_theta": 500000.0},
    )  # fmt: skip
    make(root, "llama3-gguf-mixed", config, 33, mixed_type, "smollm", scaling)
    make_gemma3(root)
    make_others(root)
