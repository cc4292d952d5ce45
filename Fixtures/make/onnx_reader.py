"""The weights of an ONNX file as NumPy arrays, read by hand: onnx/onnx.proto, fields 7 (graph), 5 (initializer)."""

import numpy as np

TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 10: np.float16, 11: np.float64}


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = number(data, at)
        if key & 7 == 0:
            value, at = number(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or number(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def tensor(data):
    shape, name, kind, raw = [], "", None, b""
    for field, value in fields(data):
        if field == 1 and isinstance(value, int):
            shape.append(value)
        elif field == 1:
            at = 0
            while at < len(value):
                length, at = number(value, at)
                shape.append(length)
        elif field == 2:
            kind = TYPES[value]
        elif field == 8:
            name = value.decode()
        elif field == 9:
            raw = value
    return name, np.frombuffer(raw, kind).reshape(shape)


def weights(path):
    with open(path, "rb") as file:
        graph = dict(fields(file.read()))[7]
    return dict(tensor(value) for field, value in fields(graph) if field == 5)
