"""LCOV tracefiles, as geninfo, coverage.py, Istanbul, grcov, llvm-cov and many more write them.

The format: `man geninfo` (https://github.com/linux-test-project/lcov/blob/master/man/geninfo.1). Rules beyond
it:

- Counts add up over the records of a file (one per test, `TN:`), as `lcov -a` does.
- The file is truncated if its last record is not closed by `end_of_record`.
- A file name with a line feed could pose as records of its own. So what belongs to a record may not stand
  outside of one, a line that is no record at all is an error, and so is a record that another one cuts off
  before it has said anything. (A forgery of whole records cannot be told from records; coverage.py ≥ 7.15.4
  does not write one.)
"""

from __future__ import annotations

import re

from ci_actions.coverage_gate.formats.tally import (
    MAX_HITS,
    FileTally,
    Notes,
    Tallies,
    hits_of,
    number_of,
    shown,
)
from ci_actions.coverage_gate.formats.text import lines_of
from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit.errors import CannotJudge

#: Records that say nothing about lines or branches: functions (old and new form), conditions, versions,
#: totals of them.
_IGNORED = frozenset(
    ["VER", "FN", "FNDA", "FNF", "FNH", "FNL", "FNA", "BRF", "BRH", "MCDC", "MCF", "MCH", "MRF", "MRH"]
)
#: Nearly every line of a report, read without the detours that odd numbers need.
_USUAL = re.compile(r"DA:([1-9][0-9]{0,6}),([0-9]{1,18})")
_RECORD = re.compile(r"([A-Z]{2,8}):")


def read(path: str, data: Data, *, counts: bool = False) -> CoverageReport:
    """Return the report in `data`, which was read from `path`; with `counts`, execution counts too.

    Raises CannotJudge for what is no LCOV, truncated, or holds numbers that cannot be meant.
    """
    reader = _Reader(path, counts=counts)
    for number, line in enumerate(lines_of(path, data, reader.notes), 1):
        reader.number = number
        reader.line(line)
    reader.finish()
    files = reader.tallies.files()
    return CoverageReport(
        file=path,
        format="lcov",
        files=files,
        has_branches=any(file.branches for file in files),
        warnings=reader.notes.texts(),
    )


class _Reader:
    """What was read so far; `number` is the line of the report that is being read."""

    def __init__(self, path: str, *, counts: bool) -> None:
        self.tallies = Tallies(path)
        self.notes = Notes()
        self.number = 0
        self._path = path
        self._counts = counts
        self._tally: FileTally | None = None
        self._said: dict[str, int | None] = {}
        self._hits: dict[int, int] = {}
        self._is_silent = True

    def line(self, line: str) -> None:
        """Read one line. Raises CannotJudge."""
        usual = _USUAL.fullmatch(line)
        if usual is not None and self._tally is not None:
            self._is_silent = False
            number, count = int(usual[1]), int(usual[2])
            self._hits[number] = min(self._hits.get(number, 0) + count, MAX_HITS)
        elif line.startswith("DA:"):
            self._execution(line[3:])
        elif line.startswith("BRDA:"):
            self._branch(line[5:])
        elif line.rstrip() == "end_of_record":
            self._end()
        elif line.startswith("SF:"):
            self._start(line[3:])
        elif line.startswith(("TN:", "#")) or not line.strip():
            pass
        else:
            self._other(line)

    def finish(self) -> None:
        """Say that there are no more lines. Raises CannotJudge if one is missing."""
        if self._tally is not None:
            raise CannotJudge(
                f"{self._path} is truncated: the record of {self._tally.path} has no end_of_record.",
                advice="Was the job that wrote it cancelled, or was it still being written?",
                file=self._path,
            )

    def _start(self, name: str) -> None:
        if self._tally is not None:
            if self._is_silent:
                raise self._nonsense(
                    f"SF:{shown(name)[1:-1]} cuts off the record of {self._tally.path}, which said nothing"
                )
            self.notes.add("a record without end_of_record was ended by the next one", self._where())
            self._end()
        self._tally = self.tallies.at(name)
        self._hits, self._said, self._is_silent = {}, {}, True

    def _end(self) -> None:
        tally = self._open("end_of_record")
        is_repeated = tally.measured != 0
        before = tally.measured
        self.tallies.add_lines(tally, self._hits, keep_counts=self._counts, summed=True)
        if is_repeated and tally.measured != before:
            self.notes.add("two records of one file measure different lines; both count", tally.path)
        found = len(self._hits), sum(1 for count in self._hits.values() if count)
        for key, counted in zip(("LF", "LH"), found, strict=True):
            said = self._said.get(key)
            if said is not None and said != counted:
                self.notes.add(
                    f"{key} contradicts the lines of its record, which decide",
                    f"{tally.path}: {key}:{said}, counted {counted}",
                )
        self._tally = None

    def _execution(self, text: str) -> None:
        """Read `DA:<line>,<count>[,<checksum>]`."""
        tally = self._open("DA")
        self._is_silent = False
        number, _, rest = text.partition(",")
        line = self._line_number(number)
        if line < 1:
            return
        try:
            count = hits_of(rest.partition(",")[0].strip(), self.notes, f"{tally.path}:{line}")
        except ValueError as error:
            raise self._nonsense(str(error)) from None
        self._hits[line] = min(self._hits.get(line, 0) + count, MAX_HITS)

    def _branch(self, text: str) -> None:
        """Read `BRDA:<line>,[e]<block>,<branch>,<taken>`; since lcov 2 a branch is text, even with commas."""
        tally = self._open("BRDA")
        self._is_silent = False
        number, _, rest = text.partition(",")
        identity, comma, taken = rest.rpartition(",")
        line = self._line_number(number)
        if not comma or "," not in identity:
            raise self._nonsense(f"BRDA:{shown(text)[1:-1]} is not a line, a block, a branch and a count")
        if line < 1:
            return
        taken = taken.strip()
        try:
            # '-': the line was never reached.
            is_taken = taken != "-" and hits_of(taken, self.notes, f"{tally.path}:{line}") > 0
        except ValueError as error:
            raise self._nonsense(str(error)) from None
        tally.add_arc(line, identity, taken=is_taken)

    def _other(self, line: str) -> None:
        record = _RECORD.match(line)
        if record is None:
            raise self._nonsense(f"{shown(line)} is no record of LCOV")
        self._open(record[1])
        if record[1] in ("LF", "LH"):
            try:
                self._said[record[1]] = number_of(line[3:].strip())
            except ValueError as error:
                raise self._nonsense(str(error)) from None
        elif record[1] not in _IGNORED:
            self.notes.add(f"records of the unknown kind {record[1]} were ignored", self._where())

    def _line_number(self, text: str) -> int:
        try:
            number = number_of(text.strip())
        except ValueError as error:
            raise self._nonsense(str(error)) from None
        if number < 1:
            self.notes.add("a line without a number from 1 up was ignored", self._where())
        return number

    def _open(self, record: str) -> FileTally:
        if self._tally is None:
            raise self._nonsense(f"{record} stands outside of every record, which SF would have begun")
        return self._tally

    def _where(self) -> str:
        return f"line {self.number}"

    def _nonsense(self, what: str) -> CannotJudge:
        return CannotJudge(f"{self._path}, {self._where()}: {what}.", file=self._path)
