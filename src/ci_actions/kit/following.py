"""Edge: a program with all that it starts, whose lines are said while it prints them.

It prints into a file: a server that it has left running would keep a pipe open for ever. What it leaves running ends with it.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ci_actions.kit.clock import Clock
from ci_actions.kit.interruption import interruptible
from ci_actions.kit.process import Process

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


class Followed:
    """A program that runs until the end of a `with` at the latest. Raises FileNotFoundError or PermissionError at its start."""

    def __init__(
        self,
        process: Process,
        argv: Sequence[str | os.PathLike[str]],
        say: Callable[[str], None],
        *,
        output: Path,
        cwd: Path,
        env: Mapping[str, str],
    ) -> None:
        self._say = say
        self._begun = b""
        self._tail: deque[str] = deque(maxlen=TAIL)
        with output.open("wb") as stream:
            self._group = process.launch(argv, stdout=stream, stderr=stream, cwd=cwd, env=env)
        self._printed = output.open("rb")

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines that it printed."""
        return tuple(self._tail)

    def poll(self) -> int | None:
        """Say what was printed meanwhile; return the exit code, negative for a signal, None while it runs."""
        code = self._group.poll()
        self._hear(last=False)
        return code

    def end(self) -> None:
        """End it and all that it started, and say the last lines."""
        self._group.kill()
        self._hear(last=True)
        self._printed.close()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.end()

    def _hear(self, *, last: bool) -> None:
        *whole, self._begun = (self._begun + self._printed.read()).split(b"\n")
        if last and self._begun:
            whole.append(self._begun)
        for each in whole:
            line = _STYLES.sub("", each.decode("utf-8", "replace")).rstrip("\r")
            self._tail.append(line)
            self._say(line)


def follow(
    process: Process,
    argv: Sequence[str | os.PathLike[str]],
    say: Callable[[str], None],
    *,
    output: Path,
    cwd: Path,
    env: Mapping[str, str],
    limit: float,
    clock: Clock,
) -> Ended:
    """Run a program to its end, or for `limit` seconds, and say each line that it prints.

    Raises FileNotFoundError or PermissionError when it cannot be started.
    """
    begin = clock.monotonic()
    late = False
    with interruptible(), Followed(process, argv, say, output=output, cwd=cwd, env=env) as program:
        while (code := program.poll()) is None:
            if late := clock.monotonic() - begin > limit:
                break
            clock.sleep(PULSE)
    return Ended(code=None if late else code, seconds=clock.monotonic() - begin, tail=program.tail)
