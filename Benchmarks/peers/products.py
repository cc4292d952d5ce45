"""Matrix products on the shapes that models have."""

import contextlib
import math

from peers.common import compare, say
from peers.programs import attend_worker, python_worker
from peers.workload import Workload

SHAPES = [
    (1, 576, 1536),
    (1, 576, 49152),
    (4, 576, 1536),
    (16, 576, 1536),
    (128, 576, 1536),
    (512, 768, 3072),
    (2048, 2048, 2048),
]
MKL = "MKL packed, f32"


def run(setting):
    peers = setting.peers
    if not peers.has("torch"):
        return
    for threads in setting.threads:
        ratios = []
        with contextlib.ExitStack() as stack:
            attend = stack.enter_context(attend_worker(peers, threads))
            torch = stack.enter_context(python_worker(peers, "PyTorch", "torch_worker.py", threads))
            for shape in SHAPES:
                sizes = " ".join(map(str, shape))

                def microseconds(worker, form):
                    return lambda: 1e6 * worker.seconds(f"product {sizes} {form}")

                programs = {
                    "attend, f32": microseconds(attend, "exact"),
                    "attend, bf16": microseconds(attend, "fast"),
                    MKL: microseconds(torch, "packed"),
                    "PyTorch, f32": microseconds(torch, "f32"),
                }
                if setting.multiplies_bfloat16:
                    programs["PyTorch, bf16"] = microseconds(torch, "bf16")
                row = compare(
                    setting,
                    "×".join(map(str, shape)),
                    "µs",
                    threads,
                    programs,
                    higher=False,
                    aim="≥ 0.9",
                    warm_up=False,
                )
                if row and MKL in row.values:
                    ratios.append(row.ratio(MKL))
                yield row
        if ratios:
            mean = math.prod(ratios) ** (1 / len(ratios))
            say(f"products, {threads} threads: geometric mean of the ratios to {MKL} {mean:.2f}")


WORKLOAD = Workload(
    "products",
    "Matrix products",
    "Rows × inputs × outputs, weights packed before. Aim: no shape below 0.9 of MKL's packed "
    "form, 1.0 in the geometric mean.",
    ["torch"],
    run,
)
