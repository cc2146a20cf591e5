"""Pure: what must be shown nowhere, and texts without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

#: What is shorter says nothing, and hiding it would leave holes in every line of a log.
SHORTEST = 4
_WORDS = frozenset({"true", "false", "none", "null"})


def secrets_in(values: Iterable[str]) -> tuple[str, ...]:
    """Return what must be hidden of values: they themselves and each of their lines, the longest first.

    Left out is what is shorter than four characters, and words like `true`.
    """
    found = {
        part.strip() for value in values for part in (value, *value.splitlines()) if _is_secret(part.strip())
    }
    return tuple(sorted(found, key=lambda each: (-len(each), each)))


def _is_secret(text: str) -> bool:
    return len(text) >= SHORTEST and text.lower() not in _WORDS


def hider(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return what replaces every secret in a text by `***`, also where it is written as XML or a `repr` writes it."""
    spellings = {form for each in secrets for form in (each, _as_xml(each), repr(each)[1:-1])}
    if not spellings:
        return lambda text: text
    longest_first = sorted(spellings, key=lambda each: (-len(each), each))
    pattern = re.compile("|".join(re.escape(each) for each in longest_first))
    return lambda text: pattern.sub("***", text)


def _as_xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
