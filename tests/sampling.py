"""Tables whose rows are slow together: some of them run always, the others with `make test-slow`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest


def sampled(rows: Iterable[str], always: Collection[str]) -> list[object]:
    """Return the rows of a table for `parametrize`: those of `always` as they are, the others marked slow."""
    names = list(rows)
    strange = set(always) - set(names)
    assert not strange, f"{sorted(strange)} is no row of {names}"
    return [name if name in always else pytest.param(name, marks=pytest.mark.slow) for name in names]
