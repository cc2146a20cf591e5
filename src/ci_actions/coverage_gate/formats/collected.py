"""Our own format: what `coverage-gate --collect` writes where the data was made, for the job that judges.

    {"format": "ci-actions-coverage", "version": 1,
     "branches": true, "root": "/abs/dir", "timestamp": 1700000000.0,
     "tool": {"python": "3.9.18", "coverage": "7.10.1", "data": "7.10.1"},
     "files": {"src/pay.py": {"digest": "<SHA-256 of the source with LF>",
                              "lines": [1, 4, 7, 9], "missed": [3, 3], "excluded": [],
                              "branches": {"9": {"taken": ["10"], "missed": ["-1"]}}}},
     "others": ["src/measured_but_not_asked_for.py"],
     "problems": [{"path": "src/old.py", "reason": "no-source", "message": "…"}]}

Lines are runs, first and last line of each, flat. Another machine wrote the file, so all of it is checked.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ci_actions.coverage_gate.formats.json_text import members, parsed
from ci_actions.coverage_gate.formats.tally import Extent, checked_path, shown
from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.coverage_gate.model import NO_BRANCHES, CoverageReport, FileCoverage, LineBranches
from ci_actions.kit import lines
from ci_actions.kit.errors import CannotJudge

FORMAT = "ci-actions-coverage"
VERSION = 1

_DIGEST = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[1-9][0-9]{0,7}")


def read(path: str, data: Data, *, counts: bool = False) -> CoverageReport:  # noqa: ARG001 (as all readers)
    """Return the report in `data`, which was read from `path`. This format has no execution counts.

    Raises CannotJudge for another version, and for any entry that is not as described above.
    """
    document = parsed(path, data)
    if document.get("format") != FORMAT:
        raise CannotJudge(f"{path} was not written by 'coverage-gate --collect'.", file=path)
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise CannotJudge(
            f"{path} has version {shown(str(version))} of {FORMAT}, this ci-actions reads version {VERSION}.",
            advice="Use the same version of ci-actions in the jobs that test and in the job that judges.",
            file=path,
        )
    reader = _Reader(path)
    files = tuple(reader.file(name, entry) for name, entry in members(path, document, "files").items())
    tool = members(path, document, "tool")
    python, coverage, written_by = (reader.text(tool, "tool", key) for key in ("python", "coverage", "data"))
    root = reader.text(document, "the report", "root")
    cautions: tuple[str, ...] = ()
    if written_by and coverage and written_by != coverage:
        cautions = (
            f"recorded by coverage {written_by}, but analysed by coverage {coverage}, which may count lines differently.",
        )
    return CoverageReport(
        file=path,
        format="collected",
        tool=f"coverage.py {coverage}".strip(),
        interpreter=python,
        timestamp=reader.timestamp(document.get("timestamp")),
        sources=(root,) if root else (),
        files=files,
        has_branches=document.get("branches") is True,
        others=reader.names(document.get("others", [])),
        problems=tuple(reader.problems(document.get("problems", []))),
        cautions=cautions,
    )


class _Reader:
    """Checks one report, entry by entry."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._extent = Extent(path)

    def file(self, path: str, entry: Any) -> FileCoverage:
        """Return what the report says of the source file `path`. Raises CannotJudge."""
        checked_path(path, self._path)
        if not isinstance(entry, dict):
            raise self._nonsense(path, "is no object")
        measured, missed, excluded = (
            self._lines(path, entry, key) for key in ("lines", "missed", "excluded")
        )
        if missed & ~measured:
            raise self._nonsense(
                path, f"'missed' names line {lines.spoken(missed & ~measured, 3)}, not in 'lines'"
            )
        digest = entry.get("digest", "")
        if not isinstance(digest, str) or (digest and not _DIGEST.fullmatch(digest)):
            raise self._nonsense(path, "'digest' is no SHA-256 in hexadecimal digits")
        branches = entry.get("branches")
        self._extent.add(lines.last(measured | excluded))
        return FileCoverage(
            path,
            measured,
            measured & ~missed,
            self._branches(path, measured, branches) if branches else NO_BRANCHES,
            excluded=excluded,
            digest=digest,
        )

    def _lines(self, path: str, entry: dict[str, Any], key: str) -> lines.Lines:
        flat = entry.get(key, [] if key == "excluded" else None)
        if not isinstance(flat, list) or not set(map(type, flat)) <= {int} or len(flat) % 2:
            raise self._nonsense(path, f"{key!r} is no flat list of first and last lines")
        pairs = iter(flat)
        try:
            return lines.from_ranges(zip(pairs, pairs, strict=True))
        except ValueError as error:
            raise self._nonsense(path, f"{key!r}: {error}") from None

    def _branches(self, path: str, measured: lines.Lines, entry: Any) -> dict[int, LineBranches]:
        if not isinstance(entry, dict):
            raise self._nonsense(path, "'branches' is no object")
        found = {}
        for text, ways in entry.items():
            number = int(text) if _NUMBER.fullmatch(text) else 0
            if number > lines.LAST_LINE or not measured >> number & 1 or not isinstance(ways, dict):
                raise self._nonsense(
                    path, f"'branches' has an entry {shown(text)}, which is none of its lines"
                )
            taken, missed = (self._names(path, ways, key) for key in ("taken", "missed"))
            if taken & missed:
                raise self._nonsense(path, f"a branch of line {number} is both taken and missed")
            found[number] = LineBranches.of_arcs(taken | missed, taken)
        return found

    def _names(self, path: str, ways: dict[str, Any], key: str) -> frozenset[str]:
        names = ways.get(key)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._nonsense(path, f"'branches' has an entry without a list {key!r}")
        return frozenset(names)

    def text(self, entry: dict[str, Any], where: str, key: str) -> str:
        """Return the text `key`, empty if there is none. Raises CannotJudge when it is no text."""
        found = entry.get(key)
        if found is None:
            return ""
        if not isinstance(found, str):
            raise self._nonsense(where, f"{key!r} is no text")
        return found

    def timestamp(self, found: Any) -> float | None:
        """Return seconds since the epoch, None if not given. Raises CannotJudge for what is no number."""
        if found is None:
            return None
        if type(found) not in (int, float) or not 0 <= found < 1e11 or not math.isfinite(found):
            raise self._nonsense("the report", "'timestamp' is no number of seconds")
        return float(found)

    def names(self, entries: Any) -> tuple[str, ...]:
        """Return a list of paths. Raises CannotJudge for what is none."""
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise self._nonsense("the report", "'others' is no list of paths")
        return tuple(entries)

    def problems(self, entries: Any) -> list[str]:
        """Return a text per problem that the collecting job had. Raises CannotJudge for what is none."""
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self._nonsense("the report", "'problems' is no list of objects")
        return [self._problem(entry) for entry in entries]

    def _problem(self, entry: dict[str, Any]) -> str:
        path, message, reason = (self.text(entry, "a problem", key) for key in ("path", "message", "reason"))
        text = message or reason
        return text if path in text else f"{path}: {text}"

    def _nonsense(self, where: str, what: str) -> CannotJudge:
        return CannotJudge(f"{self._path}: {where}: {what}.", file=self._path)
