#!/usr/bin/env python3
"""Makes Fixtures/layers: recurrent layers, convolutions, batch normalisation and the CTC loss, with the values and
gradients that PyTorch computes. Run as make-golden.py is (see README.md)."""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

FOLDER = pathlib.Path(__file__).resolve().parent / "layers"
LENGTHS = [3, 5, 1, 5]


class Recorder:
    """Tensors of one file, under "case.name"."""

    def __init__(self):
        self.tensors = {}

    def add(self, case, **tensors):
        for name, tensor in tensors.items():
            self.tensors[f"{case}.{name}"] = tensor.detach().clone().contiguous()

    def add_module(self, case, module):
        for name, parameter in module.named_parameters():
            self.add(case, **{name: parameter})
            self.tensors[f"{case}.grad.{name}"] = parameter.grad.clone()

    def save(self, name):
        FOLDER.mkdir(exist_ok=True)
        save_file(self.tensors, FOLDER / f"{name}.safetensors")


def backward(outputs):
    """Weights every output with random numbers, so that all of the Jacobian counts; returns the weights."""
    weights = [torch.randn_like(output) for output in outputs]
    sum((output * weight).sum() for output, weight in zip(outputs, weights)).backward()
    return weights


def recurrent():
    cases = {
        "rnn_tanh": (nn.RNN, {}),
        "rnn_relu": (nn.RNN, {"nonlinearity": "relu"}),
        "rnn_deep": (nn.RNN, {"num_layers": 3, "bias": False}),
        "lstm": (nn.LSTM, {}),
        "lstm_no_bias": (nn.LSTM, {"bias": False}),
        "lstm_projected": (nn.LSTM, {"proj_size": 3, "num_layers": 2}),
        "lstm_bidirectional": (nn.LSTM, {"num_layers": 2, "bidirectional": True}),
        "gru": (nn.GRU, {}),
        "gru_bidirectional": (nn.GRU, {"num_layers": 2, "bidirectional": True}),
    }
    out = Recorder()
    for name, (kind, options) in cases.items():
        module = kind(7, 19 if name in ("lstm", "gru") else 5, **options)
        xs = [torch.randn(length, 7) for length in LENGTHS]
        padded = pad_sequence(xs).requires_grad_()
        packed = pack_padded_sequence(padded, torch.tensor(LENGTHS), enforce_sorted=False)
        rows = module.num_layers * (2 if module.bidirectional else 1)
        h0 = torch.randn(rows, len(LENGTHS), module.proj_size or module.hidden_size, requires_grad=True)
        c0 = torch.randn(rows, len(LENGTHS), module.hidden_size, requires_grad=True)
        is_lstm = kind is nn.LSTM
        output, final = module(packed, (h0, c0) if is_lstm else h0)
        output, _ = pad_packed_sequence(output)
        output = torch.cat([output[:length, i] for i, length in enumerate(LENGTHS)])
        outputs = [output, *final] if is_lstm else [output, final]
        upstream = backward(outputs)
        gradient = torch.cat([padded.grad[:length, i] for i, length in enumerate(LENGTHS)])
        out.add(name, lengths=torch.tensor(LENGTHS, dtype=torch.int32), x=torch.cat(xs), h0=h0, output=output)
        out.add(name, **{"hn": outputs[1], "upstream.output": upstream[0], "upstream.hn": upstream[1]})
        out.add(name, **{"grad.x": gradient, "grad.h0": h0.grad})
        if is_lstm:
            out.add(name, **{"c0": c0, "cn": outputs[2], "upstream.cn": upstream[2], "grad.c0": c0.grad})
        out.add_module(name, module)
    out.save("recurrent")


def convolution():
    cases = {
        "conv1d": (nn.Conv1d, (4, 6, 3), {}, (2, 4, 9)),
        "conv1d_strided": (nn.Conv1d, (4, 6, 3), {"stride": 2, "padding": 1}, (2, 4, 8)),
        "conv1d_dilated": (nn.Conv1d, (4, 6, 3), {"dilation": 3, "padding": 2, "bias": False}, (1, 4, 11)),
        "conv1d_grouped": (nn.Conv1d, (4, 6, 4), {"groups": 2, "padding": 3, "stride": 3}, (2, 4, 10)),
        "conv1d_depthwise": (nn.Conv1d, (4, 4, 5), {"groups": 4, "padding": 2}, (2, 4, 7)),
        "conv1d_pointwise": (nn.Conv1d, (4, 3, 1), {}, (2, 4, 5)),
        "conv2d": (nn.Conv2d, (3, 5, 3), {}, (2, 3, 6, 7)),
        "conv2d_strided": (nn.Conv2d, (3, 5, (3, 2)), {"stride": (2, 3), "padding": (1, 0)}, (2, 3, 7, 8)),
        "conv2d_dilated": (nn.Conv2d, (2, 4, 3), {"dilation": (2, 1), "padding": 2, "groups": 2}, (1, 2, 8, 5)),
        "conv2d_patches": (nn.Conv2d, (3, 8, 4), {"stride": 4}, (2, 3, 8, 12)),
    }
    out = Recorder()
    for name, (kind, arguments, options, shape) in cases.items():
        module = kind(*arguments, **options)
        x = torch.randn(shape, requires_grad=True)
        output = module(x)
        (upstream,) = backward([output])
        settings = [*module.stride, *module.padding, *module.dilation, module.groups]
        out.add(name, settings=torch.tensor(settings, dtype=torch.int32), x=x, output=output, upstream=upstream)
        out.add(name, **{"grad.x": x.grad})
        out.add_module(name, module)
    out.save("convolution")


def batch_norm():
    out = Recorder()
    for name, kind, shape in [("rows", nn.BatchNorm1d, (6, 4)), ("1d", nn.BatchNorm1d, (3, 4, 5)),
                              ("2d", nn.BatchNorm2d, (2, 3, 4, 5))]:
        module = kind(shape[1], momentum=0.3)
        nn.init.normal_(module.weight)
        nn.init.normal_(module.bias)
        for step in range(2):  # the running statistics of the second step start from those of the first
            module.zero_grad()
            x = (torch.randn(shape) * 2 + 1).requires_grad_()
            output = module(x)
            (upstream,) = backward([output])
            case = f"{name}.train{step}"
            out.add(case, x=x, output=output, upstream=upstream, running_mean=module.running_mean,
                    running_var=module.running_var, num_batches_tracked=module.num_batches_tracked)
            out.add(case, **{"grad.x": x.grad})
            out.add_module(case, module)
        module.eval()
        module.zero_grad()
        x = torch.randn(shape, requires_grad=True)
        output = module(x)
        (upstream,) = backward([output])
        out.add(f"{name}.eval", x=x, output=output, upstream=upstream, **{"grad.x": x.grad})
        out.add_module(f"{name}.eval", module)
    out.save("batchnorm")


def ctc():
    # Frames, targets. Repeated labels need a blank between them; an empty target; a target too long for its frames.
    cases = {
        "plain": ([7, 5], [[1, 2, 3], [4, 4]], 0),
        "last_blank": ([6, 9, 4], [[0, 1, 0], [2, 2, 2, 1], [3]], 5),
        "empty_target": ([4, 3], [[], [2, 1]], 0),
        "impossible": ([5, 2, 3], [[1, 1], [1, 2, 3], [2, 2]], 0),
        "one_frame": ([1, 1], [[3], []], 0),
        "long": ([60, 41], [[1 + (3 * i) % 5 for i in range(20)], [1 + i // 3 % 5 for i in range(15)]], 0),
    }
    out = Recorder()
    for name, (frames, targets, blank) in cases.items():
        logits = [(torch.randn(count, 6) * 2).requires_grad_() for count in frames]
        padded = pad_sequence([row.log_softmax(1) for row in logits])
        flat = torch.tensor([label for target in targets for label in target], dtype=torch.long)
        lengths = torch.tensor([len(target) for target in targets])
        losses = nn.functional.ctc_loss(padded, flat, torch.tensor(frames), lengths, blank, "none", zero_infinity=True)
        infinite = nn.functional.ctc_loss(padded, flat, torch.tensor(frames), lengths, blank, "none")
        mean = nn.functional.ctc_loss(padded, flat, torch.tensor(frames), lengths, blank, "mean", zero_infinity=True)
        (upstream,) = backward([losses])
        out.add(name, logits=torch.cat(logits), frames=torch.tensor(frames, dtype=torch.int32),
                targets=flat.int(), target_lengths=lengths.int(), blank=torch.tensor([blank], dtype=torch.int32),
                losses=losses, infinite=infinite, mean=mean, upstream=upstream)
        out.add(name, **{"grad.logits": torch.cat([row.grad for row in logits])})
    out.save("ctc")


torch.manual_seed(2026)
recurrent()
convolution()
batch_norm()
ctc()
