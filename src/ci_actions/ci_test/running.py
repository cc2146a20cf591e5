"""Edge: runs the tests as a process group, says what they print while they print it, and reads what the agent wrote down."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ci_actions.ci_test import record
from ci_actions.ci_test.config import Shard
from ci_actions.ci_test.model import Recorded
from ci_actions.kit.clock import Clock
from ci_actions.kit.interruption import interruptible
from ci_actions.kit.process import Process

AGENT = Path(__file__).with_name("agent.py")
PLUGIN = "ci_actions_ci_test"
#: Runs the agent under a name that coverage.py takes for no file: neither it nor this may be measured as the project's.
LOADER = """\
import io
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
with io.open(os.path.join(FOLDER, "agent.txt"), encoding="utf-8") as _text:
    exec(compile(_text.read(), "<ci-actions>", "exec"))
if __name__ == "__main__":
    sys.modules["{plugin}"] = sys.modules["__main__"]
    launch()
"""
#: Seconds between two looks at what was printed.
PULSE = 0.05
#: Lines that are kept for messages.
TAIL = 60
_STYLES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended: negative for a signal, None where it was stopped because it took too long."""

    code: int | None
    seconds: float
    tail: tuple[str, ...]


def lay_out(
    folder: Path,
    *,
    shard: Shard,
    durations: Mapping[str, float],
    coverage: str,
    again: Sequence[str] | None = None,
) -> Path:
    """Write what the user's interpreter runs, and what it is asked, into an empty folder; return the file to start.

    `again` are the tests that alone are run once more; then nothing is measured.
    """
    request = {
        "shard": [shard.index, shard.total],
        "durations": dict(durations),
        "coverage": coverage if again is None else "false",
        "again": None if again is None else list(again),
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="ascii")
    (folder / "agent.txt").write_text(AGENT.read_text("utf-8"), encoding="utf-8")
    loader = folder / f"{PLUGIN}.py"
    loader.write_text(LOADER.format(plugin=PLUGIN), encoding="ascii")
    return loader


def read_back(folder: Path, hide: Callable[[str], str]) -> Recorded:
    """Return what the agent wrote down; what it could not write any more is missing there."""
    file = folder / "record.jsonl"
    happened = record.events(file.read_text("ascii", "replace")) if file.is_file() else ()
    found = (record.collection(each.read_text("ascii")) for each in sorted(folder.glob("collection-*.json")))
    return record.recorded(happened, found, hide)


def follow(
    process: Process,
    argv: Sequence[str | Path],
    say: Callable[[str], None],
    *,
    output: Path,
    cwd: Path,
    env: Mapping[str, str],
    limit: float,
    clock: Clock,
) -> Ended:
    """Run a program to its end, or for `limit` seconds, and say each line that it prints.

    It prints into a file: a server that a test has left running would keep a pipe open for ever. What it leaves running
    ends with it. Raises FileNotFoundError or PermissionError when it cannot be started.
    """
    begin = clock.monotonic()
    tail: deque[str] = deque(maxlen=TAIL)

    def heard(line: str) -> None:
        tail.append(line)
        say(line)

    with interruptible(), output.open("wb") as stream, output.open("rb") as printed:
        group = process.launch(argv, stdout=stream, stderr=stream, cwd=cwd, env=env)
        lines = _Lines(printed, heard)
        late = False
        try:
            while (code := group.poll()) is None:
                if late := clock.monotonic() - begin > limit:
                    break
                lines.say()
                clock.sleep(PULSE)
        finally:
            group.kill()
        lines.say(last=True)
    return Ended(code=None if late else code, seconds=clock.monotonic() - begin, tail=tuple(tail))


class _Lines:
    """Says the lines of a file that grows."""

    def __init__(self, file: IO[bytes], say: Callable[[str], None]) -> None:
        self._file = file
        self._say = say
        self._begun = b""

    def say(self, *, last: bool = False) -> None:
        """Say the lines that are whole by now, at the `last` time what is begun, too."""
        *whole, self._begun = (self._begun + self._file.read()).split(b"\n")
        if last and self._begun:
            whole.append(self._begun)
        for line in whole:
            self._say(_STYLES.sub("", line.decode("utf-8", "replace")).rstrip("\r"))
