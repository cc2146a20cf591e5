"""Edge: child processes, without a shell, without our inputs and without tokens."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

#: What a child never inherits: our inputs, and tokens that are not meant for it.
WITHHELD_PREFIXES = ("INPUT_", "ACTIONS_RUNTIME_", "ACTIONS_ID_TOKEN_")
WITHHELD = frozenset(
    {
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GITHUB_OUTPUT",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
    }
)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a child process ended. `code` is negative for a signal, None for a timeout."""

    argv: tuple[str, ...]
    code: int | None
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 are kept as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """The end of what it said on standard error, for messages: at most 2 000 characters."""
        return self.stderr.decode("utf-8", "replace").strip()[-2000:]


class Running:
    """A child process whose answer is asked for later; it works meanwhile."""

    def __init__(self, words: tuple[str, ...], child: Popen[bytes]) -> None:
        self._words = words
        self._child = child

    def wait(self, timeout: float | None = None) -> Completed:
        """Return how it went, when it has ended."""
        from subprocess import TimeoutExpired

        try:
            stdout, stderr = self._child.communicate(timeout=timeout)
        except TimeoutExpired:
            self._child.kill()
            stdout, stderr = self._child.communicate()
            return Completed(argv=self._words, code=None, stdout=stdout, stderr=stderr)
        return Completed(argv=self._words, code=self._child.returncode, stdout=stdout, stderr=stderr)


class Spawned:
    """A child process with children of its own; all of them are one group, and end together."""

    def __init__(self, child: Popen[bytes]) -> None:
        self._child = child

    def wait(self) -> int:
        """Return its exit code when it has ended, negative for a signal."""
        return self._child.wait()

    def kill(self) -> None:
        """End it and everything that it started, at once; nothing happens to what has ended already."""
        import signal
        import subprocess

        if os.name == "nt":
            argv = ["taskkill", "/F", "/T", "/PID", str(self._child.pid)]
            subprocess.run(argv, capture_output=True, check=False)
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)


#: Room for what a child says before anybody listens, on systems where that can be chosen.
_PIPE = 1 << 20


class Process:
    """Runs child processes with an explicit environment.

    `environ` is the whole environment of this process; children get it less what is withheld.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {
            name: value
            for name, value in environ.items()
            if name not in WITHHELD and not name.startswith(WITHHELD_PREFIXES)
        }

    def run(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Completed:
        """Run `argv` to its end and return how it went; `env` adds to what children inherit.

        Raises FileNotFoundError or PermissionError when the program cannot be started.
        """
        import subprocess

        words = tuple(os.fspath(word) for word in argv)
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env={**self._environ, **(env or {})},
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return Completed(argv=words, code=None, stdout=late.stdout or b"", stderr=late.stderr or b"")
        return Completed(argv=words, code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def spawn(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        cwd: Path,
        stdout: Path,
        stderr: Path,
        env: Mapping[str, str] | None = None,
    ) -> Spawned:
        """Start `argv` as the head of a process group; what it prints goes to files, so that nothing waits for us.

        Raises what `run` raises.
        """
        import subprocess

        words = tuple(os.fspath(word) for word in argv)
        with stdout.open("wb") as out, stderr.open("wb") as err:
            child = subprocess.Popen(
                words,
                cwd=cwd,
                env={**self._environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=os.name != "nt",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        return Spawned(child)

    def start(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Running:
        """Start `argv` and return at once. Raises what `run` raises."""
        import subprocess

        words = tuple(os.fspath(word) for word in argv)
        child = subprocess.Popen(
            words,
            cwd=cwd,
            env={**self._environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=_PIPE,
        )
        return Running(words, child)
