"""Pure: JSON whose form is known, read strictly: what is not understood is not believed.

The messages of Unreadable complete "… cannot be understood: ".
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any


class Unreadable(ValueError):
    """JSON that is not what it should be."""


def parsed(text: str | bytes) -> object:
    """Return what JSON says. Raises Unreadable, also where a name stands in an object twice."""
    import json

    def twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Unreadable("a name stands in it twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=twice)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON" if text.strip() else "it is empty") from None


def an_object(value: object, what: str) -> Mapping[str, Any]:
    """Return a JSON object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is no JSON object")
    return value


def a_text(found: Mapping[str, Any], name: str, where: str) -> str:
    """Return a member that is a text. Raises Unreadable."""
    value = found.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{where} has no {name} that is a text")
    return value


def a_whole_number(found: Mapping[str, Any], name: str, where: str, lowest: int = 0) -> int:
    """Return a member that is a whole number. Raises Unreadable."""
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        raise Unreadable(f"{where} has no {name} that is a whole number")
    return value


def a_number(found: Mapping[str, Any], name: str, where: str) -> float:
    """Return a member that is a number from 0 up. Raises Unreadable."""
    value = found.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value) or value < 0:
        raise Unreadable(f"{where} has no {name} that is a number from 0 up")
    return float(value)
