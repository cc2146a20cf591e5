"""The same work on many parts, perhaps by several processes. Pure: whoever starts them (`kit.forks`) is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

P = TypeVar("P")
R = TypeVar("R")


def same(value: Any) -> Any:
    """Return the value."""
    return value


class Apart(Protocol):
    """Does the same work on every part and yields the answers in the order of the parts.

    What comes from another process is what `unpack` makes of what `pack` made of the answer: texts, bytes, numbers,
    None, and lists, tuples and dicts of them. The work changes nothing but its answer.
    """

    def __call__(
        self,
        work: Callable[[P], R],
        parts: Sequence[P],
        *,
        pack: Callable[[R], Any] = same,
        unpack: Callable[[Any], R] = same,
    ) -> Iterator[R]:
        """Yield what `work` returns for each part; raises what it raises."""


def one_by_one(
    work: Callable[[P], R],
    parts: Sequence[P],
    *,
    pack: Callable[[R], Any] = same,
    unpack: Callable[[Any], R] = same,
) -> Iterator[R]:
    """Yield what `work` returns for each part, all of it done by this process."""
    del pack, unpack
    return map(work, parts)
