"""Pure: the seconds that tests took, as pytest-split keeps them: https://github.com/jerry-git/pytest-split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: What pytest-split calls its file.
USUAL = ".test_durations"


@dataclass(frozen=True)
class Durations:
    """Seconds by node id, and why they cannot be used, if so."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""


def read(text: str) -> Durations:
    """Return the durations in a file: an object, or pairs as pytest-split wrote them before 0.2.

    What is no number of seconds makes the whole file unusable: half of it would balance worse than none.
    """
    import json
    from math import isfinite

    try:
        found = json.loads(text)
        seconds = {
            str(name): float(value) for name, value in (found.items() if isinstance(found, dict) else found)
        }
    except (ValueError, TypeError, RecursionError):
        return Durations(problem='it is no JSON like {"tests/test_app.py::test_one": 0.12}')
    for name, value in seconds.items():
        if not (isfinite(value) and 0 <= value < 1e9):
            return Durations(problem=f"the time of {name} is no number of seconds")
    return Durations(seconds)


def written(seconds: Mapping[str, float]) -> str:
    """Return the file, as pytest-split writes it."""
    import json

    return json.dumps(dict(seconds), sort_keys=True, indent=4)
