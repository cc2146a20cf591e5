from __future__ import annotations

import pytest

from ci_actions.coverage_gate.formats.tally import (
    MAX_HITS,
    Extent,
    Notes,
    checked_path,
    hits_of,
    number_of,
    shown,
)
from ci_actions.kit import lines
from ci_actions.kit.errors import CannotJudge

COUNTS = [
    ("0", 0),
    ("1", 1),
    ("+7", 7),
    ("007", 7),
    ("1.0", 1),
    ("0.0", 0),
    ("1e6", 1_000_000),
    ("1e+06", 1_000_000),
    ("0.25", 1),
    (".5", 1),
    ("1e999", MAX_HITS),
    (str(2**63 - 1), MAX_HITS),
    (str(2**64), MAX_HITS),
    ("9" * 10_000, MAX_HITS),
    ("0" * 10_000 + "5", 5),
]


@pytest.mark.parametrize(("text", "count"), COUNTS)
def test_counts_as_tools_write_them(text: str, count: int) -> None:
    notes = Notes()
    assert hits_of(text, notes, "a:1") == count
    assert notes.texts() == ()


@pytest.mark.parametrize("text", ["-1", "-1.5", "-0.1", str(2**64 - 1), str(2**63), "-" + "9" * 5000])
def test_negative_counts_are_none_and_said(text: str) -> None:
    notes = Notes()
    assert hits_of(text, notes, "a:1") == 0
    assert notes.texts() == ("a negative execution count was read as 0 (a:1)",)


@pytest.mark.parametrize("text", ["", "x", "NaN", "inf", "-", "1_000", "٣", "0x1", "1 2", "1e", "1e99999"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(ValueError, match="not an execution count"):
        hits_of(text, Notes(), "a:1")


def test_numbers_are_bounded() -> None:
    assert number_of("12") == 12
    assert number_of("9" * 10_000) > lines.LAST_LINE
    with pytest.raises(ValueError, match="not a number"):
        number_of("1.5")


def test_warnings_are_counted() -> None:
    notes = Notes()
    for number in range(3):
        notes.add("odd", f"line {number}")
    notes.add("plain")
    assert notes.texts() == ("odd (3 times, first: line 0)", "plain")


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800"])
def test_paths_that_no_file_has(path: str) -> None:
    with pytest.raises(CannotJudge, match=r"x\.json holds") as raised:
        checked_path(path, "x.json")
    raised.value.message.encode()


def test_quotations_are_short_and_printable() -> None:
    assert shown("a" * 100) == repr("a" * 60 + "…")
    assert shown("a\nb") == r"'a\nb'"
    assert shown("\ud800").isascii()


def test_a_small_report_cannot_ask_for_gigabytes() -> None:
    extent = Extent("x.xml")
    for _ in range(200):
        extent.add(lines.LAST_LINE)
    with pytest.raises(CannotJudge, match=r"x\.xml speaks of more than"):
        extent.add(1)
