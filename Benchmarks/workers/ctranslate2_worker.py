"""CTranslate2. usage: ctranslate2_worker.py THREADS FOLDER

translate BATCH int8|float32|...      32 source tokens each, 32 greedy steps
"""

import sys

import ctranslate2
import numpy as np
from protocol import serve

threads, folder = int(sys.argv[1]), sys.argv[2]
random = np.random.default_rng(0)
translators = {}


def translate(batch, kind):
    if kind not in translators:
        translators[kind] = ctranslate2.Translator(
            folder, device="cpu", compute_type=kind, inter_threads=1, intra_threads=threads
        )
    translator = translators[kind]
    # The model adds the token that ends a source.
    sources = [[f"t{i}" for i in random.integers(10, 31_990, 31)] for _ in range(batch)]

    def run():
        results = translator.translate_batch(
            sources, beam_size=1, max_decoding_length=32, min_decoding_length=32, max_batch_size=batch
        )
        assert all(len(result.hypotheses[0]) == 32 for result in results), "a translation ended early"

    return run


serve(lambda words: translate(int(words[1]), words[2]))
