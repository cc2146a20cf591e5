"""JaCoCo XML, as JaCoCo itself, Kover and others write it.

A line is hit if any of its instructions was (`ci`), its branches are `cb` of `mb + cb`. Groups are the
modules of one build; a source file that several of them contain is one file. Paths are `package/File`,
relative to source folders that the report does not name. The format:
https://www.jacoco.org/jacoco/trunk/coverage/report.dtd
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ci_actions.coverage_gate.formats.tally import (
    FileTally,
    Notes,
    Tallies,
    hits_of,
    note_totals,
    number_of,
    shown,
)
from ci_actions.coverage_gate.formats.xml import Data, Document
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit.errors import CannotJudge


def read(path: str, data: Data, *, counts: bool = False) -> CoverageReport:
    """Return the report in `data`, which was read from `path`; with `counts`, instructions executed per line.

    Raises CannotJudge for what is no JaCoCo report, or one whose numbers cannot be meant.
    """
    with Document(path) as document:
        reader = _Reader(path, document, counts=counts)
        document.read(data, reader)
    return reader.report()


class _Reader:
    """What was read so far of one document."""

    def __init__(self, path: str, document: Document, *, counts: bool) -> None:
        self._path = path
        self._document = document
        self._counts = counts
        self._notes = Notes()
        self._tallies = Tallies(path)
        self._depth = 0
        self._package = ""
        self._tally: FileTally | None = None
        self._hits: dict[int, int] = {}
        self._is_repeated = False
        self._has_classes = False
        self._claim: tuple[int | None, int | None] = (None, None)
        self._timestamp: float | None = None

    def report(self) -> CoverageReport:
        """Return what was read."""
        files = self._tallies.files()
        if self._has_classes and not any(file.measured for file in files):
            self._notes.add("it holds classes but no lines: they were compiled without debug information")
        if not self._is_repeated:  # The header counts a repeated file once for each time.
            note_totals(self._notes, self._claim, files)
        return CoverageReport(
            file=self._path,
            format="jacoco",
            timestamp=self._timestamp,
            files=files,
            has_branches=any(file.branches for file in files),
            relative_to_packages=True,
            warnings=self._notes.texts(),
        )

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element starts."""
        self._depth += 1
        if name == "line":
            self._line(attributes)
        elif name == "sourcefile":
            self._start_file(attributes.get("name", ""))
        elif name == "package":
            self._package = attributes.get("name", "").strip("/")
        elif name == "class":
            self._has_classes = True
        elif name == "sessioninfo":
            self._session(attributes.get("dump", ""))
        elif name == "counter" and self._depth == 2 and attributes.get("type") == "LINE":
            missed, covered = (_whole(attributes.get(key, "")) for key in ("missed", "covered"))
            self._claim = (None if missed is None or covered is None else missed + covered, covered)
        elif self._depth == 1 and name != "report":
            raise CannotJudge(
                f"{self._path} is not JaCoCo XML: its outermost element is <{shown(name)[1:-1]}>.",
                file=self._path,
            )

    def end(self, name: str) -> None:
        """An element ends."""
        self._depth -= 1
        if name == "sourcefile" and self._tally is not None:
            self._tallies.add_lines(self._tally, self._hits, keep_counts=self._counts)
            self._tally = None

    def _start_file(self, name: str) -> None:
        path = f"{self._package}/{name}" if self._package and name else name
        self._is_repeated = self._is_repeated or path in self._tallies
        self._tally = self._tallies.at(path)
        self._hits = {}

    def _line(self, attributes: Mapping[str, str]) -> None:
        tally = self._tally
        if tally is None:
            self._notes.add("a line outside of every source file was ignored", self._document.position)
            return
        if "ci" not in attributes:
            raise CannotJudge(
                f"{self._path}, {self._document.position}: a line of {tally.path} has no 'ci', "
                "so the report does not say which lines were hit.",
                advice="gcovr writes JaCoCo XML without them; have it write '--cobertura' instead.",
                file=self._path,
            )
        try:
            number = number_of(attributes.get("nr", "0"))
            if number < 1:
                self._notes.add("a line without a number from 1 up was ignored", self._document.position)
                return
            hits = hits_of(attributes["ci"], self._notes, f"{tally.path}:{number}")
            missed, covered = (_branches(attributes.get(key, "0")) for key in ("mb", "cb"))
        except ValueError as error:
            raise CannotJudge(
                f"{self._path}, {self._document.position}, a line of {tally.path}: {error}.", file=self._path
            ) from None
        self._hits[number] = max(hits, self._hits.get(number, 0))
        tally.add_branches(number, covered, missed + covered)

    def _session(self, dump: str) -> None:
        milliseconds = _whole(dump)
        if milliseconds and milliseconds < 1e15:
            self._timestamp = max(self._timestamp or 0.0, milliseconds / 1000)


def _branches(text: str) -> int:
    number = number_of(text)
    if not 0 <= number <= 1_000_000_000:
        raise ValueError(f"{shown(text)} is not a number of branches")
    return number


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None
