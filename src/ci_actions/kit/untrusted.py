"""Pure: bytes that somebody else has left -> pieces of JSON, each checked before it is believed to be even well formed.

A refusal says where and why, and quotes nothing of what it refuses: it is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Bytes of one document.
LARGEST = 1024 * 1024
#: No count and no line is larger.
MOST = 1_000_000_000

#: How tools call themselves and their rules: letters, digits, and signs that mean nothing in Markdown's code.
_TOOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]*")
_RULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 _.:/@+,;()\[\]#*=~$%!?'&-]*")
_DRIVE = re.compile(r"[A-Za-z]:")


class RefusedError(ValueError):
    """What cannot be meant; the text says where and why, and quotes nothing of it."""


@dataclass(frozen=True)
class Refused:
    """A file that was refused: its name as it may be shown, and why."""

    name: str
    why: str


def document(data: bytes, called: str) -> Value:
    """Return the whole document in these bytes, `called` like "the payload". Raises RefusedError for what is no JSON."""
    return Value(_parsed(data), called)


@dataclass(frozen=True)
class Value:
    """A piece of JSON that nobody has checked, and where it stands."""

    raw: Any
    where: str

    def refuse(self, why: str) -> RefusedError:
        """Return the refusal that says what this piece must be."""
        return RefusedError(f"{self.where} {why}")

    def fields(self, *names: str) -> Mapping[str, Value]:
        """Return the members of an object that has exactly these."""
        if not isinstance(self.raw, dict) or set(self.raw) != set(names):
            raise self.refuse(f"must be an object with exactly: {', '.join(names)}")
        return {name: Value(self.raw[name], self._below(name)) for name in names}

    def items(self, most: int) -> Iterator[Value]:
        """Yield the items of a list of at most so many."""
        if not isinstance(self.raw, list) or len(self.raw) > most:
            raise self.refuse(f"must be a list of at most {most}")
        return (Value(each, f"{self.where}[{position}]") for position, each in enumerate(self.raw))

    def number(self, least: int = 0) -> int:
        """Return a whole number."""
        if type(self.raw) is not int or not least <= self.raw <= MOST:
            raise self.refuse(f"must be a whole number from {least} to {MOST}")
        return self.raw

    def text(self, most: int, *, least: int = 0) -> str:
        """Return text on one line that can be shown."""
        if not isinstance(self.raw, str) or not least <= len(self.raw) <= most or not self.raw.isprintable():
            raise self.refuse(f"must be printable text of {least} to {most} characters")
        return self.raw

    def anything(self, most: int, *, least: int = 0) -> str:
        """Return text whatever signs it holds: whoever shows it makes them harmless."""
        if not isinstance(self.raw, str) or not least <= len(self.raw) <= most:
            raise self.refuse(f"must be text of {least} to {most} characters")
        return self.raw

    def like(self, pattern: re.Pattern[str], most: int, meant: str) -> str:
        """Return text that is all of a pattern."""
        text = self.text(most)
        if not pattern.fullmatch(text):
            raise self.refuse(f"must be {meant}")
        return text

    def one_of(self, *words: str) -> str:
        """Return one of a few words."""
        if not isinstance(self.raw, str) or self.raw not in words:
            raise self.refuse(f"must be one of: {', '.join(words)}")
        return self.raw

    def path(self) -> str:
        """Return a path that stays in the repository, or nothing."""
        text = self.text(500)
        if text.startswith(("/", "\\")) or _DRIVE.match(text) or ".." in text.replace("\\", "/").split("/"):
            raise self.refuse("must be a path relative to the repository")
        return text

    def tool(self) -> str:
        """Return the name of a tool."""
        return self.like(_TOOL, 100, "the name of a tool: letters, digits, '.', '_', '+', '-' and spaces")

    def rule(self) -> str:
        """Return the name of a rule, or nothing."""
        return self.like(_RULE, 100, "the name of a rule") if self.raw != "" else ""

    def _below(self, name: str) -> str:
        return f"'{name}'" if self.where.startswith("the ") else f"{self.where}.{name}"


def _parsed(data: bytes) -> object:
    import json

    if len(data) > LARGEST:
        raise RefusedError(f"it is larger than {LARGEST:,} bytes")

    def constant(name: str) -> None:
        raise RefusedError(f"it holds {name}, which is no JSON")

    def members(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise RefusedError("it names a key twice")
        return found

    try:
        return json.loads(data.decode("utf-8"), parse_constant=constant, object_pairs_hook=members)
    except RefusedError:
        raise
    except UnicodeDecodeError:
        raise RefusedError("it is no UTF-8") from None
    except RecursionError:
        raise RefusedError("it is nested too deeply") from None
    except ValueError:  # a number of thousands of digits too
        raise RefusedError("it is no JSON") from None
