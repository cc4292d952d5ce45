"""Prints Sources/AttendText/Tokenizer/CompatibilityRuns.swift: Unicode's compatibility decompositions as the tokenizers
library has them (its Unicode is 12.0, and ids depend on it). With --digest it prints the digests that
`CompatibilityFormsTests` compares."""

import sys

from tokenizers import normalizers


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def compatible():
    """The scalars with a compatibility form. Of the others newer versions of Unicode combine some differently."""
    full, canonical = normalizers.NFKD(), normalizers.NFD()
    return [c for c in scalars() if full.normalize_str(chr(c)) != canonical.normalize_str(chr(c))]


def digest(normalizer, scalars):
    """FNV-1a over the scalars' forms between others."""
    value = 0xCBF29CE484222325
    for c in scalars:
        for byte in normalizer.normalize_str("a" + chr(c) + "\u0301").encode() + b"\n":
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def runs():
    full = normalizers.NFKD()
    entries = [(c, [ord(x) for x in full.normalize_str(chr(c))]) for c in compatible()]
    index = 0
    while index < len(entries):
        first, form = entries[index]
        end = index + 1
        if len(form) == 1:
            while end < len(entries) and end - index < 64 and entries[end] == (
                first + end - index, [form[0] + end - index]
            ):
                end += 1
        yield [first << 11 | (end - index - 1) << 5 | len(form), *form]
        index = end


def main():
    if "--digest" in sys.argv:
        for name, among in [("NFKC", compatible()), ("NFKD", compatible()), ("Nmt", [c for c in scalars() if c < 0x10000])]:
            print(name, f"{digest(getattr(normalizers, name)(), among):016x}")
        return
    print("// Unicode 12.0, printed by Fixtures/make-compatibility-forms.py: do not edit.\n")
    print("/// Runs of scalars and what they stand for: the first scalar shifted left by eleven bits, the number of further ones")
    print("/// shifted by five and the number of scalars that stand for the first; then those. The nth further one stands for the")
    print("/// nth scalar behind its.")
    print("let compatibilityRuns: [UInt32] = [")
    line = " "
    for value in (value for run in runs() for value in run):
        word = f" {value:#x},"
        if len(line) + len(word) > 120:
            print(line)
            line = " "
        line += word
    print(line)
    print("]")


main()
