from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.ci_aggregate import runs

from ci_actions.kit.strict import Unreadable
from ci_actions.workflows import shards


def test_a_record() -> None:
    found = shards.record(
        json.dumps(runs.record(outcomes={runs.TESTS[0]: "skipped"})).encode(), "x/shard.json"
    )
    assert (found.id, found.python, found.shard, found.exit) == ("3.12-1", "3.12", "1/1", 0)
    assert found.collected
    assert found.collected.count == 6
    assert found.tests[runs.TESTS[0]].outcome == "skipped"


def test_a_record_of_a_command() -> None:
    text = json.dumps(
        runs.record(runner="command", collected=(), tests=()) | {"collected": None, "pytest": None}
    )
    found = shards.record(text.encode(), "x")
    assert found.collected is None
    assert found.pytest == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": "x"}, "it is no ci-actions-shard of version 1"),
        ({"version": 2}, "it is no ci-actions-shard of version 1"),
        ({"id": 3}, "it has no id"),
        ({"python": None}, "it has no python"),
        ({"shard": "2/1"}, "its shard is '2/1'"),
        ({"shard": "0/1"}, "its shard is '0/1'"),
        ({"runner": "make"}, "its runner is 'make'"),
        ({"tests": []}, "its tests is no JSON object"),
        ({"tests": None}, "its tests is no JSON object"),
        ({"tests": {"a": {"outcome": "fine", "seconds": 1}}}, "the outcome of a is 'fine'"),
        ({"tests": {"a": {"outcome": "passed"}}}, "a has no seconds"),
        ({"tests": {"a": {"outcome": "passed", "seconds": -1}}}, "a has no seconds"),
        ({"tests": {"a": {"outcome": "passed", "seconds": float("nan")}}}, "a has no seconds"),
        ({"tests": {"a": {"outcome": "passed", "seconds": True}}}, "a has no seconds"),
        ({"collected": {"count": 1}}, "collected has no sha256"),
        ({"collected": {"count": 1, "sha256": "x"}}, "collected has no sha256 of 64 digits"),
        ({"collected": {"count": -1, "sha256": "0" * 64}}, "collected has no count"),
        ({"collected": 3}, "collected is no JSON object"),
        ({"seconds": "1"}, "it has no seconds"),
        ({"exit": None}, "it has no exit"),
        ({"exit": False}, "it has no exit"),
        ({"interpreter": None}, "it has no interpreter"),
    ],
)
def test_a_record_that_is_none(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        shards.record(json.dumps(runs.record() | changes).encode(), "x")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"format": "ci-actions-shard"'])
def test_what_was_cut_off_is_no_record(content: bytes) -> None:
    with pytest.raises(Unreadable):
        shards.record(content, "x")
