"""Pure: how long tests take, as recorded: `{"<node id>": seconds}`, the format of pytest-split's `.test_durations`.

https://github.com/jerry-git/pytest-split#usage
"""

from __future__ import annotations

from collections.abc import Mapping

#: Where pytest-split keeps them, beside the settings of pytest.
FILE = ".test_durations"


def parse(content: bytes) -> dict[str, float]:
    """Return the seconds of each test. Raises ValueError for anything else than texts with numbers from 0 up."""
    import json

    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if isinstance(found, list):
        # What pytest-split wrote before 0.2; it still reads both.
        found = dict(found) if all(map(_is_pair, found)) else None
    wrong = "it holds no JSON object" if not isinstance(found, dict) else _wrong(found)
    if wrong:
        raise ValueError(wrong)
    return {test: float(seconds) for test, seconds in found.items()}


def _is_pair(each: object) -> bool:
    return isinstance(each, list) and len(each) == 2 and isinstance(each[0], str)


def _wrong(found: Mapping[str, object]) -> str:
    """Return what is wrong with a duration, empty where nothing is."""
    from math import isfinite

    for test, seconds in found.items():
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            return f"the duration of {test} is no number"
        if not isfinite(seconds) or seconds < 0:
            return f"the duration of {test} is {seconds}"
    return ""


def render(durations: Mapping[str, float]) -> str:
    """Return the content of a file of durations, in the order of the tests' names."""
    import json

    return json.dumps({test: round(seconds, 4) for test, seconds in sorted(durations.items())}, indent=0)
