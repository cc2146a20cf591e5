"""Edge: runs processes side by side, longest first, each in a group of its own, with a bound on time and output.

A tool may take several processes, one after the other. Whatever ends this run, also an interruption, ends them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ci_actions.kit.clock import Clock
from ci_actions.kit.interruption import interruptible
from ci_actions.kit.jobs import Release
from ci_actions.kit.process import Group, Process, await_any
from ci_actions.quality.model import Command, Ran

#: Bytes that one process may print or write to its file; more is no report but a defect.
LIMIT = 64 * 1024 * 1024
#: Seconds between two looks at what has been written.
TICK = 0.5
#: Seconds between two looks at whether a processor is free for the next job.
WAIT = 0.02

#: How the processes of a job ended, by the names of its commands.
Ended = Mapping[str, Ran]


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
    group: Group
    number: int
    begin: float
    release: Release
    stopped: str = ""


@dataclass(frozen=True, kw_only=True)
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

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Yield what takes jobs and runs them while other work is done; nothing of them is left behind."""
        with interruptible():
            made = Running(self)
            try:
                yield made
            finally:
                made.stop()

    def run(self, jobs: Iterable[Job]) -> dict[str, Ended]:
        """Return how the processes of each job ended, by the names of jobs and commands."""
        with self.running() as running:
            running.add(jobs)
            return dict(running.ended())


class Running:
    """The jobs of one run. Who adds some and has other work to do meanwhile calls `look` now and then."""

    def __init__(self, by: Runner) -> None:
        self._by = by
        self._waiting: list[Job] = []
        self._active: list[_Active] = []
        self._done: dict[str, dict[str, Ran]] = {}
        self._ended: list[str] = []

    def add(self, jobs: Iterable[Job]) -> None:
        """Take more jobs, and start what there are processors for."""
        self._waiting = sorted((*self._waiting, *jobs), key=lambda job: -job.weight)
        self.look()

    def look(self) -> None:
        """See which processes have ended, or must end, and start what comes next."""
        for each in tuple(self._active):
            code = each.group.poll()
            if code is not None:
                self._finish(each, code)
            elif self._must_end(each):
                each.group.kill()
                self._finish(each, None)
        while self._waiting and len(self._active) < self._by.jobs and (release := self._by.take()):
            self._start(self._waiting.pop(0), 0, release)

    def ended(self) -> Iterator[tuple[str, Ended]]:
        """Yield each job when it has come to its end, also those that are added meanwhile."""
        while True:
            self.look()
            while self._ended:
                name = self._ended.pop(0)
                yield name, self._done.pop(name)
                self.look()
            if self._active:
                free = self._waiting and len(self._active) < self._by.jobs
                await_any([each.group for each in self._active], WAIT if free else TICK)
            elif self._waiting:
                self._by.clock.sleep(WAIT)
            else:
                return

    def stop(self) -> None:
        """End everything that still runs."""
        for each in self._active:
            each.group.kill()
            each.release()
        self._active.clear()
        self._waiting.clear()

    def _start(self, job: Job, number: int, release: Release) -> None:
        """Start a process of a job, or note why it does not start."""
        command = job.commands[number]
        done = self._done.setdefault(job.name, {})
        job.scratch.mkdir(parents=True, exist_ok=True)
        begin = self._by.clock.monotonic()
        out, err = _streams(job, command)
        try:
            with out.open("wb") as stdout, err.open("wb") as stderr:
                group = self._by.process.launch(
                    command.argv,
                    cwd=job.directory,
                    env={**job.env, **command.env},
                    stdout=stdout,
                    stderr=stderr,
                )
        except OSError as why:
            done[command.name] = Ran(code=None, stopped=f"could not be started: {why.strerror or why}")
            release()
            self._ended.append(job.name)
            return
        self._active.append(_Active(job, group, number, begin, release))

    def _finish(self, each: _Active, code: int | None) -> None:
        """Note how a process ended, and start the next one of its job."""
        self._active.remove(each)
        job, done = each.job, self._done[each.job.name]
        ran = done[job.commands[each.number].name] = self._result(each, code)
        if ran.code is not None and ran.code >= 0 and each.number + 1 < len(job.commands):
            self._start(job, each.number + 1, each.release)
            return
        each.release()
        self._ended.append(job.name)
        self._by.progress(job.name, sum(one.seconds for one in done.values()))

    def _must_end(self, each: _Active) -> bool:
        """Whether a process takes too long or writes too much."""
        if self._by.clock.monotonic() - each.begin > self._by.timeout:
            each.stopped = f"did not end within {self._by.timeout:g} s (timeout)"
        elif any(_size(file) > LIMIT for file in self._files(each)):
            each.stopped = f"wrote more than {LIMIT // 1024 // 1024} MB"
        return bool(each.stopped)

    def _files(self, each: _Active) -> Iterator[Path]:
        command = each.job.commands[each.number]
        yield from _streams(each.job, command)
        if command.output:
            yield each.job.scratch / command.output

    def _result(self, each: _Active, code: int | None) -> Ran:
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
            seconds=self._by.clock.monotonic() - each.begin,
        )


def _streams(job: Job, command: Command) -> tuple[Path, Path]:
    """Return the files that take what a process prints."""
    return job.scratch / f"{command.name}.out", job.scratch / f"{command.name}.err"


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
