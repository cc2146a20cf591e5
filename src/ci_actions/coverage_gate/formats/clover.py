"""Clover XML, as OpenClover, PHPUnit, Istanbul and gcovr write it.

A `<file>` stands in a package or directly in the project and holds a `<line>` for each thing that was
counted. Several on one line are one line, hit if any of them was. What they mean:

- `stmt` and `cond` are measured. A condition of OpenClover has two ways, and no `count` of its own; Istanbul
  writes the numbers of branches taken and missed into the same two attributes.
- `method` is the line of a signature with the calls of the method. It is measured too, as by diff-cover 11:
  PHPUnit writes a method with its body on that line only this way, which else could be neither covered nor
  missed. So totals exceed those of PHPUnit, which counts statements, by the methods.
- What stands below `<testproject>` are the tests, not what they cover.

The totals in `<metrics>` count statements, several of which may share a line, so they are not compared.
The format: https://bitbucket.org/openclover/clover/src/master/etc/schema/clover.xsd
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ci_actions.coverage_gate.formats.tally import FileTally, Notes, Tallies, hits_of, number_of, shown
from ci_actions.coverage_gate.formats.xml import Data, Document
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit.errors import CannotJudge

#: Istanbul's project has this name; no other producer names its project so.
_ISTANBUL = "All files"
_KINDS = frozenset(["stmt", "cond", "method"])


def read(path: str, data: Data, *, counts: bool = False) -> CoverageReport:
    """Return the report in `data`, which was read from `path`; with `counts`, execution counts too.

    Raises CannotJudge for what is no Clover report, or one whose numbers cannot be meant.
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
        self._root: Mapping[str, str] | None = None
        self._tally: FileTally | None = None
        self._hits: dict[int, int] = {}
        self._in_tests = 0
        self._is_istanbul = False

    def report(self) -> CoverageReport:
        """Return what was read."""
        files = self._tallies.files()
        root = self._root or {}
        return CoverageReport(
            file=self._path,
            format="clover",
            tool="Istanbul" if self._is_istanbul else "",
            timestamp=_timestamp(root.get("generated", "")),
            files=files,
            has_branches=any(file.branches for file in files),
            warnings=self._notes.texts(),
        )

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element starts."""
        if name == "line":
            if not self._in_tests:
                self._line(attributes)
        elif name == "file":
            if not self._in_tests:
                self._start_file(attributes)
        elif name == "project":
            self._is_istanbul = attributes.get("name") == _ISTANBUL
        elif name == "testproject":
            self._in_tests += 1
        elif self._root is None:
            if name != "coverage":
                raise CannotJudge(
                    f"{self._path} is not Clover XML: its outermost element is <{shown(name)[1:-1]}>.",
                    file=self._path,
                )
            self._root = attributes

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "testproject":
            self._in_tests -= 1
        elif name == "file" and self._tally is not None:
            self._tallies.add_lines(self._tally, self._hits, keep_counts=self._counts)
            self._tally = None

    def _start_file(self, attributes: Mapping[str, str]) -> None:
        # Where there are both, `name` is the name alone.
        self._tally = self._tallies.at(attributes.get("path") or attributes.get("name", ""))
        self._hits = {}

    def _line(self, attributes: Mapping[str, str]) -> None:
        tally = self._tally
        if tally is None:
            self._notes.add("a line outside of every file was ignored", self._document.position)
            return
        kind = attributes.get("type", "")
        if kind not in _KINDS:
            self._notes.add(
                f"lines of the unknown type {shown(kind)} were read as statements", self._document.position
            )
        try:
            number = number_of(attributes.get("num", "0"))
            if number < 1:
                self._notes.add("a line without a number from 1 up was ignored", self._document.position)
                return
            hits = self._hits_of(attributes, tally, number)
        except ValueError as error:
            raise CannotJudge(
                f"{self._path}, {self._document.position}, a line of {tally.path}: {error}.", file=self._path
            ) from None
        self._hits[number] = max(hits, self._hits.get(number, 0))

    def _hits_of(self, attributes: Mapping[str, str], tally: FileTally, number: int) -> int:
        """Return the count of a line, and keep its branches."""
        where = f"{tally.path}:{number}"
        ways = [
            hits_of(attributes[key], self._notes, where)
            for key in ("truecount", "falsecount")
            if key in attributes
        ]
        if len(ways) == 2 and attributes.get("type") == "cond":
            if self._is_istanbul:
                taken, missed = (min(way, 1_000_000) for way in ways)
                tally.add_branches(number, taken, taken + missed)
            else:
                tally.add_branches(number, sum(way > 0 for way in ways), 2)
        if "count" not in attributes and ways:
            return sum(ways)
        return hits_of(attributes.get("count", ""), self._notes, where)


def _timestamp(text: str) -> float | None:
    """Return seconds since the epoch: OpenClover and Istanbul write milliseconds, the others seconds."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    return number / 1000 if number > 1e11 else number
