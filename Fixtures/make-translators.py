#!/usr/bin/env python3
"""Makes the encoder-decoders of Fixtures/golden alone; make-golden.py makes all folders."""

import pathlib
import shutil
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import recurrent_translators, translators  # noqa: E402

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for kind in (translators, recurrent_translators):
        for name in kind.NAMES:
            shutil.rmtree(HERE / "golden" / name, ignore_errors=True)
        kind.make_all(HERE / "golden")
