"""What is said to people: by file, with the line and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Found, Judged
from ci_actions.kit.emit import MARKS, harmless
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Result

#: How much of a line is shown.
_WIDTH = 110


def lines(judged: Judged, files: Mapping[str, File], code: Exit) -> Iterator[str]:
    """Yield everything that is said on a terminal."""
    for path, group in groupby(
        sorted([*judged.unreadable, *judged.found], key=lambda each: each.key), key=lambda each: each.path
    ):
        yield harmless(path)
        for each in group:
            yield from _entry(each, files[path])
        yield ""
    yield f"{MARKS[result(judged, code)]} {headline(judged)}"


def _entry(found: Found, file: File) -> Iterator[str]:
    yield harmless(f"  {found.place}  {found.level.value}  {found.rule}: {found.message}")
    line = file.line(found.place.line)
    shown = line.strip()
    if shown:
        yield harmless("      | " + (shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"))
    yield harmless(f"      fix: {found.fix}")


def headline(judged: Judged) -> str:
    """Return the verdict in one line."""
    said = [_count(len(judged.problems), "problem"), _count(len(judged.remarks), "remark")]
    if judged.suppressed:
        said.append(f"{len(judged.suppressed)} suppressed")
    if judged.unreadable:
        broken = len({each.path for each in judged.unreadable})
        said.append(f"{_count(broken, 'file')} unreadable")
    return f"doctor: {', '.join(said)} in {_count(judged.files, 'file')}"


def result(judged: Judged, code: Exit) -> Result:
    """Return the word for an answer with an exit code: one with problems that ends well would have failed."""
    if code is Exit.PASSED and judged.problems:
        return Result.WOULD_FAIL
    return {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}.get(code, Result.ERROR)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
