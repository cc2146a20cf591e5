from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci_actions.coverage_gate.model import CoverageReport, LineBranches
from ci_actions.kit.errors import CannotJudge

Read = Callable[..., CoverageReport]
Told = Callable[[CoverageReport], dict[str, dict[int, bool]]]

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", ["lcov1.info", "lcov2.info"])
def test_reports_of_real_producers(read: Read, told: Told, name: str) -> None:
    report = read((DATA / name).read_bytes(), path=name)
    assert told(report) == {"src/pay.c": {3: True, 4: True, 6: False}}
    branches = report.files[0].branches[4]
    assert (branches.covered, branches.total) == (1, 2)
    assert report.warnings == ()


READ: list[tuple[str, dict[int, bool], int]] = [
    ("DA:5,1,checksum", {5: True}, 0),
    ("DA:5,0", {5: False}, 0),
    ("DA:5,1\r", {5: True}, 0),
    (f"DA:5,{2**64}", {5: True}, 0),
    (f"DA:5,{2**64 - 3}", {5: False}, 1),
    ("DA:5,-1", {5: False}, 1),
    ("DA:5,1.5e3", {5: True}, 0),
    ("DA:0,1", {}, 1),
    ("DA:5,0\nDA:5,2", {5: True}, 0),
    ("FN:1,f\nFNDA:3,f\nFNF:1\nFNH:1\nDA:5,1", {5: True}, 0),
    ("FN:1,4,f\nFNL:0,1,4\nFNA:0,3,f\nDA:5,1", {5: True}, 0),
    ("VER:1\nMCDC:5,2,t,1,0,'a' in 'a && b'\nDA:5,1", {5: True}, 0),
    ("DA:5,1\nLF:1\nLH:1", {5: True}, 0),
    ("DA:5,1\nLF:7\nLH:1", {5: True}, 1),
    ("DA:5,1\nLF:1\nLH:0", {5: True}, 1),
    ("XYZ:5,1\nDA:5,1", {5: True}, 1),
    ("# a comment\n\nDA:5,1", {5: True}, 0),
    ("LF:0\nLH:0", {}, 0),
]


@pytest.mark.parametrize(("records", "lines", "warnings"), READ)
def test_records(read: Read, told: Told, records: str, lines: dict[int, bool], warnings: int) -> None:
    report = read(f"TN:\nSF:a.py\n{records}\nend_of_record\n")
    assert told(report) == {"a.py": lines}
    assert len(report.warnings) == warnings


def test_branches_have_identities(read: Read) -> None:
    records = (
        "DA:5,1\nBRDA:5,0,0,1\nBRDA:5,0,1,0\nBRDA:5,e1,0,-\nBRDA:5,0,a, b && c,3\nBRDA:5,0,!x,-\nBRF:5\nBRH:2"
    )
    report = read(f"SF:a.py\n{records}\nend_of_record\n")
    arcs = frozenset(["0,0", "0,1", "e1,0", "0,a, b && c", "0,!x"])
    assert report.files[0].branches == {5: LineBranches.of_arcs(arcs, frozenset(["0,0", "0,a, b && c"]))}
    assert report.has_branches
    assert report.warnings == ()


def test_records_of_one_file_add_up(read: Read, told: Told) -> None:
    first = "TN:a\nSF:a.py\nDA:1,1\nDA:2,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nend_of_record\n"
    second = "TN:b\nSF:a.py\nDA:1,2\nDA:2,0\nBRDA:1,0,0,-\nBRDA:1,0,1,1\nend_of_record\n"
    report = read(first + second, counts=True)
    assert told(report) == {"a.py": {1: True, 2: False}}
    assert report.files[0].hits == {1: 3, 2: 0}
    assert (report.files[0].branches[1].covered, report.files[0].branches[1].total) == (2, 2)
    assert report.warnings == ()


def test_records_of_one_file_that_disagree_are_said(read: Read) -> None:
    report = read("SF:a.py\nDA:1,1\nend_of_record\nSF:a.py\nDA:9,1\nend_of_record\n")
    assert report.warnings == ("two records of one file measure different lines; both count (a.py)",)


@pytest.mark.parametrize(
    "path", ["a,b.py", "C:\\src\\a.py", "/abs/a b.py", "ä.py", "a\x0bDA:1,1.py", "a\u2028b"]
)
def test_file_names_stay_as_they_are(read: Read, told: Told, path: str) -> None:
    assert told(read(f"SF:{path}\nDA:1,0\nend_of_record\n")) == {path: {1: False}}


def test_utf_16_of_powershell(read: Read, told: Told) -> None:
    assert told(read("SF:a.py\r\nDA:1,0\r\nend_of_record\r\n".encode("utf-16"))) == {"a.py": {1: False}}


def test_a_name_that_is_no_text(read: Read, told: Told) -> None:
    report = read(b"SF:caf\xe9.py\nDA:1,0\nend_of_record\n")
    assert told(report) == {"caf\\xe9.py": {1: False}}
    assert len(report.warnings) == 1


def test_a_record_that_the_next_one_ends(read: Read, told: Told) -> None:
    report = read("SF:a.py\nDA:1,0\nSF:b.py\nDA:1,1\nend_of_record\n")
    assert told(report) == {"a.py": {1: False}, "b.py": {1: True}}
    assert report.warnings == ("a record without end_of_record was ended by the next one (line 3)",)


REFUSED = [
    ("no end_of_record", "SF:a.py\nDA:1,1\n", "truncated: the record of a.py"),
    ("cut in a record", "SF:a.py\nDA:1,1\nDA:2,", "not an execution count"),
    ("cut in the end", "SF:a.py\nDA:1,1\nend_of_rec", "no record of LCOV"),
    ("count garbage", "SF:a.py\nDA:1,x\nend_of_record\n", "line 2: 'x' is not an execution count"),
    ("count missing", "SF:a.py\nDA:1\nend_of_record\n", "line 2: '' is not an execution count"),
    ("line garbage", "SF:a.py\nDA:x,1\nend_of_record\n", "line 2: 'x' is not a number"),
    ("line absurd", "SF:a.py\nDA:99999999999,1\nend_of_record\n", "a.py: line number"),
    ("branch garbage", "SF:a.py\nBRDA:1,1\nend_of_record\n", "line 2: BRDA:1,1 is not"),
    ("branch count garbage", "SF:a.py\nBRDA:1,0,0,x\nend_of_record\n", "'x' is not an execution count"),
    ("total garbage", "SF:a.py\nLF:x\nend_of_record\n", "'x' is not a number"),
    ("no name", "SF:\nDA:1,1\nend_of_record\n", "without a name"),
    ("outside of a record", "TN:\nDA:1,1\n", "DA stands outside of every record"),
    ("end outside of a record", "TN:\nend_of_record\n", "end_of_record stands outside"),
    ("text", "SF:a.py\nhello\nend_of_record\n", "line 2: 'hello' is no record"),
    ("utf-16 cut off", "SF:a.py\n".encode("utf-16")[:-1], "UTF-16"),
]


@pytest.mark.parametrize(
    ("content", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_meant_is_refused(read: Read, content: str | bytes, message: str) -> None:
    with pytest.raises(CannotJudge, match=f"x.info.*{message}"):
        read(content, path="x.info")


FORGED_NAMES = [
    "evil\nDA:1,1\nend_of_record\n.py",
    "evil\nSF:src/pay.py\nDA:1,1\nend_of_record\n.py",
    "evil\nend_of_record\nSF:src/pay.py\nDA:1,1\nend_of_record\nevil.py",
    "evil\nend_of_record\nSF:src/pay.py\nDA:1,1\nend_of_record\n#.py",
    "evil\nend_of_record\nSF:src/pay.py\nDA:1,1\nend_of_record\nTN:.py",
    "evil\nSF:src/pay.py\nDA:1,1",
]


@pytest.mark.parametrize("name", FORGED_NAMES)
def test_a_file_name_with_a_line_feed_does_not_make_green(read: Read, name: str) -> None:
    honest = "SF:src/pay.py\nDA:1,0\nend_of_record\n"
    with pytest.raises(CannotJudge):
        read(f"{honest}SF:{name}\nDA:1,0\nDA:2,0\nend_of_record\n")
