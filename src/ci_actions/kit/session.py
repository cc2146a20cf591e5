"""Edge: a child process together with everything it starts, so that all of it can be ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ci_actions.kit.process import Completed

if TYPE_CHECKING:
    from subprocess import Popen

#: Seconds between being asked to end and being killed.
GRACE = 2.0
_LOOK = 0.02

Heard = Callable[[str], None]


class Session:
    """A child in a session of its own: Ctrl-C in a terminal does not reach it, `end` does, and all it started.

    It belongs to whoever called `start`, which must `wait` for it.
    """

    def __init__(self, words: tuple[str, ...], child: Popen[bytes]) -> None:
        self._words = words
        self._child = child

    @classmethod
    def start(cls, words: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Session:
        """Start a program with exactly this environment. Raises OSError when it cannot be started."""
        import subprocess

        child = subprocess.Popen(
            tuple(words),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return cls(tuple(words), child)

    @property
    def pid(self) -> int:
        """The number of the child, which is that of its session, too."""
        return self._child.pid

    def wait(self, heard: Heard) -> Completed:
        """Return how it ended; `heard` gets each line on standard error as it comes, from a thread of its own."""
        from threading import Thread

        said: list[bytes] = []
        listener = Thread(target=self._listen, args=(said, heard), daemon=True)
        listener.start()
        assert self._child.stdout
        with self._child.stdout as output:
            stdout = output.read()
        code = self._child.wait()
        listener.join()
        return Completed(argv=self._words, code=code, stdout=stdout, stderr=b"".join(said))

    def _listen(self, said: list[bytes], heard: Heard) -> None:
        assert self._child.stderr
        with self._child.stderr as errors:
            for line in errors:
                said.append(line)
                heard(line.decode("utf-8", "replace").rstrip("\r\n"))


def end(sessions: Iterable[Session], grace: float = GRACE) -> None:
    """End the sessions: all are asked at once, and what is left after `grace` seconds is killed.

    What cannot be killed (it waits for a disk that is gone, or is somebody else's by now) is not waited for.
    """
    running = tuple(sessions)
    if sys.platform == "win32":
        for each in running:
            _taskkill(each.pid)
        return
    numbers = {each.pid for each in running}
    _signal(_members(numbers), signal.SIGTERM)
    asked_until = time.monotonic() + grace
    while (left := _members(numbers)) and time.monotonic() < asked_until:
        time.sleep(_LOOK)
    killed_until = time.monotonic() + GRACE
    while left and time.monotonic() < killed_until:
        _signal(left, signal.SIGKILL)
        time.sleep(_LOOK)
        left = _members(numbers)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _members(sessions: set[int]) -> set[int]:
    """Return the live processes of these sessions, and of those that they have opened, which are added to `sessions`."""
    if not sessions:
        return set()
    table = _table()
    while True:
        members = {pid for pid, each in table.items() if each.session in sessions}
        opened = {each.session for each in table.values() if each.parent in members} - sessions
        if not opened:
            return {pid for pid in members if not table[pid].gone}
        sessions |= opened


class _Process(NamedTuple):
    """What the system knows of a process; `session` is its process group where sessions are not told."""

    state: str
    parent: int
    session: int

    @property
    def gone(self) -> bool:
        """Whether it has ended, and only waits to be asked how (Z) or is being taken off the list (X)."""
        return self.state[0] in "ZX"


def _table() -> dict[int, _Process]:
    """Return every process that there is."""
    if not Path("/proc/self/stat").exists():
        return _from_ps()
    found = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                # The name in brackets may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
                fields = (each / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            found[int(each.name)] = _Process(fields[0].decode(), int(fields[1]), int(fields[3]))
    return found


def _from_ps() -> dict[int, _Process]:
    """Return the same from ps, whose sessions are no numbers on macOS."""
    import subprocess

    done = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    return {int(row[0]): _Process(row[3], int(row[1]), int(row[2])) for row in rows if len(row) >= 4}


def _taskkill(pid: int) -> None:
    """End a process and its descendants where there are no sessions: Windows."""
    import subprocess

    subprocess.run(
        ["taskkill", "/T", "/F", "/PID", str(pid)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
