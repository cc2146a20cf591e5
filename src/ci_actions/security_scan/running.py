"""Edge: runs the processes of all scans side by side, the longest first, and leaves none behind."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from ci_actions.kit.clock import Clock
from ci_actions.kit.interruption import uninterrupted
from ci_actions.kit.jobs import Release
from ci_actions.kit.process import Group, Process
from ci_actions.security_scan.scanners import Ended, Task

#: A scanner that says more is stopped: nobody could read it.
LARGEST_OUTPUT = 512 * 1024 * 1024
LARGEST_COMPLAINT = 32 * 1024 * 1024
#: Seconds between two looks at what is running.
PULSE = 0.01

#: What a scanner needs of this machine; the rest of the environment is none of its business: a token, or a variable
#: or a file of the user that changes what it looks for.
NEEDED = frozenset(
    {
        "PATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
        "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "XDG_RUNTIME_DIR",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Work:
    """The processes of one scan, how long each may take, and the folder that they share; `name` is for progress."""

    name: str
    tasks: tuple[Task, ...]
    folder: Path
    minutes: float = 20


@dataclass(eq=False)
class _Running:
    """One process, and where what it says goes."""

    work: int
    position: int
    task: Task
    group: Group
    release: Release
    began: float
    stdout: Path
    stderr: Path
    flooded: bool = False
    late: bool = False

    @property
    def output(self) -> Path:
        """The file with its result."""
        return Path(self.task.output) if self.task.output else self.stdout


@dataclass
class _State:
    """How far the processes of one scan have come."""

    work: Work
    ended: dict[int, Ended] = field(default_factory=dict)
    began: float = 0.0


def neutral(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment for scanners: what they need of the machine, and an empty home in `folder`."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in NEEDED or name.upper() in ("SYSTEMROOT", "PATH")
    }
    home = str(folder / "home")
    scratch = str(folder / "tmp")
    return kept | {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home,
        "LOCALAPPDATA": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "XDG_DATA_HOME": home,
        "TMPDIR": scratch,
        "TMP": scratch,
        "TEMP": scratch,
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder for this run alone, and remove it with everything that scanners left in it."""
    folder = Path(tempfile.mkdtemp(prefix="ci-actions-scan-"))
    try:
        yield folder
    finally:
        with uninterrupted():
            shutil.rmtree(folder, ignore_errors=True)


class Runner:
    """Runs processes side by side: at most `jobs`, those that wait for a network beside them.

    `take` gives a processor for one more process, None while all are in use: `Jobs.take_for_worker` of the budget.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        root: Path,
        *,
        jobs: int,
        take: Callable[[], Release | None] = lambda: _nothing,
        clock: Clock | None = None,
        progress: Callable[[str], object] = lambda _: None,
        largest: int = LARGEST_OUTPUT,
    ) -> None:
        self._environ = environ
        self._root = root
        self._jobs = jobs
        self._take = take
        self._clock = clock or Clock()
        self._progress = progress
        self._largest = largest
        self._running: list[_Running] = []

    def run(self, works: Sequence[Work]) -> tuple[tuple[Ended, ...], ...]:
        """Return how the processes of each work ended, in their order. Interrupted, it ends them all first."""
        states = [_State(each) for each in works]
        waiting = [
            (work, position, task)
            for work, each in enumerate(works)
            for position, task in enumerate(each.tasks)
        ]
        waiting.sort(key=lambda item: -item[2].weight)
        with ExitStack() as cleanup:
            cleanup.callback(self._kill_all)
            cleanup.enter_context(_termination())
            while waiting or self._running:
                while (chosen := self._next(waiting)) is not None:
                    place, release = chosen
                    work, position, task = waiting.pop(place)
                    self._start(states[work], work, position, task, release)
                ended = [each for each in self._running if self._has_ended(each, states[each.work].work)]
                for each in ended:
                    self._running.remove(each)
                    self._finish(states[each.work], each)
                if self._running and not ended:
                    self._clock.sleep(PULSE)
        return tuple(tuple(each.ended[position] for position in sorted(each.ended)) for each in states)

    def _next(self, waiting: Sequence[tuple[int, int, Task]]) -> tuple[int, Release] | None:
        """Return which process begins next, the longest that may, and what gives its processor back."""
        busy = sum(not each.task.waits for each in self._running)
        for place, (_, _, task) in enumerate(waiting):
            if task.waits:
                return place, _nothing
            if busy < self._jobs and (release := self._take()):
                return place, release
            busy = self._jobs  # Nor is there one for those behind it.
        return None

    def _start(self, state: _State, work: int, position: int, task: Task, release: Release) -> None:
        now = self._clock.monotonic()
        if not state.began:
            state.began = now
            self._progress(f"{state.work.name}: begins")
        folder = state.work.folder / str(position)
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        stdout, stderr, given = folder / "stdout", folder / "stderr", folder / "stdin"
        given.write_bytes(task.stdin)
        process = Process(neutral(self._environ, folder))
        try:
            with stdout.open("wb") as out, stderr.open("wb") as err, given.open("rb") as stdin:
                group = process.launch(
                    task.argv, cwd=self._root, env=task.env, stdin=stdin, stdout=out, stderr=err
                )
        except OSError as why:
            release()
            complaint = f"cannot be started: {why.strerror}".encode()
            self._note(state, position, Ended(asked=task.asked, code=127, errors=complaint))
            return
        self._running.append(_Running(work, position, task, group, release, now, stdout, stderr))

    def _has_ended(self, each: _Running, work: Work) -> bool:
        if each.group.poll() is not None:
            return True
        each.flooded = _size(each.output) > self._largest or _size(each.stderr) > LARGEST_COMPLAINT
        each.late = self._clock.monotonic() - each.began > work.minutes * 60
        if each.flooded or each.late:
            each.group.kill()
            return True
        return False

    def _finish(self, state: _State, each: _Running) -> None:
        each.release()
        flooded = each.flooded or _size(each.output) > self._largest
        ended = Ended(
            asked=each.task.asked,
            code=None if each.late else each.group.poll(),
            output=b"" if flooded else _content(each.output),
            errors=_content(each.stderr, LARGEST_COMPLAINT),
            flooded=flooded,
            seconds=self._clock.monotonic() - each.began,
            cpu_seconds=each.group.cpu_seconds,
            minutes=state.work.minutes,
        )
        self._note(state, each.position, ended)

    def _note(self, state: _State, position: int, ended: Ended) -> None:
        state.ended[position] = ended
        if len(state.ended) == len(state.work.tasks):
            self._progress(f"{state.work.name}: ended after {self._clock.monotonic() - state.began:.1f} s")

    def _kill_all(self) -> None:
        for each in self._running:
            each.group.kill()
            each.release()
        self._running.clear()


def _nothing() -> None:
    """Give back what was not taken."""


class Terminated(KeyboardInterrupt):
    """Somebody asked this process to end."""


@contextmanager
def _termination() -> Iterator[None]:
    """Let a request to end (GitHub cancels a job with one) unwind like Ctrl-C: scanners are in groups of their own."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _content(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return b""
