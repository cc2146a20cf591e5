from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_load import stats
from ci_actions.kit.strict import Unreadable


def entry(name: str = "/a", requests: int = 4, failures: int = 0, **more: Any) -> dict[str, Any]:
    times = {"10": requests} if requests else {}
    return {
        "name": name,
        "method": "GET",
        "num_requests": requests,
        "num_failures": failures,
        "response_times": times,
    } | more


def numbers(*entries: Mapping[str, Any], seconds: int = 2) -> Any:
    return stats.numbers(json.dumps(entries).encode(), seconds)


def test_all_together() -> None:
    found = numbers(entry("/b", 6, 3, response_times={"100": 5, "3.0": 1}), entry("/a", 4))
    assert [each.name for each in found.entries] == ["/a", "/b"]
    assert (found.total.requests, found.total.failures) == (10, 3)
    assert (found.rate, found.p95, found.errors) == (Decimal(5), 100, Decimal(30))
    assert found.total.times == {3: 1, 10: 4, 100: 5}


def test_nothing_was_asked() -> None:
    for found in (numbers(), numbers(entry(requests=0))):
        assert (found.total.requests, found.rate, found.p95, found.errors) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, None),
        ({7: 1}, 7),
        ({1: 94, 5: 1, 9: 5}, 5),
        ({1: 95, 9: 5}, 1),
        ({1: 94, 9: 6}, 9),
        ({1: 18, 9: 2}, 9),
        ({1: 19, 9: 1}, 1),
    ],
)
def test_the_percentile_is_the_nearest_rank(times: dict[int, int], expected: int | None) -> None:
    assert stats.percentile(times) == expected


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=300))
def test_the_percentile_is_that_of_the_sorted_times(times: list[int]) -> None:
    counted = {each: times.count(each) for each in times}
    rank = -(-len(times) * 95 // 100)
    assert stats.percentile(counted) == sorted(times)[rank - 1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"[", "it is no JSON"),
        (b"{}", "it is no JSON array"),
        (b"[1]", "an entry is no JSON object"),
        (json.dumps([entry(num_requests=-1)]).encode(), "/a has no num_requests"),
        (json.dumps([entry(num_requests="4")]).encode(), "/a has no num_requests"),
        (json.dumps([entry(num_failures=5)]).encode(), "more requests failed than there were"),
        (json.dumps([entry(response_times={"x": 1})]).encode(), "no number: 'x'"),
        (json.dumps([entry(response_times={"1": 1.5})]).encode(), "/a has no 1"),
        (json.dumps([entry(response_times=None)]).encode(), "response_times of /a is no JSON object"),
    ],
)
def test_what_is_not_understood_is_not_believed(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        stats.numbers(content, 2)


def test_exceptions() -> None:
    text = 'Count,Message,Traceback,Nodes\r\n3,x,"  File ""a""\n  more",local\r\n2,x,other,local\r\n1,y,z,local\r\n'
    assert stats.exceptions(text.encode()) == {"x": 5, "y": 1}
    assert stats.exceptions(b"") == stats.exceptions(b"Count,Message,Traceback,Nodes\n") == {}


@pytest.mark.parametrize("content", [b"Count\n1\n", b"Count,Message\nmany,x\n"])
def test_what_is_no_table_of_exceptions(content: bytes) -> None:
    with pytest.raises(Unreadable, match="no table of exceptions"):
        stats.exceptions(content)


def test_numbers_are_shown_to_the_worse_side() -> None:
    assert (stats.down(Decimal("99.999")), stats.down(Decimal(100))) == ("99.99", "100.00")
    assert (stats.up(Decimal("1.0001")), stats.up(Decimal(1))) == ("1.01", "1.00")
