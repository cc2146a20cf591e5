from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.kit.apart import one_by_one
from ci_actions.kit.forks import Forks
from ci_actions.kit.jobs import Jobs

linux = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux alone")


def squared(number: int) -> list[int]:
    return [number, number * number]


@given(st.lists(st.integers(), max_size=12), st.integers(1, 6))
def test_it_answers_what_one_process_answers(parts: list[int], processors: int) -> None:
    assert [*Forks(Jobs(processors))(squared, parts)] == [*one_by_one(squared, parts)]


@linux
def test_every_process_has_its_share() -> None:
    who = [*Forks(Jobs(3))(lambda _: os.getpid(), range(9))]
    assert [who.count(each) for each in dict.fromkeys(who)] == [3, 3, 3]
    assert who[0] == os.getpid()


@linux
@pytest.mark.parametrize(
    ("parts", "processors"), [([1], 4), ([1, 2, 3], 1)], ids=["one part", "no processor to spare"]
)
def test_it_works_alone_where_that_is_all_there_is(parts: Sequence[int], processors: int) -> None:
    assert {*Forks(Jobs(processors))(lambda _: os.getpid(), parts)} == {os.getpid()}


@linux
def test_it_does_not_fork_beside_another_thread() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert {*Forks(Jobs(2))(lambda _: os.getpid(), [1, 2])} == {os.getpid()}
    finally:
        done.set()
        other.join()


@linux
def test_what_comes_from_a_child_is_packed_and_unpacked() -> None:
    answers = Forks(Jobs(2))(Path, ["a", "b"], pack=str, unpack=lambda text: Path("packed", text))
    assert [*answers] == [Path("a"), Path("packed/b")]


@linux
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_share_of_a_child_that_is_killed_is_done_again(ending: signal.Signals) -> None:
    me = os.getpid()

    def work(part: int) -> int:
        if os.getpid() != me:
            os.kill(os.getpid(), ending)
        return part + 1

    assert [*Forks(Jobs(2))(work, [1, 2, 3])] == [2, 3, 4]


def test_what_the_work_raises_is_raised() -> None:
    def work(part: int) -> int:
        if part == 3:
            raise ValueError("three")
        return part

    answers = Forks(Jobs(2))(work, [1, 2, 3, 4])
    with pytest.raises(ValueError, match="three"):
        list(answers)


@linux
def test_who_stops_asking_leaves_neither_child_nor_pipe_nor_processor_behind(tmp_path: Path) -> None:
    jobs = Jobs(2)
    before = sorted(Path("/proc/self/fd").iterdir())
    answers = Forks(jobs)(lambda part: part * 100_000, ["a", "b", "c", "d"])
    next(answers)
    del answers
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    with jobs.spare(1) as helpers:
        assert helpers == 1


@linux
def test_without_word_of_how_children_end_the_work_is_done_again() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert [*Forks(Jobs(2))(squared, [1, 2])] == [[1, 1], [2, 4]]
    finally:
        signal.signal(signal.SIGCHLD, before)
