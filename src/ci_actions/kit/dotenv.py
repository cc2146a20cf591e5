"""Pure: the lines of a dotenv file.

There is no standard; read is what docker, direnv and python-dotenv agree on: `NAME=value`, `export NAME=value`, comments,
single quotes (as it stands), double quotes (with escapes), both over several lines. Nothing is expanded: `$` is a `$`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`", "\n": ""}


@dataclass(frozen=True)
class Dotenv:
    """The variables of a file, and what is wrong with it: lines and names, never a value."""

    variables: Mapping[str, str]
    problems: tuple[str, ...]


def read(text: str) -> Dotenv:
    """Return the variables in `text`; of a name that is there twice the last value counts."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    variables: dict[str, str] = {}
    problems: list[str] = []
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        line = text.count("\n", 0, at) + 1
        name = _NAME.match(text, at)
        if not name:
            problems.append(f"line {line} is no `NAME=value`")
            at = _end_of_line(text, at)
            continue
        value, at, wrong = _value(text, name.end())
        if wrong:
            problems.append(f"line {line}: {name[1]} {wrong}")
        elif "\0" in value:
            problems.append(f"line {line}: {name[1]} holds a NUL character")
        else:
            variables[name[1]] = value
    return Dotenv(variables, tuple(problems))


def _value(text: str, at: int) -> tuple[str, int, str]:
    """Return the value that begins at `at`, where the next line begins, and what is wrong with it."""
    quote = text[at : at + 1]
    if quote not in ("'", '"'):
        bare = _BARE.match(text, at)
        assert bare
        return _COMMENT.sub("", bare[0]).strip(), _end_of_line(text, at), ""
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, at)
    if not quoted:
        return "", _end_of_line(text, at), f"has no closing {quote}"
    after = _BLANK.match(text, quoted.end())
    if not after:
        return "", _end_of_line(text, quoted.end()), f"goes on behind its closing {quote}"
    value = quoted[1] if quote == "'" else _ESCAPE.sub(_unescaped, quoted[1])
    return value, after.end(), ""


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[0])


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
