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
    regex = re.compile("|".join(f"(?:{expression(each)})" for each in patterns))
    start = f"{prefix}/" if prefix else ""

    def matches(path: str) -> bool:
        return path.startswith(start) and regex.fullmatch(path, len(start)) is not None

    return matches


def expression(pattern: str) -> str:
    """Return the regular expression that matches the whole of the paths a glob means."""
    pattern = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    anchored = "/" in pattern
    segments = pattern.removeprefix("/").split("/")
    made = "" if anchored else "(?:.*/)?"
    for position, segment in enumerate(segments):
        final = position == len(segments) - 1
        if segment == "**":
            made += ".*" if final else "(?:.*/)?"
        else:
            made += _segment(segment) + ("" if final else "/")
    return made + "(?:/.*)?" if segments not in (["."], [""]) else ".*"


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
        elif sign == "[" and (end := segment.find("]", position + 1)) > 0:
            inside = segment[position:end]
            negated = "^" if inside[0] in "!^" else ""
            made += f"[{negated}{re.escape(inside.lstrip('!^') if negated else inside).replace(chr(92) + '-', '-')}]"
            position = end + 1
        else:
            made += re.escape(sign)
    return made
