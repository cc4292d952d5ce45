"""Training steps: nanoGPT's character model, and one LSTM layer."""

import contextlib

from peers.common import Row, compare
from peers.programs import attend_worker, python_worker
from peers.workload import Workload

TASKS = [
    (
        "nanoGPT, 6 × 384 × 6 heads, 16 × 256",
        16 * 256,
        "nanogpt {}",
        ["f32 eager", "f32 compiled", "bf16 eager", "bf16 compiled"],
    ),
    ("LSTM 512, 32 × 128, forward and backward", 32 * 128, "lstm 512 32 128 {}", ["f32", "bf16"]),
]


def run(setting):
    if not setting.peers.has("torch"):
        return
    for threads in setting.threads:
        for what, tokens, request, forms in TASKS:
            yield from _rows(setting, threads, what, tokens, request, forms)


def _rows(setting, threads, what, tokens, request, forms):
    workers, programs = {}, {}
    with contextlib.ExitStack() as stack:

        def add(name, worker, form):
            # One process for each, so that its peak memory is its own.
            workers[name] = stack.enter_context(worker)
            programs[name] = lambda: tokens / worker.seconds(request.format(form))

        for precision in ("exact", "fast") if setting.multiplies_bfloat16 else ("exact",):
            add(f"attend, {precision}", attend_worker(setting.peers, threads), precision)
        for form in forms:
            if form.startswith("f32") or setting.multiplies_bfloat16:
                name = f"PyTorch, {form}"
                add(name, python_worker(setting.peers, name, "torch_worker.py", threads), form)
        row = compare(setting, what, "tokens/s", threads, programs, aim="≥ 2", warm_up=False)
    yield row
    if row:
        peaks = {name: [worker.peak] for name, worker in workers.items() if name in row.values}
        yield Row(f"{what}, peak memory", "MiB", threads, peaks, higher=False, aim="≥ 2")


WORKLOAD = Workload(
    "training",
    "Training steps",
    "nanoGPT's step is forward, backward and AdamW. PyTorch's bfloat16 is its autocast, measured "
    "where the processor multiplies that; compiled is torch.compile.",
    ["torch"],
    run,
)
