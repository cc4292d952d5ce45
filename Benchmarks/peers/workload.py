"""What a workload is."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass
class Workload:
    """One section of the results. `run(setting)` yields rows, or nil where a row's programs are missing."""

    name: str
    title: str
    explanation: str
    peers: list[str]
    run: Callable
