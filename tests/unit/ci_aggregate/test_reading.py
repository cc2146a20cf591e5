from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.ci_aggregate import runs

from ci_actions.ci_aggregate import reading
from ci_actions.ci_aggregate.model import Ended
from ci_actions.kit.strict import Unreadable
from ci_actions.workflows.jobs import JOBS


def test_jobs_and_steps() -> None:
    text = """{
        "quality": {"result": "success", "outputs": {"a": "b"}},
        "test": {"outcome": "failure", "conclusion": "failure", "outputs": {}},
        "codecov": {"outcome": "failure", "conclusion": "success"}
    }"""
    assert reading.needs(text) == {
        "quality": Ended("success"),
        "test": Ended("failure", is_step=True),
        "codecov": Ended("failure", is_step=True, tolerated=True),
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("  \n", "it is empty"),
        ("{", "it is no JSON"),
        ("null", "it is no JSON object"),
        ("[]", "it is no JSON object"),
        ("{}", "it names no job"),
        ('{"a": "success"}', "'a' is no JSON object"),
        ('{"a": {}}', "'a' has neither result nor outcome"),
        ('{"a": {"result": null}}', "'a' has no result that is a text"),
        ('{"a": {"outcome": 1}}', "'a' has no outcome that is a text"),
        ('{"a": {"result": "failure"}, "a": {"result": "success"}}', "a name stands in it twice"),
        ("[" * 100_000, "it is no JSON"),
    ],
)
def test_needs_that_are_none(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        reading.needs(text)


def changed(path: tuple[str, ...], value: Any) -> str:
    found = json.loads(runs.plan(runs.shard("3.12-1", part="1/2"), runs.shard("3.12-2", part="2/2")))
    inner = found
    for each in path[:-1]:
        inner = inner[each]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(found)


def test_a_plan() -> None:
    found = reading.plan(runs.plan(runs.shard("3.12-1"), off=("docs",)))
    assert list(found.jobs) == list(JOBS)
    assert not found.jobs["docs"].run
    assert found.jobs["test"].run
    assert [each.id for each in found.shards] == ["3.12-1"]
    assert found.runner == "pytest"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("null", "it is no JSON object"),
        *((changed((job,), None), f"it says nothing of '{job}'") for job in JOBS),
        (changed(("docs",), True), "'docs' is no JSON object"),
        (changed(("docs", "run"), None), "'docs' has no run"),
        (changed(("docs", "run"), "false"), "'docs' has no run that is true or false"),
        (changed(("docs", "run"), 0), "'docs' has no run"),
        (changed(("docs", "why"), None), "'docs' has no why"),
        (changed(("test", "shards"), {}), "the shards of 'test' are no list"),
        (changed(("test", "shards"), ["3.12-1"]), "a shard of 'test' is no JSON object"),
        (changed(("test", "shards"), [{"id": "x"}]), "a shard of 'test' has no python"),
        (changed(("test", "shards"), [runs.shard("x"), runs.shard("x")]), "two shards of 'test' have one id"),
        (changed(("test", "shards"), []), "'test' is to run in no shard"),
        (changed(("test", "shards"), None), "'test' is to run in no shard"),
    ],
)
def test_a_plan_that_is_none(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        reading.plan(text)
