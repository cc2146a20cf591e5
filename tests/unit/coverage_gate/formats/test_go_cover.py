from __future__ import annotations

from collections.abc import Callable

import pytest

from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit.errors import CannotJudge

Read = Callable[..., CoverageReport]
Told = Callable[[CoverageReport], dict[str, dict[int, bool]]]

PAY = "example.org/app/pay/pay.go"


def test_blocks_stand_for_their_lines(read: Read, told: Told) -> None:
    report = read(f"mode: set\n{PAY}:3.20,5.16 2 1\n{PAY}:5.16,7.3 1 0\n{PAY}:8.2,8.12 1 1\n")
    assert told(report) == {PAY: {3: True, 4: True, 5: True, 6: False, 7: False, 8: True}}
    assert (report.format, report.tool, report.relative_to_packages, report.has_branches) == (
        "go",
        "go",
        True,
        False,
    )


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        (f"mode: set\n{PAY}:1.1,1.9 1 1\nmode: set\n{PAY}:1.1,1.9 1 1\n", {1: 1}),
        (f"mode: count\n{PAY}:1.1,1.9 1 2\nmode: count\n{PAY}:1.1,1.9 1 3\n", {1: 5}),
        (f"mode: atomic\n{PAY}:1.1,1.9 1 2\n\n{PAY}:1.1,1.9 1 0\n", {1: 2}),
        (f"mode: atomic\n{PAY}:1.1,2.9 1 2\n{PAY}:2.1,3.9 1 5\n", {1: 2, 2: 5, 3: 5}),
        (f"mode: count\n{PAY}:1.1,1.9 1 {2**70}\n", {1: 2**63 - 1}),
        (f"mode: count\r\n{PAY}:1.1,1.9 1 7\r\n", {1: 7}),
    ],
)
def test_blocks_that_repeat(read: Read, told: Told, text: str, hits: dict[int, int]) -> None:
    report = read(text, counts=True)
    assert report.files[0].hits == hits
    assert told(report) == {PAY: {number: count > 0 for number, count in hits.items()}}
    assert report.warnings == ()


def test_blocks_without_statements_are_not_measured(read: Read, told: Told) -> None:
    assert told(read(f"mode: set\n{PAY}:1.1,1.2 0 0\n")) == {PAY: {}}


def test_an_empty_profile_has_no_files(read: Read) -> None:
    assert read("mode: set\n").files == ()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("./pay.go", "./pay.go"),
        ("app//pay.go", "app/pay.go"),
        ("/abs/pay.go", "/abs/pay.go"),
        ("C:/x/pay.go", "C:/x/pay.go"),
        ("a-b.go", "a-b.go"),
        ("a b:c.go", "a b:c.go"),
    ],
)
def test_paths(read: Read, told: Told, path: str, shown: str) -> None:
    assert told(read(f"mode: set\n{path}:1.1,1.2 1 1\n")) == {shown: {1: True}}


def test_modes_that_were_mixed_are_said(read: Read) -> None:
    report = read(f"mode: set\n{PAY}:1.1,1.9 1 1\nmode: count\n{PAY}:1.1,1.9 1 1\n")
    assert report.warnings == ("profiles of the modes set and count were concatenated (line 3)",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"mode: set\n{PAY}:3.20,5.16 2", "line 2.*is cut off"),
        (f"mode: set\n{PAY}:3.20,5.16 2 x\n{PAY}:3.20,5.16 2 1\n", "line 2.*is no block"),
        (f"mode: set\n{PAY}:5.1,3.1 1 1\n", "pay.go: 5-3 is not a range"),
        (f"mode: set\n{PAY}:0.1,3.1 1 1\n", "pay.go: 0-3 is not a range"),
        (f"mode: set\n{PAY}:1.1,999999999.1 1 1\n", "pay.go: 1-999999999 is not a range"),
    ],
)
def test_what_cannot_be_meant_is_refused(read: Read, content: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=f"cover.out.*{message}"):
        read(content, path="cover.out")


def test_many_large_blocks_cost_little(read: Read) -> None:
    blocks = "".join(f"{PAY}:{first}.1,{9_000_000 + first}.1 1 1\n" for first in range(1, 2000))
    assert read(f"mode: set\n{blocks}").files[0].measured.bit_count() == 9_001_999
