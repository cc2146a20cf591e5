from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_flaky import history
from ci_actions.ci_flaky.history import DAY, MOST, TROUBLE, UNSEEN, Moment, Past
from ci_actions.kit.strict import Unreadable
from ci_actions.workflows.shards import OUTCOMES, Record, Test

NOW = Moment(at=1_000 * DAY, commit="ab" * 20)


def record(id_: str = "3.12-1", **outcomes: str) -> Record:
    tests = {name: Test(outcome=outcome, seconds=0.1) for name, outcome in outcomes.items()}
    return Record(
        path=f"{id_}/shard.json", id=id_, python="3.12", shard="1/1", runner="pytest", interpreter="CPython 3.12",
        pytest="9", collected=None, tests=tests, seconds=1.0, exit=0,
    )  # fmt: skip


def past(runs: int = 4, failures: int = 1, flaky: int = 1, *, last: int = 1, seen: int = 1) -> Past:
    """Return a past whose last trouble, and last run, are so many days ago."""
    first, latest = Moment(at=NOW.at - 90 * DAY, commit="cd" * 20), Moment(at=NOW.at - last * DAY, commit="")
    return Past(runs=runs, failures=failures, flaky=flaky, first=first, last=latest, seen=NOW.at - seen * DAY)


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        ("passed", None), ("skipped", None), ("xfailed", None), ("xpassed", None),
        ("failed", (1, 1, 0)), ("error", (1, 1, 0)), ("rerun-passed", (1, 0, 1)),
    ],
)  # fmt: skip
def test_a_test_is_remembered_from_its_first_trouble_on(
    outcome: str, counted: tuple[int, int, int] | None
) -> None:
    found = history.with_run({}, [record(a=outcome)], NOW)
    if counted is None:
        assert found == {}
    else:
        one = found["a"]
        assert (one.runs, one.failures, one.flaky) == counted
        assert (one.first, one.last, one.seen) == (NOW, NOW, NOW.at)


@pytest.mark.parametrize(
    ("outcome", "counted", "is_last"),
    [
        ("passed", (5, 1, 1), False), ("xpassed", (5, 1, 1), False), ("skipped", (4, 1, 1), False),
        ("failed", (5, 2, 1), True), ("rerun-passed", (5, 1, 2), True),
    ],
)  # fmt: skip
def test_a_remembered_test_is_counted_on(
    outcome: str, counted: tuple[int, int, int], *, is_last: bool
) -> None:
    one = history.with_run({"a": past()}, [record(a=outcome)], NOW)["a"]
    assert (one.runs, one.failures, one.flaky) == counted
    assert one.first == past().first
    assert (one.last == NOW) is is_last
    assert (one.seen == NOW.at) is (outcome != "skipped")


def test_each_version_that_ran_it_counts() -> None:
    found = history.with_run({}, [record("3.12-1", a="rerun-passed"), record("3.13-1", a="passed")], NOW)
    assert (found["a"].runs, found["a"].flaky) == (2, 1)


@pytest.mark.parametrize(
    ("one", "is_kept"),
    [
        (past(last=TROUBLE // DAY, seen=0), True),
        (past(last=TROUBLE // DAY + 1, seen=0), False),
        (past(last=1, seen=UNSEEN // DAY), True),
        (past(last=1, seen=UNSEEN // DAY + 1), False),
    ],
    ids=["an old trouble", "too old", "not run for long", "renamed"],
)
def test_what_is_long_ago_is_forgotten(one: Past, *, is_kept: bool) -> None:
    assert ("a" in history.with_run({"a": one}, [record(b="passed")], NOW)) is is_kept


def test_the_latest_troubles_are_kept_where_there_are_too_many() -> None:
    many = {f"t{number:05}": past(last=2 if number % 2 else 1) for number in range(2 * MOST)}
    found = history.with_run(many, [record(new="failed")], NOW)
    assert len(found) == MOST
    assert "new" in found
    assert all(int(name[1:]) % 2 == 0 for name in found if name != "new")


NAMES = st.sampled_from([*"abcdef", "tests/ü.py::t[\ud800]"])
RECORDS = st.lists(st.dictionaries(NAMES, st.sampled_from(OUTCOMES)), max_size=4)


@given(RECORDS)
def test_the_order_of_records_is_no_matter(outcomes: Sequence[Mapping[str, str]]) -> None:
    records = [record(str(number), **each) for number, each in enumerate(outcomes)]
    earlier = {"a": past(), "b": past(runs=9)}
    assert history.with_run(earlier, records, NOW) == history.with_run(earlier, records[::-1], NOW)


@given(RECORDS)
def test_what_is_written_is_read_again(outcomes: Sequence[Mapping[str, str]]) -> None:
    found = history.with_run({"a": past()}, [record(**each) for each in outcomes], NOW)
    text = history.render(found)
    assert history.parse(text.encode()) == found
    assert len(text.splitlines()) == max(len(found), 1) + 2


GOOD = json.loads(history.render({"a": past()}))


def changed(**fields: object) -> bytes:
    return json.dumps({**GOOD, "tests": {"a": {**GOOD["tests"]["a"], **fields}}}).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"{", "it is no JSON"),
        (b"[]", "it is no JSON object"),
        (json.dumps({**GOOD, "version": 2}).encode(), "it is no ci-actions-flaky of version 1"),
        (json.dumps({**GOOD, "tests": []}).encode(), "its tests is no JSON object"),
        (changed(runs=-1), "a has no runs"),
        (changed(runs="4"), "a has no runs"),
        (changed(runs=1), "in trouble more often than it ran"),
        (changed(first={"at": 1}), "a has no commit"),
        (changed(last=None), "last of a is no JSON object"),
        (changed(seen=1.5), "a has no seen"),
    ],
)
def test_what_is_no_history(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        history.parse(content)


def test_the_file_stays_small() -> None:
    """The cache of a repository has an end; a thousand tests with long names are below 1 MiB."""
    name = "tests/integration/test_of_something_long.py::TestWithALongName::test_with_a_longer_one[and parameters-{}]"
    many = {name.format(number): replace(past(), runs=10_000) for number in range(MOST)}
    assert len(history.render(many)) < 1024 * 1024
