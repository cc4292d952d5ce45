"""Encoder-decoders written out in PyTorch, and what they compute on tiny random weights.

`Transformer` is the model of Vaswani et al. 2017 with every option of Attend's configuration. Where transformers has
the same model (Marian: norms behind each part; Pegasus: norms before) the two are compared first.
"""

import copy
import math

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import MarianConfig, MarianMTModel, PegasusConfig, PegasusForConditionalGeneration

from . import reference

PAIRS = ((7, 5), (1, 1), (4, 9))  # source and target lengths, end tokens included
TOKENS = {"decoder_start_token_id": 1, "eos_token_id": 2, "pad_token_id": 1}


def positions(config, count):
    width = config["d_model"]
    angles = torch.arange(count)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=1).to(torch.get_default_dtype())


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(width, width))

    def forward(self, x, memory, causal):
        split = lambda y: y.view(len(y), self.heads, -1).transpose(0, 1)
        query, key, value = split(self.q_proj(x)), split(self.k_proj(memory)), split(self.v_proj(memory))
        scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
        if causal:
            scores = scores + torch.full_like(scores[0], -torch.inf).triu(1)
        self.weights = scores.softmax(-1)
        return self.out_proj((self.weights @ value).transpose(0, 1).reshape(x.shape))


class GatedFeedForward(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.gate_proj, self.up_proj = nn.Linear(width, inner), nn.Linear(width, inner)
        self.down_proj = nn.Linear(inner, width)


class Layer(nn.Module):
    def __init__(self, config, stack):
        super().__init__()
        width, heads, inner = config["d_model"], config[f"{stack}_attention_heads"], config[f"{stack}_ffn_dim"]
        self.config = config
        self.self_attn, self.self_attn_layer_norm = Attention(width, heads), nn.LayerNorm(width)
        if stack == "decoder":
            self.encoder_attn, self.encoder_attn_layer_norm = Attention(width, heads), nn.LayerNorm(width)
        if config["activation_function"].endswith("glu"):
            self.mlp = GatedFeedForward(width, inner)
        else:
            self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def feed_forward(self, x):
        match self.config["activation_function"]:
            case "swiglu":
                return self.mlp.down_proj(functional.silu(self.mlp.gate_proj(x)) * self.mlp.up_proj(x))
            case "relu":
                return self.fc2(self.fc1(x).relu())
            case "gelu":
                return self.fc2(functional.gelu(self.fc1(x)))

    def residual(self, x, norm, part):
        return x + part(norm(x)) if self.config.get("norm_first") else norm(x + part(x))

    def forward(self, x, memory=None):
        causal = memory is not None
        x = self.residual(x, self.self_attn_layer_norm, lambda y: self.self_attn(y, y, causal))
        if causal:
            x = self.residual(x, self.encoder_attn_layer_norm, lambda y: self.encoder_attn(y, memory, False))
        return self.residual(x, self.final_layer_norm, self.feed_forward)


class Stack(nn.Module):
    def __init__(self, config, stack):
        super().__init__()
        if not config.get("share_encoder_decoder_embeddings", True):
            vocabulary = config["decoder_vocab_size" if stack == "decoder" else "vocab_size"]
            self.embed_tokens = nn.Embedding(vocabulary, config["d_model"])
        if config.get("position_embedding_type") == "learned":
            self.embed_positions = nn.Embedding(config["max_position_embeddings"], config["d_model"])
        self.layers = nn.ModuleList(Layer(config, stack) for _ in range(config[f"{stack}_layers"]))
        if config.get("final_norm", config.get("norm_first")):
            self.layer_norm = nn.LayerNorm(config["d_model"])


class Base(nn.Module):
    def __init__(self, config):
        super().__init__()
        if config.get("share_encoder_decoder_embeddings", True):
            self.shared = nn.Embedding(config["vocab_size"], config["d_model"])
        self.encoder, self.decoder = Stack(config, "encoder"), Stack(config, "decoder")


class Transformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Base(config)
        if not config.get("tie_word_embeddings", True):
            self.lm_head = nn.Linear(config["d_model"], config["decoder_vocab_size"], bias=False)
        else:
            self.final_logits_bias = nn.Parameter(torch.zeros(1, config["vocab_size"]))

    def stack(self, stack, ids, memory=None):
        config, states = self.config, []
        table = self.model.shared if hasattr(self.model, "shared") else stack.embed_tokens
        x = table(ids) * (math.sqrt(config["d_model"]) if config.get("scale_embedding", True) else 1)
        learned = getattr(stack, "embed_positions", None)
        x = x + (learned.weight[: len(ids)] if learned else positions(config, len(ids)))
        for layer in stack.layers:
            states.append(x)
            x = layer(x, memory)
        x = stack.layer_norm(x) if hasattr(stack, "layer_norm") else x
        return x, states + [x]

    def encode(self, source):
        return self.stack(self.model.encoder, source)

    def decode(self, memory, inputs):
        x, states = self.stack(self.model.decoder, inputs, memory)
        head = self.lm_head if hasattr(self, "lm_head") else None
        table = self.model.shared if hasattr(self.model, "shared") else self.model.decoder.embed_tokens
        logits = functional.linear(x, head.weight if head else table.weight)
        return (logits if head else logits + self.final_logits_bias), states

    def forward(self, source, target):
        """Row i predicts target[i]."""
        memory, states = self.encode(source)
        inputs = torch.cat([torch.tensor([self.config["decoder_start_token_id"]]), target[:-1]])
        logits, more = self.decode(memory, inputs)
        return logits, states + more

    def alignment(self):
        """Mean attention to the source of `alignment_heads`, of the last forward pass."""
        layers = self.model.decoder.layers
        heads = self.config.get("alignment_heads")
        if heads is None:
            layer = max(len(layers) - 2, 0)
            heads = [(layer, head) for head in range(self.config["decoder_attention_heads"])]
        return torch.stack([layers[layer].encoder_attn.weights[head] for layer, head in heads]).mean(0)

    def greedy(self, source, count):
        """None when a step is too close to call. The start token and padding are never taken."""
        with torch.no_grad():
            memory, _ = self.encode(source)
            inputs = torch.tensor([self.config["decoder_start_token_id"]])
            while len(inputs) <= count:
                row = self.decode(memory, inputs)[0][-1]
                row[self.config["pad_token_id"]] = -torch.inf
                best = row.topk(2)
                if best.values[0] - best.values[1] < reference.MINIMUM_MARGIN:
                    return None
                inputs = torch.cat([inputs, best.indices[:1]])
                if best.indices[0] == self.config["eos_token_id"]:
                    break
        return inputs[1:]


SMALL = {
    "vocab_size": 40, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64,
}  # fmt: skip

CONFIGURATIONS = {
    "transformer": SMALL | TOKENS | {
        "architectures": ["MarianMTModel"], "model_type": "marian", "activation_function": "relu",
        "scale_embedding": True, "static_position_embeddings": True, "decoder_vocab_size": 40, "dropout": 0.1,
        "share_encoder_decoder_embeddings": True, "tie_word_embeddings": True, "is_encoder_decoder": True,
    },
    "transformer-prenorm": SMALL | TOKENS | {
        "architectures": ["Transformer"], "activation_function": "gelu", "norm_first": True,
        "alignment_heads": [[0, 1], [1, 0]],
    },
    "transformer-variants": SMALL | TOKENS | {
        "architectures": ["Transformer"], "activation_function": "swiglu", "decoder_vocab_size": 56,
        "encoder_layers": 1, "decoder_layers": 3, "encoder_attention_heads": 4, "decoder_ffn_dim": 24,
        "position_embedding_type": "learned", "share_encoder_decoder_embeddings": False, "scale_embedding": False,
        "tie_word_embeddings": False, "norm_first": True, "final_norm": False, "layer_norm_epsilon": 1e-5,
    },
    # With a tokenizer of all bytes and a few merges.
    "transformer-text": SMALL | TOKENS | {
        "architectures": ["Transformer"], "vocab_size": 300, "max_position_embeddings": 48, "norm_first": True,
        "activation_function": "relu",
    },
}  # fmt: skip


def new_transformer(config, seed):
    model = Transformer(config).eval()
    generator = torch.Generator().manual_seed(seed)
    reference.randomize(model, generator)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "shared" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 2 * parameter.shape[1] ** -0.5)
            if name == "final_logits_bias":
                parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
                parameter[0, config["eos_token_id"]] = 3.5  # so that some targets end
            if "lm_head" in name:
                parameter.mul_(0.1)  # there may be no norm before it
            if "encoder_attn" in name and parameter.dim() == 2:
                parameter.mul_(2)  # so that targets depend on their sources
            if "embed_positions" in name:
                parameter.mul_(0.3)
    return model


def pairs(config, seed):
    generator = torch.Generator().manual_seed(seed)
    make = lambda count, length: torch.cat(
        [torch.randint(3, count, (length - 1,), generator=generator), torch.tensor([config["eos_token_id"]])]
    )
    vocabulary = config["vocab_size"]
    return [
        (make(vocabulary, source), make(config.get("decoder_vocab_size", vocabulary), target))
        for source, target in PAIRS
    ]


def in_transformers(model, config):
    """The same weights in Marian or Pegasus."""
    kinds = {False: (MarianConfig, MarianMTModel), True: (PegasusConfig, PegasusForConditionalGeneration)}
    configuration, kind = kinds[bool(config.get("norm_first"))]
    known = {key: value for key, value in config.items() if key not in ("architectures", "model_type", "norm_first")}
    other = kind(configuration(**known | {"scale_embedding": True, "dropout": 0})).eval()
    missing, unexpected = other.load_state_dict(model.state_dict(), strict=False)
    assert not unexpected and all("embed" in name or "lm_head" in name or "bias" in name for name in missing), missing
    other.tie_weights()
    return other


def check_against_transformers(model, config, other):
    for source, target in pairs(config, 5):
        inputs = torch.cat([torch.tensor([config["decoder_start_token_id"]]), target[:-1]])
        with torch.no_grad():
            expected = other(input_ids=source[None], decoder_input_ids=inputs[None]).logits[0]
            logits, _ = model(source, target)
        assert torch.allclose(logits, expected, atol=2e-5), (logits - expected).abs().max()


def golden(model, config, seed, states=True):
    tensors = {}
    data = pairs(config, seed)
    with torch.no_grad():
        results = []
        for index, (source, target) in enumerate(data):
            results.append(model(source, target))
            if (alignment := model.alignment()) is not None:
                tensors[f"alignment.{index}"] = alignment
    tensors["logits"] = torch.cat([logits for logits, _ in results])
    for index in range(len(results[0][1]) if states else 0):
        tensors[f"hidden_states.{index}"] = torch.cat([states[index] for _, states in results])
    for index, (source, target) in enumerate(data):
        tensors |= {f"source.{index}": source, f"target.{index}": target}
    exact = copy.deepcopy(model).double()
    previous = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    logits = torch.cat([exact(source, target)[0] for source, target in data])
    loss = functional.cross_entropy(logits, torch.cat([target for _, target in data]))
    loss.backward()
    torch.set_default_dtype(previous)
    tensors["loss"] = loss.detach()
    for name, parameter in exact.named_parameters():
        # A parameter that the result does not depend on (keys' biases shift all scores alike) has rounding alone.
        tensors[f"grad.{name}"] = parameter.grad
    return tensors


def greedy(model, config, seed, count=4):
    found = {}
    for attempt in range(4000):
        generator = torch.Generator().manual_seed(1000 * seed + attempt)
        length = int(torch.randint(2, 9, (1,), generator=generator))
        ids = torch.randint(3, config["vocab_size"], (length,), generator=generator)
        source = torch.cat([ids, torch.tensor([config["eos_token_id"]])])
        chosen = model.greedy(source, 12)
        known = [value.tolist() for name, value in found.items() if "target" in name]
        if chosen is not None and len(set(chosen.tolist())) > 1 and chosen.tolist() not in known:
            index = len(found) // 2
            found |= {f"greedy.source.{index}": source, f"greedy.target.{index}": chosen}
        if len(found) == 2 * count:
            return found
    raise SystemExit("no sources with clear greedy targets: choose another seed")


def beams(other, config, tensors):
    """Beam search as transformers has it, for the sources of greedy search."""
    found = {}
    for index in range(4):
        for count, penalty in ((2, 1.0), (4, 0.0), (5, 2.0)):
            result = other.generate(
                tensors[f"greedy.source.{index}"][None], num_beams=count, length_penalty=penalty, max_new_tokens=12,
                max_length=None, early_stopping=False, do_sample=False, bad_words_ids=[[config["pad_token_id"]]],
                forced_eos_token_id=None, return_dict_in_generate=True, output_scores=True, use_cache=False,
            )  # fmt: skip
            found[f"beam.{count}.target.{index}"] = result.sequences[0][1:]
            found[f"beam.{count}.score.{index}"] = result.sequences_scores[:1]
    return found


def write_tokenizer(path):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<unk>", "<pad>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    lines = ["I love deep learning.", "J'adore l'apprentissage profond.", "The cat sat on the mat, and it rained."]
    tokenizer.train_from_iterator(lines, trainer)
    assert tokenizer.get_vocab_size() == 300
    tokenizer.save(str(path))


def make_all(folder):
    for seed, (name, config) in enumerate(CONFIGURATIONS.items(), start=200):
        place = folder / name
        place.mkdir(parents=True)
        reference.write_json(place / "config.json", config)
        model = new_transformer(config, seed)
        save_file(model.state_dict(), place / "model.safetensors", metadata={"format": "pt"})
        if name == "transformer-text":
            write_tokenizer(place / "tokenizer.json")
        tensors = golden(model, config, seed) | greedy(model, config, seed)
        if name != "transformer-variants":
            other = in_transformers(model, config)
            check_against_transformers(model, config, other)
            tensors |= beams(other, config, tensors)
        assert 0.7 < tensors["logits"].std() < 10, f"{name}: degenerate logits {tensors['logits'].std()}"
        reference.save_golden(place, tensors)


NAMES = list(CONFIGURATIONS)
