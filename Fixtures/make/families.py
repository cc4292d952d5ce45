"""The tiny checkpoints: configurations written as published ones are, older and newer spellings alike."""

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "use_cache": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "attention_dropout": 0.0,
    "torch_dtype": "float32",
    "transformers_version": "4.46.0",
}

GPT2 = {
    "activation_function": "gelu_new",
    "architectures": ["GPT2LMHeadModel"],
    "attn_pdrop": 0.1,
    "bos_token_id": 0,
    "embd_pdrop": 0.1,
    "eos_token_id": 0,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2",
    "n_ctx": 64,
    "n_positions": 64,
    "resid_pdrop": 0.1,
    "summary_activation": None,
    "summary_first_dropout": 0.1,
    "summary_proj_to_labels": True,
    "summary_type": "cls_index",
    "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
}


def llama(hidden, layers, heads, key_value_heads, intermediate, vocabulary, context=128, **extra):
    return (
        LLAMA
        | {
            "hidden_size": hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": key_value_heads,
            "intermediate_size": intermediate,
            "vocab_size": vocabulary,
            "max_position_embeddings": context,
            "rms_norm_eps": 1e-5,
            "tie_word_embeddings": False,
        }
        | extra
    )


def gpt2(width, layers, heads, vocabulary, **extra):
    return GPT2 | {"n_embd": width, "n_layer": layers, "n_head": heads, "vocab_size": vocabulary} | extra


# Wavelengths 6, 14, 32, 74, … of a head of 32 meet all three cases: kept, blended, divided.
LLAMA3_SCALING = {
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 48,
    "rope_type": "llama3",
}

# Two of three layers see the last 8 positions; the heads are wider than their share of the hidden state.
GEMMA3 = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "attention_bias": False,
    "attention_dropout": 0.0,
    "attn_logit_softcapping": None,
    "bos_token_id": 2,
    "cache_implementation": "hybrid",
    "eos_token_id": 1,
    "final_logit_softcapping": None,
    "head_dim": 16,
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 72,
    "max_position_embeddings": 256,
    "num_attention_heads": 4,
    "num_hidden_layers": 4,
    "num_key_value_heads": 1,
    "pad_token_id": 0,
    "query_pre_attn_scalar": 20,
    "rms_norm_eps": 1e-06,
    "rope_local_base_freq": 1000.0,
    "rope_scaling": {"factor": 2.0, "rope_type": "linear"},
    "rope_theta": 100000.0,
    "sliding_window": 8,
    "sliding_window_pattern": 3,
    "torch_dtype": "float32",
    "use_cache": True,
    "vocab_size": 99,
}

FAMILIES = {
    # The four-fold feed-forward width is implied by `n_inner` being absent.
    "gpt2": gpt2(32, 3, 4, 113),
    # The names of the first published files: no `transformer.` prefix, and the causal mask stored as `attn.bias`.
    "gpt2-hub": gpt2(24, 2, 2, 97),
    # No grouped queries, no rope_theta, and the rotary frequencies stored as old files have them.
    "llama2": llama(32, 3, 4, 4, 88, 96, pretraining_tp=1, rope_scaling=None, rms_norm_eps=1e-6),
    "llama3": llama(
        32,
        2,
        2,
        1,
        72,
        96,
        context=384,
        head_dim=32,
        rope_theta=500000.0,
        rope_scaling=LLAMA3_SCALING,
        attention_bias=False,
        mlp_bias=False,
        eos_token_id=[2, 3],
    ),
    "llama-tied": llama(36, 2, 6, 2, 72, 150, rope_theta=100000, tie_word_embeddings=True),
    "llama-biased": llama(32, 2, 4, 2, 72, 96, attention_bias=True, mlp_bias=True),
    # Three heads of 10 on a width of 42, one key/value head; nothing a multiple of 8; the newer spelling.
    "llama-oddheads": {
        key: value
        for key, value in llama(
            42,
            2,
            3,
            1,
            53,
            101,
            head_dim=10,
            rope_parameters={"rope_theta": 5000.0, "rope_type": "default"},
            dtype="float32",
            pad_token_id=None,
        ).items()
        if key != "torch_dtype"
    },
    # Three heads of 20 on a width of 36: the heads are wider than the hidden state.
    "llama-wideheads": llama(36, 2, 3, 3, 61, 103, head_dim=20),
    # The newer spelling of rotary scaling.
    "llama3-parameters": llama(
        32, 1, 2, 1, 40, 96, context=384, head_dim=32, rope_parameters=LLAMA3_SCALING | {"rope_theta": 500000.0}
    ),
    "llama-sharded": llama(32, 2, 4, 2, 72, 96),
    "llama-bf16": llama(32, 2, 4, 2, 72, 96, torch_dtype="bfloat16"),
    "llama-f16": llama(32, 2, 4, 2, 72, 96, torch_dtype="float16"),
    "gpt2-padded": gpt2(24, 2, 3, 97),
    "llama-padded": llama(32, 2, 4, 2, 72, 97),
    "llama-gradient": llama(24, 2, 4, 2, 40, 61),
    "gpt2-gradient": gpt2(24, 2, 3, 61),
    "gemma3": GEMMA3,
    # The newer spelling, a soft cap, and an output matrix of its own.
    "gemma3-capped": {key: value for key, value in GEMMA3.items() if not key.startswith(("rope", "sliding_window_p"))}
    | {
        "final_logit_softcapping": 10.0,
        "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 50000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 2000.0},
        },
        "tie_word_embeddings": False,
    },
}

# Windows of 6 for a text of 40: what has left them matters.
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "num_key_value_heads": 2,
    "vocab_size": 96,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "initializer_range": 0.02,
    "torch_dtype": "float32",
    "use_cache": True,
}

FAMILIES |= {
    "mistral": SMALL
    | {
        "architectures": ["MistralForCausalLM"],
        "model_type": "mistral",
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "sliding_window": 6,
        "tie_word_embeddings": False,
    },
    # As published: a window that is not used.
    "qwen2": SMALL
    | {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "max_window_layers": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 6,
        "use_sliding_window": False,
        "tie_word_embeddings": True,
    },
    # The last of three layers has the window.
    "qwen2-window": SMALL
    | {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "max_window_layers": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "sliding_window": 6,
        "use_sliding_window": True,
        "tie_word_embeddings": False,
    },
    # YaRN beyond the context that it was trained on, as the model card says to set it.
    "qwen3": SMALL
    | {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "attention_bias": False,
        "head_dim": 16,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "max_window_layers": 3,
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
        "rope_theta": 1000.0,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "use_sliding_window": False,
    },
    "phi3": SMALL
    | {
        "architectures": ["Phi3ForCausalLM"],
        "model_type": "phi3",
        "embd_pdrop": 0.0,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "original_max_position_embeddings": 256,
        "pad_token_id": 0,
        "resid_pdrop": 0.0,
        "rms_norm_eps": 1e-05,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "sliding_window": 30,
        "tie_word_embeddings": False,
    },
    # Half of a head's channels turn.
    "phi3-partial": SMALL
    | {
        "architectures": ["Phi3ForCausalLM"],
        "model_type": "phi3",
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "original_max_position_embeddings": 256,
        "pad_token_id": 0,
        "partial_rotary_factor": 0.5,
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
    },
    "olmo2": SMALL
    | {
        "architectures": ["Olmo2ForCausalLM"],
        "model_type": "olmo2",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "pad_token_id": 0,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 500000,
        "tie_word_embeddings": False,
    },
    "gemma": SMALL
    | {
        "architectures": ["GemmaForCausalLM"],
        "model_type": "gemma",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "head_dim": 16,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "max_position_embeddings": 256,
        "num_key_value_heads": 1,
        "pad_token_id": 0,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
    },
    "gemma2": SMALL
    | {
        "architectures": ["Gemma2ForCausalLM"],
        "model_type": "gemma2",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": 5.0,
        "cache_implementation": "hybrid",
        "final_logit_softcapping": 25.0,
        "head_dim": 16,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "max_position_embeddings": 256,
        "pad_token_id": 0,
        "query_pre_attn_scalar": 24,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "sliding_window": 6,
        "tie_word_embeddings": False,
    },
}

NEOX = {
    "architectures": ["GPTNeoXForCausalLM"],
    "model_type": "gpt_neox",
    "bos_token_id": 0,
    "eos_token_id": 0,
    "hidden_act": "gelu",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 256,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "rotary_emb_base": 10000,
    "rotary_pct": 0.25,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "use_cache": True,
    "use_parallel_residual": True,
    "vocab_size": 99,
}

MIXTURE = {
    "decoder_sparse_step": 1,
    "moe_intermediate_size": 24,
    "norm_topk_prob": False,
    "num_experts": 6,
    "num_experts_per_tok": 3,
    "output_router_logits": False,
    "router_aux_loss_coef": 0.001,
}

FAMILIES |= {
    "gpt-neox": NEOX,
    # One half after the other, all of a head turns, newer fields.
    "gpt-neox-serial": {name: value for name, value in NEOX.items() if not name.startswith("rotary")}
    | {
        "attention_bias": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0},
        "use_parallel_residual": False,
    },
    "mixtral": SMALL
    | {
        "architectures": ["MixtralForCausalLM"],
        "model_type": "mixtral",
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "num_experts_per_tok": 2,
        "num_local_experts": 5,
        "output_router_logits": False,
        "rms_norm_eps": 1e-05,
        "rope_theta": 1000000.0,
        "router_aux_loss_coef": 0.02,
        "sliding_window": None,
        "tie_word_embeddings": False,
    },
    # Every second layer is a mixture, and one of the layers has a window.
    "qwen2-moe": SMALL
    | MIXTURE
    | {
        "architectures": ["Qwen2MoeForCausalLM"],
        "model_type": "qwen2_moe",
        "decoder_sparse_step": 2,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "max_window_layers": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "shared_expert_intermediate_size": 40,
        "sliding_window": 6,
        "use_sliding_window": True,
        "tie_word_embeddings": False,
    },
    "qwen3-moe": SMALL
    | MIXTURE
    | {
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "attention_bias": False,
        "head_dim": 16,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "max_window_layers": 3,
        "mlp_only_layers": [0],
        "norm_topk_prob": True,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "use_sliding_window": False,
    },
    # The ids are more than the context that it was trained on; the prompt and its continuation are fewer.
    "phi3-longrope": SMALL
    | {
        "architectures": ["Phi3ForCausalLM"],
        "model_type": "phi3",
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "original_max_position_embeddings": 32,
        "pad_token_id": 0,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {
            "type": "longrope",
            "short_factor": [1.0, 1.1, 1.3, 1.6],
            "long_factor": [1.0, 2.5, 5.0, 8.0],
        },
        "rope_theta": 10000.0,
        "sliding_window": 200,
        "tie_word_embeddings": False,
    },
    "llama-dynamic": SMALL
    | {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "max_position_embeddings": 32,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {"type": "dynamic", "factor": 4.0},
        "rope_theta": 1000.0,
        "tie_word_embeddings": False,
    },
}

FAMILIES["qwen2-moe-gradient"] = FAMILIES["qwen2-moe"] | {"hidden_size": 16, "num_hidden_layers": 2}

LENGTHS = {"llama3": 80, "llama3-parameters": 60, "qwen3": 100, "phi3-longrope": 50, "llama-dynamic": 70}

# One row each: padded left, padded right, both sides, one token alone, and no padding.
PADDED_ROWS = [(4, 7, 0), (0, 6, 5), (2, 5, 4), (10, 1, 0), (0, 11, 0)]
