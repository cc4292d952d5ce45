"""PyTorch. usage: torch_worker.py THREADS

attention LENGTH full|causal f32|bf16          12 heads of width 64
product ROWS INPUTS OUTPUTS packed|f32|bf16    packed: MKL's form, as frozen models have it
prompt FOLDER f32|bf16 LENGTH                  a language model in transformers, up to the last token's logits
nanogpt f32|bf16 eager|compiled                a training step: forward, backward, AdamW
lstm WIDTH SEQUENCES LENGTH f32|bf16           forward and backward
"""

import contextlib
import sys

import torch
import torch.nn.functional as F
from protocol import serve

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def without_gradients(work):
    def run():
        with torch.inference_mode():
            work()

    return run


def attention(length, kind, precision):
    q, k, v = (torch.randn(1, 12, int(length), 64).to(TYPES[precision]) for _ in range(3))
    return without_gradients(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=kind == "causal"))


def product(rows, inputs, outputs, form):
    rows, inputs, outputs = int(rows), int(inputs), int(outputs)
    if form == "packed":
        x, weight = torch.randn(rows, inputs), torch.randn(outputs, inputs)
        packed = torch.ops.mkl._mkl_reorder_linear_weight(weight, rows)
        return without_gradients(lambda: torch.ops.mkl._mkl_linear(x, packed, weight, None, rows))
    x, weight = torch.randn(rows, inputs).to(TYPES[form]), torch.randn(outputs, inputs).to(TYPES[form])
    return without_gradients(lambda: F.linear(x, weight))


_models = {}


def prompt(folder, precision, length):
    from transformers import AutoModelForCausalLM

    key = folder, precision
    if key not in _models:
        _models[key] = AutoModelForCausalLM.from_pretrained(folder, dtype=TYPES[precision]).eval()
    model = _models[key]
    ids = torch.randint(100, 40000, (1, int(length)))
    return without_gradients(lambda: model(ids, use_cache=True, logits_to_keep=1))


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(width) for _ in range(2))
        self.qkv, self.out = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(self.norms[0](x)).split(width, 2)
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(mixed)
        return x + self.down(F.gelu(self.up(self.norms[1](x)), approximate="tanh"))


class NanoGPT(torch.nn.Module):
    """GPT-2 with its output layer tied to the embedding, as attend's side has it."""

    def __init__(self, layers=6, width=384, heads=6, block=256, vocabulary=65):
        super().__init__()
        self.tokens, self.positions = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(block, width)
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.02)

    def forward(self, inputs, targets):
        x = self.tokens(inputs) + self.positions(torch.arange(inputs.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def automatic(precision):
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def nanogpt(precision, mode):
    model = NanoGPT()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    forward = torch.compile(model) if mode == "compiled" else model
    tokens = torch.randint(0, 65, (16, 257))
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def step():
        with automatic(precision):
            loss = forward(inputs, targets)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    if mode == "compiled":
        # Compiles; what is measured as the first step does not.
        step()
    return step


def lstm(width, sequences, length, precision):
    network = torch.nn.LSTM(int(width), int(width), 1, batch_first=True)
    x = torch.randn(int(sequences), int(length), int(width))

    def step():
        with automatic(precision):
            output, _ = network(x)
        output.float().pow(2).mean().backward()
        network.zero_grad(set_to_none=True)

    return step


KINDS = {work.__name__: work for work in (attention, product, prompt, nanogpt, lstm)}
serve(lambda words: KINDS[words[0]](*words[1:]))
