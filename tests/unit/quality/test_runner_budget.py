"""How many tools run at a time is the budget's to say."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Timer
from time import sleep

import pytest

from ci_actions.kit import process
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


@pytest.mark.parametrize("told", [True, False], ids=["the system tells", "it is looked at"])
def test_other_work_is_done_while_jobs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    if not told:
        monkeypatch.setattr(process, "_bell", lambda _: None)
    runner = Runner(process=Process(os.environ), clock=Clock(), jobs=1, timeout=60.0)
    with runner.running() as running:
        running.add([job(tmp_path, "light", 1), job(tmp_path, "first", 2)])
        running.add([job(tmp_path, "heavy", 3)])
        order = []
        for name, ran in running.ended():
            order.append(name)
            assert [each.code for each in ran.values()] == [0]
            if name == "first":
                running.add([job(tmp_path, "late", 2)])
    # The first was at work when the heavy one came.
    assert order == ["first", "heavy", "late", "light"]


def test_nothing_is_left_of_what_nobody_waits_for(tmp_path: Path) -> None:
    budget = Jobs(2)
    runner = Runner(
        process=Process(os.environ), clock=Clock(), jobs=2, timeout=60.0, take=budget.take_for_worker
    )
    said = tmp_path / "tool" / "check.out"
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"

    def interrupted() -> None:
        with runner.running() as running:
            running.add([job(tmp_path, "tool", 1, code)])
            while not said.read_bytes().endswith(b"\n"):
                sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(ProcessLookupError):
        os.kill(int(said.read_text()), 0)
    with budget.spare(2) as free:
        assert free == 1
    assert budget.take_for_worker()


def job(folder: Path, name: str, weight: float, code: str = "pass") -> Job:
    command = Command(name="check", argv=(sys.executable, "-I", "-S", "-c", code))
    return Job(name=name, commands=(command,), directory=folder, scratch=folder / name, weight=weight)
