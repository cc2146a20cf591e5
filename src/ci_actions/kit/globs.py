"""Globs as in `.gitignore`: `*` within a folder, `**` across folders, a name alone at any depth, a folder with all below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Matches = Callable[[str], bool]


def matcher(patterns: Sequence[str], prefix: str = "") -> Matches:
    """Return whether a path (relative to the git root, `/` between folders) fits any of the patterns.

    Patterns are relative to the folder `prefix`; what lies outside of it fits none. No patterns fit nothing.
    """
    if not patterns:
        return lambda _: False
    # A name may hold a line end, which `.` must match too.
    regex = re.compile("|".join(f"(?:{expression(each)})" for each in patterns), re.DOTALL)
    start = f"{prefix}/" if prefix else ""

    def matches(path: str) -> bool:
        return path.startswith(start) and regex.fullmatch(path, len(start)) is not None

    return matches


def expression(pattern: str) -> str:
    """Return the regular expression that matches the whole of the paths a glob means."""
    pattern = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    if pattern in ("", "."):
        return ".*"
    anchored = "/" in pattern
    segments = pattern.removeprefix("/").split("/")
    made = "" if anchored else "(?:.*/)?"
    for position, segment in enumerate(segments):
        final = position == len(segments) - 1
        if segment == "**":
            made += ".*" if final else "(?:.*/)?"
        else:
            made += _segment(segment) + ("" if final else "/")
    return made + "(?:/.*)?"


def _segment(segment: str) -> str:
    made = ""
    position = 0
    while position < len(segment):
        sign = segment[position]
        position += 1
        if sign == "*":
            made += "[^/]*"
        elif sign == "?":
            made += "[^/]"
        elif sign == "[" and (end := _class_end(segment, position)) > 0:
            made += _class(segment[position:end])
            position = end + 1
        else:
            made += re.escape(sign)
    return made


def _class_end(segment: str, start: int) -> int:
    """Return where the `]` of a class stands whose `[` stands before `start`; a `]` that comes first belongs to it."""
    first = start + 1 if segment[start : start + 1] in ("!", "^") else start
    return segment.find("]", first + 1)


def _class(inside: str) -> str:
    """Return the expression of a class like `!a-z`; none matches `/`, and a range that runs backwards is empty."""
    negated = inside[0] in "!^"
    signs = inside[1:] if negated else inside
    made = ""
    position = 0
    while position < len(signs):
        first = last = signs[position]
        position += 1
        if signs[position : position + 1] == "-" and position + 1 < len(signs):
            last = signs[position + 1]
            position += 2
        if first <= last:
            made += f"\\U{ord(first):08x}-\\U{ord(last):08x}"
    if negated:
        return f"[^/{made}]"
    return f"(?!/)[{made}]" if made else "(?!)"
