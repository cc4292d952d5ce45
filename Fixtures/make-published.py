#!/usr/bin/env python3
"""Makes Fixtures/published: what published recurrent weights answer, computed with NumPy alone in float64.

Fixtures/make-published.py G2P-FOLDER NAMES-FOLDER VAD-FOLDER SPEECH.wav     (folders of scripts/fetch-models)
"""

import json
import pathlib
import sys
import wave

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import onnx_reader  # noqa: E402

FOLDER = HERE / "published"
WORDS = ["whisper", "attention", "transformer", "recurrent", "debian", "colonel", "rhythm", "zyzzyva", "x", "don't", "a" * 40]
NAMES = ["محمد", "فاطمة", "عبد الله", "يوسف", "خديجة", "نجيب محفوظ", "الخوارزمي", "ليلى", "X"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_step(x, h, w, u, b, c):
    """PyTorch's order of gates: reset, update, new."""
    n = len(h)
    a, d = w @ x + b, u @ h + c
    r, z = sigmoid(a[:n] + d[:n]), sigmoid(a[n:2 * n] + d[n:2 * n])
    return (1 - z) * np.tanh(a[2 * n:] + r * d[2 * n:]) + z * h


def phonemes(folder):
    w = {name: value.astype(np.float64) for name, value in np.load(folder / "checkpoint20.npz").items()}
    symbols = (
        "<pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 "
        "ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 "
        "UH2 UW UW0 UW1 UW2 V W Y Z ZH"
    ).split()
    answers, margin = {}, np.inf
    for word in WORDS:
        ids = [3 + ord(c) - ord("a") if "a" <= c <= "z" else 1 for c in word] + [2]
        h = np.zeros(w["enc_w_hh"].shape[1])
        for i in ids:
            h = gru_step(w["enc_emb"][i], h, w["enc_w_ih"], w["enc_w_hh"], w["enc_b_ih"], w["enc_b_hh"])
        token, answer = 2, []
        while len(answer) < 20:
            h = gru_step(w["dec_emb"][token], h, w["dec_w_ih"], w["dec_w_hh"], w["dec_b_ih"], w["dec_b_hh"])
            logits = w["fc_w"] @ h + w["fc_b"]
            token = int(logits.argmax())
            margin = min(margin, np.diff(np.sort(logits)[-2:])[0])
            if token == 3:
                break
            answer.append(symbols[token])
        answers[word] = " ".join(answer)
    return answers, margin


def onnx_gru(x, w, u, b, direction):
    """ONNX's order of gates: update, reset, new. Returns outputs in the order of x."""
    n = u.shape[2]
    order = np.r_[n:2 * n, 0:n, 2 * n:3 * n]
    w, u, bias = w[direction][order], u[direction][order], b[direction]
    h, outputs = np.zeros(n), [None] * len(x)
    for t in range(len(x)) if direction == 0 else reversed(range(len(x))):
        h = gru_step(x[t], h, w, u, bias[:3 * n][order], bias[3 * n:][order])
        outputs[t] = h
    return np.array(outputs)


def transliterations(folder):
    e = {k: v.astype(np.float64) for k, v in onnx_reader.weights(folder / "encoder.onnx").items()}
    d = {k: v.astype(np.float64) for k, v in onnx_reader.weights(folder / "decoder.onnx").items()}
    tokens = json.loads((folder / "vocab.json").read_text())["tokens"]
    index = {token: i for i, token in enumerate(tokens)}
    answers, margin = {}, np.inf
    for name in NAMES:
        ids = [index["<UNK_COUNTRY>"], index["<ROLE_UNKNOWN>"]] + [index.get(c, 3) for c in name] + [2]
        x = e["m.emb.weight"][ids]
        for w, u, b in (("383", "384", "382"), ("426", "427", "425")):
            w, u, b = (e["onnx::GRU_" + place] for place in (w, u, b))
            x = np.concatenate([onnx_gru(x, w, u, b, 0), onnx_gru(x, w, u, b, 1)], axis=1)
        state = [np.tanh(e["m.bridge.weight"] @ x.mean(axis=0) + e["m.bridge.bias"])] * 2
        token, text, total = 1, [], 0.0
        for step in range(32):
            value = d["m.emb.weight"][token]
            for layer in range(2):
                w, u, b, c = (d[f"m.decoder.{part}_l{layer}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
                state[layer] = value = gru_step(value, state[layer], w, u, b, c)
            scores = x @ (value @ d["onnx::MatMul_165"])
            weights = np.exp(scores - scores.max())
            context = (weights / weights.sum()) @ x
            logits = d["m.out.weight"] @ np.tanh(
                np.concatenate([value, context]) @ d["onnx::MatMul_166"] + d["m.combine.bias"]) + d["m.out.bias"]
            logits -= np.log(np.exp(logits - logits.max()).sum()) + logits.max()
            logits[0] = -np.inf
            if step == 0:
                logits[2] = -np.inf
            token = int(logits.argmax())
            total += logits[token]
            margin = min(margin, np.diff(np.sort(logits)[-2:])[0])
            if token == 2:
                break
            text.append(tokens[token])
        answers[name] = {"text": "".join(text), "log_probability": total}
    return answers, margin


def convolve(x, w, b, stride):
    """x: [channels, time], one zero on either side."""
    x = np.pad(x, ((0, 0), (1, 1)))
    steps = (x.shape[1] - 3) // stride + 1
    return np.array([(w * x[None, :, t * stride:t * stride + 3]).sum(axis=(1, 2)) + b for t in range(steps)]).T


def speech(folder, path):
    w = {k: v.astype(np.float64) for k, v in onnx_reader.weights(folder / "silero_vad_16k_sequence.onnx").items()}
    with wave.open(path) as file:
        assert file.getframerate() == 16000 and file.getnchannels() == 1
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[8000:8000 + 24000]
    samples = np.concatenate([np.zeros(3000, "<i2"), samples])
    samples.tofile(FOLDER / "speech.raw")
    x = np.concatenate([np.zeros(64), samples / 32768])
    order = np.r_[0:128, 256:384, 384:512, 128:256]  # input, forget, new, output from input, output, forget, new
    wi, wh, b = w["onnx::LSTM_209"][0][order], w["onnx::LSTM_210"][0][order], w["onnx::LSTM_211"][0]
    bias = (b[:512] + b[512:])[order]
    h, c, answers = np.zeros(128), np.zeros(128), []
    for start in range(0, len(samples) - 511, 512):
        frame = np.pad(x[start:start + 576], 128, mode="reflect")
        spectrum = np.array([w["stft.forward_basis_buffer"][:, 0] @ frame[t * 128:t * 128 + 256] for t in range(1, 5)]).T
        y = np.hypot(spectrum[:129], spectrum[129:])
        for layer, stride in enumerate((1, 2, 2, 1)):
            y = np.maximum(convolve(y, w[f"encoder.{layer}.weight"], w[f"encoder.{layer}.bias"], stride), 0)
        i, f, g, o = np.split(wi @ y[:, 0] + wh @ h + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        answers.append(float(sigmoid(w["output.weight"][0, :, 0] @ np.maximum(h, 0) + w["output.bias"][0])))
    return answers


def main():
    g2p, names, vad = map(pathlib.Path, sys.argv[1:4])
    FOLDER.mkdir(exist_ok=True)
    words, word_margin = phonemes(g2p)
    texts, text_margin = transliterations(names)
    probabilities = speech(vad, sys.argv[4])
    print(words, word_margin, texts, text_margin, np.round(probabilities, 2), sep="\n")
    expected = {"phonemes": words, "names": texts, "speech": probabilities}
    (FOLDER / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
