#!/usr/bin/env python3
"""Makes Fixtures/tokenizers: texts with the ids that the reference implementation gives them.

Fixtures/make-tokenizers.py "$(scripts/fetch-models smollm2)" "$(scripts/fetch-models vocabularies)"
"""

import json
import pathlib
import sys

from tokenizers import AddedToken, Tokenizer, pre_tokenizers, processors

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import gguf_reader, strings, tiny_tokenizer  # noqa: E402

FOLDER = HERE / "tokenizers"
# Cut in the middle of characters, by bytes that no text has, and in the order of no text.
BROKEN = ["é", "€", "🙂", "日本"]


def cases(tokenizer, texts):
    for text in texts:
        ids = tokenizer.encode(text).ids
        case = {"text": text, "ids": ids}
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        if decoded != text:
            case["decoded"] = decoded
        yield case


def broken_cases(tokenizer):
    """Ids whose bytes are no UTF-8: every maximal ill-formed part decodes to U+FFFD."""
    alphabet = tokenizer.get_vocab()
    characters = {byte: character for byte, character in byte_alphabet().items()}
    for text in BROKEN:
        data = text.encode()
        for part in (data[:-1], data[1:], data[:1] + b"a" + data[1:], data + data[:1], data[::-1]):
            ids = [alphabet[characters[byte]] for byte in part]
            yield {"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}


def byte_alphabet():
    """GPT-2's bytes_to_unicode."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = [byte for byte in range(256) if byte not in kept]
    return {byte: chr(byte) for byte in kept} | {byte: chr(256 + index) for index, byte in enumerate(moved)}


def write(path, tokenizer, texts, source, broken=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(case, ensure_ascii=True) for case in [*cases(tokenizer, texts)]]
    broken = [json.dumps(case, ensure_ascii=True) for case in (broken_cases(tokenizer) if broken is None else broken)]
    path.write_text(
        '{"source": %s,\n"decode": [\n%s\n],\n"encode": [\n%s\n]}\n'
        % (json.dumps(source), ",\n".join(broken), ",\n".join(lines))
    )
    print(f"{len(lines)} texts, {len(broken)} broken: {path.relative_to(HERE)}")


def tiny(name, tokenizer, texts, merges_as_text=False, broken=None):
    content = json.loads(tokenizer.to_str())
    if merges_as_text:  # as files before tokenizers 0.20 have them
        content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    write(folder / "expected.json", Tokenizer.from_file(str(folder / "tokenizer.json")), texts, "tokenizer.json", broken)


def tiny_flags():
    """Every flag of an added token, a space put before the text and a token before everything."""
    tokenizer = tiny_tokenizer.train("gpt-2", 280, [
        AddedToken("<mask>", lstrip=True, special=True),
        AddedToken("<end>", rstrip=True, special=True),
        AddedToken("cat", single_word=True, special=False),
        AddedToken("<both>", lstrip=True, rstrip=True, special=True),
    ])  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]),
    ])  # fmt: skip
    texts = ["", "hello", " hello", "a <mask> b", "a<mask>b", "a  <mask>  b", "a <end> b", "a  <end>  b", "<end>\n\nb", "cat", "a cat",
             "concat", "cats", "cat.", "(cat)", "cat cat", "_cat", "1cat", "écat", "catcat", "a <both> b", " <both> ", "<mask><mask>",
             "<mask> <mask>", "<both> <mask> <end> cat", "\n<mask>\n", "x\u00a0<mask>", "<end>\u3000x"]  # fmt: skip
    return tokenizer, texts


def sentence_pieces():
    """Characters merged over whole texts, spaces as ▁, bytes for the rest: as Gemma, Llama 2 and newer files write it."""
    texts = strings.unique(strings.ALL[1::5] + strings.TEXTS + strings.with_tokens(["<s>", "[x]"]) + ["  a", "a  b  ", "▁a"])
    for kind in ("gemma", "llama", "metaspace"):
        tiny(f"tiny-{kind}", tiny_tokenizer.train_pieces(kind, 700), texts, broken=())


def main():
    smollm2, vocabularies = sys.argv[1:]
    tokenizer = gguf_reader.tokenizer(gguf_reader.open_file(smollm2))
    added = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<repo_name>", "<file_sep>"]
    texts = strings.ALL + strings.with_tokens(added) + [strings.chat(*added[:2])]
    write(FOLDER / "smollm2.json", tokenizer, strings.unique(texts), pathlib.Path(smollm2).name)

    gpt2 = pathlib.Path(vocabularies) / "ggml-vocab-gpt-2.gguf"
    tokenizer = gguf_reader.tokenizer(gguf_reader.open_file(gpt2))
    texts = strings.ALL + strings.with_tokens(["<|endoftext|>"])
    write(FOLDER / "gpt-2.json", tokenizer, strings.unique(texts), gpt2.name)

    extra = [
        AddedToken("<tool>", special=False),
        AddedToken("[SEP]", special=True),
        AddedToken("<tool>s", special=False),
    ]
    some = strings.ALL[::5] + strings.TEXTS + strings.with_tokens(["<|im_start|>", "<tool>", "[SEP]"])
    tiny("tiny-gpt-2", tiny_tokenizer.train("gpt-2", 500, extra), strings.unique(some + ["a <tool>s b", "<tool>ss"]))
    some = strings.ALL[2::5] + strings.split(strings.DIGITS) + strings.TEXTS + strings.with_tokens(["<|im_end|>"])
    tiny("tiny-smollm", tiny_tokenizer.train("smollm", 400), strings.unique(some), merges_as_text=True)
    tiny("tiny-flags", *tiny_flags())
    sentence_pieces()


if __name__ == "__main__":
    main()
