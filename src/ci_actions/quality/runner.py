"""Edge: runs processes side by side, longest first, each in a group of its own, with a bound on time and output.

A tool may take several processes, one after the other. Whatever ends this run, also an interruption, ends them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread, current_thread, main_thread

from ci_actions.kit.clock import Clock
from ci_actions.kit.jobs import Release
from ci_actions.kit.process import Process, Spawned
from ci_actions.quality.model import Command, Ran

#: Bytes that one process may print or write to its file; more is no report but a defect.
LIMIT = 64 * 1024 * 1024
#: Seconds between two looks at what has been written.
TICK = 0.5
#: Seconds between two looks at whether a processor is free for the first job.
WAIT = 0.02


@dataclass(frozen=True, kw_only=True)
class Job:
    """The processes of one tool on one tree, in order; the first that ends otherwise than with a code ends the job."""

    name: str
    commands: tuple[Command, ...]
    directory: Path
    scratch: Path
    weight: float = 1.0
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Active:
    """One process that runs."""

    job: Job
    child: Spawned
    number: int
    begin: float
    release: Release
    stopped: str = ""


@dataclass
class Runner:
    """Runs jobs; `process` has the environment that the tools get. `timeout` are seconds for each process.

    `take` gives a processor for one more job, or None while all are in use by others.
    """

    process: Process
    clock: Clock
    jobs: int
    timeout: float
    progress: Callable[[str, float], None] = lambda _, __: None
    take: Callable[[], Release | None] = lambda: lambda: None
    _ended: SimpleQueue[tuple[_Active, int]] = field(default_factory=SimpleQueue)

    def run(self, jobs: Sequence[Job]) -> dict[str, Mapping[str, Ran]]:
        """Return how the processes of each job ended, by the names of jobs and commands."""
        waiting = sorted(jobs, key=lambda job: -job.weight)
        done: dict[str, dict[str, Ran]] = {job.name: {} for job in jobs}
        active: list[_Active] = []
        with _interruptible():
            try:
                while waiting or active:
                    while waiting and len(active) < self.jobs and (release := self.take()):
                        self._start(waiting.pop(0), 0, release, active, done)
                    if active:
                        self._step(active, done)
                    else:
                        self.clock.sleep(WAIT)
            finally:
                for each in active:
                    each.child.kill()
                    each.release()
        return dict(done.items())

    def _start(
        self,
        job: Job,
        number: int,
        release: Release,
        active: list[_Active],
        done: dict[str, dict[str, Ran]],
    ) -> None:
        """Start a process of a job, or note why it does not start."""
        command = job.commands[number]
        job.scratch.mkdir(parents=True, exist_ok=True)
        begin = self.clock.monotonic()
        try:
            child = self.process.spawn(
                command.argv,
                cwd=job.directory,
                stdout=job.scratch / f"{command.name}.out",
                stderr=job.scratch / f"{command.name}.err",
                env={**job.env, **command.env},
            )
        except OSError as why:
            stopped = f"could not be started: {why.strerror or why}"
            done[job.name][command.name] = Ran(code=None, stopped=stopped)
            release()
            return
        made = _Active(job, child, number, begin, release)
        active.append(made)
        Thread(target=self._await, args=(made,), daemon=True).start()

    def _await(self, each: _Active) -> None:
        self._ended.put((each, each.child.wait()))

    def _step(self, active: list[_Active], done: dict[str, dict[str, Ran]]) -> None:
        """Wait until a process ends, or until it is time to look at all of them."""
        try:
            each, code = self._ended.get(timeout=TICK)
        except Empty:
            for each in active:
                self._look(each)
            return
        active.remove(each)
        # What it started and left behind would go on writing.
        each.child.kill()
        command = each.job.commands[each.number]
        ran = self._result(each, code)
        done[each.job.name][command.name] = ran
        if not ran.stopped and code >= 0 and each.number + 1 < len(each.job.commands):
            self._start(each.job, each.number + 1, each.release, active, done)
        else:
            each.release()
            self.progress(each.job.name, sum(one.seconds for one in done[each.job.name].values()))

    def _look(self, each: _Active) -> None:
        """Stop a process that takes too long or writes too much."""
        if self.clock.monotonic() - each.begin > self.timeout:
            each.stopped = f"did not end within {self.timeout:g} s (timeout)"
        elif any(_size(file) > LIMIT for file in self._files(each)):
            each.stopped = f"wrote more than {LIMIT // 1024 // 1024} MB"
        if each.stopped:
            each.child.kill()

    def _files(self, each: _Active) -> Iterator[Path]:
        command = each.job.commands[each.number]
        yield each.job.scratch / f"{command.name}.out"
        yield each.job.scratch / f"{command.name}.err"
        if command.output:
            yield each.job.scratch / command.output

    def _result(self, each: _Active, code: int) -> Ran:
        out, err, *more = self._files(each)
        stopped = each.stopped
        if not stopped and any(_size(file) > LIMIT for file in (out, err, *more)):
            stopped = f"wrote more than {LIMIT // 1024 // 1024} MB"
        return Ran(
            code=None if stopped else code,
            stdout=b"" if stopped else out.read_bytes(),
            stderr=_end_of(err) if stopped else err.read_bytes(),
            output=more[0].read_bytes() if more and not stopped and more[0].is_file() else None,
            stopped=stopped,
            seconds=self.clock.monotonic() - each.begin,
        )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _end_of(file: Path, count: int = 4096) -> bytes:
    try:
        with file.open("rb") as stream:
            stream.seek(max(_size(file) - count, 0))
            return stream.read(count)
    except OSError:
        return b""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Turn a request to end (a cancelled job sends SIGTERM after SIGINT) into an interruption: `finally` then runs."""
    if current_thread() is not main_thread():
        yield
        return
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
