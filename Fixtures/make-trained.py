#!/usr/bin/env python3
"""Makes Fixtures/trained: what the reference implementation (the tokenizers library) learns from the texts of
Fixtures/make/strings.py, one text after another."""

import json
import pathlib
import sys

import base64

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import strings  # noqa: E402

FOLDER = HERE / "trained"
SPECIAL = ["<pad>", "<s>", "</s>"]


def texts():
    """Accents, scripts, emoji, runs of one character, and a novel's beginning."""
    novel = (HERE / "austen-3000.txt").read_text().splitlines(keepends=True)
    return [text for text in strings.unique(strings.ALL) if text] + ["aaaa aaaaaaa baaab aaaaab", "–––– --- ----"] + novel


def bpe(size, minimum, prefix_space):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=minimum, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    tokenizer.train_from_iterator(texts(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = sorted(model["vocab"], key=model["vocab"].get)
    return {
        "size": size, "minimum_frequency": minimum, "prefix_space": prefix_space, "tokens": len(vocabulary),
        "vocabulary": vocabulary[:len(SPECIAL) + 256], "merges": [" ".join(pair) for pair in model["merges"]],
    }  # fmt: skip


def unigram(name, size, byte_fallback=False, scheme="always", normalizer=None, template=False):
    """A Unigram tokenizer.json and what it makes of the texts."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
    if normalizer:
        tokenizer.normalizer = normalizer
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False, seed_size=20000)
    tokenizer.train_from_iterator(texts(), trainer)
    if template:
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    content = json.loads(tokenizer.to_str())
    if byte_fallback:
        content["model"]["byte_fallback"] = True
        content["model"]["vocab"] = content["model"]["vocab"][:300] + [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
        content["decoder"] = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, content["decoder"]]}
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n")
    tokenizer = Tokenizer.from_file(str(path))
    cases = []
    for text in texts() + ["Neverseen WORD ßüõ 한국어", " leading", "two  spaces", "trailing ", "a</s>b", "▁mark", "x\n\ny", "ﬁ ½ ①"]:
        ids = tokenizer.encode(text).ids
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    (FOLDER / f"{name}-expected.json").write_text(json.dumps(cases, ensure_ascii=True).replace("}, {", "},\n{") + "\n")
    print(name, tokenizer.get_vocab_size())


def characters_map():
    """A precompiled_charsmap of a few entries, as SentencePiece lays them out: trie units, then texts."""
    table = {"ﬁ": "fi", "½": "1/2", "①": "1", "\u00a0": " ", "\t": " ", "É": "e", "İ": "i"}
    children, values = {}, {}
    texts_, offsets = b"", {}
    for key, value in table.items():
        offsets[key] = len(texts_)
        texts_ += value.encode() + b"\0"
    # A double array by brute force: states are byte prefixes.
    states = {b""}
    for key in table:
        data = key.encode()
        states |= {data[:i] for i in range(1, len(data) + 1)}
    units, used, place = {}, {0}, {b"": 0}

    def build(state):
        labels = sorted({other[len(state)] for other in states if len(other) > len(state) and other.startswith(state)})
        leaf = state.decode(errors="ignore") in table and state.decode(errors="ignore").encode() == state and state != b""
        wanted = labels + ([0] if leaf else [])
        node = place[state]
        base = 1
        while any((node ^ base ^ label) in used for label in wanted) or (node ^ base) in used and not leaf:
            base += 1
        for label in wanted:
            used.add(node ^ base ^ label)
        label = state[-1] if state else 0
        units[node] = label | (1 << 8 if leaf else 0) | base << 10
        if leaf:
            units[node ^ base] = 1 << 31 | offsets[state.decode()]
        for label in labels:
            place[state + bytes([label])] = node ^ base ^ label
            build(state + bytes([label]))

    build(b"")
    array = [units.get(index, 0) for index in range(max(units) + 256)]
    blob = (4 * len(array)).to_bytes(4, "little") + b"".join(unit.to_bytes(4, "little") for unit in array) + texts_
    return base64.b64encode(blob).decode()


def main():
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "texts.json").write_text(json.dumps(texts(), ensure_ascii=True, indent=0) + "\n")
    cases = [bpe(1000, 0, False), bpe(2000, 3, True)]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (FOLDER / "bpe.json").write_text(f"[\n{lines}\n]\n")
    print([case["tokens"] for case in cases])
    unigram("unigram", 900, template=True)
    unigram("unigram-bytes", 700, byte_fallback=True, scheme="never")
    unigram("unigram-first", 600, scheme="first", normalizer=normalizers.Sequence([
        normalizers.Precompiled(base64.b64decode(characters_map())), normalizers.Lowercase(), normalizers.Strip(left=False),
        normalizers.Replace("''", '"'),
    ]))  # fmt: skip


if __name__ == "__main__":
    main()
