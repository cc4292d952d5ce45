#!/usr/bin/env python3
"""Makes Fixtures/tokenizers/fuzz.json: hashes of the ids that the reference implementations (the tokenizers library, and
SentencePiece for `.model` files) give to random texts, and the tokenizers that are not in other fixtures.

    Fixtures/make-tokenizer-fuzz.py             writes the fixture: 1,000 texts for each tokenizer
    Fixtures/make-tokenizer-fuzz.py FOLDER      writes 100,000 texts and the ids to FOLDER, for a longer comparison
"""

import json
import pathlib
import sys
import tempfile

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import fuzz_texts  # noqa: E402

FOLDER = HERE / "tokenizers"
TEXT = HERE / "austen-3000.txt"
BLOCK, BLOCKS, SEED = 100, 10, 20261123

TAIL = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + CONTRACTION + "?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + CONTRACTION + "?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + TAIL
)
DEEPSEEK3 = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*" + TAIL
)
PATTERNS = {
    "llama-3": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL],
    "qwen-2": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL],
    "qwen-3.5": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + TAIL],
    "o200k": [O200K],
    "deepseek-v3": [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3],
    "deepseek-coder": ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", r"\p{N}"],
    "bloom": [r" ?[^(\s|.,!?…。，、।۔،)]+"],
    "bailing": [
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
    ],
    "kimi": [
        r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
        + CONTRACTION
        + r"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        + TAIL
    ],
    "spaces at the end": [r"\s+$", r"[^\n]+|\n+"],
    "words": [r"\w+|[^\w\s]+"],
}


def split(pattern, behavior="isolated", invert=False):
    from tokenizers import Regex

    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def byte_level(parts, use_regex=False):
    return pre_tokenizers.Sequence([*parts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)])


def variations():
    """Other ways to cut, for the vocabulary of tiny-gpt-2: (name, pre_tokenizer, normalizer)."""
    for name, patterns in PATTERNS.items():
        yield name, byte_level([split(pattern) for pattern in patterns]), None
    punctuation = pre_tokenizers.Punctuation("contiguous")
    yield "falcon", byte_level([punctuation, pre_tokenizers.Digits(False), split("[0-9][0-9][0-9]")], True), None
    for behavior in ("removed", "merged_with_previous", "merged_with_next", "contiguous"):
        yield behavior, byte_level([split(r"[\p{P}1-4]", behavior)]), None
        yield behavior + ", inverted", byte_level([split(r"[\p{P}1-4]", behavior, True)]), None
    yield "white space", byte_level([pre_tokenizers.Whitespace()]), None
    yield "composed", byte_level([split(PATTERNS["qwen-2"][0])]), normalizers.NFC()
    yield "decomposed", byte_level([pre_tokenizers.WhitespaceSplit()]), normalizers.Sequence(
        [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace("a", "bc")]
    )
    yield "compatible, composed", byte_level([split(PATTERNS["qwen-2"][0])]), normalizers.NFKC()
    yield "compatible, decomposed", byte_level([pre_tokenizers.WhitespaceSplit()]), normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKD(), normalizers.StripAccents()]
    )


def bert(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    alphabet = [chr(value) for value in range(0x21, 0x180) if chr(value).isprintable()]
    trainer = trainers.WordPieceTrainer(
        vocab_size=900, special_tokens=special, show_progress=False, initial_alphabet=alphabet, limit_alphabet=400
    )
    tokenizer.train([str(TEXT)], trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def sentencepiece_model(kind, **options):
    options = {"hard_vocab_limit": False, "minloglevel": 2, "num_threads": 1, "byte_fallback": True} | options
    path = FOLDER / f"tiny-{kind}.model"
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "rules.tsv")
        rules.write_text("".join(f"{' '.join(f'{ord(c):X}' for c in a)}\t{' '.join(f'{ord(c):X}' for c in b)}\n" for a, b in RULES))
        if options.pop("rules", False):
            options["normalization_rule_tsv"] = str(rules)
        # The learned scores depend on the machine: an existing model stays.
        if not path.exists():
            sentencepiece.SentencePieceTrainer.train(input=str(TEXT), model_prefix=f"{folder}/m", **options)
            path.write_bytes(pathlib.Path(folder, "m.model").read_bytes())
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


RULES = [("é", "e"), ("ﬁ", "fi"), ("\u00a0", " "), ("\t", " "), ("\n", " "), ("…", "..."), ("e\u0301", "e"), ("\u200b", "")]


def main():
    longer = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    count = 100_000 if longer else BLOCK * BLOCKS
    texts = fuzz_texts.texts(SEED, count)
    entries = []
    if longer:
        (longer / "texts.json").write_text(json.dumps(texts))

    def add(entry, encode):
        lists = [encode(text) for text in texts]
        if longer:
            name = "".join(c if c.isalnum() else "-" for c in entry["name"])
            (longer / f"{name}.ids").write_text("".join(" ".join(map(str, ids)) + "\n" for ids in lists))
            (longer / f"{name}.json").write_text(json.dumps(entry))
        hashes = [fuzz_texts.digest(lists[start : start + BLOCK]) for start in range(0, count, BLOCK)]
        entries.append(entry | {"hashes": hashes})
        print(entry["name"], sum(map(len, lists)), "ids")

    base = json.loads((FOLDER / "tiny-gpt-2" / "tokenizer.json").read_text())
    for name, cutting, normalizer in variations():
        tokenizer = Tokenizer.from_str(json.dumps(base))
        tokenizer.pre_tokenizer = cutting
        if normalizer:
            tokenizer.normalizer = normalizer
        content = json.loads(tokenizer.to_str())
        changes = {key: content[key] for key in ("pre_tokenizer", "normalizer")}

        # Where a text is cut matters here, and a small vocabulary would hide it: the lengths of pieces, in bytes.
        def lengths(text):
            text = normalizer.normalize_str(text) if normalizer else text
            return [len(piece) for piece, _ in cutting.pre_tokenize_str(text)]

        add({"name": name, "file": "tiny-gpt-2/tokenizer.json", "changes": changes, "pieces": True}, lengths)
    for name in ("tiny-gpt-2", "tiny-smollm", "tiny-flags", "tiny-gemma", "tiny-llama", "tiny-metaspace"):
        tokenizer = Tokenizer.from_file(str(FOLDER / name / "tokenizer.json"))
        add({"name": name, "file": f"{name}/tokenizer.json"}, lambda text: tokenizer.encode(text).ids)
    for name in ("unigram", "unigram-bytes", "unigram-first"):
        tokenizer = Tokenizer.from_file(str(HERE / "trained" / f"{name}.json"))
        add({"name": name, "file": f"../trained/{name}.json"}, lambda text: tokenizer.encode(text).ids)
    for lowercase in (True, False):
        name = "tiny-bert" if lowercase else "tiny-bert-cased"
        (FOLDER / name).mkdir(exist_ok=True)
        path = FOLDER / name / "tokenizer.json"
        if not path.exists():
            path.write_text(bert(lowercase).to_str(pretty=False) + "\n")
        tokenizer = Tokenizer.from_file(str(path))
        add({"name": name, "file": f"{name}/tokenizer.json"}, lambda text: tokenizer.encode(text).ids)
    for kind, options in {
        "unigram": {"model_type": "unigram", "vocab_size": 500, "rules": True, "user_defined_symbols": ["[x]", "a b", "the"]},
        "unigram-unknown": {"model_type": "unigram", "vocab_size": 300, "byte_fallback": False, "normalization_rule_name": "identity"},
        "bpe": {"model_type": "bpe", "vocab_size": 600, "rules": True, "user_defined_symbols": ["[x]", "the", "一"]},
        "bpe-plain": {
            "model_type": "bpe", "vocab_size": 600, "normalization_rule_name": "identity", "remove_extra_whitespaces": False,
            "split_digits": True, "allow_whitespace_only_pieces": True,
        },
    }.items():  # fmt: skip
        processor = sentencepiece_model(kind, **options)
        add({"name": f"tiny-{kind}.model", "file": f"tiny-{kind}.model"}, processor.encode)
    if longer:
        return
    lines = ",\n".join(json.dumps(entry, ensure_ascii=True) for entry in entries)
    (FOLDER / "fuzz.json").write_text(f'{{"seed": {SEED}, "block": {BLOCK}, "tokenizers": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
