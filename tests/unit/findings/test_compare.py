from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings import compare
from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.kit.diff import Change, ChangedFile


def finding(fingerprint: str, line: int = 1, former: str = "", path: str = "a.py") -> Finding:
    return Finding(
        tool="t",
        rule="r",
        kind=Kind.CODE,
        severity=Severity.LOW,
        message="m",
        path=path,
        region=Region(line) if line else None,
        fingerprint=fingerprint,
        former=former,
    )


def test_it_is_a_difference_of_multisets() -> None:
    head = [finding("x", 1), finding("x", 2), finding("y", 3), finding("x", 4)]
    assert compare.new(head, ["x", "z", "x"]) == [head[2], head[3]]


def test_what_was_there_under_the_old_name_is_old() -> None:
    moved, copied = finding("new", former="old"), finding("new2", former="old")
    assert compare.new([moved, copied], ["old"]) == [copied]


def test_a_finding_without_a_fingerprint_is_new() -> None:
    only = finding("")
    assert compare.new([only], ["", ""]) == [only]


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_new_and_old_add_up(head: list[str], base: list[str]) -> None:
    found = [finding(mark) for mark in head]
    new = compare.new(found, base)
    assert all(any(each is other for other in found) for each in new)
    for mark in "abcd":
        expected = max(head.count(mark) - base.count(mark), 0)
        assert sum(each.fingerprint == mark for each in new) == expected


def test_renames_of_a_change() -> None:
    change = Change(
        files=(
            ChangedFile(path="b.py", old_path="a.py", status="R"),
            ChangedFile(path="d.py", old_path="c.py", status="C"),
            ChangedFile(path="e.py", old_path=None, status="A"),
            ChangedFile(path="f.py", old_path="f.py", status="M"),
        )
    )
    assert compare.renames(change) == {"b.py": "a.py"}
