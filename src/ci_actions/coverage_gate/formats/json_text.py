"""JSON that somebody else wrote: parsed, or refused in words."""

from __future__ import annotations

import json
from typing import Any

from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.kit.errors import CannotJudge


def parsed(path: str, data: Data) -> dict[str, Any]:
    """Return the object in `data`, which was read from `path`.

    Raises CannotJudge with line and column when it is truncated or no JSON, and when it is no object.
    """
    try:
        document = json.loads(bytes(data), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise CannotJudge(
            f"{path} is truncated or no JSON: {error.msg}, line {error.lineno}, column {error.colno}.",
            advice="Was the job that wrote it cancelled, or was it still being written?",
            file=path,
        ) from None
    except UnicodeDecodeError as error:
        raise CannotJudge(
            f"{path} is no text in the encoding {error.encoding} that it seems to have ({error.reason}).",
            advice="Write it as UTF-8.",
            file=path,
        ) from None
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, brackets in thousands of brackets.
        raise CannotJudge(f"{path} is no JSON that a tool writes: {error}.", file=path) from None
    if not isinstance(document, dict):
        raise CannotJudge(f"{path} holds no JSON object.", file=path)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which no name stands twice: whose values would count is anybody's guess."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"one object has the name {twice[:80]!r} twice")
    return made


def members(path: str, document: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object `key` of `document`. Raises CannotJudge when there is none."""
    found = document.get(key)
    if not isinstance(found, dict):
        raise CannotJudge(
            f"{path} has no object {key!r}, so it is not what it should be.",
            advice="Name the file that 'coverage json' or 'coverage-gate --collect' wrote.",
            file=path,
        )
    return found
