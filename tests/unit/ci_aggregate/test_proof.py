from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ci_aggregate import runs
from tests.unit.ci_aggregate.runs import TESTS, record, shard

from ci_actions.ci_aggregate import reading
from ci_actions.ci_aggregate.model import File, Proof
from ci_actions.ci_aggregate.proof import digest, prove

TWO = (shard("3.12-1", part="1/2"), shard("3.12-2", part="2/2"))
ONE, OTHER = TESTS[:3], TESTS[3:]


def first(tests: Sequence[str] = ONE, **more: Any) -> dict[str, Any]:
    return record("3.12-1", tests, part="1/2", **more)


def second(tests: Sequence[str] = OTHER, **more: Any) -> dict[str, Any]:
    return record("3.12-2", tests, part="2/2", **more)


def proof(*records: Any, shards: Sequence[dict[str, str]] = TWO, runner: str = "pytest") -> Proof:
    return prove(reading.plan(runs.plan(*shards, runner=runner)), runs.files(*records))


# --- green ---------------------------------------------------------------------------------------------

VERSIONS = (
    shard("3.11-1", "3.11", "1/2"),
    shard("3.11-2", "3.11", "2/2"),
    shard("3.12-1", "3.12", "1/1"),
)


@pytest.mark.parametrize(
    ("shards", "records"),
    [
        pytest.param((shard("3.12-1"),), [record()], id="one shard"),
        pytest.param(TWO, [first(), second()], id="two shards"),
        pytest.param(TWO, [second(), first()], id="in another order"),
        pytest.param(TWO, [first(TESTS), second((), exit=5)], id="nothing left for the second"),
        pytest.param(
            VERSIONS,
            [
                record("3.11-1", ONE, python="3.11", part="1/2"),
                record("3.11-2", OTHER, python="3.11", part="2/2"),
                record("3.12-1", (*TESTS, "x::new"), collected=(*TESTS, "x::new")),
            ],
            id="versions that collect different tests",
        ),
        pytest.param(
            (shard("pypy3.10-1", "pypy3.10"),),
            [record("pypy3.10-1", python="3.10", interpreter="PyPy 3.10.16")],
            id="PyPy",
        ),
        pytest.param((shard("3.13t-1", "3.13t"),), [record("3.13t-1", python="3.13")], id="free-threaded"),
        pytest.param((shard("3.12.4-1", "3.12.4"),), [record("3.12.4-1")], id="an exact version"),
        pytest.param((shard("3.15-dev-1", "3.15-dev"),), [record("3.15-dev-1", python="3.15")], id="not released yet"),
        pytest.param(
            (shard("3.12-1"),),
            [record(outcomes=dict(zip(TESTS, ("skipped", "xfailed", "xpassed", "rerun-passed"), strict=False)))],
            id="outcomes that are no failure",
        ),
    ],
)  # fmt: skip
def test_what_proves_that_every_test_ran(shards: Sequence[dict[str, str]], records: list[Any]) -> None:
    found = proof(*records, shards=shards)
    assert (found.problems, found.failures, found.complete) == ((), (), True)
    assert len(found.records) == len(records)


def test_a_command_proves_itself_by_its_exit() -> None:
    command = record(tests=(), collected=(), runner="command", interpreter="", python="") | {
        "collected": None
    }
    assert proof(command, shards=[shard("3.12-1")], runner="command").complete
    failed = proof(command | {"exit": 2}, shards=[shard("3.12-1")], runner="command")
    assert failed.failures == ("Shard 3.12-1 says itself that it failed: exit 2.",)


# --- no proof ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        pytest.param([], "Shard 3.12-1 brought no shard.json", id="none"),
        pytest.param([first()], "Shard 3.12-2 brought no shard.json", id="one is missing"),
        pytest.param([first(), b"{"], "shard-1/shard.json cannot be understood: it is no JSON", id="garbled"),
        pytest.param([first(), b""], "shard-1/shard.json cannot be understood: it is empty", id="empty"),
        pytest.param([first(), second(), second()], "Shard 3.12-2 brought 2 records: shard-1/shard.json, shard-2", id="twice"),
        pytest.param(
            [first(), second(), record("3.11-1", python="3.11")],
            "shard-2/shard.json is of the shard 3.11-1, which the plan does not know", id="of a version nobody asked for",
        ),
        pytest.param(
            [first(), second(python="3.11")], "Shard 3.12-2 ran on Python 3.11, but the plan asked for 3.12", id="another Python"
        ),
        pytest.param(
            [first(), second(interpreter="PyPy 3.12.1")], "Shard 3.12-2 ran on PyPy 3.12.1", id="another implementation"
        ),
        pytest.param([first(), second(interpreter="")], "ran on an unknown interpreter", id="an unknown interpreter"),
        pytest.param([first(), second(shard="2/3")], "Shard 3.12-2 ran part 2/3, but the plan asked for 2/2", id="another part"),
        pytest.param([first(), second(runner="command")], "were run by a command, but the plan asked for pytest", id="a command"),
        pytest.param(
            [first(), second(collected=TESTS[1:])],
            "3.12-1 and 3.12-2 collected different tests on Python 3.12 (6 and 5)", id="digests differ",
        ),
        pytest.param([first(), second() | {"collected": None}], "does not say which tests it collected", id="no digest"),
        pytest.param(
            [first((), collected=()), second((), collected=())], "Shard 3.12-1 collected no test", id="no test at all"
        ),
        pytest.param(
            [first(TESTS[:4]), second()],
            f"1 test on Python 3.12 ran in 3.12-1 and in 3.12-2: {TESTS[3]}.", id="overlap",
        ),
        pytest.param(
            [first(TESTS), second(TESTS)],
            f"6 tests on Python 3.12 ran in 3.12-1 and in 3.12-2: {', '.join(TESTS[:3])} and 3 more.", id="twice the same",
        ),
        pytest.param([first(ONE[:1]), second()], "2 tests of 6 on Python 3.12 ran in no shard.", id="gap"),
        pytest.param([first((*ONE[:2], "x::y")), second()], "The 6 tests that ran on Python 3.12 are not the 6", id="others"),
        pytest.param([first((*ONE, "x::y")), second()], "The 7 tests that ran on Python 3.12 are not the 6", id="too many"),
        pytest.param([first(), second(exit=2)], "The tests of shard 3.12-2 did not come to an end: exit 2", id="interrupted"),
        pytest.param([first(), second(exit=-9)], "did not come to an end: exit -9", id="killed"),
        pytest.param([first(), second(exit=5)], "did not come to an end: exit 5", id="no tests, but tests"),
    ],
)  # fmt: skip
def test_what_proves_nothing(records: list[Any], problem: str) -> None:
    found = proof(*records)
    assert any(problem in each for each in found.problems), found.problems
    assert not found.complete


def test_a_file_that_cannot_be_opened_is_no_record() -> None:
    found = prove(reading.plan(runs.plan()), [File("x/shard.json", None)])
    assert "x/shard.json cannot be opened." in found.problems


def test_a_gap_is_named_where_another_version_knows_the_tests() -> None:
    found = proof(
        record("3.11-1", ONE, python="3.11", part="1/2"),
        record("3.11-2", OTHER[1:], python="3.11", part="2/2"),
        record("3.12-1"),
        shards=VERSIONS,
    )
    assert found.problems == (f"1 test of 6 on Python 3.11 ran in no shard: {OTHER[0]}.",)


def test_each_version_is_proved_by_itself() -> None:
    found = proof(
        record("3.11-1", TESTS, python="3.11"),
        record("3.12-1", TESTS[:2]),
        shards=(shard("3.11-1", "3.11"), shard("3.12-1")),
    )
    assert found.problems == (
        f"4 tests of 6 on Python 3.12 ran in no shard: {', '.join(TESTS[2:5])} and 1 more.",
    )


# --- red -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["failed", "error"])
def test_a_failed_test_is_named_whatever_the_exit_says(outcome: str) -> None:
    found = proof(first(outcomes={ONE[1]: outcome}) | {"exit": 0}, second())
    assert found.failures == (f"1 test failed in 3.12-1: {ONE[1]}.",)
    assert not found.problems


def test_an_exit_of_failed_tests_is_believed_without_a_test() -> None:
    assert proof(first(), second(exit=1)).failures == ("Shard 3.12-2 says itself that it failed: exit 1.",)


def test_a_version_that_skipped_everything_is_noted() -> None:
    every = dict.fromkeys(TESTS, "skipped")
    found = proof(record(outcomes=every), shards=[shard("3.12-1")])
    assert found.notes == ("Every test on Python 3.12 was skipped.",)
    assert proof(first(outcomes=every), second()).notes == ()


# --- digests -------------------------------------------------------------------------------------------


def test_the_digest_is_the_one_that_was_agreed_on() -> None:
    """SHA-256 over the ids in order, a line end behind each, bytes that are no UTF-8 kept."""
    assert (
        digest(["b::x", "a::é", "c::\udcff"]) == hashlib.sha256(b"a::\xc3\xa9\nb::x\nc::\xff\n").hexdigest()
    )


@given(st.sets(st.text(min_size=1), max_size=12), st.data())
def test_every_division_is_proved_and_every_loss_is_seen(tests: set[str], data: st.DataObject) -> None:
    whole = sorted({f"t::{each}" for each in tests} | {"t::a", "t::b"})
    mine = set(data.draw(st.lists(st.sampled_from(whole), unique=True)))
    parts = [each for each in whole if each in mine], [each for each in whole if each not in mine]

    def ends(part: Sequence[str]) -> int:
        return 0 if part else 5

    def judged(one: Sequence[str], other: Sequence[str]) -> Proof:
        return proof(
            json.loads(json.dumps(first(one, collected=whole, exit=ends(one)))),
            json.loads(json.dumps(second(other, collected=whole, exit=ends(other)))),
        )

    assert judged(*parts).complete
    lost = data.draw(st.sampled_from(whole))
    fewer = tuple([each for each in part if each != lost] for part in parts)
    assert not judged(*fewer).complete
