"""Coverage reports, whatever tool wrote them: which format is it, and what does it say?

Each format is one module with `read(path, data, *, counts) -> CoverageReport`, imported when it is met, and
one row in `_READERS`. What a reader cannot understand is never read as "nothing uncovered": it raises
CannotJudge.
"""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from ci_actions.kit.errors import CannotJudge

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap

    from ci_actions.coverage_gate.model import CoverageReport

    class _Reader(Protocol):
        def read(
            self,
            path: str,
            data: bytes | mmap,
            *,
            counts: bool,
            meanwhile: Callable[[], None] | None = None,
            processes: int = 2,
        ) -> CoverageReport: ...


class Format(Enum):
    """The formats by the names that users give them (`format:glob`)."""

    DATA = "data"
    COLLECTED = "collected"
    COVERAGE_JSON = "coverage-json"
    COBERTURA = "cobertura"
    LCOV = "lcov"
    JACOCO = "jacoco"
    CLOVER = "clover"
    GO = "go"


#: The module of this package that reads a format. Data files are SQLite and analysed by coverage.py itself.
_READERS = {
    Format.COLLECTED: "collected",
    Format.COVERAGE_JSON: "coverage_json",
    Format.COBERTURA: "cobertura",
    Format.LCOV: "lcov",
    Format.JACOCO: "jacoco",
    Format.CLOVER: "clover",
    Format.GO: "go_cover",
}

#: How much of a file `recognise` wants to see: enough to get past a licence in a comment.
HEAD = 65_536


def recognise(path: str, head: bytes) -> Format:
    """Return the format of the file `path` that begins with `head` (its first `HEAD` bytes, or all of it).

    Raises CannotJudge, saying what it looks like instead, for anything that is no coverage report.
    """
    from ci_actions.coverage_gate.formats import signatures

    found = signatures.format_of(head)
    if found is None:
        raise signatures.refusal(path, head)
    return Format(found)


def read(
    path: str,
    data: bytes | mmap,
    format: Format,
    *,
    counts: bool = False,
    meanwhile: Callable[[], None] | None = None,
    processes: int = 2,
) -> CoverageReport:
    """Return what the report in `data` says, which was read from `path` and has this `format`.

    With `counts` its files hold execution counts. Large reports are best handed over as a read-only `mmap`:
    pages that were read can then be dropped again. `meanwhile` is work that has nothing to do with the report;
    it is called at most once, if a second process reads and this one would only wait for it. At most `processes`
    read.

    Raises CannotJudge when it says nothing that can be trusted.
    """
    from ci_actions.coverage_gate.formats import signatures

    head = data[:HEAD]
    found = signatures.format_of(head)
    if found is None and (refusal := signatures.foreign(path, head)):
        raise refusal
    if found is not None and Format(found) is not format:
        raise CannotJudge(
            f"{path} was to be read as {format.value}, but it looks like {found}.",
            advice=f"Name its format: {found}:{path}",
            file=path,
        )
    if format not in _READERS:
        raise CannotJudge(
            f"{path} is a coverage.py data file, which only coverage.py can analyse.", file=path
        )
    reader = cast("_Reader", import_module(f"{__name__}.{_READERS[format]}"))
    if format is Format.COBERTURA:
        return reader.read(path, data, counts=counts, meanwhile=meanwhile, processes=processes)
    return reader.read(path, data, counts=counts)
