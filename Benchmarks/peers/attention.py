"""Attention alone."""

import contextlib

from peers.common import compare
from peers.programs import attend_worker, python_worker
from peers.workload import Workload


def run(setting):
    peers = setting.peers
    if not peers.has("torch"):
        return
    for threads in setting.threads:
        with contextlib.ExitStack() as stack:
            attend = stack.enter_context(attend_worker(peers, threads))
            torch = stack.enter_context(python_worker(peers, "PyTorch", "torch_worker.py", threads))
            for length in (512, 2048, 8192):
                for kind in ("full", "causal"):
                    call = f"{length} {kind}"

                    def milliseconds(worker, request):
                        return lambda: 1000 * worker.seconds(request)

                    programs = {
                        "attend, over a bf16 cache": milliseconds(attend, f"cached-attention {call} fast"),
                        "attend, f32 tensors": milliseconds(attend, f"attention {call} exact"),
                        "PyTorch, f32": milliseconds(torch, f"attention {call} f32"),
                    }
                    # Elsewhere bfloat16 is no faster, and minutes long at the greatest length.
                    if setting.multiplies_bfloat16 or length < 8192:
                        programs["PyTorch, bf16"] = milliseconds(torch, f"attention {call} bf16")
                    # Workers warm up by themselves.
                    yield compare(
                        setting,
                        f"{length} positions, {kind}",
                        "ms",
                        threads,
                        programs,
                        higher=False,
                        aim="≥ 1.5",
                        warm_up=False,
                    )


WORKLOAD = Workload(
    "attention",
    "Attention alone",
    "12 heads of width 64. attend's cached form, which prompts use, writes keys and values "
    "into its cache first; its other form is that of encoders and training. PyTorch's is scaled_dot_product_attention.",
    ["torch"],
    run,
)
