from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.kit import lines
from ci_actions.kit.lines import LAST_LINE

SETS = st.sets(st.integers(1, 5000), max_size=60)


@given(SETS, SETS)
def test_bitmaps_are_sets(one: set[int], other: set[int]) -> None:
    ours, theirs = lines.from_numbers(one), lines.from_numbers(other)
    assert list(lines.numbers(ours | theirs)) == sorted(one | other)
    assert list(lines.numbers(ours & theirs)) == sorted(one & other)
    assert list(lines.numbers(ours & ~theirs)) == sorted(one - other)
    assert lines.count(ours) == len(one)
    assert lines.last(ours) == max(one, default=0)


@given(SETS)
def test_ranges_are_the_longest_runs_in_order(found: set[int]) -> None:
    pairs = list(lines.ranges(lines.from_numbers(found)))
    assert [number for first, last in pairs for number in range(first, last + 1)] == sorted(found)
    for (_, last), (first, _) in pairwise(pairs):
        assert first > last + 1


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 50)), max_size=20))
def test_ranges_may_overlap_and_come_in_any_order(spans: list[tuple[int, int]]) -> None:
    pairs = [(first, first + more) for first, more in spans]
    expected = {number for first, last in pairs for number in range(first, last + 1)}
    assert lines.from_ranges(pairs) == lines.from_numbers(expected)


@pytest.mark.parametrize("numbers", [[0], [-1, 5], [LAST_LINE + 1], [1, 2**80]])
def test_numbers_that_no_file_has_are_refused(numbers: list[int]) -> None:
    with pytest.raises(
        ValueError, match=re.escape(str(max(numbers, key=abs) if max(numbers) > 9 else min(numbers)))
    ):
        lines.from_numbers(numbers)


def test_the_bounds_themselves_are_lines() -> None:
    assert list(lines.numbers(lines.from_numbers([LAST_LINE, 1]))) == [1, LAST_LINE]
    assert lines.last(lines.from_ranges([(LAST_LINE, LAST_LINE)])) == LAST_LINE


@pytest.mark.parametrize("pair", [(0, 1), (5, 4), (1, LAST_LINE + 1), (-3, -1)])
def test_ranges_that_no_file_has_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not a range of lines"):
        lines.from_ranges([(1, 2), pair])


@pytest.mark.parametrize(
    ("numbers", "limit", "said"),
    [
        ([], 12, ""),
        ([88], 12, "88"),
        ([88, 91, 92], 12, "88, 91-92"),
        ([1, 2, 3, 5, 7, 9], 2, "1-3, 5, and 2 more"),
        ([1, 3, 5], 3, "1, 3, 5"),
    ],
)
def test_spoken(numbers: list[int], limit: int, said: str) -> None:
    assert lines.spoken(lines.from_numbers(numbers), limit) == said
