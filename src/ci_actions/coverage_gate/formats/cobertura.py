"""Cobertura XML, as coverage.py, gcovr, coverlet, Istanbul and many more write it.

The rules for what a report may leave open:

- Lines count where they stand directly in a class. The same lines are often repeated below its methods, so
  these are used only for a class that has no others.
- Several `<class>` elements of one file are parts of it (inner classes, closures, partial classes): a line is
  hit if any part hits it. diff-cover calls it missed if any part misses it.
- Branches are those of `branch="true"` lines: `condition-coverage="50% (1/2)"`, or the `<condition>`s below.
- What the root element says in total is compared, but the lines decide.

The format: https://github.com/cobertura/web/blob/master/htdocs/xml/coverage-04.dtd
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping

from ci_actions.coverage_gate.formats import cobertura_fast
from ci_actions.coverage_gate.formats.tally import (
    FileTally,
    Notes,
    Tallies,
    hits_of,
    note_totals,
    number_of,
    shown,
    totals,
)
from ci_actions.coverage_gate.formats.xml import Data, Document
from ci_actions.coverage_gate.model import CoverageReport, FileCoverage
from ci_actions.kit.errors import CannotJudge

_CONDITION_COUNTS = re.compile(r"\(\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*\)")
_PERCENT = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,20})?)\s*%?\s*")
_GENERATOR = re.compile(r"[Gg]enerated by ([\w.+-]+)")
_WITHOUT_COUNTS = "a branch line without counts like '50% (1/2)' was read as a line without branches"


def read(
    path: str,
    data: Data,
    *,
    counts: bool = False,
    meanwhile: Callable[[], None] | None = None,
    processes: int = 2,
) -> CoverageReport:
    """Return the report in `data`, which was read from `path`; with `counts`, execution counts too.

    `meanwhile` is called while a second process reads, if one does; `processes` is how many may.

    Raises CannotJudge for what is no Cobertura report, or one whose numbers cannot be meant.
    """
    if not counts:
        report = _read_flat(path, data, meanwhile, processes)
        if report is not None:
            return report
    reader = _Reader(path, counts=counts)
    reader.read(data)
    return reader.report(reader.tallies.files())


def _read_flat(
    path: str, data: Data, meanwhile: Callable[[], None] | None = None, processes: int = 2
) -> CoverageReport | None:
    """Return the report in `data` if it has the shape that the fast path knows, else None."""
    flat = cobertura_fast.read(data, meanwhile, processes=processes)
    if flat is None:
        return None
    reader = _Reader(path, counts=False)
    try:
        # What stands before the first class is little and manifold, so the full parser reads it.
        reader.read(flat.head + cobertura_fast.CLOSING)
    except CannotJudge:
        return None  # The full parser shall say where.
    if any(reader.tallies):
        return None  # A class that does not look like one to the fast path.
    return reader.report(flat.files)


class _Reader:
    """The full parser: what it has seen so far of one document."""

    def __init__(self, path: str, *, counts: bool) -> None:
        self.tallies = Tallies(path)
        self._path = path
        self._counts = counts
        self._notes = Notes()
        self._root: Mapping[str, str] | None = None
        self._generator = ""
        self._sources: list[str] = []
        self._source: list[str] | None = None
        self._tally: FileTally | None = None
        self._in_methods = 0
        self._own = _Lines()
        self._of_methods = _Lines()
        self._open_branch: tuple[int, list[str]] | None = None

    def read(self, data: Data) -> None:
        """Read the document. Raises CannotJudge."""
        with Document(self._path) as document:
            self._document = document
            document.on_comment(self._comment)
            document.read(data, self)

    def report(self, files: tuple[FileCoverage, ...]) -> CoverageReport:
        """Return the report that holds `files`."""
        root = self._root or {}
        self._check_root(root, files)
        return CoverageReport(
            file=self._path,
            format="cobertura",
            tool=_tool(self._generator, root.get("version", "")),
            timestamp=_timestamp(root.get("timestamp", "")),
            sources=tuple(self._sources),
            files=files,
            has_branches=any(file.branches for file in files),
            warnings=self._notes.texts(),
        )

    # Elements

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element starts."""
        if name == "line":
            self._line(attributes)
        elif name == "class":
            self._start_class(attributes)
        elif name == "methods":
            self._in_methods += 1
        elif name == "condition":
            if self._open_branch is not None:
                self._open_branch[1].append(attributes.get("coverage", ""))
        elif name == "source":
            self._source = []
            self._document.on_text(self._source.append)
        elif self._root is None:
            if name != "coverage":
                raise CannotJudge(
                    f"{self._path} is not Cobertura XML: its outermost element is <{shown(name)[1:-1]}>.",
                    file=self._path,
                )
            self._root = attributes

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "line":
            self._end_line()
        elif name == "class":
            self._end_class()
        elif name == "methods":
            self._in_methods -= 1
        elif name == "source" and self._source is not None:
            self._document.on_text(None)
            text = "".join(self._source).strip()
            if text:
                self._sources.append(text)
            self._source = None

    def _comment(self, text: str) -> None:
        found = _GENERATOR.search(text)
        if found and not self._generator:
            self._generator = found[1].rstrip(".:")

    def _start_class(self, attributes: Mapping[str, str]) -> None:
        if self._root is None or "filename" not in attributes:
            name = attributes.get("name", "")
            raise CannotJudge(
                f"{self._path}, {self._document.position}: the class {shown(name)} has no 'filename'.",
                file=self._path,
            )
        self._tally = self.tallies.at(attributes["filename"])
        self._own = _Lines()
        self._of_methods = _Lines()

    def _end_class(self) -> None:
        if self._tally is None:
            return
        found = self._own if self._own.hits else self._of_methods
        self.tallies.add_lines(self._tally, found.hits, keep_counts=self._counts)
        for number, (covered, total) in found.branches.items():
            self._tally.add_branches(number, covered, total)
        self._tally = None

    def _line(self, attributes: Mapping[str, str]) -> None:
        tally = self._tally
        if tally is None:
            self._notes.add("a line outside of every class was ignored", self._document.position)
            return
        try:
            number = number_of(attributes.get("number", "0"))
            where = f"{tally.path}:{number}"
            if number < 1:
                self._notes.add("a line without a number from 1 up was ignored", self._document.position)
                return
            hits = hits_of(attributes.get("hits", ""), self._notes, where)
        except ValueError as error:
            raise self._nonsense(tally, str(error)) from None
        found = self._of_methods if self._in_methods else self._own
        found.hits[number] = max(hits, found.hits.get(number, 0))
        if attributes.get("branch", "").lower() == "true":
            self._branch(tally, found, number, attributes.get("condition-coverage", ""))

    def _branch(self, tally: FileTally, found: _Lines, number: int, text: str) -> None:
        counts = _CONDITION_COUNTS.search(text)
        if counts is None:
            self._open_branch = (number, [])
            return
        covered, total = int(counts[1]), int(counts[2])
        if covered > total:
            raise self._nonsense(tally, f"condition-coverage {shown(text)} covers more than there is")
        found.add_branches(number, covered, total)

    def _end_line(self) -> None:
        if self._open_branch is None or self._tally is None:
            return
        number, coverages = self._open_branch
        self._open_branch = None
        percents = [_PERCENT.fullmatch(coverage) for coverage in coverages]
        # Each condition is a jump, which is taken or not: 50% is one of its two ways.
        ways = [min(int(float(percent[1]) / 50), 2) for percent in percents if percent]
        if not ways or len(ways) < len(percents):
            self._notes.add(_WITHOUT_COUNTS, f"{self._tally.path}:{number}")
            return
        found = self._of_methods if self._in_methods else self._own
        found.add_branches(number, sum(ways), 2 * len(ways))

    def _nonsense(self, tally: FileTally, what: str) -> CannotJudge:
        return CannotJudge(
            f"{self._path}, {self._document.position}, a line of {tally.path}: {what}.", file=self._path
        )

    # What the root element says

    def _check_root(self, root: Mapping[str, str], files: Iterable[FileCoverage]) -> None:
        valid, covered = _whole(root.get("lines-valid")), _whole(root.get("lines-covered"))
        if valid is not None:
            note_totals(self._notes, (valid, covered), files)
            return
        try:
            rate = float(root["line-rate"])
        except (KeyError, ValueError):
            return
        measured, hit = totals(files)
        # Tools round to between two and sixteen digits.
        if measured and not abs(rate - hit / measured) <= 0.01:
            self._notes.add(
                f"its header says line-rate {rate:.4g}, its lines say {hit / measured:.4f} "
                f"({hit} of {measured}); the lines decide"
            )


class _Lines:
    """The lines of one class."""

    __slots__ = ("branches", "hits")

    def __init__(self) -> None:
        self.hits: dict[int, int] = {}
        self.branches: dict[int, tuple[int, int]] = {}

    def add_branches(self, number: int, covered: int, total: int) -> None:
        """Add the branches of a line; of a line that is given twice the larger counts."""
        before = self.branches.get(number, (0, 0))
        self.branches[number] = (max(before[0], covered), max(before[1], total))


def _whole(text: str | None) -> int | None:
    try:
        return None if text is None else number_of(text.strip())
    except ValueError:
        return None


def _timestamp(text: str) -> float | None:
    """Return seconds since the epoch: coverage.py and Cobertura write milliseconds, most others seconds."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    return number / 1000 if number > 1e11 else number


def _tool(generator: str, version: str) -> str:
    """Return the tool as far as it says its name: a bare version number alone says nothing."""
    version = version.strip()
    if generator:
        return f"{generator} {version}".strip()
    return version if re.search("[A-Za-z]", version) else ""
