"""Where numbers are kept: results.jsonl has every run, RESULTS.md shows the latest of each measurement."""

import json
import os
import pathlib
import platform
import subprocess
import sys

from peers.common import BENCHMARKS, ROOT

HEADER = """# Results

Written by `make bench-peers` from [results.jsonl](results.jsonl), which keeps every run. All programs of a row took
turns in one run. Medians (lowest–highest); a ratio above 1 means that attend is better: faster, or smaller. *Aim* is
the ratio that the project set out to reach; the aims were set for a machine with AVX-512 and AMX, and stay as they are
elsewhere.
"""


def processor():
    if sys.platform == "darwin":
        return _output(["sysctl", "-n", "machdep.cpu.brand_string"])
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    facts = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in lines}
    # Virtual machines hide the model's name; the instructions it has say more.
    flags = facts.get("flags", facts.get("Features", "")).split()
    known = [
        flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve") if flag in flags
    ]
    return f"{facts.get('model name', platform.machine())} ({' '.join(known)})"


def _output(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def commit():
    """The last one that changed the program: later ones may be about results alone."""
    changed = _output(["git", "-C", ROOT, "status", "--porcelain", "--", "Sources", "Package.swift"])
    return _output(["git", "-C", ROOT, "log", "-1", "--format=%h", "--abbrev=12", "--", "Sources", "Package.swift"]) + (
        " with changes" if changed else ""
    )


def load():
    return f"{os.getloadavg()[0]:.1f}"


def append(run):
    with open(BENCHMARKS / "results.jsonl", "a") as file:
        file.write(json.dumps(run, ensure_ascii=False) + "\n")


def write_page(workloads):
    """RESULTS.md anew, sections in the order of the workloads."""
    path = BENCHMARKS / "results.jsonl"
    runs = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    sections = [HEADER]
    for workload in workloads:
        latest, last = {}, None
        for number, run in enumerate(runs):
            if run["workload"] == workload.name:
                last = number
                for row in run["rows"]:
                    latest[row["what"], row["threads"]] = (number, row)
        if last is not None:
            sections.append(_section(workload, runs, list(latest.values()), last))
        else:
            sections.append(f"## {workload.title}\n\n{workload.explanation}\n\nNot measured yet.\n")
    (BENCHMARKS / "RESULTS.md").write_text("\n".join(sections))


def _section(workload, runs, found, last):
    """A table of the rows, and each run that they come from; of a run without rows at least what it missed."""
    numbers = sorted({number for number, _ in found} | {last})
    lines = [f"## {workload.title}", "", workload.explanation, ""]
    if found:
        lines += [
            "| Measurement | Threads | attend | Peer | Its result | Ratio | Aim |",
            "|---|--:|--:|---|--:|--:|--:|",
        ]
    for _, row in sorted(found, key=lambda pair: pair[0]):
        names = list(row["values"])
        for name in names[1:]:
            cells = [
                f"{row['what']}, {row['unit']}{_form(names[0])}",
                str(row["threads"]),
                _cell(row, names[0]),
                name,
                _cell(row, name),
                f"{row['ratios'][name]:.2f}",
                "" if name.startswith("attend") else row["aim"] or "",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    for number in numbers:
        run = runs[number]
        versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        lines.append(
            f"- Run of {run['date']}: attend {run['commit']} ({run['isa']}); {versions}. "
            f"{run['cpu']}, {run['cores']} cores; rounds: {run['rounds']}; load before {run['load']}; "
            f"other programs took {run['others']}."
        )
        lines += [f"- Missing in it: {name}: {reason}" for name, reason in run["missing"].items()]
    return "\n".join(lines) + "\n"


def _form(name):
    """“attend, fast” says its form where the row does not."""
    form = name.partition(", ")[2]
    return f" ({form})" if form else ""


def _cell(row, name):
    values, middle = row["values"][name], row["medians"][name]
    digits = 0 if middle >= 1000 else 1 if middle >= 20 else 2 if middle >= 1 else 4
    spread = f" ({min(values):.{digits}f}–{max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{middle:.{digits}f}{spread}"
