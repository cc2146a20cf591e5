"""What people read. Whole outputs are in tests/golden; here is each rule on its own."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.config import OUTPUTS, Config
from ci_actions.coverage_gate.model import (
    ChangedCoverage,
    FileCoverage,
    FileLines,
    GateResult,
    Outcome,
    Read,
    Tally,
    Unmeasured,
    Verdict,
)
from ci_actions.coverage_gate.report import (
    COMMENT_RANGES,
    COMMENT_ROWS,
    comment_payload,
    gate_message,
    minimum,
    places,
    report,
)
from ci_actions.kit.errors import Exit
from ci_actions.kit.lines import from_numbers
from ci_actions.kit.report import Level, Result


def gate(**more: Any) -> GateResult:
    values: dict[str, Any] = {
        "name": "overall",
        "scope": "overall",
        "metric": "lines",
        "verdict": Verdict.NOT_MET,
        "minimum": Decimal(80),
        "tally": Tally(79, 100),
    }
    return GateResult(**(values | more))


def outcome(*gates: GateResult, **more: Any) -> Outcome:
    values: dict[str, Any] = {
        "metric": "lines", "gates": gates, "overall": Tally(79, 100), "lines": Tally(79, 100),
        "branches": Tally(0, 0), "critical": None, "new_code": None, "files": (), "changed": (), "unmeasured": (), "reads": (),
    }  # fmt: skip
    return Outcome(**(values | more))


def changed(path: str, missed: int = 0, partial: int = 0, status: str = "M") -> ChangedCoverage:
    return ChangedCoverage(
        path=path,
        status=status,
        measured=missed | partial | 2,
        missed=missed,
        partial=partial,
        tally=Tally(1, 2),
    )


# --- messages ----------------------------------------------------------------------------------


def place(path: str, *numbers: int) -> FileLines:
    return FileLines(path, from_numbers(numbers))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            gate(
                name="new-code",
                scope="new-code",
                minimum=Decimal(85),
                tally=Tally(10, 14),
                remedy=(place("src/pay/refund.py", 88, 91),),
            ),
            (
                "New-code coverage 71.42% (10 of 14 changed lines) is below 85.00%. "
                "2 more lines are needed: src/pay/refund.py:88, 91."
            ),
        ),
        (
            gate(remedy=(place("a.py", 7),)),
            "Overall coverage 79.00% (79 of 100 lines) is below 80.00%. 1 more line is needed: a.py:7.",
        ),
        (gate(name="critical"), "Critical-path coverage 79.00% (79 of 100 lines) is below 80.00%."),
        (
            gate(name="mine", metric="combined"),
            "Gate 'mine': coverage 79.00% (79 of 100 lines and branches) is below 80.00%.",
        ),
        (
            gate(name="mine", metric="branches"),
            "Gate 'mine': coverage 79.00% (79 of 100 branches) is below 80.00%.",
        ),
        (
            gate(name="mine", metric="branches", scope="new-code"),
            "Gate 'mine': coverage 79.00% (79 of 100 changed branches) is below 80.00%.",
        ),
        (
            gate(name="ratchet", delta="-0.50", reason="against b.json"),
            "Gate 'ratchet': coverage 79.00% (79 of 100 lines) is below 80.00% (-0.50 points against b.json).",
        ),
        (
            gate(
                name="each",
                scope="per-file",
                offenders=tuple((f"{n}.py", Tally(1, 3)) for n in range(7)),
                remedy=(place("0.py", 2),),
            ),
            (
                "Gate 'each': 7 files are below 80.00%: 0.py 33.33%, 1.py 33.33%, 2.py 33.33%, 3.py 33.33%, 4.py 33.33% "
                "and 2 more. "
                "1 more line is needed: 0.py:2."
            ),
        ),
        (
            gate(name="each", offenders=(("a.py", Tally(0, 1)),)),
            "Gate 'each': 1 file is below 80.00%: a.py 0.00%.",
        ),
    ],
)
def test_what_a_gate_says(result: GateResult, said: str) -> None:
    assert gate_message(result) == said


@pytest.mark.parametrize(
    ("value", "shown"),
    [("80", "80.00"), ("92.5", "92.50"), ("84.996", "84.996"), ("1E+2", "100.00"), ("0", "0.00"), ("85.10", "85.10")]
)  # fmt: skip
def test_a_minimum_is_shown_as_it_was_asked_for(value: str, shown: str) -> None:
    assert minimum(Decimal(value)) == shown


@given(st.decimals(0, 100, places=5))
def test_a_minimum_is_never_rounded(value: Decimal) -> None:
    assert Decimal(minimum(value)) == value


def test_places() -> None:
    found = [place(f"{n}.py", 1, 2, 4) for n in range(7)]
    assert places(found[:2]) == "0.py:1-2, 4; 1.py:1-2, 4"
    assert places(found).endswith("; 4.py:1-2, 4; and 2 more files")


# --- how it ends -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gates", "problems", "expected"),
    [
        ((gate(verdict=Verdict.MET),), (), (Result.PASSED, Exit.PASSED)),
        ((gate(verdict=Verdict.NOT_APPLICABLE),), (), (Result.SKIPPED, Exit.PASSED)),
        ((gate(verdict=Verdict.NOT_ENFORCED),), (), (Result.PASSED, Exit.PASSED)),
        ((gate(verdict=Verdict.MET), gate()), (), (Result.FAILED, Exit.NOT_MET)),
        ((gate(verdict=Verdict.MET),), ("no",), (Result.ERROR, Exit.CANNOT_JUDGE)),
        ((gate(),), ("no",), (Result.ERROR, Exit.CANNOT_JUDGE)),
    ],
)
def test_results(
    gates: tuple[GateResult, ...], problems: tuple[str, ...], expected: tuple[Result, Exit]
) -> None:
    made = report(Config(), outcome(*gates, problems=problems))
    assert (made.result, made.exit_code) == expected


def test_every_cause_is_said_although_one_decides() -> None:
    made = report(Config(), outcome(gate(), gate(name="critical"), problems=("First. Do this.", "Second.")))
    errors = [each.message for each in made.annotations if each.level is Level.ERROR]
    assert errors[:2] == ["First. Do this.", "Second."]
    assert [text.split(" coverage")[0] for text in errors[2:]] == ["Overall", "Critical-path"]
    assert made.headline == "coverage-gate: no verdict. First. (and 1 more reason)"
    assert made.next_step == "Do this."


@pytest.mark.parametrize(
    ("gates", "headline"),
    [
        ((gate(verdict=Verdict.MET),), "overall 79.00 % (needs 80.00 %)"),
        ((gate(verdict=Verdict.NOT_APPLICABLE, tally=None, reason="why"),), "nothing to judge, why"),
        ((gate(verdict=Verdict.MET), gate(name="new-code")), "new code 79.00 % (needs 80.00 %)"),
        ((gate(name="each", offenders=(("a", Tally(0, 1)),)),), "each: 1 file is below 80.00 %"),
    ],
)
def test_headlines(gates: tuple[GateResult, ...], headline: str) -> None:
    assert report(Config(), outcome(*gates)).headline == f"coverage-gate: {headline}"


def test_what_loosens_stands_above_the_verdict() -> None:
    made = report(Config(), outcome(gate(verdict=Verdict.MET), loosened=("a", "b"), cautions=("r.xml: old",)))
    assert made.preface == ("This change itself loosens what is asked of it: a; b.", "r.xml: old")


def test_a_reason_that_is_a_sentence_gets_no_second_period() -> None:
    made = report(Config(), outcome(no_change="Cannot find it. Pass base:."))
    assert any("Pass base:.\n" in f"{block}\n" and ":.." not in block for block in made.summary)


# --- annotations -------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["error", "warning", "notice", "off"])
def test_lines_of_the_change_are_annotated(level: str) -> None:
    found = outcome(changed=(changed("a.py", from_numbers([3, 4, 9]), from_numbers([6])),))
    made = report(Config(annotations=level), found)
    on_lines = [(each.level.value, each.line, each.end_line) for each in made.annotations if each.file]
    assert on_lines == ([] if level == "off" else [(level, 3, 4), (level, 9, 9), (level, 6, 6)])


# --- tables ------------------------------------------------------------------------------------


def test_missing_lines_are_linked_counted_and_followed_by_partial_ones() -> None:
    missed = from_numbers(range(10, 50, 2))
    found = outcome(changed=(changed("a b.py", missed, from_numbers([5])),), blob_url="https://x/y/blob/1")
    (block,) = [each for each in report(Config(), found).summary if "Changed files" in each]
    assert "[10](<https://x/y/blob/1/a%20b.py#L10>)" in block
    assert ", and 8 more, partly 5 |" in block


@pytest.mark.parametrize("path", ["/app/src/a.py", "../a.py", "src/../a.py", "src//a.py"])
def test_what_is_not_in_the_repository_is_not_linked(path: str) -> None:
    found = outcome(
        files=(FileCoverage(path, 2, 2),), changed=(changed(path, 4),), blob_url="https://x/y/blob/1"
    )
    assert not any("](<" in block for block in report(Config(), found).summary)


def test_long_tables_are_cut_and_say_so() -> None:
    files = tuple(FileCoverage(f"f{n:04}.py", 6, 2) for n in range(600))
    (block,) = [
        each for each in report(Config(), outcome(files=files)).summary if "All measured files" in each
    ]
    assert block.count("| `f") == 200
    assert "… and 400 more files with fewer missing lines." in block


@pytest.mark.parametrize(
    ("age", "shown"),
    [(None, "|  |"), (30.0, "0 min"), (7100.0, "118 min"), (7300.0, "2 h"), (200_000.0, "2 days")],
)
def test_age(age: float | None, shown: str) -> None:
    reads = (Read(file="r.xml", format="lcov", tool="", files=1, lines=2, age=age),)
    (block,) = [each for each in report(Config(), outcome(reads=reads)).summary if "What was read" in each]
    assert shown in block


# --- for machines ------------------------------------------------------------------------------


def test_outputs() -> None:
    made = report(
        Config(),
        outcome(gate(), new_code=Tally(Decimal("2.5"), 4), unmeasured=(Unmeasured(path="a\nb", lines=2),)),
    )
    assert dict(made.outputs) == {
        "overall": "79.00",
        "overall-covered": "79",
        "overall-total": "100",
        "critical": "n/a",
        "critical-covered": "",
        "critical-total": "",
        "new-code": "62.50",
        "new-code-covered": "2.5",
        "new-code-total": "4",
        "metric": "lines",
        "baseline": "n/a",
        "delta": "n/a",
        "failed-gates-json": '["overall"]',
        "unmeasured-files-json": '["a\\nb"]',
    }
    assert report(Config(), outcome(everything=False)).outputs["overall"] == "n/a"


def test_every_output_is_declared() -> None:
    config = Config(html=True, badge="b.svg", cobertura_out="c.xml", baseline="file:x", history="h")
    made = report(config, outcome(new_baseline={"a": 1}, history="{}\n"))
    names = {*made.outputs, *(each.output for each in made.products)}
    assert names == set(OUTPUTS) - {"collected-file"}


def test_products_are_written_where_they_were_asked_for() -> None:
    config = Config(badge="out/b.svg", cobertura_out="c.xml", baseline="file:x.json", history="h")
    made = report(config, outcome(new_baseline={"a": 1}, history="{}\n"))
    where = {each.output: each.path for each in made.products}
    assert where == {
        "comment-payload": "", "badge-file": "out/b.svg", "badge-endpoint": "out/b.json", "cobertura-file": "c.xml",
        "baseline-file": "x.json", "history-file": "h",
    }  # fmt: skip
    texts = {each.output: each.render for each in made.products}
    assert json.loads(texts["baseline-file"]()) == {"a": 1}
    assert texts["history-file"]() == "{}\n"
    assert [each.output for each in report(Config(), outcome()).products] == ["comment-payload"]


def test_a_dry_run_says_so_in_the_payload_too() -> None:
    def result(config: Config, *gates: GateResult) -> str:
        (payload,) = report(config, outcome(*gates)).products
        return str(json.loads(payload.render())["result"])

    assert result(Config(), gate()) == "failed"
    assert result(Config(dry_run=True), gate()) == "would-fail"
    assert result(Config(dry_run=True), gate(verdict=Verdict.MET)) == "passed"


def test_the_payload_has_a_limit() -> None:
    many = tuple(changed(f"{n}.py", from_numbers(range(1, 2000, 2))) for n in range(COMMENT_ROWS + 5))
    lost = tuple(Unmeasured(path=f"{n}", lines=2) for n in range(COMMENT_ROWS + 5))
    text = comment_payload(outcome(changed=many, unmeasured=lost), Result.PASSED, "x")
    payload = json.loads(text)
    assert len(payload["changed"]) == len(payload["unmeasured"]) == COMMENT_ROWS
    assert payload["totals"] == {"changed": COMMENT_ROWS + 5, "unmeasured": COMMENT_ROWS + 5}
    assert len(payload["changed"][0]["missed"]) == COMMENT_RANGES
    # More than 1 MiB no workflow reads.
    assert len(text) < 1024 * 1024


def test_settings_of_the_report() -> None:
    made = report(Config(summary=False, report_dir="out"), outcome())
    assert (made.show_summary, made.folder) == (False, "out")
    assert replace(made, folder="") != made
