"""Pure: what is said when all gates have ended: one table, failures in full, the command that mends them last."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_actions.commands.check.finished import Finished, Round
from ci_actions.commands.check.terminal import cells, cut, padded, painted
from ci_actions.kit.emit import FINDINGS, MARKS, harmless
from ci_actions.kit.errors import Exit

#: How much of a plan hash is shown: enough to compare by eye.
HASH = 12
_NONE = "–"
_HEADS = ("gate", "state", "new", "old", "files", "seconds")
_NUMBERS = (2, 3, 4, 5)
#: The columns that give way first where there is little room; all of them are in the reports.
_GIVE_WAY = (4, 3, 2)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What is written on: how many cells wide, with colours or without; `github` hides what a runner would obey."""

    width: int = 100
    colour: bool = False
    github: bool = False


def closing(found: Round, again: Sequence[str], page: str, paper: Paper) -> Iterator[str]:
    """Yield all lines; `again` are the options that this check was given, for the command to run next."""
    yield ""
    yield from table(found, paper)
    for each in found.red:
        yield from _failure(each, paper)
    yield ""
    for each in found.finished:
        if each.code == Exit.PASSED:
            yield f"{MARKS[each.result]} {harmless(str(each.report['headline']))}"
            yield from (f"   ⚠️  {harmless(str(text))}" for text in each.report["preface"])
    yield from (f"note: {harmless(note)}" for note in found.notes)
    yield f"{verdict(found)}; the page: {harmless(page)}"
    for each in found.finished:
        if html := each.report["outputs"].get("html"):
            yield f"{each.name}: {harmless(str(html))}"
    for each in found.finished:
        if each.plan_hash:
            yield f"plan {harmless(each.plan_hash)[:HASH]} {each.name}: the same in CI is the same verdict"
    yield from _next_command(found, again)


def verdict(found: Round) -> str:
    """Return the verdict in a few words."""
    if found.code == Exit.PASSED and not found.stopped:
        return "every gate passed"
    stopped = f", {len(found.stopped)} stopped" if found.stopped else ""
    together = len(found.finished) + len(found.stopped)
    return f"{len(found.red)} of {together} gates red{stopped}, exit code {int(found.code)}"


def table(found: Round, paper: Paper) -> Iterator[str]:
    """Yield the table; columns that nobody fills, or for which there is no room, are left out."""
    rows = [_row(each) for each in found.finished]
    rows += [(name, "stopped", *[_NONE] * len(_NUMBERS)) for name in found.stopped]
    columns = [
        column
        for column in range(len(_HEADS))
        if column not in _GIVE_WAY or any(row[column] != _NONE for row in rows)
    ]
    widths = [max(cells(row[column]) for row in (_HEADS, *rows)) for column in range(len(_HEADS))]
    for column in _GIVE_WAY:
        if column in columns and 1 + sum(widths[each] + 2 for each in columns) > paper.width:
            columns.remove(column)

    def line(cell_of: Sequence[str]) -> str:
        return "  ".join(
            padded(cell_of[column], widths[column], right=column in _NUMBERS) for column in columns
        )

    yield f"   {line(_HEADS)}"
    for each, row in zip(found.finished, rows, strict=False):
        shown = cut(line(row), paper.width - 3)
        word = each.result.value
        # Not the first one: a gate may be called like a state.
        before, _, after = shown.rpartition(f"  {word}")
        state = "  " + painted(word, each.result, colour=paper.colour)
        yield f"{MARKS[each.result]} {before + state + after if before else shown}"
    for row in rows[len(found.finished) :]:
        yield f"·  {cut(line(row), paper.width - 3)}"


def _row(each: Finished) -> tuple[str, ...]:
    numbers = [harmless(value) or _NONE for value in (each.new, each.old, each.files)]
    return (each.name, each.result.value, *numbers, f"{each.seconds:.1f}")


def _failure(each: Finished, paper: Paper) -> Iterator[str]:
    yield ""
    yield f"── {each.name} ".ljust(min(paper.width, 60), "─")
    said = each.said.rstrip().splitlines()
    if not said:
        yield harmless(str(each.report["headline"]))
        if each.report["next-step"]:
            yield f"   Next: {harmless(str(each.report['next-step']))}"
        return
    # Inside Actions a gate writes workflow commands; for whoever reads this log they are said in words.
    commands = [line for line in said if line.startswith("::")] if paper.github else []
    if commands:
        yield from _annotations(each)
    yield from (harmless(line) for line in said if line not in commands)


def _annotations(each: Finished) -> Iterator[str]:
    found = each.report["annotations"]
    for remark in found[:FINDINGS]:
        place = ":".join(str(part) for part in (remark["file"], remark["line"] or "") if part)
        yield harmless(f"{place + ': ' if place else ''}{remark['level']}: {remark['message']}")
    if len(found) > FINDINGS:
        yield f"and {len(found) - FINDINGS} more; the JSON report has all of them"


def _next_command(found: Round, again: Sequence[str]) -> Iterator[str]:
    """Yield the command that mends what can be mended, else the one that asks the red gates again."""
    mendable = [each.name for each in found.red if each.mendable]
    if mendable:
        rest = [word for word in again if word != "--staged"]
        yield f"mend: ci-actions check {shlex.join([*mendable, '--fix', *rest])}"
    elif found.red:
        yield f"again: ci-actions check {shlex.join([*(each.name for each in found.red), *again])}"
