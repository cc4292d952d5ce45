"""What all workloads share: child processes, and measuring in turns."""

import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent


class Failure(Exception):
    """A program did not do what it was asked for; the text says which and why."""


def say(text):
    print(f"bench-peers: {text}", file=sys.stderr, flush=True)


# MARK: Child processes

_children = set()


def stop_children():
    """Ends every child that is still there: measurements may be interrupted at any time."""
    for child in list(_children):
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        with contextlib.suppress(ChildProcessError):
            child.wait()
    _children.clear()


def _start(command, environment, **streams):
    command = [str(part) for part in command]
    child = subprocess.Popen(command, env=os.environ | (environment or {}), **streams)
    _children.add(child)
    return child


def _wait(child):
    """Peak resident MiB of a child that ends."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    _children.discard(child)
    return usage.ru_maxrss / ((1 << 20) if sys.platform == "darwin" else (1 << 10))


def _message(file):
    """The last line that speaks of an error, else the last line."""
    file.seek(0)
    lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no message"])[-1][:300]


def execute(command, environment=None):
    """Standard output, wall seconds and peak resident MiB of a child, which has to succeed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = _start(command, environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        peak = _wait(child)
        seconds = time.perf_counter() - start
        if child.returncode != 0:
            raise Failure(f"{pathlib.Path(command[0]).name} ended with {child.returncode}: {_message(errors)}")
        output.seek(0)
        return output.read().decode(errors="replace"), seconds, peak


class Worker:
    """A loaded program that answers each line with the seconds that what it asks for took."""

    def __init__(self, name, command, environment=None):
        self.name, self.peak = name, None
        self.errors = tempfile.TemporaryFile()
        self.child = _start(
            command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )

    def seconds(self, request):
        try:
            self.child.stdin.write(request + "\n")
            self.child.stdin.flush()
            answer = self.child.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Failure(f"{self.name} ended at “{request}”: {_message(self.errors)}")
        if answer.startswith("error"):
            raise Failure(f"{self.name}, “{request}”: {answer[7:300]}")
        return float(answer)

    def close(self):
        """Ends it and remembers its peak resident MiB."""
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.close()
        self.peak = _wait(self.child)
        self.child.stdout.close()
        self.errors.close()
        return self.peak

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and self.peak is None:
            # Interrupted: what it is in the middle of may take long.
            self.child.kill()
        if self.peak is None:
            self.close()


class BusyCores:
    """A process that computes on every core, at the same priority, while the block runs."""

    def __enter__(self):
        self.children = []
        for core in range(os.cpu_count()):
            pin = f"os.sched_setaffinity(0, [{core}]);" if hasattr(os, "sched_setaffinity") else ""
            code = f"import os;{pin}\nwhile True: pass"
            self.children.append(_start([sys.executable, "-c", code], None, stdin=subprocess.DEVNULL))
        time.sleep(0.3)

    def __exit__(self, *_):
        for child in self.children:
            child.kill()
            child.wait()
            _children.discard(child)


def install_signal_handlers():
    def end(number, _):
        # Once: what follows cleans up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


# MARK: Measuring


class Row:
    """One measurement of several programs; the first is attend's."""

    def __init__(self, what, unit, threads, values, higher=True, aim=None):
        self.what, self.unit, self.threads, self.values = what, unit, threads, values
        self.higher, self.aim = higher, aim

    def median(self, name):
        return statistics.median(self.values[name])

    def ratio(self, name):
        """Above 1 where attend is better than program `name`."""
        ours, theirs = self.median(next(iter(self.values))), self.median(name)
        return ours / theirs if self.higher else theirs / ours

    def report(self):
        parts = ", ".join(f"{name} {self.median(name):.4g}" for name in self.values)
        say(f"{self.what}, {self.threads} threads: {parts} {self.unit}")
        return self

    def record(self):
        names = list(self.values)
        return {
            "what": self.what,
            "unit": self.unit,
            "threads": self.threads,
            "better": "higher" if self.higher else "lower",
            "medians": {name: self.median(name) for name in names},
            "values": self.values,
            "ratios": {name: self.ratio(name) for name in names[1:]},
            "aim": self.aim,
        }


def in_turns(setting, programs, warm_up=True):
    """Calls every program once per round, the one that begins alternating, so that a slow minute of the machine falls
    on all of them. A program that fails is left out with a message.

    - programs: {name: function that measures once}.
    - Returns {name: [a value per round]}.
    """
    names, values = list(programs), {}
    for number in range(-1 if warm_up else 0, setting.rounds):
        for name in names if number % 2 == 0 else names[::-1]:
            if name not in programs:
                continue
            try:
                value = programs[name]()
            except Failure as failure:
                setting.miss(name, str(failure))
                programs = {other: run for other, run in programs.items() if other != name}
                values.pop(name, None)
                continue
            if number >= 0:
                values.setdefault(name, []).append(value)
    # In the order in which they were named: attend first.
    return {name: values[name] for name in names if name in values}


def compare(setting, what, unit, threads, programs, higher=True, aim=None, warm_up=True):
    """Measures in turns. Returns a row, or nil where attend or every peer is missing."""
    values = in_turns(setting, programs, warm_up)
    if len(values) < 2 or not next(iter(values)).startswith("attend"):
        return None
    return Row(what, unit, threads, values, higher, aim)


# MARK: How quiet the machine was


def processor_seconds():
    """Seconds of all cores together that were busy, of this program and its children, and stolen by other machines."""
    try:
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return None
    tick = os.sysconf("SC_CLK_TCK")
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    for child in _children:
        with contextlib.suppress(OSError, IndexError):
            stat = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
            own += (int(stat[11]) + int(stat[12])) / tick
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / tick, own, fields[7] / tick


class Disturbance:
    """Cores that other programs took on average, and that were stolen, while the block ran."""

    def __enter__(self):
        self.start, self.before = time.perf_counter(), processor_seconds()
        return self

    def __exit__(self, *_):
        after, wall = processor_seconds(), time.perf_counter() - self.start
        self.text = "unknown"
        if after and self.before:
            busy, own, stolen = (new - old for new, old in zip(after, self.before))
            self.text = f"{max(busy - own, 0) / wall:.2f} cores, {stolen / wall:.2f} stolen"
