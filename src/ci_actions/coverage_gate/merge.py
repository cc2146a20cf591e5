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
        elif (
            before.arcs is not None
            and before.taken is not None
            and branches.arcs is not None
            and branches.taken is not None
        ):
            made[line] = LineBranches.of_arcs(before.arcs | branches.arcs, before.taken | branches.taken)
        else:
            exact = exact and before.covered in (0, before.total) and branches.covered in (0, branches.total)
            total = max(before.total, branches.total)
            made[line] = LineBranches(min(max(before.covered, branches.covered), total), total)
    return made or NO_BRANCHES, exact


def _add(ours: Mapping[int, int], theirs: Mapping[int, int]) -> Mapping[int, int]:
    if not theirs or not ours:
        return ours or theirs or NOTHING
    made = dict(ours)
    for line, count in theirs.items():
        made[line] = min(made.get(line, 0) + count, SATURATED)
    return made
