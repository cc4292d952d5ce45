"""Writes random blocks of every quantized GGUF type and the numbers that the reference says they mean.

Reference: the `dequantize` of llama.cpp's `gguf` package (Q8_K, which it lacks, from the definition in ggml-common.h).
`blocks/blocks.gguf` holds for each type a tensor NAME and, as F32, NAME.expected.
"""

from pathlib import Path

import numpy
from gguf import GGML_QUANT_SIZES, GGUFWriter
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize

ROWS = 2
# Offsets of a block's half-precision numbers.
HALVES = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0], Type.IQ4_NL: [0],
    Type.IQ4_XS: [0], Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
    Type.Q8_K: [], Type.MXFP4: [],
}  # fmt: skip


def random_blocks(generator, type_, rows, blocks):
    data = generator.integers(0, 256, (rows, blocks, GGML_QUANT_SIZES[type_][1]), dtype=numpy.uint8)
    for offset in HALVES[type_]:
        halves = generator.uniform(-0.1, 0.1, (rows, blocks)).astype(numpy.float16)
        data[:, :, offset : offset + 2] = halves.view(numpy.uint8).reshape(rows, blocks, 2)
    if type_ == Type.Q8_K:
        scales = generator.uniform(-0.1, 0.1, (rows, blocks)).astype(numpy.float32)
        data[:, :, :4] = scales.view(numpy.uint8).reshape(rows, blocks, 4)
    if type_ == Type.MXFP4:  # not the exponent 255, which stands for NaN
        data[:, :, 0] = generator.integers(0, 254, (rows, blocks))
        data[0, :2, 0] = [0, 1]
    return data.reshape(rows, -1)


def meaning(data, type_):
    if type_ != Type.Q8_K:
        return dequantize(data, type_)
    blocks = data.reshape(-1, GGML_QUANT_SIZES[type_][1])
    scales = numpy.ascontiguousarray(blocks[:, :4]).view(numpy.float32)
    return (scales * blocks[:, 4:260].view(numpy.int8).astype(numpy.float32)).reshape(len(data), -1)


def main():
    folder = Path(__file__).parent / "blocks"
    folder.mkdir(exist_ok=True)
    generator = numpy.random.default_rng(5)
    writer = GGUFWriter(folder / "blocks.gguf", "blocks")
    for type_ in sorted(HALVES):
        data = random_blocks(generator, type_, ROWS, 512 // GGML_QUANT_SIZES[type_][0])
        writer.add_tensor(type_.name, data, raw_dtype=type_)
        writer.add_tensor(f"{type_.name}.expected", meaning(data, type_).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
