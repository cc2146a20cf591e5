"""coverage.py's JSON report (`coverage json`), `meta.format` 2 and 3.

Lines are executed or missing, branches are arcs `[from, to]`, listed for exactly those lines that more than
one branch leaves. Contexts, functions and classes are not read. The totals are compared, but the lines
decide. The format: https://coverage.readthedocs.io/en/latest/commands/cmd_json.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ci_actions.coverage_gate.formats.json_text import members, parsed
from ci_actions.coverage_gate.formats.tally import Extent, Notes, checked_path, note_totals, shown
from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.coverage_gate.model import NO_BRANCHES, CoverageReport, FileCoverage, LineBranches
from ci_actions.kit import lines
from ci_actions.kit.errors import CannotJudge

#: The newest `meta.format` that was looked at.
_NEWEST = 3


def read(path: str, data: Data, *, counts: bool = False) -> CoverageReport:  # noqa: ARG001 (as all readers)
    """Return the report in `data`, which was read from `path`. This format has no execution counts.

    Raises CannotJudge for what is no such report, or one that contradicts itself.
    """
    document = parsed(path, data)
    meta = members(path, document, "meta")
    files = members(path, document, "files")
    notes = Notes()
    number = meta.get("format", 2)
    if type(number) is not int or number > _NEWEST:
        notes.add(f"its format {shown(str(number))} is newer than {_NEWEST}, the newest known one")
    extent = Extent(path)
    found = tuple(_file(path, name, entry, notes, extent) for name, entry in files.items())
    _check_totals(document.get("totals"), found, notes)
    version = meta.get("version")
    return CoverageReport(
        file=path,
        format="coverage-json",
        tool=f"coverage.py {version}" if isinstance(version, str) else "coverage.py",
        timestamp=_timestamp(meta.get("timestamp")),
        files=found,
        has_branches=meta.get("branch_coverage") is True or any(file.branches for file in found),
        warnings=notes.texts(),
    )


def _file(report: str, path: str, entry: object, notes: Notes, extent: Extent) -> FileCoverage:
    checked_path(path, report)
    if not isinstance(entry, dict):
        raise _nonsense(report, path, "is not an object")
    executed, missing, excluded = (
        _lines(report, path, entry, key, notes)
        for key in ("executed_lines", "missing_lines", "excluded_lines")
    )
    if executed & missing:
        raise _nonsense(
            report, path, f"line {lines.spoken(executed & missing, 3)} is both executed and missing"
        )
    measured = executed | missing
    extent.add(lines.last(measured | excluded))
    return FileCoverage(path, measured, executed, branches=_branches(report, path, entry), excluded=excluded)


def _lines(report: str, path: str, entry: Mapping[str, object], key: str, notes: Notes) -> lines.Lines:
    numbers = entry.get(key, [] if key == "excluded_lines" else None)
    if not isinstance(numbers, list) or not set(map(type, numbers)) <= {int}:
        raise _nonsense(report, path, f"has no list of line numbers {key!r}")
    if 0 in numbers:
        # Python 3.11 gives a module's first instruction the line 0.
        notes.add("line 0 was ignored", path)
        numbers = [number for number in numbers if number]
    try:
        return lines.from_numbers(numbers)
    except ValueError as error:
        raise _nonsense(report, path, str(error)) from None


def _branches(report: str, path: str, entry: Mapping[str, object]) -> Mapping[int, LineBranches]:
    taken, missed = (_arcs(report, path, entry, key) for key in ("executed_branches", "missing_branches"))
    if not taken and not missed:
        return NO_BRANCHES
    nothing: frozenset[str] = frozenset()
    found = {}
    for number in taken.keys() | missed.keys():
        ways, unused = frozenset(taken.get(number, nothing)), frozenset(missed.get(number, nothing))
        if ways & unused:
            raise _nonsense(report, path, f"a branch of line {number} is both executed and missing")
        found[number] = LineBranches.of_arcs(ways | unused, ways)
    return found


def _arcs(report: str, path: str, entry: Mapping[str, object], key: str) -> dict[int, set[str]]:
    arcs = entry.get(key, [])
    if not isinstance(arcs, list):
        raise _nonsense(report, path, f"has no list {key!r}")
    found: dict[int, set[str]] = {}
    for arc in arcs:
        if not isinstance(arc, list) or [type(end) for end in arc] != [int, int]:
            raise _nonsense(report, path, f"{key!r} holds {shown(str(arc))}, which is no pair of lines")
        if not 1 <= arc[0] <= lines.LAST_LINE or abs(arc[1]) > lines.LAST_LINE:
            raise _nonsense(report, path, f"{key!r} holds {shown(str(arc))}, which are no lines")
        found.setdefault(arc[0], set()).add(str(arc[1]))
    return found


def _check_totals(said: object, files: tuple[FileCoverage, ...], notes: Notes) -> None:
    if not isinstance(said, dict):
        notes.add("it has no totals, perhaps because another program wrote it")
        return
    measured, covered = (said.get(key) for key in ("num_statements", "covered_lines"))
    if type(measured) is not int or type(covered) is not int:
        notes.add("its totals are no numbers")
        return
    note_totals(notes, (measured, covered), files)


def _timestamp(text: object) -> float | None:
    """Return seconds since the epoch; coverage.py writes local time, and this machine's is the best guess."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _nonsense(report: str, path: str, what: str) -> CannotJudge:
    return CannotJudge(f"{report}: {path}: {what}.", file=report)
