#!/usr/bin/env python3
"""Makes Fixtures/bleu.json: what sacreBLEU 2.6.0 says of a few corpora and how it cuts texts (pip install sacrebleu)."""

import json
import pathlib

from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

CORPORA = [
    [["the cat sat on the mat", "the cat sat on the mat"]],
    [["the the the the", "the cat sat on the mat"], ["J'aime l'apprentissage profond.", "J'adore l'apprentissage profond."]],
    [["Il pleut, dit-elle (deux fois).", "Il pleuvait, dit-elle deux fois."], ["Bonjour !", "Bonjour à tous !"]],
    [["short", "a very much longer reference here"]],
    [["a b c d e f g h", "a b c x e f g h"], ["a b c d", "a b c d e f g h i j k l"]],
    [["nothing in common", "rien de pareil ici"]],
    [["", "something"]],
    [["", "something"], ["the cat sat on the mat again", "the cat sat on a mat again"]],
    [["The Cat", "the cat"], ["It costs 3.50 euros, or 1,000 yen.", "It costs 3.50 euros or 1,000 yen."]],
]
TEXTS = [
    "Hello, world!", "3.14 and 1,000,000.", "a.b,c", "..,,..", "x-1 1-x 1-2", "&quot;A&amp;B&lt;C&gt;&quot; R&D",
    "don't l'été $5 [x]{y}~`^_\\|@#%*+=<>/;:?", "tab\there\u00a0nbsp\u2003em", "line-\nbreak\nhere", "5. .5 5.5. a,5 5,a",
    "été… «guillemets» – œuf", "<skipped>rest", "", "  ", "1-", "-1", ",", "a,,b", "é.é", "٣.٤",
]  # fmt: skip


def main():
    corpora = []
    for pairs in CORPORA:
        score = BLEU().corpus_score([a for a, _ in pairs], [[b for _, b in pairs]])
        corpora.append({
            "pairs": pairs, "score": score.score, "precisions": score.precisions, "brevity_penalty": score.bp,
            "matches": score.counts, "totals": score.totals,
        })  # fmt: skip
    tokens = [{"text": text, "tokens": Tokenizer13a()(text).split()} for text in TEXTS]
    path = pathlib.Path(__file__).resolve().parent / "bleu.json"
    path.write_text(json.dumps({"corpora": corpora, "tokens": tokens}, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
