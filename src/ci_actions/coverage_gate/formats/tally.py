"""What the readers share: execution counts as tools write them, counted warnings, files seen in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ci_actions.coverage_gate.model import FileCoverage, LineBranches
from ci_actions.kit import lines
from ci_actions.kit.errors import CannotJudge

#: Execution counts saturate here: the largest number that every tool which reads our output can hold.
MAX_HITS = 2**63 - 1

#: All files of a report together may not end after this line: a bitmap costs an eighth of a byte for each,
#: and a report of some kilobytes could otherwise ask for gigabytes.
LAST_LINE_OF_ALL = 2_000_000_000

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


def shown(text: str, limit: int = 60) -> str:
    """Return a piece of a report as messages quote it: one line, printable, not long."""
    short = text if len(text) <= limit else text[:limit] + "…"
    return ascii(short) if _UNPRINTABLE.search(short) else repr(short)


class Notes:
    """The warnings of one report: each said once, with how often it was true and where first."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, str]] = {}

    def add(self, text: str, where: str = "") -> None:
        """Note `text`, which was true at `where`."""
        count, first = self._seen.get(text, (0, where))
        self._seen[text] = (count + 1, first)

    def texts(self) -> tuple[str, ...]:
        """Return one sentence per warning."""
        return tuple(
            f"{text} ({where})"
            if count == 1 and where
            else f"{text} ({count} times, first: {where})"
            if where
            else text
            for text, (count, where) in self._seen.items()
        )


def hits_of(text: str, notes: Notes, where: str) -> int:
    """Return the execution count `text`: whole, decimal (`1.0`, `1e6`) or too large for anybody's integers.

    Negative counts are read as 0 with a warning, also those which a tool wrapped around at 2^64
    (k1LoW/octocov#688). Raises ValueError for anything else.
    """
    if _WHOLE.fullmatch(text):
        # int() refuses thousands of digits; twenty significant ones are beyond every limit anyway.
        digits = text.lstrip("+-").lstrip("0")
        count = int(digits or "0") if len(digits) <= 20 else 2**64
        count = -count if text[0] == "-" else count
        if 2**63 <= count < 2**64:
            count -= 2**64
    elif _DECIMAL.fullmatch(text):
        number = float(text)
        # Any execution at all is a hit, so a fraction is not rounded down to none.
        count = MAX_HITS if number >= MAX_HITS else max(int(number), 1) if number > 0 else -int(number < 0)
    else:
        raise ValueError(f"{shown(text)} is not an execution count")
    if count < 0:
        notes.add("a negative execution count was read as 0", where)
        return 0
    return min(count, MAX_HITS)


def number_of(text: str) -> int:
    """Return the whole number `text`, bounded so that its digits cost nothing. Raises ValueError."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a number")
    return int(text) if len(text) <= 20 else lines.LAST_LINE + 1


def checked_path(path: str, report: str) -> str:
    """Return `path`, the name of a source file. Raises CannotJudge for one that no file can have."""
    if not path:
        raise CannotJudge(f"{report} holds a source file without a name.", file=report)
    if _UNPRINTABLE.search(path):
        raise CannotJudge(f"{report} holds {shown(path)}, which cannot be the name of a file.", file=report)
    return path


class FileTally:
    """What one report says of one source file, gathered piece by piece.

    Repeated pieces are one file seen several times (several tests, classes or modules), so a line is
    measured if any piece measures it and hit if any piece hits it.
    """

    __slots__ = ("arcs", "branches", "hit", "hits", "measured", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.measured: lines.Lines = 0
        self.hit: lines.Lines = 0
        self.hits: dict[int, int] = {}
        self.branches: dict[int, tuple[int, int]] = {}
        self.arcs: dict[int, dict[str, bool]] = {}

    def add_lines(self, hits: Mapping[int, int], *, keep_counts: bool, summed: bool = False) -> None:
        """Add lines with their counts; those of a repeated line are `summed`, else the largest one counts.

        Raises ValueError for a line number that no file has.
        """
        self.measured |= lines.from_numbers(hits)
        self.hit |= lines.from_numbers(number for number, count in hits.items() if count)
        if not keep_counts:
            return
        for number, count in hits.items():
            before = self.hits.get(number, 0)
            self.hits[number] = min(before + count, MAX_HITS) if summed else max(before, count)

    def add_branches(self, number: int, covered: int, total: int) -> None:
        """Add the branches of a line of which only the counts are known."""
        if total:
            before = self.branches.get(number, (0, 0))
            self.branches[number] = (max(before[0], covered), max(before[1], total))

    def add_arc(self, number: int, identity: str, *, taken: bool) -> None:
        """Add one branch of a line."""
        arcs = self.arcs.setdefault(number, {})
        arcs[identity] = arcs.get(identity, False) or taken

    def coverage(self) -> FileCoverage:
        """Return what was gathered."""
        found = {number: LineBranches(*counts) for number, counts in self.branches.items()}
        for number, arcs in self.arcs.items():
            taken = frozenset(identity for identity, was_taken in arcs.items() if was_taken)
            found[number] = LineBranches.of_arcs(frozenset(arcs), taken)
        return FileCoverage(self.path, self.measured, self.hit, found, self.hits)


class Tallies:
    """The source files of one report, by the path that it wrote."""

    def __init__(self, report: str) -> None:
        self._report = report
        self._files: dict[str, FileTally] = {}
        self._extent = Extent(report)

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def __iter__(self) -> Iterator[FileTally]:
        return iter(self._files.values())

    def at(self, path: str) -> FileTally:
        """Return the tally of `path`, a new one for a path not seen before."""
        tally = self._files.get(path)
        if tally is None:
            tally = self._files[path] = FileTally(checked_path(path, self._report))
        return tally

    def add_lines(
        self, tally: FileTally, hits: Mapping[int, int], *, keep_counts: bool, summed: bool = False
    ) -> None:
        """Add lines to `tally`. Raises CannotJudge, naming file and number, for a line that no file has."""
        before = lines.last(tally.measured)
        try:
            tally.add_lines(hits, keep_counts=keep_counts, summed=summed)
        except ValueError as error:
            raise CannotJudge(f"{self._report}: {tally.path}: {error}.", file=self._report) from None
        self._extent.add(max(lines.last(tally.measured) - before, 0))

    def files(self) -> tuple[FileCoverage, ...]:
        """Return the files in the order in which the report named them."""
        return tuple(tally.coverage() for tally in self._files.values())


class Extent:
    """How many lines all files of a report would have; keeps a small report from costing gigabytes."""

    def __init__(self, report: str) -> None:
        self._report = report
        self._lines = 0

    def add(self, last: int) -> None:
        """Count a file that ends at line `last`. Raises CannotJudge when all are too many."""
        self._lines += last
        if self._lines > LAST_LINE_OF_ALL:
            raise CannotJudge(
                f"{self._report} speaks of more than {LAST_LINE_OF_ALL} lines of source; none has so many.",
                file=self._report,
            )


def totals(files: Iterable[FileCoverage]) -> tuple[int, int]:
    """Return how many lines the files measured and how many of these were hit."""
    measured = hit = 0
    for file in files:
        measured += file.measured.bit_count()
        hit += file.hit.bit_count()
    return measured, hit


def note_totals(notes: Notes, claim: tuple[int | None, int | None], files: Iterable[FileCoverage]) -> None:
    """Warn when the totals in a report's own header contradict its lines (the lines decide)."""
    found = totals(files)
    for word, said, counted in (("measured", claim[0], found[0]), ("covered", claim[1], found[1])):
        if said is not None and said != counted:
            notes.add(f"its header says {said} {word} lines, its lines add up to {counted}; the lines decide")
