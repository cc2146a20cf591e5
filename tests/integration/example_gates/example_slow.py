"""Will it ever end? A gate for the tests of `check` that starts a helper in a process group of its own, and waits.

It is put into a copy of the program as `ci_actions/example_slow/__init__.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.errors import Exit
from ci_actions.kit.inputs import Common
from ci_actions.kit.report import Report, Result
from ci_actions.kit.run import Capability, Edges, Phase, Steps


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Nothing to choose."""


def gather(_: Config, edges: Edges[Config]) -> None:
    """Wait until the file `go` is there."""
    import os
    import subprocess
    import sys
    import time

    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command, process_group=0) as helper:
        (edges.root / "unfinished.pids").write_text(f"{os.getpid()} {helper.pid}")
        (edges.root / "unfinished.pids").replace(edges.root / "slow.pids")
        edges.progress("waiting for a file called go, " + "which takes its time, " * 5)
        while not (edges.root / "go").exists():
            time.sleep(0.05)
        helper.kill()


def report(_: Config, __: None) -> Report:
    """Return that it ended."""
    return Report(
        capability="example-slow",
        result=Result.PASSED,
        exit_code=Exit.PASSED,
        headline="example-slow: it ended",
    )


CAPABILITY = Capability(
    name="example-slow",
    question="Will it ever end?",
    config=Config,
    phases=(Phase("judge", lambda: Steps(gather, lambda _, facts: facts, report)),),
    outputs={},
    gate=True,
)
