"""What the tests of the readers share: reading a text as if it were a file, and asking briefly what came out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ci_actions.coverage_gate import formats
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit import lines

Read = Callable[..., CoverageReport]
Told = Callable[[CoverageReport], dict[str, dict[int, bool]]]


@pytest.fixture
def read() -> Read:
    """Reads a text or bytes in the format that they are recognised as."""

    def reading(content: str | bytes, *, path: str = "report", counts: bool = False) -> CoverageReport:
        data = content.encode() if isinstance(content, str) else content
        found = formats.recognise(path, data[: formats.HEAD])
        return formats.read(path, data, found, counts=counts)

    return reading


@pytest.fixture
def told() -> Told:
    """For each file its measured lines, and whether they were hit."""

    def telling(report: CoverageReport) -> dict[str, dict[int, bool]]:
        for file in report.files:
            assert not file.hit & ~file.measured
        return {
            file.path: {number: bool(file.hit >> number & 1) for number in lines.numbers(file.measured)}
            for file in report.files
        }

    return telling
