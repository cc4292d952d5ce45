"""How each program is asked for a number."""

import json

from peers.common import BENCHMARKS, Worker, execute

PROMPT = "The capital of France is"


class Attend:
    """`attend` from its command line: every call is a fresh process."""

    def __init__(self, peers):
        self.program = peers.attend

    def _bench(self, model, threads, precision, *options):
        chosen = ["--precision", precision] if precision else []
        text, _, _ = execute(
            [self.program, "bench", model, "--json", "--threads", threads, "--repetitions", 1, *options, *chosen]
        )
        result = json.loads(text)
        assert result["threads"] == threads, "attend ran another number of threads"
        return result

    def prompt(self, model, length, threads, precision=None):
        """Tokens per second of a prompt."""
        result = self._bench(model, threads, precision, "--prompt", length, "--decode", 1)
        return result["prompt_tokens_per_second"]

    def decode(self, model, length, threads, precision=None):
        """Tokens per second, one by one."""
        result = self._bench(model, threads, precision, "--prompt", 1, "--decode", length)
        return result["decode_tokens_per_second"]

    def batched_decode(self, model, requests, prompt, decode, threads):
        """Tokens per second of all requests together, prompts not counted."""
        result = self._bench(model, threads, None, "--parallel", requests, "--prompt", prompt, "--decode", decode)
        return result["decode_tokens_per_second"]

    def first_token(self, model, threads):
        """Seconds from the start of the process to one token and its end, and peak resident MiB."""
        return execute(
            [
                self.program,
                "generate",
                "--model",
                model,
                "--threads",
                threads,
                "--max-tokens",
                1,
                "--temperature",
                0,
                "--quiet",
                PROMPT,
            ]
        )[1:]


class Llama:
    """llama.cpp from its command line: every call is a fresh process."""

    def __init__(self, peers):
        self.folder = peers.llama

    def _bench(self, model, prompt, decode, threads):
        # A long prompt warms up in its first moments; another one before it would double the time of the whole.
        options = ["--no-warmup"] if prompt >= 512 else []
        text, _, _ = execute(
            [
                self.folder / "llama-bench",
                "-m",
                model,
                "-t",
                threads,
                "-p",
                prompt,
                "-n",
                decode,
                "-r",
                1,
                "-o",
                "jsonl",
                *options,
            ]
        )
        return json.loads(text.strip().splitlines()[-1])["avg_ts"]

    def prompt(self, model, length, threads):
        return self._bench(model, length, 0, threads)

    def decode(self, model, length, threads):
        return self._bench(model, 0, length, threads)

    def batched_decode(self, model, requests, prompt, decode, threads):
        """Tokens per second of all requests together, prompts not counted."""
        context = requests * (prompt + decode)
        text, _, _ = execute(
            [
                self.folder / "llama-batched-bench",
                "-m",
                model,
                "-t",
                threads,
                "-tb",
                threads,
                "-c",
                context,
                "-b",
                2048,
                "-ub",
                512,
                "-npp",
                prompt,
                "-ntg",
                decode,
                "-npl",
                requests,
                "--output-format",
                "jsonl",
            ]
        )
        return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])["speed_tg"]

    def first_token(self, model, threads, context=None):
        """With the memory of the model's longest context, or of `context` positions."""
        smaller = ["-c", context] if context else []
        return execute(
            [
                self.folder / "llama-completion",
                "-m",
                model,
                "-t",
                threads,
                "-n",
                1,
                *smaller,
                "--no-warmup",
                "-no-cnv",
                "--temp",
                0,
                "-p",
                PROMPT,
            ]
        )[1:]


def attend_worker(peers, threads):
    """attend's kernels, layers and training steps; see Sources/peer-worker."""
    return Worker("attend", [peers.worker, threads])


def python_worker(peers, name, script, threads, *arguments):
    """A peer in a Python process of its own; see workers/."""
    environment = {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "PYTHONWARNINGS": "ignore",
    }
    if threads > 1:
        # One thread on each core: a busy machine may put two on one otherwise.
        environment |= {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores"}
    return Worker(name, [peers.python, BENCHMARKS / "workers" / script, threads, *arguments], environment)
