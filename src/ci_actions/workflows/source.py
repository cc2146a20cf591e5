"""Where a part of a scalar stands in the file: a scalar itself knows only where it begins."""

from __future__ import annotations

from collections.abc import Sequence

from ci_actions.workflows.document import Place, Scalar


def place_of(lines: Sequence[str], scalar: Scalar, part: str, number: int = 0) -> Place:
    """Return where a part of a scalar's text stands, `number` saying which of several equal ones; else where it begins.

    `lines` are those of the file. A part is looked for by its first line, as a folded text has other line ends than its file.
    """
    wanted = next((line for line in part.splitlines() if line.strip()), "").strip()
    if not wanted:
        return scalar.place
    line, start = scalar.place.line, scalar.place.column - 1
    # Where lines are folded, a blank of the text was the end of one.
    last = min(len(lines), line + scalar.text.count("\n") + scalar.text.count(" ") + 1)
    while line <= last:
        found = lines[line - 1].find(wanted, start)
        if found < 0:
            line, start = line + 1, 0
        elif number == 0:
            return Place(line, found + 1)
        else:
            number -= 1
            start = found + len(wanted)
    return scalar.place
