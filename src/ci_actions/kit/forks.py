"""Edge: shares work among forked children, where that is useful and safe. A fork has everything that its parent had."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ci_actions.kit.apart import P, R, same
from ci_actions.kit.jobs import Jobs

#: With more of them, what they say takes longer than what they do.
MOST = 4


class Forks:
    """An `Apart` that uses the processors that `jobs` has to spare when it is called."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def __call__(
        self,
        work: Callable[[P], R],
        parts: Sequence[P],
        *,
        pack: Callable[[R], Any] = same,
        unpack: Callable[[Any], R] = same,
    ) -> Iterator[R]:
        """Yield what `work` returns for each part; a share that a child did not answer is done again here."""
        if len(parts) < 2 or not may_fork():
            yield from map(work, parts)
            return
        with self._jobs.spare(min(len(parts), MOST) - 1) as helpers:
            size = -(-len(parts) // (helpers + 1))
            first, *others = (parts[start : start + size] for start in range(0, len(parts), size))
            children: list[_Child] = []
            try:
                children += (_Child(work, share, pack) for share in others)
                yield from map(work, first)
                for child, share in zip(children, others, strict=True):
                    answers = child.answer()
                    yield from map(work, share) if answers is None else map(unpack, answers)
            finally:
                for child in children:
                    child.end()


def may_fork() -> bool:
    """Whether a fork is safe: on Linux, and without another thread, whose locks would stay locked."""
    threading = sys.modules.get("threading")
    return sys.platform == "linux" and (threading is None or threading.active_count() == 1)


class _Child:
    """A forked child, and the pipe that its answer comes through."""

    def __init__(self, work: Callable[[P], R], share: Sequence[P], pack: Callable[[R], Any]) -> None:
        self._reading, writing = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:  # No process left for us.
            self._pid = -1
        if self._pid == 0:
            self._do(work, share, pack, writing)
        os.close(writing)

    def _do(self, work: Callable[[P], R], share: Sequence[P], pack: Callable[[R], Any], writing: int) -> None:
        # Nothing of the parent may run on here: no handler, no buffered output, no exception.
        import marshal

        try:
            os.close(self._reading)
            with open(writing, "wb") as pipe:
                marshal.dump([pack(work(part)) for part in share], pipe)
            os._exit(0)
        finally:
            os._exit(1)

    def answer(self) -> list[Any] | None:
        """Return what the child found, None if it did not get to its end."""
        import marshal

        with open(self._reading, "rb", closefd=False) as pipe:
            written = pipe.read()
        # It comes from this very program.
        return marshal.loads(written) if self.end() else None  # noqa: S302

    def end(self) -> bool:
        """Wait for the child, whose writing fails from now on; return whether it ended well. Once is enough."""
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1
        pid, self._pid = self._pid, -1
        if pid < 0:
            return False
        try:
            return os.waitpid(pid, 0)[1] == 0
        except ChildProcessError:  # Who started us ignores SIGCHLD, so nobody learns how children end.
            return False
