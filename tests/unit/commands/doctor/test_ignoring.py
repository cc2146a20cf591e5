"""Comments that accept findings."""

from __future__ import annotations

import pytest
from tests.unit.commands.doctor.repositories import WORKFLOW, judged

from ci_actions.commands.doctor.model import Judged, Level


def workflow(lines: str) -> Judged:
    text = (
        "name: ci\non: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    timeout-minutes: 5\n    steps:\n"
        f"{lines}"
    )
    return judged({WORKFLOW: text})


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("      - uses: o/r@v1 # ci-actions: ignore[unpinned] ours", id="behind"),
        pytest.param("      # ci-actions: ignore[unpinned] ours\n      - uses: o/r@v1", id="above"),
        pytest.param(
            "      # ci-actions: ignore[unpinned] ours\n      # and more\n      - uses: o/r@v1",
            id="above other comments",
        ),
        pytest.param("      - uses: o/r@v1 # v1.2 # ci-actions:ignore[unpinned] ours", id="after other words"),
        pytest.param(
            "      - run: |\n          # ci-actions: ignore[no-pipefail] shown only\n          pytest | tee x",
            id="in a script",
        ),
    ],
)  # fmt: skip
def test_a_comment_accepts_with_its_reason(lines: str) -> None:
    answer = workflow(lines)
    assert answer.found == []
    [accepted] = answer.suppressed
    assert accepted.reason in ("ours", "shown only")


@pytest.mark.parametrize(
    ("comment", "said", "level", "left"),
    [
        ("# ci-actions: ignore[unpinned]", "gives no reason", Level.PROBLEM, True),
        ("# ci-actions: ignore ours", "names no rule", Level.PROBLEM, True),
        ("# ci-actions: ignore[] ours", "names no rule", Level.PROBLEM, True),
        (
            "# ci-actions: ignore[unpined] ours",
            "no rule 'unpined' (did you mean 'unpinned'?)",
            Level.PROBLEM,
            True,
        ),
        ("# ci-actions: ignore[unpinned, no-shell] ours", "'no-shell' finds nothing", Level.REMARK, False),
    ],
)
def test_a_comment_that_is_not_as_it_must_be_is_a_finding(
    comment: str, said: str, level: Level, left: bool
) -> None:
    answer = workflow(f"      - uses: o/r@v1 {comment}")
    [complaint] = [each for each in answer.found if each.rule == "suppression"]
    assert said in complaint.message
    assert (complaint.level, complaint.place) == (level, (9, 22))
    assert any(each.rule == "unpinned" for each in answer.found) is left


def test_a_comment_is_about_its_line_only() -> None:
    answer = workflow("      - uses: o/r@v1 # ci-actions: ignore[unpinned] ours\n      - uses: o/s@v1")
    assert [(each.rule, each.place.line) for each in answer.found] == [("unpinned", 10)]
