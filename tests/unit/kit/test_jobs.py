"""The budget on real locks, and with real processes that are killed while they hold one."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.kit.jobs import JOBS, SLOTS, Jobs, processors, shared

HOLD = (
    "import sys; sys.path[:] = {path!r}\n"
    "import os; from ci_actions.kit.jobs import Jobs\n"
    "budget = Jobs.from_environ(os.environ)\n"
    "with budget.spare(9) as got:\n"
    "    print(got, flush=True)\n"
    "    sys.stdin.read()\n"
)


def test_without_variables_it_is_all_there_are() -> None:
    assert Jobs.from_environ({}).total == processors() >= 1
    assert Jobs.from_environ({JOBS: " "}).total == processors()
    assert Jobs.from_environ({JOBS: "3"}).total == 3


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "513", "9" * 30, "²"])
def test_what_cannot_be_meant(text: str) -> None:
    with pytest.raises(BadInput, match=f"variable CI_ACTIONS_JOBS is '{text}' but must be a whole number"):
        Jobs.from_environ({JOBS: text})


def test_a_folder_that_is_gone_is_nobodys(tmp_path: Path) -> None:
    assert Jobs.from_environ({JOBS: "2", SLOTS: str(tmp_path / "gone")}).slots is None


def test_alone_the_whole_budget_is_there_less_what_this_process_uses() -> None:
    budget = Jobs(4)
    with budget.spare(9) as got:
        assert got == 3
        with budget.spare(1) as none:
            assert none == 0
    with budget.spare(2) as got:
        assert got == 2
    with Jobs(1).spare(1) as got:
        assert got == 0


def test_several_processes_never_hold_more_than_there_are() -> None:
    with shared(3) as budget, ExitStack() as gates:
        assert budget.environ == {JOBS: "3", SLOTS: str(budget.slots)}
        first, second = (Jobs.from_environ(budget.environ) for _ in range(2))
        held = [budget.take(), budget.take()]  # One for each of two gates.
        assert all(held)
        assert gates.enter_context(first.spare(5)) == 1
        assert gates.enter_context(second.spare(5)) == 0
        assert budget.take() is None
        release = held[0]
        assert release
        release()
        assert gates.enter_context(second.spare(5)) == 1
        folder = budget.slots
    assert folder
    assert not folder.exists()


def test_a_process_that_is_killed_gives_back_what_it_held() -> None:
    with shared(3) as budget:
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD.format(path=sys.path)],
            env={**os.environ, **budget.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with child:
            assert child.stdout
            assert child.stdout.readline() == b"3\n"
            assert budget.take() is None
            child.kill()
            child.wait()
            with budget.spare(9) as got:
                assert got == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_does_not_keep_what_its_parent_gave_back() -> None:
    with shared(1) as budget:
        release = budget.take()
        assert release
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.read(reading, 1)
            os._exit(0)
        try:
            release()
            again = budget.take()
            assert again
            again()
        finally:
            os.write(writing, b"x")
            os.waitpid(child, 0)
            os.close(reading)
            os.close(writing)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_never_more_workers_at_a_time_than_processors(total: int) -> None:
    from threading import Barrier, BrokenBarrierError

    with shared(total) as budget:
        gate = budget.take()
        assert gate
        mine = Jobs.from_environ(budget.environ)
        # Together at the barrier are only as many as run at a time.
        together = Barrier(total)
        too_many = Barrier(total + 1)

        def work(_: int) -> bool:
            with mine.worker():
                together.wait(timeout=20)
                try:
                    too_many.wait(timeout=0.2)
                except BrokenBarrierError:
                    return True
                return False

        with ThreadPoolExecutor(total * 2) as pool:
            assert all(pool.map(work, range(total * 2)))
