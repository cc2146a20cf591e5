"""Edge: child processes, without a shell, without our inputs and without tokens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
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
    """A child process with all that it starts, in a process group of its own: they end together.

    It reads and writes files, so it never waits for us, and what it says cannot fill our memory.
    """

    def __init__(self, child: Popen[bytes]) -> None:
        self._child = child
        self.cpu_seconds = 0.0

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
        self._sweep()
        return self._child.returncode

    def kill(self) -> None:
        """End it and everything that it started, at once, and wait for its end."""
        import subprocess

        if os.name != "posix":
            ended = self._child.poll() is not None
            if not ended:
                stop = ["taskkill", "/F", "/T", "/PID", str(self._child.pid)]
                subprocess.run(stop, capture_output=True, check=False)
            self._child.wait()
            return
        self._sweep()
        while self.poll() is None:
            self._child.kill()
            try:
                os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
            except ChildProcessError:
                return

    def _sweep(self) -> None:
        """Kill what is left of the group; its number is its leader's and stays taken as long as there is a member."""
        import signal

        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


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
        group = Spawned(child)

        def stop() -> None:
            late.append(True)
            group.kill()

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
                    group.kill()
        said = b"".join(printed)
        return Completed(argv=words, code=None if late else code, stdout=said, stderr=said)

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
        """Start `argv` in a process group of its own, on open files, and return at once. Raises what `run` raises."""
        import subprocess

        child = subprocess.Popen(
            tuple(os.fspath(word) for word in argv),
            cwd=cwd,
            env={**self._environ, **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=stderr,
            process_group=0 if os.name == "posix" else None,
        )
        return Group(child)
