"""Pure: several reports of the same files become one.

A line is measured when any report measured it and covered when any report covered it, so merging is
commutative, associative and idempotent in lines; execution counts add up and saturate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ci_actions.coverage_gate.model import NO_BRANCHES, NOTHING, FileCoverage, LineBranches

#: The largest count kept: what a signed 64-bit counter holds.
SATURATED = 2**63 - 1


@dataclass(frozen=True)
class Merged:
    """The merged files by path, what was lost on the way, and which paths have different sources in different reports."""

    files: dict[str, FileCoverage]
    warnings: tuple[str, ...]
    conflicts: tuple[str, ...]


def merge(parts: Iterable[FileCoverage]) -> Merged:
    """Return all parts merged by path; paths are those of the repository by now."""
    files: dict[str, FileCoverage] = {}
    vague: set[str] = set()
    conflicts: set[str] = set()
    for part in parts:
        before = files.setdefault(part.path, part)
        if before is part:
            continue
        if part.digest and before.digest and part.digest != before.digest:
            conflicts.add(part.path)
        branches, exact = _merge_branches(before.branches, part.branches)
        if not exact:
            vague.add(part.path)
        files[part.path] = replace(
            before,
            measured=before.measured | part.measured,
            hit=before.hit | part.hit,
            branches=branches,
            hits=_add(before.hits, part.hits),
            # Excluded is what nobody measured.
            excluded=(before.excluded | part.excluded) & ~(before.measured | part.measured),
            digest=before.digest or part.digest,
        )
    return Merged(files, tuple(_vague_warning(vague)), tuple(sorted(conflicts)))


def _vague_warning(vague: set[str]) -> Iterable[str]:
    if vague:
        shown = ", ".join(sorted(vague)[:3]) + (f" and {len(vague) - 3} more" if len(vague) > 3 else "")
        yield (
            f"Reports that count branches without naming them were merged for {shown}: per line the best report counts, "
            "which may be less than what all of them covered together."
        )


def _merge_branches(
    ours: Mapping[int, LineBranches], theirs: Mapping[int, LineBranches]
) -> tuple[Mapping[int, LineBranches], bool]:
    """Return the branches of both, and whether the union is exact."""
    if not theirs:
        return ours, True
    if not ours:
        return theirs, True
    made = dict(ours)
    exact = True
    for line, branches in theirs.items():
        before = made.get(line)
        if before is None:
            made[line] = branches
        else:
            made[line] = _union(before, branches)
            exact = exact and _is_exact(before, branches)
    return made or NO_BRANCHES, exact


def _union(ours: LineBranches, theirs: LineBranches) -> LineBranches:
    """Return the branches of one line in both; known identities are kept, so that the order of merging does not matter."""
    if ours.arcs is None and theirs.arcs is None:
        arcs = taken = None
    else:
        arcs = (ours.arcs or frozenset()) | (theirs.arcs or frozenset())
        taken = (ours.taken or frozenset()) | (theirs.taken or frozenset())
    return LineBranches(
        max(ours.covered, theirs.covered, len(taken or ())),
        max(ours.total, theirs.total, len(arcs or ())),
        arcs,
        taken,
    )


def _is_exact(ours: LineBranches, theirs: LineBranches) -> bool:
    """Whether the best of both is what both covered together."""
    if ours.arcs is not None and theirs.arcs is not None:
        return True
    nothing_new = not ours.covered or not theirs.covered
    everything = max(ours.covered, theirs.covered) == max(ours.total, theirs.total)
    return ours.total == theirs.total and (nothing_new or everything)


def _add(ours: Mapping[int, int], theirs: Mapping[int, int]) -> Mapping[int, int]:
    if not theirs or not ours:
        return ours or theirs or NOTHING
    made = dict(ours)
    for line, count in theirs.items():
        made[line] = min(made.get(line, 0) + count, SATURATED)
    return made
