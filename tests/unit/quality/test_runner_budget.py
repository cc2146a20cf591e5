"""How many tools run at a time is the budget's to say."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Timer

import pytest

from ci_actions.kit.clock import Clock
from ci_actions.kit.jobs import Jobs, shared
from ci_actions.kit.process import Process
from ci_actions.quality.model import Command
from ci_actions.quality.runner import Job, Runner

#: Says when it began and when it ended.
TOOL = "import time; print(time.monotonic()); time.sleep(0.2); print(time.monotonic())"


def most_at_a_time(folder: Path, budget: Jobs, tools: int, commands: int = 1) -> int:
    """Run tools in the budget, and return how many of their processes ran at the same time at most."""
    runner = Runner(
        process=Process(os.environ), clock=Clock(), jobs=tools, timeout=60.0, take=budget.take_for_worker
    )
    made = [
        Job(
            name=f"tool{number}",
            commands=tuple(
                Command(name=f"step{step}", argv=(sys.executable, "-I", "-S", "-c", TOOL))
                for step in range(commands)
            ),
            directory=folder,
            scratch=folder / str(number),
        )
        for number in range(tools)
    ]
    ran = [each for found in runner.run(made).values() for each in found.values()]
    assert [each.code for each in ran] == [0] * tools * commands
    times = [[float(word) for word in each.stdout.split()] for each in ran]
    return max(sum(begin <= at < end for begin, end in times) for at, _ in times)


@pytest.mark.parametrize(("total", "held"), [(1, 0), (2, 0), (3, 2)])
def test_no_more_than_are_free(tmp_path: Path, total: int, held: int) -> None:
    with shared(total) as budget:
        gate = budget.take()  # What `check` holds for the gate itself.
        assert gate
        mine = Jobs.from_environ(budget.environ)
        with budget.spare(held) as got:
            assert got == held
            assert most_at_a_time(tmp_path, mine, tools=3, commands=2) <= total - held
        # All of it was given back.
        with mine.spare(9) as free:
            assert free == total - 1
        assert mine.take_for_worker()


def test_what_another_gate_gives_back_is_taken(tmp_path: Path) -> None:
    with shared(2) as budget:
        mine, other = (Jobs.from_environ(budget.environ) for _ in range(2))
        first = mine.take_for_worker()
        taken = other.take()
        assert first
        assert taken
        assert other.take()
        assert mine.take_for_worker() is None
        taken()
        assert mine.take_for_worker()


def test_without_a_processor_it_waits_for_one(tmp_path: Path) -> None:
    budget = Jobs(1)
    mine = budget.take_for_worker()
    assert mine
    Timer(0.3, mine).start()
    assert most_at_a_time(tmp_path, budget, tools=2) == 1
