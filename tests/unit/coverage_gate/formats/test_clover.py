from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci_actions.coverage_gate.model import CoverageReport, LineBranches
from ci_actions.kit.errors import CannotJudge

Read = Callable[..., CoverageReport]
Told = Callable[[CoverageReport], dict[str, dict[int, bool]]]

DATA = Path(__file__).parent / "data"


def a_report(lines: str, *, project: str = "", file: str = 'name="a.php"') -> str:
    return f'<coverage generated="1700000000"><project {project}><file {file}>{lines}</file></project></coverage>'


def test_a_report_of_phpunit(read: Read, told: Told) -> None:
    report = read((DATA / "clover_phpunit.xml").read_bytes(), path="clover.xml")
    assert told(report) == {
        "/app/src/Empty.php": {},
        "/app/src/Pay.php": {5: True, 7: True, 8: False, 12: False},
        "/app/src/Util/Sums.php": {4: True},
    }
    assert (report.timestamp, report.has_branches, report.warnings) == (1700000000.0, False, ())


def test_a_report_of_openclover(read: Read, told: Told) -> None:
    report = read((DATA / "clover_openclover.xml").read_bytes(), path="clover.xml")
    assert told(report) == {"/app/src/Pay.java": {3: True, 4: True, 5: False}}
    assert report.files[0].branches == {4: LineBranches(1, 2)}
    assert report.timestamp == 1700000000.123


def test_a_report_of_istanbul(read: Read, told: Told) -> None:
    report = read((DATA / "clover_istanbul.xml").read_bytes(), path="clover.xml", counts=True)
    assert told(report) == {"/app/src/pay.js": {1: True, 2: True, 4: False}}
    assert report.files[0].branches == {2: LineBranches(3, 4)}
    assert report.files[0].hits == {1: 2, 2: 7, 4: 0}
    assert report.tool == "Istanbul"


def test_lines_that_repeat(read: Read, told: Told) -> None:
    lines = '<line num="1" type="stmt" count="0"/><line num="1" type="stmt" count="2"/>'
    assert told(read(a_report(lines))) == {"a.php": {1: True}}


def test_unknown_types_are_statements(read: Read, told: Told) -> None:
    report = read(a_report('<line num="1" type="odd" count="0"/><line num="0" type="stmt" count="1"/>'))
    assert told(report) == {"a.php": {1: False}}
    assert len(report.warnings) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (a_report('<line num="1" type="stmt"/>'), "a.php: '' is not an execution count"),
        (a_report('<line num="1" type="stmt" count="x"/>'), "a.php: 'x' is not an execution count"),
        (a_report('<line num="x" type="stmt" count="1"/>'), "a.php: 'x' is not a number"),
        (a_report('<line num="123456789" type="stmt" count="1"/>'), "a.php: line number 123456789"),
        (a_report("", file=""), "without a name"),
        (a_report("")[:-9], "truncated"),
    ],
)
def test_what_cannot_be_meant_is_refused(read: Read, content: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=f"clover.xml.*{message}"):
        read(content, path="clover.xml")
