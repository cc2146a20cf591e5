"""Pure: text in the cells of a terminal."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from ci_actions.kit.emit import COLOURS
from ci_actions.kit.report import Result

#: Asks for the picture of the sign before it, which takes two cells.
_PICTURE = "\ufe0f"


def cells(text: str) -> int:
    """Return how many cells a terminal needs for the text."""
    width = 0
    for sign in text:
        if sign == _PICTURE:
            width += 1
        elif not combining(sign) and sign != "\u200b":
            width += 2 if east_asian_width(sign) in "WF" else 1
    return width


def cut(text: str, width: int) -> str:
    """Return the text, if it is too wide its beginning and an ellipsis."""
    if cells(text) <= width:
        return text
    shown = text
    while shown and cells(shown) > width - 1:
        shown = shown[: -max(1, (cells(shown) - width) // 2)]
    return shown + "…" if width > 0 else ""


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return the text with blanks up to a width, behind it or before."""
    blanks = " " * max(width - cells(text), 0)
    return blanks + text if right else text + blanks


def painted(text: str, result: Result, *, colour: bool) -> str:
    """Return the text in the colour of a result, where colours are wanted."""
    return f"\x1b[{COLOURS.get(result, '33')}m{text}\x1b[0m" if colour else text
