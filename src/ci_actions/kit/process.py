"""Edge: child processes, without a shell, without our inputs and without tokens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen
    from typing import IO

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


def inheritable(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a child may inherit."""
    return {
        name: value
        for name, value in environ.items()
        if name not in WITHHELD and not name.startswith(WITHHELD_PREFIXES)
    }


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


class Group:
    """A child process with all that it starts, in a session of its own: they end together, and no terminal is asked.

    It reads and writes files, so it never waits for us, and what it says cannot fill our memory.
    """

    def __init__(self, child: Popen[bytes]) -> None:
        self._child = child
        self._bell = _bell(child.pid)
        self.cpu_seconds = 0.0

    def __del__(self) -> None:
        self._silence()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, None while it runs; then also `cpu_seconds` are known."""
        if self._child.returncode is not None or os.name != "posix":
            return self._child.poll()
        try:
            pid, status, usage = os.wait4(self._child.pid, os.WNOHANG)
        except ChildProcessError:
            return self._child.poll()
        if not pid:
            return None
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self._child.returncode = os.waitstatus_to_exitcode(status)
        self._silence()
        # What is left of the group; its number is its leader's and stays taken as long as there is a member.
        _kill_all(self._child)
        return self._child.returncode

    def kill(self) -> None:
        """End it and everything that it started, at once, and wait for its end."""
        if os.name != "posix":
            if self._child.poll() is None:
                _kill_all(self._child)
            self._child.wait()
            return
        _kill_all(self._child)
        while self.poll() is None:
            self._child.kill()
            try:
                os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
            except ChildProcessError:
                return

    @property
    def bell(self) -> int | None:
        """A file that can be read from when it has ended, None where the system has no such thing, or once that is known."""
        return self._bell

    def _silence(self) -> None:
        if self._bell is not None:
            os.close(self._bell)
            self._bell = None


def _kill_all(child: Popen[bytes]) -> None:
    """Kill the group of processes that a child leads."""
    if os.name != "posix":
        import subprocess

        stop = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        subprocess.run(stop, capture_output=True, check=False)
        return
    import signal

    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _bell(pid: int) -> int | None:
    """Return a file that tells the end of a child: https://man7.org/linux/man-pages/man2/pidfd_open.2.html."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # A kernel before 5.3, or a sandbox that does not know the call.
        return None


def await_any(groups: Iterable[Group], seconds: float) -> None:
    """Return when one of them has ended, or after so many seconds; where the system cannot tell, after `PULSE` at most."""
    bells = [group.bell for group in groups]
    if None in bells or not bells:
        import time

        time.sleep(min(seconds, PULSE))
        return
    import select

    # Not select.select, which takes no file with a number above 1023.
    waiting = select.poll()
    for bell in bells:
        assert bell is not None
        waiting.register(bell, select.POLLIN)
    waiting.poll(seconds * 1000)


#: Seconds between two looks at children whose end nobody tells.
PULSE = 0.01
#: Room for what a child says before anybody listens, on systems where that can be chosen.
_PIPE = 1 << 20


class Process:
    """Runs child processes with an explicit environment.

    `environ` is the whole environment of this process; children get it less what is withheld.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = inheritable(environ)

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

    def follow(
        self,
        argv: Sequence[str | os.PathLike[str]],
        say: Callable[[str], None],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Completed:
        """Run `argv` to its end, say each line while it prints it, and return how it went.

        Both of its streams are one here, and are returned as `stderr` too. What takes too long ends with all that it
        started: whoever still holds the other end of the pipe would keep us waiting. Raises what `run` raises.
        """
        import subprocess
        from threading import Timer

        words = tuple(os.fspath(word) for word in argv)
        child = subprocess.Popen(
            words,
            cwd=cwd,
            env={**self._environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0 if os.name == "posix" else None,
        )
        late = []

        def stop() -> None:
            late.append(True)
            _kill_all(child)

        watch = Timer(timeout, stop) if timeout else None
        if watch:
            watch.start()
        printed = []
        with child:
            try:
                assert child.stdout is not None
                for line in child.stdout:
                    printed.append(line)
                    say(line.decode("utf-8", "replace").rstrip())
                code: int | None = child.wait()
            finally:
                if watch:
                    watch.cancel()
                if child.poll() is None:
                    _kill_all(child)
        said = b"".join(printed)
        return Completed(argv=words, code=None if late else code, stdout=said, stderr=said)

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

    def launch(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        stdout: IO[bytes],
        stderr: IO[bytes],
        stdin: IO[bytes] | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Group:
        """Start `argv` in a session of its own, on open files, and return at once. Raises what `run` raises."""
        import subprocess

        child = subprocess.Popen(
            tuple(os.fspath(word) for word in argv),
            cwd=cwd,
            env={**self._environ, **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        return Group(child)
