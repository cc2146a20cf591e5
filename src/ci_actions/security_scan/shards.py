"""Dividing files into parts of about the same size."""

from __future__ import annotations

import heapq
from collections.abc import Mapping


def divided(sizes: Mapping[str, int], most: int, enough: int) -> tuple[tuple[str, ...], ...]:
    """Return at most `most` parts, none of them without need smaller than `enough`; each is sorted.

    The largest file goes first into the lightest part; equal input gives equal parts.
    """
    if not sizes:
        return ()
    parts = max(1, min(most, len(sizes), sum(sizes.values()) // max(enough, 1)))
    if parts == 1:
        return (tuple(sorted(sizes)),)
    lightest = [(0, position) for position in range(parts)]
    made: list[list[str]] = [[] for _ in range(parts)]
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        weight, position = heapq.heappop(lightest)
        made[position].append(path)
        # An empty file costs something too.
        heapq.heappush(lightest, (weight + sizes[path] + 1, position))
    return tuple(tuple(sorted(part)) for part in made if part)
