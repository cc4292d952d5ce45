"""Byte-level BPE tokenizers of a few hundred tokens, trained on the excerpt in this folder."""

import json
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = pathlib.Path(__file__).resolve().parent.parent / "austen-3000.txt"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def pre_tokenizer(kind):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if kind == "gpt-2":
        return byte_level
    assert kind == "smollm"
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])


def train(kind, size, extra=()):
    """`extra`: further added tokens, special or not, behind the vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(kind)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train([str(TEXT)], trainer)
    for token in extra:
        (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])
    return tokenizer


def train_pieces(kind, size):
    """Character-level BPE with ▁ for spaces and bytes for what the vocabulary lacks, in the spelling of a family."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    strip = [decoders.Strip(" ", 1, 0)]
    if kind == "metaspace":
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)
    else:
        spaces = normalizers.Replace(" ", "▁")
        tokenizer.normalizer = spaces if kind == "gemma" else normalizers.Sequence([normalizers.Prepend("▁"), spaces])
        strip = [] if kind == "gemma" else strip
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=tokens[:3], show_progress=False, max_token_length=12)
    tokenizer.train([str(TEXT)], trainer)
    # The bytes are plain entries of the vocabulary, not added tokens.
    content = json.loads(tokenizer.to_str())
    vocabulary = content["model"]["vocab"]
    for token in tokens[3:]:
        vocabulary[token] = len(vocabulary)
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.add_tokens([AddedToken("[x]", normalized=False, special=False)])
    if kind == "gemma":
        # All spaces are ▁ by then: this splits nothing, and published files have it.
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


__all__ = ["AddedToken", "SPECIAL", "train", "train_pieces"]
