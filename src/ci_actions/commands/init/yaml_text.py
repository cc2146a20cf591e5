"""Pure: values as YAML that a person would have written."""

from __future__ import annotations

import re

#: What no reader of YAML, old or new, takes for anything but text.
_PLAIN = re.compile(
    r"[A-Za-z_./](?:[A-Za-z0-9_./*@+-]|:(?=[A-Za-z0-9_/]))*(?:[ ,]+[A-Za-z0-9_./*@+=<>&|-]+)*"
)
_SHORT = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"}
_WORDS = re.compile(r"(?i:true|false|yes|no|on|off|null|y|n|\.inf|\.nan)|\.[0-9].*|~")


def scalar(text: str) -> str:
    """Return a text of one line as YAML, in quotes where it needs them."""
    if _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def in_list(text: str) -> str:
    """Return a text as an item between brackets."""
    shown = scalar(text)
    return shown if shown[0] in "'\"" or not set(shown) & set(",[]{} ") else f"'{text}'"


def _escaped(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    return sign if " " <= sign <= "~" else f"\\U{ord(sign):08x}"


def entry(name: str, text: str, indent: int) -> str:
    """Return `name: text` with its line end, a text of several lines as a block below the name."""
    start = " " * indent
    lines = text.split("\n")
    if len(lines) == 1:
        return f"{start}{name}: {scalar(text)}\n"
    return f"{start}{name}: |\n" + "".join(f"{start}  {line}\n" for line in lines)
