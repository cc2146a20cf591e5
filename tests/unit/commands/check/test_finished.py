from __future__ import annotations

import pytest
from tests.unit.commands.check.ended import finished

from ci_actions.commands.check.finished import Round, measured_elsewhere, without_report
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Result


def test_results_are_read_as_results() -> None:
    assert finished("one", 1).result is Result.FAILED
    assert finished("one", 1).code == 1


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({}, ("", "", "")),
        ({"findings-new": "3", "findings-all": "15", "files-checked": "7"}, ("3", "12", "7")),
        ({"findings-new": "n/a", "findings-all": "15"}, ("n/a", "", "")),
        ({"findings-new": "3"}, ("3", "", "")),
        ({"findings-new": "3", "findings-all": "2"}, ("3", "0", "")),
    ],
)
def test_counts(outputs: dict[str, str], expected: tuple[str, str, str]) -> None:
    each = finished("one", 1, outputs=outputs)
    assert (each.new, each.old, each.files) == expected


def test_the_plan_hash_is_found_in_either_place() -> None:
    assert finished("one", 0).plan_hash == ""
    assert finished("one", 0, details={"plan-hash": "abc"}).plan_hash == "abc"
    assert finished("one", 0, outputs={"plan-hash": "def"}, details={"plan-hash": "abc"}).plan_hash == "def"


@pytest.mark.parametrize(
    ("code", "patch", "expected"),
    [(1, "a.patch", True), (1, "", False), (0, "a.patch", False), (3, "x", False)],
)
def test_what_a_gate_can_mend(code: int, patch: str, expected: bool) -> None:
    assert finished("one", code, outputs={"patch-file": patch}).mendable is expected


def test_a_round_is_as_bad_as_its_worst_gate() -> None:
    found = Round(finished=(finished("a", 0), finished("b", 1), finished("c", 3)))
    assert found.code is Exit.CANNOT_JUDGE
    assert [each.name for each in found.red] == ["b", "c"]


def test_what_is_reported_in_the_name_of_a_gate() -> None:
    assert without_report("x", "it was killed")["exit-code"] == 70
    refused = measured_elsewhere("x", ["d", "b", "a", "c"])
    assert refused["exit-code"] == 3
    assert "(a, b, c and 1 more)" in refused["headline"]
