#!/usr/bin/env python3
"""Makes Fixtures/trained: what the reference implementation (the tokenizers library) learns from the texts of
Fixtures/make/strings.py, one text after another."""

import json
import pathlib
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

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


def main():
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "texts.json").write_text(json.dumps(texts(), ensure_ascii=True, indent=0) + "\n")
    cases = [bpe(1000, 0, False), bpe(2000, 3, True)]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (FOLDER / "bpe.json").write_text(f"[\n{lines}\n]\n")
    print([case["tokens"] for case in cases])


if __name__ == "__main__":
    main()
