"""Brings or finds the peers, each at a pinned version, in the folder PEERS_HOME outside the repository.

What cannot be installed is reported as missing and its rows are left out; nothing else stops.
"""

import json
import os
import pathlib
import subprocess
import sys

from peers.common import BENCHMARKS, say

LLAMA_PROGRAMS = ("llama-bench", "llama-completion", "llama-batched-bench", "llama-quantize")

# Peer → attempts; each is the arguments of `pip install`, in order until one succeeds. PyTorch for the processor alone
# is a tenth of the size of the usual one, which brings GPU libraries; not every index has it.
PACKAGES = {
    "torch": [["--no-deps", "torch==2.13.0+cpu"], ["torch==2.13.0"]],
    "transformers": [
        ["transformers==5.23.0", "filelock", "sympy", "networkx", "jinja2", "typing_extensions", "numpy==2.4.6"]
    ],
    "gguf": [["gguf==0.19.0"]],
    "openvino-genai": [
        [
            "--no-deps",
            "openvino==2026.4.1",
            "openvino-telemetry==2025.2.0",
            "openvino-tokenizers==2026.4.1.0",
            "openvino-genai==2026.4.1.0",
        ]
    ],
    "ctranslate2": [["--no-deps", "ctranslate2==4.8.5", "pyyaml", "setuptools<81"]],
}


def wanted_version(attempts):
    """{package: version} that the first attempt pins."""
    return dict(part.split("==") for part in attempts[0] if "==" in part)


class Peers:
    """What was found: programs, versions, and what is missing for which reason."""

    def __init__(self, home):
        self.home = pathlib.Path(home).resolve()
        self.python = self.home / "venv/bin/python"
        self.llama = self.home / "llama-build/bin"
        self.versions, self.missing = {}, {}

    def prepare(self, build):
        self.home.mkdir(parents=True, exist_ok=True)
        if build:
            self._build_attend()
            self._build_llama()
            self._install_packages()
        self._find_llama()
        self._find_packages()
        for name, reason in self.missing.items():
            say(f"{name} is missing: {reason}")

    # MARK: attend

    attend = BENCHMARKS / ".build/release/attend"
    worker = BENCHMARKS / ".build/release/peer-worker"

    def _build_attend(self):
        swift = os.environ.get("SWIFT", "swift")
        # One build folder for both: the program is a product of the package that the benchmarks depend on.
        for product in ("attend", "peer-worker"):
            command = [swift, "build", "-c", "release", "--package-path", BENCHMARKS, "--product", product]
            say(" ".join(str(part) for part in command))
            if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
                sys.exit("bench-peers: attend does not build")

    # MARK: llama.cpp

    def _build_llama(self):
        if all((self.llama / program).exists() for program in LLAMA_PROGRAMS):
            return
        say("building llama.cpp (some minutes)")
        log = self.home / "llama-build.log"
        with open(log, "w") as file:
            environment = os.environ | {"PEERS_HOME": str(self.home)}
            command = [BENCHMARKS / "build-llama"]
            if subprocess.run(command, env=environment, stdout=file, stderr=file, check=False).returncode != 0:
                say(f"llama.cpp does not build; see {log}")

    def _find_llama(self):
        absent = [program for program in LLAMA_PROGRAMS if not (self.llama / program).exists()]
        if absent:
            self.missing["llama.cpp"] = f"{', '.join(absent)} not found; run Benchmarks/build-llama"
            return
        result = subprocess.run(
            [self.llama / "llama-completion", "--version"], capture_output=True, text=True, check=False
        )
        lines = (result.stdout + result.stderr).splitlines()
        version = next((line.partition(":")[2].strip() for line in lines if line.startswith("version")), "unknown")
        self.versions["llama.cpp"] = version.replace("\n", " ")

    # MARK: Python packages

    def _installed(self):
        if not self.python.exists():
            return {}
        code = (
            "import json, importlib.metadata as m;"
            "print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))"
        )
        result = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False)
        return json.loads(result.stdout) if result.returncode == 0 else {}

    def _install_packages(self):
        if not self.python.exists():
            say("making a Python environment")
            if subprocess.run([sys.executable, "-m", "venv", self.home / "venv"], check=False).returncode != 0:
                return
        installed = self._installed()
        log = self.home / "pip.log"
        for peer, attempts in PACKAGES.items():
            if all(
                installed.get(name, "").partition("+")[0] == version.partition("+")[0]
                for name, version in wanted_version(attempts).items()
            ):
                continue
            say(f"installing {peer}")
            with open(log, "a") as file:
                for attempt in attempts:
                    command = [self.python, "-m", "pip", "install", "--disable-pip-version-check", *attempt]
                    if subprocess.run(command, stdout=file, stderr=file, check=False).returncode == 0:
                        break
                else:
                    say(f"{peer} cannot be installed; see {log}")

    def _find_packages(self):
        installed = self._installed()
        for peer in PACKAGES:
            if peer in installed:
                self.versions[peer] = installed[peer]
            else:
                self.missing[peer] = "not installed" if self.python.exists() else "no Python environment"

    def has(self, *names):
        return all(name not in self.missing for name in names)
