"""Edge: the gates as child processes, side by side within one budget, and none of them left behind."""

from __future__ import annotations

import json
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import Any

from ci_actions.commands.check.finished import Finished, Round, without_report
from ci_actions.commands.check.screen import Screen
from ci_actions.kit import session
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import Exit
from ci_actions.kit.jobs import Jobs, Release
from ci_actions.kit.process import inheritable
from ci_actions.kit.report import SCHEMA, Result

#: Set for a gate, so that a check that a gate starts (a hook that `quality` runs) does not start the gates again.
WITHIN = "CI_ACTIONS_WITHIN_CHECK"
_TICK = 0.1
_START = "import sys; sys.path[:] = {path!r}; from ci_actions.cli import main; sys.exit(main())"


class Interrupted(Exception):
    """A signal asked this process to end; `number` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


@dataclass(frozen=True)
class Order:
    """One gate to run, with its options."""

    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where gates run.

    Where that is a checkout which is gone when people read about it, `instead_of` holds its root and that of the
    work tree: what gates say of the first is said of the second.
    """

    directory: Path
    environ: Mapping[str, str]
    instead_of: tuple[str, str] | None = None

    def translated(self, text: str) -> str:
        """Return the text with the folder that people know."""
        return text.replace(*self.instead_of) if self.instead_of else text

    def translated_json(self, text: str) -> str:
        """Return JSON text with the folder that people know."""
        if not self.instead_of:
            return text
        old, new = (json.dumps(each)[1:-1] for each in self.instead_of)
        return text.replace(old, new)


@dataclass(frozen=True)
class _Child:
    session: session.Session
    release: Release


def ourselves() -> Sequence[str]:
    """Return the command that starts this program as isolated as we are, with our import path and nothing else."""
    return (sys.executable, "-I", "-S", "-X", "utf8", "-c", _START.format(path=sys.path))


class Runner:
    """Runs gates in one place, never more of them and of their workers together than the budget has processors."""

    def __init__(
        self, jobs: Jobs, clock: Clock, screen: Screen, program: Callable[[], Sequence[str]] = ourselves
    ) -> None:
        self._program = program
        self._jobs = jobs
        self._clock = clock
        self._screen = screen
        self._ended: SimpleQueue[Finished] = SimpleQueue()
        self._running: dict[str, _Child] = {}

    def run(
        self,
        orders: Sequence[Order],
        place: Place,
        *,
        fail_fast: bool = False,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Round:
        """Run them and return how each ended, in this order; with `fail_fast` the first red one stops the others.

        `meanwhile` is done once they are at work. However this ends, also by an exception, no child is left.
        """
        waiting = deque(orders)
        done: dict[str, Finished] = {}
        try:
            self._start(waiting, place)
            meanwhile()
            while len(done) < len(orders):
                self._start(waiting, place)
                try:
                    finished = self._ended.get(timeout=_TICK)
                except Empty:
                    self._screen.tick()
                    continue
                done[finished.name] = finished
                if child := self._running.pop(finished.name, None):
                    child.release()
                self._screen.ended(finished)
                if fail_fast and finished.code != Exit.PASSED:
                    break
        finally:
            self._end()
        stopped = tuple(each.name for each in orders if each.name not in done)
        for name in stopped:
            self._screen.stopped(name)
        return Round(finished=tuple(done[each.name] for each in orders if each.name in done), stopped=stopped)

    def _start(self, waiting: deque[Order], place: Place) -> None:
        while waiting and (release := self._jobs.take()):
            order = waiting.popleft()
            self._screen.started(order.name)
            with _deferred():
                self._start_one(order, place, release)

    def _start_one(self, order: Order, place: Place, release: Release) -> None:
        begin = self._clock.monotonic()
        environ = {**inheritable(place.environ), **self._jobs.environ, WITHIN: order.name}
        try:
            child = session.Session.start(
                [*self._program(), order.name, "--json", *order.words], cwd=place.directory, env=environ
            )
        except OSError as wrong:
            release()
            report = without_report(order.name, f"it could not be started: {wrong.strerror}")
            self._ended.put(Finished(order.name, report, "", 0.0))
            return
        self._running[order.name] = _Child(child, release)
        Thread(target=self._follow, args=(order.name, child, place, begin), daemon=True).start()

    def _follow(self, name: str, child: session.Session, place: Place, begin: float) -> None:
        done = child.wait(lambda line: self._screen.heard(name, place.translated(line)))
        report = parse(name, place.translated_json(done.stdout.decode("utf-8", "replace")), done.code)
        said = place.translated(done.stderr.decode("utf-8", "replace"))
        self._ended.put(Finished(name, report, said, self._clock.monotonic() - begin))

    def _end(self) -> None:
        with _deferred():
            session.end(each.session for each in self._running.values())
            for each in self._running.values():
                each.release()
            self._running.clear()


def parse(name: str, output: str, status: int | None) -> Mapping[str, Any]:
    """Return the child's report; without a valid one that agrees with its exit code, the defect is ours."""
    try:
        report = json.loads(output)
        Result(report["result"])
        if report["schema"] == SCHEMA and report["capability"] == name and report["exit-code"] == status:
            return dict(report)
    except (ValueError, KeyError, TypeError):
        pass
    return without_report(name, f"it ended with status {status} and without a report")


@contextmanager
def signals_raise() -> Iterator[None]:
    """Raise Interrupted for the signals that end a process, where nobody else has said what they shall do.

    The children do not get them: they are in sessions of their own, and must be ended by us.
    """
    with _handled([each for each in _signals() if signal.getsignal(each) is signal.SIG_DFL], _raise):
        yield


def _raise(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)


@contextmanager
def _deferred() -> Iterator[None]:
    """Let a signal wait until this is done: a child must be known before anybody may end us, and be gone after."""
    seen: list[int] = []
    numbers = [number for number in _signals() if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    with _handled(numbers, lambda number, _: seen.append(number)):
        yield
    if seen:
        signal.raise_signal(seen[0])


def _signals() -> tuple[signal.Signals, ...]:
    """Return the signals by which people and systems end a process."""
    if sys.platform == "win32":
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _handled(
    numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    if current_thread() is not main_thread():  # Elsewhere Python takes no handlers, and calls none.
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
