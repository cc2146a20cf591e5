from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci_actions.coverage_gate.model import CoverageReport, LineBranches
from ci_actions.kit.errors import CannotJudge

Read = Callable[..., CoverageReport]
Told = Callable[[CoverageReport], dict[str, dict[int, bool]]]

DATA = Path(__file__).parent / "data"
DOCTYPE = '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">'


def a_package(lines: str, *, name: str = "com/x", file: str = "Pay.java") -> str:
    return f'<package name="{name}"><sourcefile name="{file}">{lines}</sourcefile></package>'


def a_report(inside: str) -> str:
    return f'{DOCTYPE}<report name="x">{inside}</report>'


def test_a_report_of_jacoco(read: Read, told: Told) -> None:
    report = read((DATA / "jacoco.xml").read_bytes(), path="jacoco.xml")
    assert told(report) == {
        "com/x/Pay.java": {3: True, 5: True, 6: False},
        "com/x/util/Sums.java": {9: True},
    }
    assert report.files[0].branches == {5: LineBranches(1, 2)}
    assert report.timestamp == 1700000002.0
    assert report.relative_to_packages
    assert report.has_branches
    assert report.warnings == ()


def test_one_file_in_several_groups_is_one_file(read: Read, told: Told) -> None:
    first = a_package('<line nr="3" mi="1" ci="0" mb="1" cb="1"/><line nr="4" mi="0" ci="2"/>')
    second = a_package('<line nr="3" mi="0" ci="1" mb="0" cb="2"/><line nr="5" mi="1" ci="0"/>')
    counter = '<counter type="LINE" missed="2" covered="2"/>'
    report = read(
        a_report(
            f'<group name="a"><group name="b">{first}</group></group><group name="c">{second}</group>{counter}'
        )
    )
    assert told(report) == {"com/x/Pay.java": {3: True, 4: True, 5: False}}
    assert report.files[0].branches == {3: LineBranches(2, 2)}
    assert report.warnings == ()


def test_a_file_without_package(read: Read, told: Told) -> None:
    assert told(read(a_report(a_package('<line nr="1" mi="0" ci="1"/>', name="")))) == {"Pay.java": {1: True}}


def test_the_header_is_compared(read: Read) -> None:
    report = read(
        a_report(a_package('<line nr="1" mi="0" ci="1"/>') + '<counter type="LINE" missed="4" covered="1"/>')
    )
    assert report.warnings == ("its header says 5 measured lines, its lines add up to 1; the lines decide",)


def test_classes_without_lines_are_said(read: Read) -> None:
    report = read(a_report('<package name="x"><class name="x/A"/><sourcefile name="A.java"/></package>'))
    assert report.warnings == ("it holds classes but no lines: they were compiled without debug information",)


def test_lines_without_a_number_are_ignored_and_said(read: Read, told: Told) -> None:
    report = read(a_report(a_package('<line nr="0" mi="0" ci="1"/><line mi="0" ci="1"/>')))
    assert told(report) == {"com/x/Pay.java": {}}
    assert len(report.warnings) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (a_report(a_package('<line nr="3"/>')), "Pay.java has no 'ci'"),
        (a_report(a_package('<line nr="3" ci="x"/>')), "Pay.java: 'x' is not an execution count"),
        (a_report(a_package('<line nr="x" ci="1"/>')), "Pay.java: 'x' is not a number"),
        (a_report(a_package('<line nr="3" ci="1" mb="-1"/>')), "'-1' is not a number of branches"),
        (a_report(a_package('<line nr="3" ci="1" cb="99999999999999999999"/>')), "not a number of branches"),
        (a_report(a_package('<line nr="123456789" ci="1"/>')), "Pay.java: line number 123456789"),
        (a_report(a_package("", file="")), "without a name"),
        (a_report(a_package(""))[:-9], "truncated"),
        ('<!DOCTYPE report [<!ENTITY a "b">]><report name="x"/>', "entities"),
    ],
)
def test_what_cannot_be_meant_is_refused(read: Read, content: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=f"jacoco.xml.*{message}"):
        read(content, path="jacoco.xml")
