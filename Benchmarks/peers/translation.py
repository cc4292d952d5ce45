"""Translation with a Transformer-base."""

import contextlib

from peers.common import compare
from peers.models import translator
from peers.programs import attend_worker, python_worker
from peers.workload import Workload

TOKENS = 32


def run(setting):
    peers = setting.peers
    if not peers.has("ctranslate2", "torch", "transformers"):
        return
    ours, theirs = translator(peers)
    for threads in setting.threads:
        with contextlib.ExitStack() as stack:
            attend = stack.enter_context(attend_worker(peers, threads))
            other = stack.enter_context(python_worker(peers, "CTranslate2", "ctranslate2_worker.py", threads, theirs))
            for batch, aim in ((1, 1.3), (16, 1.5)):

                def rate(worker, request):
                    return lambda: batch * TOKENS / worker.seconds(request)

                programs = {
                    f"attend, {precision}": rate(attend, f"translate {ours} {batch} {precision}")
                    for precision in ("int8", "fast", "exact")
                }
                programs |= {
                    f"CTranslate2, {kind}": rate(other, f"translate {batch} {kind}") for kind in ("int8", "float32")
                }
                yield compare(
                    setting, f"{batch} at once", "tokens/s", threads, programs, aim=f"≥ {aim} (int8)", warm_up=False
                )


WORKLOAD = Workload(
    "translation",
    "Translation",
    "Transformer-base's shape (6 + 6 layers, width 512, 32 000 tokens) with random weights, the "
    "same on both sides; 32 source tokens, 32 greedy target tokens.",
    ["ctranslate2", "torch", "transformers"],
    run,
)
