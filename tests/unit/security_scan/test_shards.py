from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from ci_actions.security_scan.shards import divided

SIZES = some.dictionaries(some.text("abc/.", min_size=1, max_size=8), some.integers(0, 10**6), max_size=40)


@given(SIZES, some.integers(1, 9), some.integers(1, 10**6))
def test_every_file_is_in_one_part_and_no_part_is_empty(
    sizes: dict[str, int], most: int, enough: int
) -> None:
    parts = divided(sizes, most, enough)
    assert sorted(path for part in parts for path in part) == sorted(sizes)
    assert all(parts)
    assert len(parts) <= most
    assert all(list(part) == sorted(part) for part in parts)


@given(SIZES, some.integers(1, 9))
def test_the_order_of_the_files_changes_nothing(sizes: dict[str, int], most: int) -> None:
    assert divided(dict(reversed(sizes.items())), most, 1) == divided(sizes, most, 1)


@given(some.lists(some.integers(1, 1000), min_size=2, max_size=30), some.integers(2, 5))
def test_the_heaviest_part_is_at_most_a_file_heavier_than_the_lightest(sizes: list[int], most: int) -> None:
    named = {f"{position}": size for position, size in enumerate(sizes)}
    parts = divided(named, most, 1)
    weights = [sum(named[path] + 1 for path in part) for part in parts]
    assert max(weights) - min(weights) <= max(sizes) + 1


def test_little_work_is_not_divided() -> None:
    assert divided({"a": 10, "b": 10}, 8, 1000) == (("a", "b"),)
