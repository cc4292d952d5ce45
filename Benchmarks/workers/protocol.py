"""A worker answers each line on standard input with the seconds that what it asks for took, as peer-worker does."""

import sys
import time


def _seconds(work, repeats=1):
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def serve(prepare):
    """`prepare(words)` returns the function to measure. It runs once before, then as often as fills 0.05 seconds."""
    # Answers alone go to standard output; libraries that print there are sent to the errors.
    answers, sys.stdout = sys.stdout, sys.stderr
    known = {}
    for line in sys.stdin:
        try:
            if line not in known:
                work = prepare(line.split())
                first = _seconds(work)
                once = first if first >= 1 else _seconds(work)
                known[line] = work, 1 if once >= 0.05 else int(0.05 / max(once, 1e-7)) + 1
            print(_seconds(*known[line]), file=answers, flush=True)
        except Exception as error:  # whatever a library throws is the answer
            print("error:", repr(error).replace("\n", " "), file=answers, flush=True)
