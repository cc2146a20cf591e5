"""Edge: one budget of processors for everything that runs side by side, across processes.

`ci-actions check --jobs 4` means four processors for all gates and all of their workers together. A gate that starts
alone may use the whole budget, a gate beside others what they leave, and what one gives back another may take at
once. Two variables carry the budget to the gates:

`CI_ACTIONS_JOBS`   how many processors there are for all. Whoever runs one capability may set it, too.
`CI_ACTIONS_SLOTS`  a folder with one file for each of them. Who uses a processor holds the lock on a file, and the
                    system gives a lock back however its holder ends: nothing leaks when a gate is killed.

Each process that `check` starts has one processor already, which `check` holds for it. A capability asks for more,
with `Edges.jobs`: `worker()` around each child of a queue of children, `spare()` for helpers beside its own work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ci_actions.kit.errors import BadInput

JOBS = "CI_ACTIONS_JOBS"
SLOTS = "CI_ACTIONS_SLOTS"
#: Seconds between two looks at whether a processor is free.
_PATIENCE = 0.02

Release = Callable[[], None]


class Jobs:
    """The processors that this process and its children may use; `total` of them in the whole budget.

    Without a folder of slots the budget is this process's alone.
    """

    def __init__(self, total: int, slots: Path | None = None) -> None:
        from threading import Semaphore

        self.total = total
        self.slots = slots
        self._mine = Semaphore(1)
        self._free = Semaphore(total - 1)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Jobs:
        """Return the budget that the variables tell, without them all processors.

        Raises BadInput for a number that cannot be meant.
        """
        text = environ.get(JOBS, "").strip()
        if not text:
            return cls(processors())
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= 512 and len(text) < 9):
            raise BadInput(f"variable {JOBS} is '{text}' but must be a whole number from 1 to 512")
        slots = Path(environ[SLOTS]) if environ.get(SLOTS) else None
        return cls(int(text), slots if slots and slots.is_dir() else None)

    @property
    def environ(self) -> dict[str, str]:
        """The variables that hand this budget on."""
        return {JOBS: str(self.total)} | ({SLOTS: str(self.slots)} if self.slots else {})

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Hold a processor for one child while this process only waits for it; waits until one is free.

        The processor of this process itself is for the first child, so there is always one that runs.
        """
        import time

        while (release := self.take_for_worker()) is None:
            time.sleep(_PATIENCE)
        try:
            yield
        finally:
            release()

    def take_for_worker(self) -> Release | None:
        """Return the same for whoever does not want to wait here: None when no processor is free now."""
        return self._own() or self.take()

    @contextmanager
    def spare(self, wanted: int) -> Iterator[int]:
        """Hold up to `wanted` processors beside that of this process, as many as are free now; yields how many."""
        with ExitStack() as held:
            got = 0
            while got < wanted and (release := self.take()):
                held.callback(release)
                got += 1
            yield got

    def take(self) -> Release | None:
        """Return what gives a processor back that is now held, None when all are in use."""
        if self.slots is None:
            return self._free.release if self._free.acquire(blocking=False) else None
        return next(
            (release for number in range(self.total) if (release := _lock(self.slots / str(number)))), None
        )

    def _own(self) -> Release | None:
        return self._mine.release if self._mine.acquire(blocking=False) else None


@contextmanager
def shared(total: int) -> Iterator[Jobs]:
    """Yield a budget that other processes can take part in, as long as this lasts."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="ci-actions-jobs-", ignore_cleanup_errors=True) as folder:
        yield Jobs(total, Path(folder))


def processors() -> int:
    """Return how many processors this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lock(path: Path) -> Release | None:
    """Return what unlocks the file, None when somebody else holds the lock."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # The folder is gone with whoever made it.
        return None
    try:
        _hold(file)
    except OSError:
        os.close(file)
        return None

    def release() -> None:
        # Unlocked and not only closed: a fork has the same file open.
        try:
            _let_go(file)
        finally:
            os.close(file)

    return release


if sys.platform == "win32":

    def _hold(file: int) -> None:
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _let_go(file: int) -> None:
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    def _hold(file: int) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go(file: int) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
