"""Pure: how far one version is from another, and from which distance on that counts."""

from __future__ import annotations

from enum import IntEnum
from itertools import zip_longest

#: What users write after `fail-on-outdated:`.
BARS = ("none", "major", "minor", "any")


class Step(IntEnum):
    """The first part of a version that differs; what comes behind the third part is a patch too."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


def step(old: str, new: str) -> Step:
    """Return how far `new` is ahead of `old`, NONE when it is not ahead; both are versions of PEP 440, `v` before them or not."""
    from packaging.version import Version

    before, after = Version(old), Version(new)
    if after <= before:
        return Step.NONE
    if after.epoch > before.epoch:
        return Step.MAJOR
    pairs = zip_longest(before.release[:2], after.release[:2], fillvalue=0)
    first = next((place for place, (one, other) in enumerate(pairs) if one != other), 2)
    return (Step.MAJOR, Step.MINOR, Step.PATCH)[first]


def reaches(bar: str, found: Step) -> bool:
    """Whether a step is one that the bar (one of BARS) does not let pass."""
    least = {"major": Step.MAJOR, "minor": Step.MINOR, "any": Step.PATCH}.get(bar)
    return least is not None and found >= least
