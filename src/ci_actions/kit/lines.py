"""Sets of line numbers as bitmaps: bit `n` of an int stands for line `n` of a file.

A million measured lines are ten thousand small integers; union, intersection and count are
`|`, `&` and `int.bit_count`, each linear in the length of the file and done in C.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

#: No source file has more lines; a report that says so is wrong and would cost its size in memory.
LAST_LINE = 10_000_000

Lines = int


def from_numbers(numbers: Iterable[int]) -> Lines:
    """Return the set of these line numbers.

    Raises ValueError for a number below 1 or above `LAST_LINE`.
    """
    ordered = sorted(set(numbers))
    if not ordered:
        return 0
    if ordered[0] < 1 or ordered[-1] > LAST_LINE:
        wrong = ordered[0] if ordered[0] < 1 else ordered[-1]
        raise ValueError(f"line number {wrong} is not between 1 and {LAST_LINE}")
    bits = bytearray(ordered[-1] // 8 + 1)
    for number in ordered:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def from_ranges(pairs: Iterable[tuple[int, int]]) -> Lines:
    """Return the set of the lines `first` to `last`, both included, of every pair.

    Raises ValueError for a range that is empty or out of bounds.
    """
    found = 0
    for first, last in pairs:
        if not 1 <= first <= last <= LAST_LINE:
            raise ValueError(f"{first}-{last} is not a range of lines")
        found |= (1 << (last + 1)) - (1 << first)
    return found


def ranges(lines: Lines) -> Iterator[tuple[int, int]]:
    """Yield the runs of consecutive lines as (first, last), in order."""
    digits = bin(lines)[:1:-1]
    start = digits.find("1")
    while start >= 0:
        end = digits.find("0", start)
        if end < 0:
            end = len(digits)
        yield start, end - 1
        start = digits.find("1", end)


def numbers(lines: Lines) -> Iterator[int]:
    """Yield the line numbers in order."""
    for first, last in ranges(lines):
        yield from range(first, last + 1)


def count(lines: Lines) -> int:
    """Return how many lines the set holds."""
    return lines.bit_count()


def last(lines: Lines) -> int:
    """Return the largest line number, 0 for the empty set."""
    return max(lines.bit_length() - 1, 0)


def spoken(lines: Lines, limit: int = 12) -> str:
    """Return the runs as people write them: `88, 91-92`; at most `limit` of them, then how many more."""
    runs = [str(first) if first == end else f"{first}-{end}" for first, end in ranges(lines)]
    more = f", and {len(runs) - limit} more" if len(runs) > limit else ""
    return ", ".join(runs[:limit]) + more
