from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from types import MappingProxyType

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ci_actions.coverage_gate import counting
from ci_actions.coverage_gate.model import FileCoverage, LineBranches, Tally
from ci_actions.kit import lines

HALF = Decimal("0.5")
MINIMA = st.decimals(0, 100, places=4) | st.decimals(0, 100, places=20) | st.integers(0, 100).map(Decimal)


def file(
    hit: Iterable[int] = (),
    missed: Iterable[int] = (),
    branches: dict[int, tuple[int, int]] | None = None,
    path: str = "a.py",
) -> FileCoverage:
    known = {line: LineBranches(*counts) for line, counts in (branches or {}).items()}
    return FileCoverage(
        path, lines.from_numbers([*hit, *missed]), lines.from_numbers(hit), MappingProxyType(known)
    )


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    total = draw(st.integers(0, 10**12) | st.integers(0, 40))
    return Tally(draw(st.integers(0, total)), total)


@st.composite
def files(draw: st.DrawFn, path: str = "a.py", most: int = 8) -> FileCoverage:
    measured = draw(st.sets(st.integers(1, most)))
    hit = draw(st.sets(st.sampled_from(sorted(measured)))) if measured else set()
    branches = {}
    for line in draw(st.sets(st.sampled_from(sorted(measured)), max_size=3)) if measured else ():
        total = draw(st.integers(2, 4))
        branches[line] = (draw(st.integers(0, total)) if line in hit else 0, total)
    return file(hit, measured - hit, branches, path)


# --- exactness ---------------------------------------------------------------------------------


@given(tallies(), MINIMA)
@example(Tally(84996, 100000), Decimal(85))
@example(Tally(84999999999999999, 10**17), Decimal(85))
@example(Tally(796, 1000), Decimal(80))
@example(Tally(85 * 10**10 - 1, 10**12), Decimal("84.9999999999"))
@example(Tally(8499999999, 10**10), Decimal("84.99999999999999999999"))
def test_reaching_is_exact(tally: Tally, minimum: Decimal) -> None:
    share = Fraction(minimum) / 100
    assert tally.reaches(minimum) == (Fraction(tally.covered) >= share * tally.total)


@given(tallies(), MINIMA)
def test_what_fails_never_reads_as_the_threshold(tally: Tally, minimum: Decimal) -> None:
    assume(tally.total)
    shown = Decimal(tally.percent)
    assert Fraction(shown) <= Fraction(tally.covered) / tally.total * 100 < Fraction(shown) + Fraction(1, 100)
    if not tally.reaches(minimum):
        assert shown < minimum


@given(tallies(), MINIMA)
def test_needed_is_the_least_that_is_enough(tally: Tally, minimum: Decimal) -> None:
    needed = tally.needed(minimum)
    assert needed >= 0
    assert (needed == 0) == tally.reaches(minimum)
    assert Tally(tally.covered + needed, tally.total).reaches(minimum)
    if needed:
        assert not Tally(tally.covered + needed - 1, tally.total).reaches(minimum)


@given(st.integers(1, 400), st.integers(0, 400), MINIMA)
def test_needed_counts_halves_where_halves_count(total: int, halves: int, minimum: Decimal) -> None:
    tally = Tally(Decimal(min(halves, 2 * total)) / 2, total)
    needed = tally.needed(minimum)
    assert Tally(tally.covered + needed, total).reaches(minimum)
    if needed:
        assert not Tally(tally.covered + needed - HALF, total).reaches(minimum)


@pytest.mark.parametrize(
    ("covered", "total", "shown"),
    [
        (0, 0, "n/a"), (0, 1, "0.00"), (1, 1, "100.00"), (2, 3, "66.66"), (99999, 100000, "99.99"), (HALF, 1, "50.00"),
        (10, 14, "71.42"),
    ],
)  # fmt: skip
def test_percent(covered: int | Decimal, total: int, shown: str) -> None:
    assert Tally(covered, total).percent == shown


# --- what is counted ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "counted"), [("lines", Tally(3, 5)), ("branches", Tally(3, 6)), ("combined", Tally(6, 11))]
)
def test_tally(metric: str, counted: Tally) -> None:
    one = file([1, 2, 3], [4, 5], {2: (1, 2), 3: (2, 2), 5: (0, 2)})
    assert counting.tally(one, metric) == counted
    assert counting.total([one, one], metric) == Tally(2 * int(counted.covered), 2 * counted.total)
    assert counting.total([], metric) == counting.NONE


def test_partial_lines_ran_but_not_everywhere() -> None:
    one = file([1, 2, 3], [4], {2: (1, 2), 3: (2, 2), 4: (0, 2)})
    assert list(lines.numbers(counting.partial(one))) == [2]


#: lines 1 and 2 hit (2 partly), 3 missed, 4 missed with branches, 5 hit but not changed
CHANGED = file([1, 2, 5], [3, 4], {2: (1, 2), 4: (0, 2)})


@pytest.mark.parametrize(
    ("metric", "mode", "counted", "partial"),
    [
        ("lines", "missed", Tally(2, 4), []),
        ("lines", "half", Tally(2, 4), []),
        ("combined", "missed", Tally(1, 4), [2]),
        ("combined", "half", Tally(Decimal("1.5"), 4), [2]),
        ("combined", "covered", Tally(2, 4), [2]),
        ("branches", "missed", Tally(1, 4), [2]),
    ],
)
def test_changed_lines(metric: str, mode: str, counted: Tally, partial: list[int]) -> None:
    found = counting.changed(CHANGED, lines.from_numbers([1, 2, 3, 4, 9]), "M", metric, mode)
    assert found.tally == counted
    assert list(lines.numbers(found.measured)) == [1, 2, 3, 4]
    assert list(lines.numbers(found.missed)) == [3, 4]
    assert list(lines.numbers(found.partial)) == partial


# --- the fewest lines --------------------------------------------------------------------------


def brute_force(gains: list[int | Decimal], needed: int | Decimal) -> int | None:
    """Return how many lines are enough, trying all choices; None when not even all are."""
    for size in range(len(gains) + 1):
        if any(sum(chosen) >= needed for chosen in combinations(gains, size)):
            return size
    return None


@given(
    st.lists(st.lists(st.sampled_from([1, 2, 3, HALF, Decimal(1)]), max_size=4), max_size=3),
    st.integers(0, 24),
)
def test_fewest_is_fewest(gains: list[list[int | Decimal]], doubled: int) -> None:
    needed = Decimal(doubled) / 2
    candidates = [
        (f"{n}.py", [(gain, line) for line, gain in enumerate(known, 1)]) for n, known in enumerate(gains)
    ]
    chosen = counting.fewest(candidates, needed)
    size = sum(lines.count(each.lines) for each in chosen)
    least = brute_force([gain for known in gains for gain in known], needed)
    gained = sum(gains[int(each.path[0])][line - 1] for each in chosen for line in lines.numbers(each.lines))
    if least is None:
        assert size == sum(len(known) for known in gains)
    else:
        assert size == least
        assert gained >= needed


def covered(one: FileCoverage, chosen: int) -> FileCoverage:
    """Return the file after tests for these lines, and all of their branches, were written."""
    branches = {
        line: LineBranches(each.total, each.total) if chosen >> line & 1 else each
        for line, each in one.branches.items()
    }
    return FileCoverage(one.path, one.measured, one.hit | chosen, branches)


@given(files("a.py"), files("b.py"), st.sampled_from(["lines", "branches", "combined"]), MINIMA)
def test_the_remedy_makes_the_gate_green(
    one: FileCoverage, other: FileCoverage, metric: str, minimum: Decimal
) -> None:
    both = {each.path: each for each in (one, other)}
    before = counting.total(both.values(), metric)
    remedy = counting.fewest(
        ((each.path, counting.gains(each, metric)) for each in both.values()), before.needed(minimum)
    )
    for each in remedy:
        both[each.path] = covered(both[each.path], each.lines)
    assert counting.total(both.values(), metric).reaches(minimum)


@given(files(), st.sets(st.integers(1, 8)), st.sampled_from(["lines", "branches", "combined"]),
       st.sampled_from(["missed", "half", "covered"]), MINIMA)  # fmt: skip
def test_the_remedy_of_new_code_makes_it_green_with_the_fewest_lines(
    one: FileCoverage, added: set[int], metric: str, mode: str, minimum: Decimal
) -> None:
    change = lines.from_numbers(added)

    def judged(after: FileCoverage) -> Tally:
        return counting.changed(after, change, "M", metric, mode).tally

    found = counting.changed(one, change, "M", metric, mode)
    gains = list(counting.changed_gains(found, one, metric, mode))
    remedy = counting.fewest([(one.path, gains)], found.tally.needed(minimum))
    chosen = remedy[0].lines if remedy else 0
    assert judged(covered(one, chosen)).reaches(minimum)
    could = list(lines.numbers(found.measured))
    for size in range(lines.count(chosen)):
        for fewer in combinations(could, size):
            assert not judged(covered(one, lines.from_numbers(fewer))).reaches(minimum)


def test_among_equals_the_work_stays_in_few_files() -> None:
    candidates = [("a.py", [(1, 1)]), ("b.py", [(1, 1), (1, 2), (1, 3)])]
    (only,) = counting.fewest(candidates, 2)
    assert only.path == "b.py"
    assert list(lines.numbers(only.lines)) == [1, 2]


def test_nothing_needed_is_nothing_chosen() -> None:
    assert counting.fewest([("a.py", [(1, 1)])], 0) == ()
