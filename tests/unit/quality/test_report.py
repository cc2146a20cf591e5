from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.quality.outcomes import facts, finding, run

from ci_actions.findings.model import Severity
from ci_actions.kit import emit
from ci_actions.kit.report import Level, Report, Result
from ci_actions.quality import report as reporting
from ci_actions.quality.config import Config
from ci_actions.quality.decide import decide
from ci_actions.quality.model import Answer, State, Suppression


def of(*runs: Any, config: Config | None = None, **more: Any) -> Report:
    config = config or Config()
    return reporting.report(config, decide(config, facts(*runs, **more)))


SOURCE = run(tool="source", version="3.13.1")


@pytest.mark.parametrize(
    ("made", "result", "headline"),
    [
        (of(SOURCE, run()), Result.PASSED, "quality: no findings of 1 tool in 2 files"),
        (of(SOURCE, run(finding(), finding(line=2))), Result.FAILED, "quality: 2 findings (ruff-check 2)"),
        (
            of(
                SOURCE, run(finding()), config=Config(scope="new"), base_runs=(SOURCE, run()), base_how="main"
            ),
            Result.FAILED,
            "quality: 1 new finding (ruff-check 1)",
        ),
        (
            of(
                SOURCE,
                run(finding()),
                config=Config(scope="new"),
                base_runs=(SOURCE, run(finding())),
                base_how="main",
            ),
            Result.PASSED,
            "quality: no new findings of 1 tool in 2 files, 1 old one",
        ),
        (
            of(SOURCE, run(state=State.FAILED, problems=("mypy stopped. Look at it.",))),
            Result.ERROR,
            "quality: no verdict. mypy stopped.",
        ),
        (
            of(SOURCE, run(state=State.NOT_APPLICABLE, answer=Answer())),
            Result.SKIPPED,
            "quality: nothing to judge (ruff-check: [tool.ruff] in pyproject.toml)",
        ),
    ],
)
def test_the_headline(made: Report, result: Result, headline: str) -> None:
    assert (made.result, made.headline) == (result, headline)


def test_only_our_own_parse_is_no_answer_of_a_tool() -> None:
    assert of(SOURCE).result is Result.SKIPPED
    assert of(run(finding(), tool="source")).result is Result.FAILED


def test_no_verdict_beats_findings() -> None:
    made = of(run(finding()), run(tool="mypy", state=State.FAILED, problems=("mypy stopped. Do this.",)))
    assert (made.result, made.next_step) == (Result.ERROR, "Do this.")


def test_what_turns_it_green() -> None:
    mendable = finding(fix="Remove it")
    made = of(run(mendable, finding(line=2)), patch="diff")
    assert made.next_step == "ci-actions quality --fix mends what tools can mend; 1 finding needs a hand"
    assert of(run(mendable), patch="diff").next_step == "ci-actions quality --fix mends what tools can mend"
    assert of(run(finding())).next_step == "mend a.py:1: `os` imported but unused"


def test_annotations_are_severe_ones_first_and_spread_over_files() -> None:
    found = [finding("a.py", line) for line in range(1, 30)] + [finding("b.py", 1), finding("c.py", 7)]
    found.append(finding("z.py", 1, severity=Severity.CRITICAL))
    made = of(run(*found))
    assert [(each.file, each.line) for each in made.annotations[:4]] == [
        ("z.py", 1),
        ("a.py", 1),
        ("b.py", 1),
        ("c.py", 7),
    ]


def test_what_is_said_of_the_run_is_not_lost_behind_its_findings() -> None:
    found = [finding("a.py", line) for line in range(1, 60)]
    made = of(run(*found), warnings=("The base cannot be run.",))
    assert "warning: The base cannot be run." in next(
        line for line in emit._for_people(made.annotations) if "base" in line
    )


def test_an_annotation_stands_where_the_tool_pointed() -> None:
    exact, whole = of(run(finding("a.py", 3), finding("b.py", 0))).annotations[:2]
    assert (exact.line, exact.end_line, exact.column) == (3, 3, 8)
    assert (whole.line, whole.end_line, whole.column) == (0, 0, 0)


def test_a_red_run_has_an_error_whatever_its_tools_call_a_finding() -> None:
    made = of(run(finding(severity=Severity.LOW)))
    assert [each.level for each in made.annotations] == [Level.ERROR, Level.NOTICE]
    assert made.annotations[0].message == "1 finding (ruff-check 1)."


def test_outputs() -> None:
    outputs = of(SOURCE, run(finding())).outputs
    assert {
        name: outputs[name] for name in ("findings-new", "findings-all", "files-checked", "plan-hash")
    } == {
        "findings-new": "n/a",
        "findings-all": "1",
        "files-checked": "2",
        "plan-hash": "0123456789ab",
    }
    (_, ruff) = json.loads(outputs["tools-json"])
    assert (ruff["name"], ruff["state"], ruff["findings"], ruff["files"]) == ("ruff-check", "findings", 1, 2)


def test_the_preface_says_what_the_change_loosens_and_silences() -> None:
    silenced = (Suppression(path="a.py", line=3, kind="noqa"),)
    made = of(loosened=("ignore gains 'F401'",), suppressions=silenced)
    assert made.preface == (
        "This change itself loosens what is asked of it: ignore gains 'F401'.",
        "The change adds 1 comment that silences a tool: a.py:3 (noqa).",
    )
    # Once is enough.
    assert len(of(suppressions=silenced, config=Config(new_suppressions="fail")).preface) == 0


def test_products() -> None:
    made = of(run(finding()), patch="diff", config=Config(html=True, sarif="out.sarif"))
    by_name = {each.output: each for each in made.products}
    assert set(by_name) == {"patch-file", "sarif-file", "html", "comment-payload"}
    assert by_name["patch-file"].render() == "diff"
    assert by_name["sarif-file"].path == "out.sarif"
    assert json.loads(by_name["sarif-file"].render())["runs"][0]["tool"]["driver"]["name"] == "ruff-check"
    assert "<html" in by_name["html"].render()


def test_a_tool_without_an_answer_uploads_nothing() -> None:
    failed = run(state=State.FAILED, problems=("x.",))
    assert [each.output for each in of(failed).products] == ["comment-payload"]
    (product, _) = of(failed, run(tool="mypy")).products
    assert [each["tool"]["driver"]["name"] for each in json.loads(product.render())["runs"]] == ["mypy"]


def test_the_payload_for_a_comment_has_limits_and_holds_no_message() -> None:
    many = [finding(f"{number}.py", rule="F401\n" * 40) for number in range(reporting.COMMENT_ROWS + 20)]
    made = of(run(*many, finding("", 0, tool="ruff-check")), base_runs=(run(),), config=Config(scope="new"))
    payload = json.loads(next(each.render() for each in made.products if each.output == "comment-payload"))
    assert payload["totals"] == {"findings": 121, "old": 0, "complaints": 0, "files": 2}
    assert len(payload["findings"]) == reporting.COMMENT_ROWS
    assert (payload["scope"], payload["result"], payload["id"]) == ("new", "failed", "default")
    assert max(len(each["rule"]) for each in payload["findings"]) == 100
    assert "imported but unused" not in json.dumps(payload)
    assert "\\n" not in json.dumps(payload)


def test_a_dry_run_says_so_in_the_payload_too() -> None:
    made = of(run(finding()), config=Config(dry_run=True, comment_id="api"))
    payload = json.loads(next(each.render() for each in made.products if each.output == "comment-payload"))
    assert (payload["result"], payload["id"]) == ("would-fail", "api")


def test_gaps_are_listed() -> None:
    made = of(run(gaps=("c.py",), eligible=3))
    assert "`ruff-check` read 2 of 3 files of git, not `c.py`" in "\n".join(made.summary)
    assert "2 of 3" in "\n".join(made.log)


HOSTILE = "a\n::error::b|`<img src=x>@everyone`.py"


def test_names_are_data() -> None:
    bad = finding(
        HOSTILE, message="<script>alert(1)</script> ##[error] | `x`", url="https://x/)](y)", rule="X<Y>"
    )
    made = of(run(bad, gaps=(HOSTILE,), eligible=9), suppressions=(Suppression(path=HOSTILE, line=1, kind="noqa"),),
              touched=(HOSTILE,), fixed=(HOSTILE,))  # fmt: skip
    summary = emit.summary(made)
    assert "<script>" not in summary
    assert "<img" not in summary.replace("&lt;img", "")
    assert not any(line.lstrip().startswith("::error::b") for line in summary.splitlines())
    for line in emit._lines(made, emit.Targets(github=True)):
        assert "\n" not in line


def test_ten_thousand_findings_stay_below_the_limits() -> None:
    made = of(run(*(finding(f"src/m{number}.py", number) for number in range(20_000))))
    assert len(emit.summary(made).encode()) < emit.SUMMARY_BYTES
    details = made.details
    assert len(details["findings"]) == reporting.JSON_ROWS  # type: ignore[arg-type]
    assert details["findings-left-out"] == 10_000


def test_a_cached_answer_says_so() -> None:
    text = "\n".join(of(run(cached=True)).log)
    assert "cached" in text
    assert "1.3" not in text
    assert "1.3" in "\n".join(of(run()).log)


def test_the_page_escapes_and_shows_everything() -> None:
    from ci_actions.quality.page import render

    bad = finding(HOSTILE, message="<script>alert(1)</script>", url="javascript:alert(1)", fix="Remove <it>")
    config = Config(scope="new")
    outcome = decide(
        config,
        facts(
            run(bad, finding()),
            run(tool="mypy", state=State.FAILED, problems=("mypy stopped.",)),
            base_runs=(run(finding()), run(tool="mypy")),
            base_how="main",
            patch="--- a\n+<b>\n",
            suppressions=(Suppression(path=HOSTILE, line=1, kind="noqa"),),
        ),
    )
    page = render(outcome, headline="h", verdict="failed", next_step="n")
    assert "<script>" not in page
    assert "javascript:" not in page
    assert "+&lt;b&gt;" in page
    for text in ("1 old findings", "mypy stopped.", "0123456789ab", "Remove &lt;it&gt;", "New findings"):
        assert text in page, text


def test_a_dry_run_would_fail() -> None:
    from ci_actions.kit.run import would_fail

    made = would_fail(of(run(finding()), config=Config(dry_run=True)))
    assert (made.result, int(made.exit_code)) == (Result.WOULD_FAIL, 0)
    assert replace(made, result=Result.FAILED).result is Result.FAILED
