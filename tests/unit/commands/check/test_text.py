from __future__ import annotations

import pytest
from tests.unit.commands.check.ended import finished

from ci_actions.commands.check.finished import Finished, Round
from ci_actions.commands.check.terminal import cells
from ci_actions.commands.check.text import Paper, closing, table, verdict
from ci_actions.kit.emit import FINDINGS

COUNTS = {"findings-new": "3", "findings-all": "15", "files-checked": "214"}


def lines(
    *gates: Finished, again: tuple[str, ...] = (), paper: Paper | None = None, **more: tuple[str, ...]
) -> list[str]:
    return list(closing(Round(finished=gates, **more), again, "p.html", paper or Paper()))


def test_the_table() -> None:
    gates = (finished("quality", 1, outputs=COUNTS), finished("coverage-gate", 0))
    assert list(table(Round(finished=gates, stopped=("slow",)), Paper())) == [
        "   gate           state    new  old  files  seconds",
        "❌ quality        failed     3   12    214      1.5",
        "✅ coverage-gate  passed     –    –      –      1.5",
        "·  slow           stopped    –    –      –        –",
    ]


def test_columns_that_nobody_fills_are_left_out() -> None:
    assert next(table(Round(finished=(finished("one", 0),)), Paper())) == "   gate  state   seconds"


@pytest.mark.parametrize("width", [20, 40, 50, 80])
def test_the_table_is_never_wider_than_the_paper(width: int) -> None:
    gates = (finished("docker-buildx-multiarch", 1, outputs=COUNTS), finished("quality", 0, outputs=COUNTS))
    for line in list(table(Round(finished=gates), Paper(width=width)))[1:]:
        assert cells(line) <= width


def test_what_gives_way_first_are_files() -> None:
    gates = (finished("coverage-gate", 1, outputs=COUNTS),)
    assert next(table(Round(finished=gates), Paper(width=46))).split() == [
        "gate",
        "state",
        "new",
        "old",
        "seconds",
    ]
    assert next(table(Round(finished=gates), Paper(width=36))).split() == ["gate", "state", "seconds"]


def test_a_state_is_coloured_and_a_gate_of_the_same_name_is_not() -> None:
    shown = list(table(Round(finished=(finished("failed", 1),)), Paper(colour=True)))[1]
    assert shown == "❌ failed  \x1b[31mfailed\x1b[0m      1.5"


def test_failures_are_shown_in_full_and_harmless() -> None:
    found = lines(finished("one", 1), finished("two", 0, headline="fine"))
    at = next(i for i, line in enumerate(found) if line.startswith("── one ─"))
    assert found[at + 1 : at + 3] == ["said", "\u200b::error::x"]
    assert not any(line.startswith("── two") for line in found)
    assert "✅ fine" in found
    assert "1 of 2 gates red, exit code 1; the page: p.html" in found


def test_inside_actions_a_gates_commands_are_said_in_words() -> None:
    remark = {"level": "error", "message": "bad\n::error::y", "file": "a.py", "line": 3}
    gate = finished("one", 1, "progress\n::error file=a.py::bad", annotations=[remark] * (FINDINGS + 37))
    found = lines(gate, paper=Paper(github=True))
    assert found.count("a.py:3: error: bad ::error::y") == FINDINGS
    assert "and 37 more; the JSON report has all of them" in found
    assert not any(line.lstrip().startswith("::") for line in found)
    assert "progress" in found


def test_a_gate_that_said_nothing_has_its_headline() -> None:
    found = lines(finished("one", 3, "", headline="no verdict", **{"next-step": "do this"}))
    assert found[found.index("no verdict") + 1] == "   Next: do this"


@pytest.mark.parametrize(
    ("gates", "again", "last"),
    [
        ((("a", 1, ""),), (), "again: ci-actions check a"),
        (
            (("a", 1, ""), ("b", 0, ""), ("c", 3, "")),
            ("--changed", "x y"),
            "again: ci-actions check a c --changed 'x y'",
        ),
        ((("a", 1, "x.patch"), ("b", 1, "")), (), "mend: ci-actions check a --fix"),
        ((("a", 1, "x.patch"),), ("--staged", "sub"), "mend: ci-actions check a --fix sub"),
        ((("a", 0, ""),), (), "every gate passed; the page: p.html"),
    ],
)
def test_the_command_to_run_next_comes_last(
    gates: tuple[tuple[str, int, str], ...], again: tuple[str, ...], last: str
) -> None:
    made = [finished(name, code, outputs={"patch-file": patch}) for name, code, patch in gates]
    assert lines(*made, again=again)[-1] == last


def test_plan_hashes_can_be_compared_in_one_look() -> None:
    found = lines(finished("one", 0, outputs={"plan-hash": "0123456789abcdef"}))
    assert "plan 0123456789ab one: the same in CI is the same verdict" in found


def test_the_pages_of_gates_and_notes_are_named() -> None:
    found = lines(finished("one", 0, outputs={"html": "/x/one.html"}), notes=("mended: a.py",))
    assert "one: /x/one.html" in found
    assert "note: mended: a.py" in found


def test_nobody_passes_where_gates_were_stopped() -> None:
    assert verdict(Round(finished=(finished("a", 0),))) == "every gate passed"
    assert "passed" not in verdict(Round(finished=(finished("a", 0),), stopped=("b",)))
