"""The releases of CPython: a dated table, so that `min`, `max` and ranges are resolved without a network.

Minor, first release, end of life and status: https://devguide.python.org/versions/ and PEPs 373 to 826
(https://github.com/python/peps/blob/main/release_management/python-releases.toml). Newest patches, and that 3.15 is out and
3.16 is not: the list of downloads inside uv 0.13.9 (`uv python list --all-versions`); for 3.7 and older the release PEPs.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The day up to which the table is known to be right.
KNOWN_UNTIL = "2026-11-21"


@dataclass(frozen=True, slots=True)
class Release:
    """One minor version. Months are `YYYY-MM`; `patch` is the newest one known, of a prerelease 0."""

    minor: tuple[int, int]
    released: str
    end_of_life: str
    patch: int
    prerelease: bool = False

    @property
    def name(self) -> str:
        """What users write: `3.12`."""
        return f"{self.minor[0]}.{self.minor[1]}"

    def ended(self, month: str = KNOWN_UNTIL[:7]) -> bool:
        """Whether nobody mends it any more in this month: the month of its end has passed."""
        return self.end_of_life < month


RELEASES = (
    Release((2, 7), "2010-07", "2020-01", 18),
    Release((3, 0), "2008-12", "2009-06", 1),
    Release((3, 1), "2009-06", "2012-04", 5),
    Release((3, 2), "2011-02", "2016-02", 6),
    Release((3, 3), "2012-09", "2017-09", 7),
    Release((3, 4), "2014-03", "2019-03", 10),
    Release((3, 5), "2015-09", "2020-09", 10),
    Release((3, 6), "2016-12", "2021-12", 15),
    Release((3, 7), "2018-06", "2023-06", 17),
    Release((3, 8), "2019-10", "2024-10", 20),
    Release((3, 9), "2020-10", "2025-10", 25),
    Release((3, 10), "2021-10", "2026-10", 22),
    Release((3, 11), "2022-10", "2027-10", 18),
    Release((3, 12), "2023-10", "2028-10", 16),
    Release((3, 13), "2024-10", "2029-10", 18),
    Release((3, 14), "2025-10", "2030-10", 10),
    Release((3, 15), "2026-10", "2031-10", 2),
    Release((3, 16), "2027-10", "2032-10", 0, prerelease=True),
)
BY_NAME = {each.name: each for each in RELEASES}
