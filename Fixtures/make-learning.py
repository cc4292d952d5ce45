#!/usr/bin/env python3
"""Makes Fixtures/learning: optimizers, schedules, losses, positions, attention layers and Transformer blocks, with the
values and gradients that PyTorch and transformers compute. Run as make-golden.py is (see README.md)."""

import math
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.t5.configuration_t5 import T5Config
from transformers.models.t5.modeling_t5 import T5Attention
from transformers.optimization import (
    Adafactor,
    get_cosine_schedule_with_warmup,
    get_inverse_sqrt_schedule,
    get_linear_schedule_with_warmup,
)

FOLDER = pathlib.Path(__file__).resolve().parent / "learning"


class Recorder:
    """Tensors of one file, under "case.name"."""

    def __init__(self):
        self.tensors = {}

    def add(self, case, **tensors):
        for name, tensor in tensors.items():
            if not isinstance(tensor, torch.Tensor):
                tensor = torch.tensor(tensor, dtype=torch.int32 if isinstance(tensor[0], int) else torch.float32)
            self.tensors[f"{case}.{name}"] = tensor.detach().clone().contiguous()

    def save(self, name):
        FOLDER.mkdir(exist_ok=True)
        save_file(self.tensors, FOLDER / f"{name}.safetensors")


def optimizers():
    """Eight steps along random gradients; a matrix, a vector and a bank of matrices."""
    out = Recorder()
    shapes = {"matrix": (4, 3), "vector": (5,), "bank": (2, 3, 2)}
    start = {name: torch.randn(shape) for name, shape in shapes.items()}
    gradients = [{name: torch.randn(shape) * 10 ** (step % 3 - 1) for name, shape in shapes.items()} for step in range(8)]
    out.add("start", **start)
    for step, gradient in enumerate(gradients):
        out.add(f"gradient.{step}", **gradient)
    makers = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
        "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
        "adafactor": lambda p: Adafactor(p, lr=None),
        "adafactor_warmup": lambda p: Adafactor(p, lr=None, warmup_init=True, beta1=0.9, weight_decay=0.1),
        "adafactor_fixed": lambda p: Adafactor(
            p, lr=0.05, relative_step=False, scale_parameter=False, clip_threshold=0.5, decay_rate=-0.6, eps=(1e-20, 1e-2)
        ),
    }
    for kind, make in makers.items():
        parameters = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}
        optimizer = make(list(parameters.values()))
        for step, gradient in enumerate(gradients):
            for name, parameter in parameters.items():
                parameter.grad = gradient[name].clone()
            optimizer.step()
            out.add(f"{kind}.{step}", **parameters)
    # Lion by its paper's algorithm 2, in double precision.
    parameters = {name: tensor.double() for name, tensor in start.items()}
    momenta = {name: torch.zeros_like(tensor) for name, tensor in parameters.items()}
    for step, gradient in enumerate(gradients):
        for name, parameter in parameters.items():
            g, m = gradient[name].double(), momenta[name]
            parameters[name] = parameter - 0.01 * ((0.9 * m + 0.1 * g).sign() + 0.1 * parameter)
            momenta[name] = 0.99 * m + 0.01 * g
        out.add(f"lion.{step}", **{name: tensor.float() for name, tensor in parameters.items()})
    out.save("optimizers")


def schedules():
    out = Recorder()
    steps = 60

    def trace(make):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        schedule = make(optimizer)
        rates = []
        for _ in range(steps):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            schedule.step()
        return rates

    lr = torch.optim.lr_scheduler
    rates = {
        "linear": trace(lambda o: lr.LinearLR(o, 1.0, 0.2, total_iters=40)),
        "cosine": trace(lambda o: lr.CosineAnnealingLR(o, T_max=steps, eta_min=0.1)),
        "linear_warmup": trace(lambda o: get_linear_schedule_with_warmup(o, 10, 50)),
        "cosine_warmup": trace(lambda o: get_cosine_schedule_with_warmup(o, 10, 60)),
        "inverse_square_root": trace(lambda o: get_inverse_sqrt_schedule(o, 10)),
        "one_cycle": trace(lambda o: lr.OneCycleLR(o, max_lr=0.5, total_steps=steps + 1))[:steps],
        "noam": [2 * 256**-0.5 * min((s + 1) ** -0.5, (s + 1) * 20**-1.5) for s in range(steps)],
    }
    optimizer = Adafactor([torch.zeros(1, requires_grad=True)], lr=None, scale_parameter=False)
    group = optimizer.param_groups[0]
    rates["relative"] = [float(Adafactor._get_lr(group, {"step": s + 1, "RMS": 0})) for s in range(steps)]
    out.add("rates", **rates)
    out.save("schedules")


def losses():
    out = Recorder()
    logits = (3 * torch.randn(7, 11)).requires_grad_()
    targets = torch.tensor([3, -100, 0, 10, 5, 5, -100], dtype=torch.int32)
    loss = F.cross_entropy(logits, targets.long(), label_smoothing=0.1)
    loss.backward()
    out.add("smoothed", x=logits, targets=targets, loss=loss, gradient=logits.grad)
    x = torch.randn(3, 4, requires_grad=True)
    y = torch.randn(3, 4)
    loss = F.mse_loss(x, y)
    loss.backward()
    out.add("squared", x=x, targets=y, loss=loss, gradient=x.grad)
    x = torch.tensor([[-90.0, -3, -0.1, 0], [0.1, 2, 30, 90]], requires_grad=True)
    y = torch.tensor([[0.0, 1, 0.3, 0.5], [1, 0, 1, 0.9]])
    loss = F.binary_cross_entropy_with_logits(x, y)
    loss.backward()
    out.add("binary", x=x, targets=y, loss=loss, gradient=x.grad)
    out.save("losses")


def positions():
    out = Recorder()
    for heads in (1, 4, 6, 8, 12):
        # Keys at position 1 carry the slope itself.
        slopes = build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[:, 0, 1]
        out.add(f"alibi.{heads}", slopes=slopes)
    offsets = torch.arange(-300, 301)
    for bidirectional in (True, False):
        buckets = T5Attention._relative_position_bucket(offsets, bidirectional, 32, 128)
        out.add(f"t5.{bidirectional}", offsets=offsets.int(), buckets=buckets.int())
    config = T5Config(d_model=8, d_kv=4, num_heads=3, relative_attention_num_buckets=8, relative_attention_max_distance=20)
    attention = T5Attention(config, has_relative_attention_bias=True)
    out.add("t5.bias", weight=attention.relative_attention_bias.weight, bias=attention.compute_bias(9, 9)[0])
    position = torch.arange(50).unsqueeze(1).double()
    rates = torch.exp(torch.arange(0, 10, 2).double() * (-math.log(10000.0) / 10))
    table = torch.zeros(50, 10, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = torch.sin(position * rates), torch.cos(position * rates)
    out.add("sinusoidal", table=table.float())
    out.save("positions")


LENGTHS = [3, 5, 1]
MEMORY_LENGTHS = [4, 2, 6]
WIDTH, HEADS, INNER = 12, 3, 20


def padded(lengths, width):
    """Random rows end to end, the same padded, and the mask of what is padding."""
    rows = [torch.randn(length, width) for length in lengths]
    batch = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = torch.arange(max(lengths)) >= torch.tensor(lengths).unsqueeze(1)
    return torch.cat(rows), batch, mask


def packed(batch, lengths):
    return torch.cat([batch[i, :length] for i, length in enumerate(lengths)])


def disturb(module):
    """Norms and biases away from 1 and 0, so that every term matters."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))


def finish(out, case, inputs, outputs, lengths, names):
    """Differentiates a randomly weighted sum of the packed output."""
    rows = packed(outputs, lengths)
    upstream = torch.randn_like(rows)
    leaves = [tensor for tensor, _ in inputs.values()]
    parameters = list(names.values())
    gradients = torch.autograd.grad((rows * upstream).sum(), leaves + parameters)
    out.add(case, output=rows, upstream=upstream)
    for (name, (_, own)), gradient in zip(inputs.items(), gradients):
        out.add(case, **{f"grad.{name}": packed(gradient, own)})
    for name, gradient in zip(names, gradients[len(leaves) :]):
        out.add(case, **{f"parameter.{name}": names[name], f"gradient.{name}": gradient})


def attention_parameters(attention):
    return {
        "in_proj_weight": attention.in_proj_weight,
        "in_proj_bias": attention.in_proj_bias,
        "out_proj.weight": attention.out_proj.weight,
        "out_proj.bias": attention.out_proj.bias,
    }


def split_projections(out, case):
    """Renames PyTorch's joint input projection to the three that Attend has."""
    for key in [key for key in out.tensors if key.startswith(case + ".") and "in_proj_" in key]:
        tensor = out.tensors.pop(key)
        for part, rows in zip("qkv", tensor.chunk(3)):
            out.tensors[key.replace("in_proj_", f"{part}_proj.")] = rows.contiguous().clone()


def attention():
    out = Recorder()
    for case in ("self", "causal", "window", "bias", "cross"):
        module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        disturb(module)
        rows, x, padding = padded(LENGTHS, WIDTH)
        x.requires_grad_()
        inputs = {"x": (x, LENGTHS)}
        out.add(case, x=rows)
        memory, mask = x, None
        length = max(LENGTHS)
        queries, keys = torch.arange(length).unsqueeze(1), torch.arange(length)
        if case == "causal":
            mask = torch.where(keys > queries, -math.inf, 0.0)
        if case == "window":
            mask = torch.where((keys > queries) | (keys <= queries - 2), -math.inf, 0.0)
        if case == "bias":
            bias = torch.randn(HEADS, length, length)
            out.add(case, bias=bias)
            mask = bias.repeat(len(LENGTHS), 1, 1)
        if case == "cross":
            memory_rows, memory, padding = padded(MEMORY_LENGTHS, WIDTH)
            memory.requires_grad_()
            inputs["memory"] = (memory, MEMORY_LENGTHS)
            out.add(case, memory=memory_rows)
        hidden = torch.zeros(padding.shape).masked_fill(padding, -math.inf)
        output, _ = module(x, memory, memory, key_padding_mask=hidden, attn_mask=mask, need_weights=False)
        finish(out, case, inputs, output, LENGTHS, attention_parameters(module))
        split_projections(out, case)
    out.save("attention")


def blocks():
    out = Recorder()
    for order in ("post", "pre"):
        for activation in ("relu", "gelu"):
            case = f"encoder.{order}.{activation}"
            options = dict(dropout=0.0, activation=activation, batch_first=True, norm_first=order == "pre")
            module = nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, **options)
            disturb(module)
            rows, x, padding = padded(LENGTHS, WIDTH)
            x.requires_grad_()
            out.add(case, x=rows)
            output = module(x, src_key_padding_mask=padding)
            finish(out, case, {"x": (x, LENGTHS)}, output, LENGTHS, dict(module.named_parameters()))
            split_projections(out, case)

        case = f"decoder.{order}"
        module = nn.TransformerDecoderLayer(WIDTH, HEADS, INNER, **options | {"activation": "relu"})
        disturb(module)
        rows, x, padding = padded(LENGTHS, WIDTH)
        memory_rows, memory, memory_padding = padded(MEMORY_LENGTHS, WIDTH)
        x.requires_grad_()
        memory.requires_grad_()
        out.add(case, x=rows, memory=memory_rows)
        causal = torch.ones(max(LENGTHS), max(LENGTHS), dtype=torch.bool).triu(1)
        output = module(x, memory, tgt_mask=causal, tgt_key_padding_mask=padding, memory_key_padding_mask=memory_padding)
        inputs = {"x": (x, LENGTHS), "memory": (memory, MEMORY_LENGTHS)}
        finish(out, case, inputs, output, LENGTHS, dict(module.named_parameters()))
        split_projections(out, case)
    out.save("blocks")


def alignment():
    """Bahdanau's and Luong's attention by their formulas, one sequence at a time."""
    out = Recorder()
    query_width, state_width, width, steps = 5, 6, 7, 4
    for case in ("additive", "dot", "scaled_dot", "general", "concatenated"):
        own_width = state_width if "dot" in case else query_width
        query = torch.randn(len(MEMORY_LENGTHS), steps, own_width, requires_grad=True)
        states = torch.randn(sum(MEMORY_LENGTHS), state_width, requires_grad=True)
        names = {}
        if case == "additive":
            names = {"query_proj.weight": torch.randn(width, own_width), "key_proj.weight": torch.randn(width, state_width)}
        if case == "general":
            names = {"weight": torch.randn(own_width, state_width)}
        if case == "concatenated":
            names = {"weight": torch.randn(width, own_width + state_width)}
        if case in ("additive", "concatenated"):
            names["score"] = torch.randn(width)
        for tensor in names.values():
            tensor.requires_grad_()
        contexts, weights = [], []
        for q, h in zip(query, states.split(MEMORY_LENGTHS)):
            if case == "additive":
                inner = q @ names["query_proj.weight"].T
                inner = inner.unsqueeze(1) + (h @ names["key_proj.weight"].T).unsqueeze(0)
                scores = torch.tanh(inner) @ names["score"]
            elif case == "concatenated":
                pairs = torch.cat([q.unsqueeze(1).expand(-1, len(h), -1), h.unsqueeze(0).expand(len(q), -1, -1)], -1)
                scores = torch.tanh(pairs @ names["weight"].T) @ names["score"]
            elif case == "general":
                scores = q @ names["weight"] @ h.T
            else:
                scores = q @ h.T / (math.sqrt(state_width) if case == "scaled_dot" else 1)
            weight = scores.softmax(-1)
            weights.append(F.pad(weight, (0, max(MEMORY_LENGTHS) - len(h))))
            contexts.append(weight @ h)
        context = torch.stack(contexts)
        upstream = torch.randn_like(context)
        leaves = {"query": query, "states": states, **names}
        gradients = torch.autograd.grad((context * upstream).sum(), list(leaves.values()))
        out.add(case, query=query, states=states, context=context, weights=torch.stack(weights), upstream=upstream)
        for (name, tensor), gradient in zip(leaves.items(), gradients):
            if name in names:
                out.add(case, **{f"parameter.{name}": tensor, f"gradient.{name}": gradient})
            else:
                out.add(case, **{f"grad.{name}": gradient})
    out.save("alignment")


if __name__ == "__main__":
    for make in (optimizers, schedules, losses, positions, attention, blocks, alignment):
        torch.manual_seed(1)
        make()
