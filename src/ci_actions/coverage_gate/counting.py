"""Pure: what is counted, for files and for changed lines; and the fewest lines that close a gap.

`lines` counts measured lines, `branches` the branches that leave them, `combined` both, as coverage.py's
total does with branches (https://coverage.readthedocs.io/en/latest/branch.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ci_actions.coverage_gate.model import ChangedCoverage, FileCoverage, FileLines, Tally
from ci_actions.kit import lines
from ci_actions.kit.lines import Lines

NONE = Tally(0, 0)
_HALF = Decimal("0.5")


def tally(file: FileCoverage, metric: str) -> Tally:
    """Return what one file counts."""
    return total((file,), metric)


def total(files: Iterable[FileCoverage], metric: str) -> Tally:
    """Return what several files count together."""
    covered = units = 0
    for file in files:
        if metric != "branches":
            covered += file.hit.bit_count()
            units += file.measured.bit_count()
        if metric != "lines" and file.branches:
            covered += sum([each.covered for each in file.branches.values()])
            units += sum([each.total for each in file.branches.values()])
    return Tally(covered, units)


def partial(file: FileCoverage) -> Lines:
    """Return the lines that ran, but not into all of their branches."""
    return lines.from_numbers(
        line for line, each in file.branches.items() if each.covered < each.total and file.hit >> line & 1
    )


def changed(
    file: FileCoverage, added: Lines, status: str, metric: str, partial_branches: str
) -> ChangedCoverage:
    """Return what the changed lines of one measured file count.

    The unit is the changed line, with `branches` the branch. A line that is only partly covered counts as
    `partial_branches` says, unless the metric is `lines`, which knows no branches.
    """
    measured = file.measured & added
    missed = measured & ~file.hit
    half = partial(file) & measured if metric != "lines" else 0
    if metric == "branches":
        leaving = [each for line, each in file.branches.items() if measured >> line & 1]
        counted = Tally(sum(each.covered for each in leaving), sum(each.total for each in leaving))
    else:
        covered: int | Decimal = lines.count(measured & ~missed)
        if partial_branches == "missed":
            covered -= lines.count(half)
        elif partial_branches == "half" and half:
            covered -= _HALF * lines.count(half)
        counted = Tally(covered, lines.count(measured))
    return ChangedCoverage(
        path=file.path, status=status, measured=measured, missed=missed, partial=half, tally=counted
    )


def gains(file: FileCoverage, metric: str) -> Iterator[tuple[int, int]]:
    """Yield (units gained, line) for every line that could still be covered, branches of it included."""
    found = dict.fromkeys(lines.numbers(file.measured & ~file.hit), 1) if metric != "branches" else {}
    if metric != "lines":
        for line, each in file.branches.items():
            if each.covered < each.total:
                found[line] = found.get(line, 0) + each.total - each.covered
    for line, gain in found.items():
        yield gain, line


def changed_gains(
    each: ChangedCoverage, file: FileCoverage, metric: str, partial_branches: str
) -> Iterator[tuple[int | Decimal, int]]:
    """Yield (units gained, line) for every changed line that could still be covered."""
    if metric == "branches" and each.status != "?":
        yield from ((gain, line) for gain, line in gains(file, metric) if each.measured >> line & 1)
        return
    yield from ((1, line) for line in lines.numbers(each.missed))
    lost: int | Decimal = 1 if partial_branches == "missed" else _HALF if partial_branches == "half" else 0
    if lost:
        yield from ((lost, line) for line in lines.numbers(each.partial))


def fewest(
    candidates: Iterable[tuple[str, Iterable[tuple[int | Decimal, int]]]], needed: int | Decimal
) -> tuple[FileLines, ...]:
    """Return the fewest lines whose units add up to `needed`: the most rewarding first.

    Among equals the file with most to gain goes first, so that the work stays in few files. Each line costs
    one, so taking the largest gains first is the optimum.
    """
    ranked = []
    for path, found in candidates:
        known = list(found)
        whole = sum(gain for gain, _ in known)
        ranked += [(-gain, -whole, path, line) for gain, line in known]
    ranked.sort()
    chosen: dict[str, list[int]] = {}
    for loss, _, path, line in ranked:
        if needed <= 0:
            break
        needed += loss
        chosen.setdefault(path, []).append(line)
    return tuple(FileLines(path, lines.from_numbers(found)) for path, found in chosen.items())
