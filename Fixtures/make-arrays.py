#!/usr/bin/env python3
"""Makes Fixtures/numpy: arrays as NumPy saves them, and the same archive packed in every way that zlib knows."""

import io
import json
import pathlib
import zipfile
import zlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "numpy"


def arrays():
    ramp = np.arange(24)
    return {
        "f4": (ramp.reshape(2, 3, 4) / 8 - 1).astype("<f4"),
        "f8": np.array([0.1, -1e300, np.inf]),
        "f2": np.array([[0.5, -2.0], [65504, 6e-8]], dtype="<f2"),
        "i8": np.array([-(2**53), 7]),
        "i4": np.array([[-5, 6]], dtype="<i4"),
        "i1": np.array([-128, 127], dtype="i1"),
        "u1": np.array([0, 255], dtype="u1"),
        "b1": np.array([True, False, True]),
        "big": ramp[:6].reshape(2, 3).astype(">f4"),
        "fortran": np.asfortranarray(ramp.reshape(2, 3, 4).astype("<i4")),
        "bigfortran": np.asfortranarray(ramp[:12].reshape(3, 4).astype(">f8")),
        "scalar": np.float32(2.5),
        "empty": np.zeros((3, 0, 2), dtype="<f4"),
        "words": np.array(["a", "bc"]),
        "u2": np.array([1, 2], dtype="<u2"),
        "complex": np.array([1 + 2j]),
        "group/weight": np.ones((1, 2), dtype="<f4"),
    }


def skewed(length=20000):
    """Bytes of very different frequency, so that codes of all lengths occur; the tests know the formula."""
    state, data = 1, bytearray()
    for _ in range(length):
        state = (state * 1103515245 + 12345) % 2**31
        value = state >> 8
        data.append((value & -value).bit_length() * 7 + (value >> 20) % 3)
    return np.frombuffer(bytes(data), dtype="u1")


def packed(array, level, strategy):
    """An archive of one array whose DEFLATE blocks are of a chosen kind."""
    raw = io.BytesIO()
    np.save(raw, array)
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    half = len(raw.getvalue()) // 2
    body = compressor.compress(raw.getvalue()[:half]) + compressor.flush(zlib.Z_FULL_FLUSH)
    body += compressor.compress(raw.getvalue()[half:]) + compressor.flush()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr(zipfile.ZipInfo("data.npy", (2020, 1, 1, 0, 0, 0)), raw.getvalue(), zipfile.ZIP_STORED)
    stored = bytearray(archive.getvalue())
    # Exchange the stored bytes for the packed ones in both headers and the directory's place.
    start = stored.find(raw.getvalue())
    rest = stored[start + len(raw.getvalue()):]
    for place, table in ((8, stored), (10, rest)):
        table[place:place + 2] = (8).to_bytes(2, "little")
    stored[18:22] = rest[20:24] = len(body).to_bytes(4, "little")
    end = rest.find(b"PK\5\6")
    rest[end + 16:end + 20] = (start + len(body)).to_bytes(4, "little")
    result = bytes(stored[:start]) + body + bytes(rest)
    np.testing.assert_array_equal(np.load(io.BytesIO(result))["data"], array)
    return result


def main():
    FOLDER.mkdir(exist_ok=True)
    np.savez(FOLDER / "plain.npz", **arrays())
    np.savez_compressed(FOLDER / "compressed.npz", **arrays())
    np.savez(FOLDER / "pickle.npz", objects=np.array([{"a": 1}], dtype=object), fine=np.ones(2, dtype="<f4"))
    np.save(FOLDER / "single.npy", arrays()["f4"])
    np.save(FOLDER / "record.npy", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]))
    expected = {}
    for name, array in arrays().items():
        if array.dtype.kind in "fib" or array.dtype == np.uint8:
            values = array.astype("<f4") if array.dtype != np.float64 else array.astype(np.float32)
            expected[name] = {"shape": list(array.shape), "values": [str(x) for x in values.ravel().tolist()]}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=0) + "\n")
    kinds = {
        "stored": (0, zlib.Z_DEFAULT_STRATEGY), "fast": (1, zlib.Z_DEFAULT_STRATEGY), "best": (9, zlib.Z_DEFAULT_STRATEGY),
        "fixed": (9, zlib.Z_FIXED), "huffman": (9, zlib.Z_HUFFMAN_ONLY), "runs": (9, zlib.Z_RLE),
    }  # fmt: skip
    for name, (level, strategy) in kinds.items():
        array = skewed() if name != "stored" else skewed(3000)
        (FOLDER / f"deflate-{name}.npz").write_bytes(packed(array, level, strategy))


if __name__ == "__main__":
    main()
