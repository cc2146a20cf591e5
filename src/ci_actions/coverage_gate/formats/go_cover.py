"""Go cover profiles: `mode: set` and then blocks, `example.org/app/pay/pay.go:12.34,15.2 3 1`.

A block is a run of statements from line 12, column 34, to line 15, column 2; it holds 3 statements and ran
once. Lines are not what Go measures, so a rule is needed, and it is that of gocover-cobertura and octocov: a
block stands for all of its lines, and a line is hit if any of its blocks ran. (The line of `if err != nil {`
belongs to the block before it and to the body, so it is hit when the condition was reached.) Blocks without a
statement are not measured. Profiles that were concatenated, or written with `-coverpkg`, repeat blocks:
`count` and `atomic` add up, `set` does not.

Paths begin with the path of the module. The format: https://pkg.go.dev/golang.org/x/tools/cover#ParseProfiles
"""

from __future__ import annotations

import re

from ci_actions.coverage_gate.formats.tally import (
    MAX_HITS,
    Extent,
    Notes,
    checked_path,
    hits_of,
    shown,
)
from ci_actions.coverage_gate.formats.text import lines_of
from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.coverage_gate.model import CoverageReport, FileCoverage
from ci_actions.kit import lines
from ci_actions.kit.errors import CannotJudge

_MODE = re.compile(r"mode:\s*(set|count|atomic)\s*")
_BLOCK = re.compile(
    r"(?P<path>.+):(?P<first>[0-9]{1,9})\.[0-9]{1,9},(?P<last>[0-9]{1,9})\.[0-9]{1,9} "
    r"(?P<statements>[0-9]{1,9}) (?P<count>[0-9]{1,400})\s*"
)
#: Execution counts are kept for no more lines than this; blocks can name millions in a few bytes.
_MOST_COUNTS = 20_000_000


def read(path: str, data: Data, *, counts: bool = False) -> CoverageReport:
    """Return the profile in `data`, which was read from `path`; with `counts`, execution counts too.

    Raises CannotJudge for what is no cover profile, truncated, or holds numbers that cannot be meant.
    """
    notes = Notes()
    blocks = _blocks(path, lines_of(path, data, notes), notes)
    extent = Extent(path)
    counted = 0
    files = []
    for name, of_file in blocks.items():
        extent.add(max((last for _, last in of_file), default=0))
        measured = _lines_of(path, name, of_file)
        hit = _lines_of(path, name, [block for block, count in of_file.items() if count])
        counted += measured.bit_count()
        if counts and counted > _MOST_COUNTS:
            raise CannotJudge(
                f"{path} counts more than {_MOST_COUNTS} lines, which cannot be meant.", file=path
            )
        files.append(FileCoverage(name, measured, hit, hits=_counts(of_file) if counts else {}))
    return CoverageReport(
        file=path,
        format="go",
        tool="go",
        files=tuple(files),
        relative_to_packages=True,
        warnings=notes.texts(),
    )


def _blocks(path: str, text: list[str], notes: Notes) -> dict[str, dict[tuple[int, int], int]]:
    """Return the blocks of each file, as first and last line, with how often they ran."""
    found: dict[str, dict[tuple[int, int], int]] = {}
    mode = ""
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        if header := _MODE.fullmatch(line):
            if mode and mode != header[1]:
                notes.add(f"profiles of the modes {mode} and {header[1]} were concatenated", f"line {number}")
            mode = header[1]
            continue
        block = _BLOCK.fullmatch(line)
        if block is None or not mode:
            raise _nonsense(path, number, line, len(text), mode)
        name = checked_path(re.sub(r"(?<=[^/])/{2,}", "/", block["path"]), path)
        of_file = found.setdefault(name, {})
        if int(block["statements"]) == 0:
            continue
        lines_of_block = int(block["first"]), int(block["last"])
        count = hits_of(block["count"], notes, f"{name}:{block['first']}")
        before = of_file.get(lines_of_block, 0)
        of_file[lines_of_block] = min(before + count, MAX_HITS) if mode != "set" else max(before, count)
    if not mode:
        raise CannotJudge(f"{path} is no Go cover profile: it has no 'mode:' line.", file=path)
    return found


def _lines_of(
    path: str, name: str, blocks: dict[tuple[int, int], int] | list[tuple[int, int]]
) -> lines.Lines:
    try:
        return lines.from_ranges(_merged(blocks))
    except ValueError as error:
        raise CannotJudge(f"{path}: {name}: {error}.", file=path) from None


def _merged(blocks: dict[tuple[int, int], int] | list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the same lines in as few ranges as possible."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(blocks):
        if merged and merged[-1][0] <= first <= merged[-1][1] + 1 and first <= last:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def _counts(blocks: dict[tuple[int, int], int]) -> dict[int, int]:
    """Return the count of each line: that of its most often run block."""
    found: dict[int, int] = {}
    for (first, last), count in blocks.items():
        for number in range(first, last + 1):
            found[number] = max(count, found.get(number, 0))
    return found


def _nonsense(path: str, number: int, line: str, last: int, mode: str) -> CannotJudge:
    if not mode:
        what = "stands before the first 'mode:' line"
    elif number == last:
        what = "is cut off: the profile is truncated"
    else:
        what = "is no block of a cover profile"
    return CannotJudge(f"{path}, line {number}: {shown(line)} {what}.", file=path)
