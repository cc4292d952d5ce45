"""Recurrent encoder-decoders written out in PyTorch: Sutskever et al. 2014, Bahdanau et al. 2015, Luong et al. 2015."""

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from . import reference, translators

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Attention(nn.Module):
    """Weights of one query for all states of its source."""

    def __init__(self, kind, width, channels):
        super().__init__()
        self.kind = kind
        match kind:
            case "bahdanau":
                self.query_proj, self.key_proj = nn.Linear(width, channels, False), nn.Linear(width, channels, False)
                self.score = nn.Parameter(torch.zeros(channels))
            case "luong_general":
                self.weight = nn.Parameter(torch.zeros(width, width))
            case "luong_concat":
                self.weight = nn.Parameter(torch.zeros(channels, 2 * width))
                self.score = nn.Parameter(torch.zeros(channels))

    def forward(self, query, states):
        match self.kind:
            case "bahdanau":
                return torch.tanh(self.query_proj(query) + self.key_proj(states)) @ self.score
            case "luong_dot":
                return states @ query
            case "luong_general":
                return (states @ self.weight.T) @ query
            case "luong_concat":
                pairs = torch.cat([query.expand(len(states), -1), states], dim=1)
                return torch.tanh(pairs @ self.weight.T) @ self.score


class Stack(nn.Module):
    def __init__(self, config, inputs, vocabulary, bidirectional):
        super().__init__()
        if not config.get("share_encoder_decoder_embeddings"):
            self.embed_tokens = nn.Embedding(vocabulary, config["embedding_dim"])
        width = config["d_model"] // (2 if bidirectional else 1)
        self.rnn = CELLS[config["cell"]](inputs, width, config["layers"], bidirectional=bidirectional)


class Base(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, embedding, kind = config["d_model"], config["embedding_dim"], config["attention"]
        if config.get("share_encoder_decoder_embeddings"):
            self.shared = nn.Embedding(config["vocab_size"], embedding)
        self.encoder = Stack(config, embedding, config["vocab_size"], config["bidirectional"])
        bahdanau = kind == "bahdanau"
        inputs = embedding + (width if bahdanau else 0)
        self.decoder = Stack(config, inputs, config.get("decoder_vocab_size", config["vocab_size"]), False)
        if kind != "none":
            self.decoder.attention = Attention(kind, width, config.get("attention_dim", width))
            outputs = embedding if config.get("tie_word_embeddings") else width
            self.decoder.readout = nn.Linear(2 * width + (embedding if bahdanau else 0), outputs)


class Seq2SeqRNN(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Base(config)
        if not config.get("tie_word_embeddings"):
            self.lm_head = nn.Linear(config["d_model"], config.get("decoder_vocab_size", config["vocab_size"]))

    def embed(self, stack, ids):
        return (self.model.shared if hasattr(self.model, "shared") else stack.embed_tokens)(ids)

    def encode(self, source):
        states, final = self.model.encoder.rnn(self.embed(self.model.encoder, source)[:, None])
        if self.config["bidirectional"]:
            join = lambda x: torch.cat([x[0::2], x[1::2]], dim=2)
            final = tuple(map(join, final)) if isinstance(final, tuple) else join(final)
        return (states[:, 0], final), []

    def decode(self, memory, inputs):
        states, state = memory
        decoder, kind, rows, self.weights = self.model.decoder, self.config["attention"], [], []
        for x in self.embed(decoder, inputs):
            top = (state[0] if isinstance(state, tuple) else state)[-1, 0]
            if kind == "bahdanau":
                self.weights.append(decoder.attention(top, states).softmax(0))
                context = self.weights[-1] @ states
                output, state = decoder.rnn(torch.cat([x, context])[None, None], state)
                row = torch.tanh(decoder.readout(torch.cat([output[0, 0], context, x])))
            else:
                output, state = decoder.rnn(x[None, None], state)
                row = output[0, 0]
                if kind != "none":
                    self.weights.append(decoder.attention(row, states).softmax(0))
                    row = torch.tanh(decoder.readout(torch.cat([self.weights[-1] @ states, row])))
            rows.append(row)
        rows = torch.stack(rows)
        if hasattr(self, "lm_head"):
            return self.lm_head(rows), []
        table = self.model.shared if hasattr(self.model, "shared") else decoder.embed_tokens
        return functional.linear(rows, table.weight), []

    forward = translators.Transformer.forward
    greedy = translators.Transformer.greedy

    def alignment(self):
        return torch.stack(self.weights) if self.weights else None


SMALL = {
    "architectures": ["Seq2SeqRNN"], "vocab_size": 40, "d_model": 12, "embedding_dim": 10, "layers": 1,
    "bidirectional": True, "max_position_embeddings": 64,
} | translators.TOKENS  # fmt: skip

CONFIGURATIONS = {
    "seq2seq-lstm": SMALL | {"cell": "lstm", "attention": "none", "bidirectional": False, "layers": 2},
    "seq2seq-gru-bahdanau": SMALL | {"cell": "gru", "attention": "bahdanau", "attention_dim": 7, "layers": 2},
    "seq2seq-lstm-bahdanau": SMALL | {
        "cell": "lstm", "attention": "bahdanau", "share_encoder_decoder_embeddings": True, "tie_word_embeddings": True,
    },
    "seq2seq-lstm-luong": SMALL | {"cell": "lstm", "attention": "luong_general", "decoder_vocab_size": 48},
    "seq2seq-rnn-luong": SMALL | {"cell": "rnn", "attention": "luong_dot", "tie_word_embeddings": True},
    "seq2seq-gru-luong": SMALL | {"cell": "gru", "attention": "luong_concat", "attention_dim": 9, "layers": 2},
}  # fmt: skip
NAMES = list(CONFIGURATIONS)


def new_model(config, seed):
    model = Seq2SeqRNN(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "embed_tokens" in name or "shared" in name:
                parameter.copy_(noise)
            elif parameter.dim() == 1:
                parameter.copy_((1.5 if "score" in name else 0.3) * noise)
            else:
                parameter.copy_((3 if "lm_head" in name else 1.5) * parameter.shape[1] ** -0.5 * noise)
    return model


def make_all(folder):
    for seed, (name, config) in enumerate(CONFIGURATIONS.items(), start=300):
        place = folder / name
        place.mkdir(parents=True)
        reference.write_json(place / "config.json", config)
        model = new_model(config, seed)
        save_file(model.state_dict(), place / "model.safetensors", metadata={"format": "pt"})
        tensors = translators.golden(model, config, seed, states=False) | translators.greedy(model, config, seed)
        assert 0.7 < tensors["logits"].std() < 10, f"{name}: degenerate logits {tensors['logits'].std()}"
        reference.save_golden(place, tensors)
