from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.merge import SATURATED, Merged, merge
from ci_actions.coverage_gate.model import FileCoverage, LineBranches
from ci_actions.kit import lines

ARCS = ("a", "b", "c")


@st.composite
def branches(draw: st.DrawFn, *, named: bool | None = None) -> LineBranches:
    if draw(st.booleans()) if named is None else named:
        arcs = frozenset(draw(st.sets(st.sampled_from(ARCS), min_size=2)))
        return LineBranches.of_arcs(arcs, frozenset(draw(st.sets(st.sampled_from(sorted(arcs))))))
    total = draw(st.integers(2, 4))
    return LineBranches(draw(st.integers(0, total)), total)


@st.composite
def files(draw: st.DrawFn, *, named: bool | None = None) -> FileCoverage:
    measured = draw(st.sets(st.integers(1, 6)))
    hit = draw(st.sets(st.sampled_from(sorted(measured)))) if measured else set()
    found = (
        draw(st.dictionaries(st.sampled_from(sorted(measured)), branches(named=named), max_size=3))
        if measured
        else {}
    )
    return FileCoverage(
        path=draw(st.sampled_from(["a.py", "b.py"])),
        measured=lines.from_numbers(measured),
        hit=lines.from_numbers(hit),
        branches=found,
        hits=draw(st.dictionaries(st.integers(1, 6), st.integers(0, SATURATED), max_size=3)),
        excluded=lines.from_numbers(draw(st.sets(st.integers(7, 9)))),
        digest=draw(st.sampled_from(["", "1", "1"])),
    )


def joined(*parts: Merged) -> Merged:
    return merge(file for part in parts for file in part.files.values())


@given(files(), files())
def test_commutative(one: FileCoverage, other: FileCoverage) -> None:
    here, there = merge([one, other]), merge([other, one])
    assert here == there


@given(st.lists(files(), min_size=3, max_size=5))
def test_associative(parts: list[FileCoverage]) -> None:
    each = [merge([part]) for part in parts]
    left = reduce(joined, each)
    right = reduce(lambda later, earlier: joined(earlier, later), reversed(each))
    assert left.files == right.files == merge(parts).files


@given(files())
def test_idempotent_in_lines_and_branches(one: FileCoverage) -> None:
    twice = merge([one, replace(one)])
    found = twice.files[one.path]
    assert found is not one
    assert (found.measured, found.hit, dict(found.branches)) == (one.measured, one.hit, dict(one.branches))
    assert not twice.conflicts


@given(st.lists(files(named=True), min_size=1, max_size=5))
def test_with_names_the_union_is_exact(parts: list[FileCoverage]) -> None:
    merged = merge(parts)
    assert merged.warnings == ()
    for path, file in merged.files.items():
        own = [part for part in parts if part.path == path]
        assert file.measured == reduce(int.__or__, (part.measured for part in own))
        assert file.hit == reduce(int.__or__, (part.hit for part in own))
        for line, found in file.branches.items():
            taken = {arc for part in own if line in part.branches for arc in part.branches[line].taken or ()}
            arcs = {arc for part in own if line in part.branches for arc in part.branches[line].arcs or ()}
            assert (found.covered, found.total) == (len(taken), len(arcs))


@given(st.lists(files(), min_size=1, max_size=5))
def test_a_union_claims_no_more_than_there_is_and_no_less_than_the_best(parts: list[FileCoverage]) -> None:
    for path, file in merge(parts).files.items():
        assert not file.hit & ~file.measured
        assert len(parts) == 1 or not file.excluded & file.measured
        for line, found in file.branches.items():
            known = [part.branches[line] for part in parts if part.path == path and line in part.branches]
            assert max(each.covered for each in known) <= found.covered <= found.total
            assert found.total >= max(each.total for each in known)


def file(**more: object) -> FileCoverage:
    return FileCoverage("a.py", 0b110, 0b010, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "union", "exact"),
    [
        ((1, 2), (1, 2), (1, 2), False),
        ((0, 2), (1, 2), (1, 2), True),
        ((2, 2), (1, 2), (2, 2), True),
        ((0, 2), (2, 2), (2, 2), True),
        ((1, 4), (2, 4), (2, 4), False),
        ((2, 2), (2, 3), (2, 3), False),
    ],
)
def test_counts_without_names(
    one: tuple[int, int], other: tuple[int, int], union: tuple[int, int], exact: bool
) -> None:
    merged = merge([file(branches={1: LineBranches(*one)}), file(branches={1: LineBranches(*other)})])
    found = merged.files["a.py"].branches[1]
    assert (found.covered, found.total) == union
    assert (merged.warnings == ()) is exact
    if not exact:
        assert "without naming them were merged for a.py" in merged.warnings[0]


def test_many_vague_files_are_counted() -> None:
    half = {1: LineBranches(1, 2)}
    parts = [FileCoverage(f"{name}.py", 2, 2, half) for name in "edcba"]
    (said,) = merge([*parts, *map(replace, parts)]).warnings
    assert "were merged for a.py, b.py, c.py and 2 more: per line the best report counts" in said


def test_counts_add_up_and_saturate() -> None:
    merged = merge([file(hits={1: SATURATED - 1, 2: 1}), file(hits={1: 5, 2: 2, 3: 4}), file()])
    assert merged.files["a.py"].hits == {1: SATURATED, 2: 3, 3: 4}


@pytest.mark.parametrize(
    ("digests", "conflict"),
    [(("1", "1"), False), (("1", "2"), True), (("", "2"), False), (("1", "", "2"), True), (("", ""), False)],
)
def test_different_sources_are_a_conflict(digests: tuple[str, ...], conflict: bool) -> None:
    merged = merge([file(digest=digest) for digest in digests])
    assert merged.conflicts == (("a.py",) if conflict else ())


def test_one_report_is_taken_as_it_is() -> None:
    one = file(excluded=0b1000)
    assert merge([one]) == Merged({"a.py": one}, (), ())
    assert merge([]).files == {}


def test_excluded_is_what_nobody_measured() -> None:
    merged = merge(
        [FileCoverage("a.py", 0b0010, 0, excluded=0b1100), FileCoverage("a.py", 0b0100, 0, excluded=0b0010)]
    )
    assert merged.files["a.py"].excluded == 0b1000
