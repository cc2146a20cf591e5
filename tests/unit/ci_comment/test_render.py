"""The comment: the words of the summaries, and nothing of the change's but in code."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.golden import scans, situations
from tests.unit.ci_comment import payloads
from tests.unit.quality import outcomes

from ci_actions.ci_comment import render
from ci_actions.ci_comment.model import Marker, Payload, Run
from ci_actions.ci_comment.payload import read
from ci_actions.coverage_gate import report as coverage_gate
from ci_actions.kit import emit, markdown
from ci_actions.kit.report import Result
from ci_actions.quality import report as quality
from ci_actions.quality.config import Config as QualityConfig
from ci_actions.quality.decide import decide as quality_decide
from ci_actions.security_scan import report as security_scan

RUN = Run(
    id=17,
    number=45,
    attempt=1,
    event="pull_request",
    conclusion="failure",
    head="2" * 40,
    branch="feature/x",
    owner="eve",
    repository="eve/app",
    url="https://github.com/acme/app/actions/runs/17",
    fork=True,
)


def read_as(document: dict[str, Any]) -> Payload:
    return read(json.dumps(document).encode())


def shown(*documents: dict[str, Any], **more: Any) -> str:
    return render.comment("default", RUN, [read_as(each) for each in documents], **more)


def headlines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("### ")]


# --- the words of the summaries --------------------------------------------------------------------


def headline_of(payload: str) -> str:
    (line,) = headlines(render.comment("default", RUN, [read(payload.encode())]))
    return line.replace("`", "")


def summary_of(result: Result, headline: str) -> str:
    return f"### {emit.MARKS[result]} {headline}"


@pytest.mark.parametrize(
    "name", [name for name in situations.SITUATIONS if not name.startswith(("no-verdict", "red-per"))]
)
def test_coverage_gate_says_what_its_summary_says(name: str) -> None:
    situation = situations.SITUATIONS[name]()
    report = situation.report()
    made = headline_of(coverage_gate.comment_payload(situation.outcome(), report.result, "default"))
    if report.result is Result.ERROR:
        assert made == "### ⛔ coverage-gate: no verdict. The summary of the run says why"
    elif len(situation.outcome().gates) > 5:
        assert made.endswith("more gates")
    else:
        assert made == summary_of(report.result, report.headline.replace(" 85 %", " 85.00 %")).replace(
            "\n", " "
        )


@pytest.mark.parametrize("name", scans.SITUATIONS)
def test_security_scan_says_what_its_summary_says(name: str) -> None:
    situation = scans.SITUATIONS[name]()
    report = situation.report()
    made = headline_of(security_scan.comment_payload(situation.outcome(), report.result, "default"))
    said = summary_of(report.result, report.headline)
    if report.result is Result.ERROR:
        assert made == "### ⛔ security-scan: no verdict. The summary of the run says why"
    elif len(situation.outcome().gating) > 100:
        assert said.startswith(made), "how severe those are that are left out nobody knows"
    elif report.result is Result.SKIPPED:
        assert said.startswith(made), "the reasons are words of the change"
    else:
        assert made == said


@pytest.mark.parametrize("scope", ["all", "new"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_quality_says_what_its_summary_says(count: int, scope: str) -> None:
    found = [outcomes.finding(f"{number}.py") for number in range(count)]
    runs = (outcomes.run(*found), outcomes.run(outcomes.finding("old.py", tool="mypy"), tool="mypy"))
    config = QualityConfig(scope=scope)
    outcome = quality_decide(config, outcomes.facts(*runs, base_runs=runs[1:], base="b" * 40))
    report = quality.report(config, outcome)
    assert headline_of(quality.comment_payload(outcome, report.result, "default")) == summary_of(
        report.result, report.headline
    )


def test_marks_are_those_of_the_summaries() -> None:
    for result in ("passed", "failed", "error", "skipped", "would-fail"):
        assert render._MARKS[result] == emit.MARKS[Result(result)]
    assert set(render._TOOLS.values()) == set(quality._MARKS.values())
    assert set(render._SCANS.values()) == set(security_scan._SIGNS.values())
    assert set(render._VERDICTS.values()) == set(coverage_gate._MARKS.values())


def test_a_whole_comment() -> None:
    text = shown(payloads.coverage(), payloads.security(), payloads.quality(result="would-fail"))
    assert headlines(text) == [
        "### ❌ coverage-gate: new code 50.00 % (needs 85.00 %)",
        "### ❌ security-scan: 1 finding to mend (1 high)",
        "### ⚠️ quality: 2 new findings (`ruff-check` 2)",
    ]
    assert "| `new-code` | new-code, combined | 50.00 % | 5/10 | 85.00 % |  | ❌ not met |" in text
    assert text.index("| `new-code` |") < text.index("| `overall` |"), "what is not met comes first"
    assert "| `src/b.py` | 6 | 3-5, 9 |" in text
    assert "`src/a.py` | 4" not in text, "nothing is missing in it"
    assert "| `src/lost.py` |" in text
    assert (
        "| high | `GHSA-1234-5678-9abc` | `jinja2 2.4` | `requirements.txt:3` | `2.4.1` | `pip-audit` |"
        in text
    )
    assert "| `bandit (api)` | ✅ clean | 0 | 0 |" in text
    assert "| `zizmor` | ➖ not applicable |  |  |" in text
    assert "2 held back, 1 duplicate." in text
    assert "| `mypy` | 0 | 4 | ✅ no new ones |" in text
    assert "| `src/a.py:7` | `ruff-check` | `F401` | high |" in text
    assert "[run 45](<https://github.com/acme/app/actions/runs/17>) of " + "2" * 40 in text
    assert "comes from a fork" in text


def test_red_gates_come_first_and_the_order_is_always_the_same() -> None:
    green = payloads.coverage(result="passed", gates=[payloads.gate(verdict="met", covered=9)])
    text = shown(payloads.quality(), green, payloads.security(result="error"))
    assert [line.split()[2] for line in headlines(text)] == ["security-scan:", "quality:", "coverage-gate:"]
    assert "sections=coverage-gate,security-scan,quality -->" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("document", "headline"),
    [
        (payloads.coverage(result="error"), "⛔ coverage-gate: no verdict. The summary of the run says why"),
        (
            payloads.coverage(
                gates=[payloads.gate("each", "not met", value=None, scope="per-file", minimum="60.5")]
            ),
            "❌ coverage-gate: `each`: files below 60.50 %",
        ),
        (
            payloads.coverage(result="skipped", gates=[payloads.gate("overall", "n/a", value=None)]),
            "⏭️ coverage-gate: nothing to judge",
        ),
        (
            payloads.security(
                totals={"findings": 0, "gating": 0, "suppressed": 0, "duplicates": 0}, gating=[]
            ),
            "❌ security-scan: not met. The summary of the run says why",
        ),
        (
            payloads.quality(
                totals={"findings": 0, "old": 0, "complaints": 2, "files": 1}, findings=[], tools=[]
            ),
            "❌ quality: 2 complaints. The summary of the run says which",
        ),
        (
            payloads.quality(
                result="skipped",
                totals={"findings": 0, "old": 0, "complaints": 0, "files": 0},
                findings=[],
                tools=[],
            ),
            "⏭️ quality: nothing to judge",
        ),
    ],
)
def test_headlines_of_what_is_no_number(document: dict[str, Any], headline: str) -> None:
    assert headlines(shown(document)) == [f"### {headline}"]


# --- a comment that changes ------------------------------------------------------------------------


def test_a_gate_that_brought_nothing_this_time_says_so() -> None:
    text = shown(payloads.quality(), before=("coverage-gate", "quality"))
    assert headlines(text)[1:] == ["### ➖ coverage-gate: no result in this run"]
    assert render.marker_in("default", text) == Marker(
        run=17, attempt=1, head="2" * 40, sections=("coverage-gate", "quality")
    )


def test_what_was_refused_is_counted_and_not_quoted() -> None:
    text = shown(payloads.quality(), refused=2, refused_url="https://github.com/acme/app/actions/runs/18")
    assert (
        "⛔ 2 results of this run were refused: [why](<https://github.com/acme/app/actions/runs/18>)." in text
    )
    assert "⛔ 1 result of this run was refused: the log" in shown(payloads.quality(), refused=1)


def test_a_run_of_the_repository_itself_in_its_second_attempt() -> None:
    run = replace(RUN, fork=False, attempt=2)
    text = render.comment("default", run, [read_as(payloads.quality())])
    assert "actions/runs/17>), attempt 2 of 2222222" in text
    assert "fork" not in text
    assert render.marker_in("default", text) == Marker(
        run=17, attempt=2, head="2" * 40, sections=("quality",)
    )


@pytest.mark.parametrize(
    ("body", "marker"),
    [
        ("", None),
        ("hello", None),
        ("hello <!-- ci-actions:comment:default run=1.1 -->", None),
        ("> <!-- ci-actions:comment:default run=1.1 -->", None),
        ("<!-- ci-actions:comment:default2 run=1.1 -->", None),
        ("<!-- ci-actions:comment:other run=1.1 -->", None),
        ("<!-- ci-actions:comment:default anything -->\nx", Marker()),
        (f"<!-- ci-actions:comment:default run=1.1 head={'a' * 40} sections=evil -->\n", Marker(run=1, attempt=1, head="a" * 40)),
        (f"<!-- ci-actions:comment:default run=1.1 head={'a' * 40} sections= -->\r\nx", Marker(run=1, attempt=1, head="a" * 40)),
        (f"<!-- ci-actions:comment:default run={'9' * 30}.1 head={'a' * 40} sections= -->", Marker()),
    ],
)  # fmt: skip
def test_the_marker(body: str, marker: Marker | None) -> None:
    assert render.marker_in("default", body) == marker


# --- nothing of the change becomes markup ----------------------------------------------------------

EVIL = (
    "@org/everyone", "<img src=x onerror=1>", "https://evil.example/x", "![x](https://evil.example)", "#1", "`@all`",
    "a|b`@c`|d", "<!-- x -->", "</summary></details>", "``x`` @y", "x\\`@x", "- [ ] x", "www.evil.example", "&lt;b&gt;",
    "|", "`", "$`x`$",
)  # fmt: skip


def without_code(text: str) -> str:
    """Return what of a comment is not code, and so may become markup."""
    text = re.sub(r"<code>[^<]*</code>", "CODE", text)
    return re.sub(r"`[^`]+`", "CODE", text)


@pytest.mark.parametrize("evil", EVIL)
def test_text_of_the_change_stands_in_code(evil: str) -> None:
    documents = (
        payloads.coverage(
            gates=[payloads.gate(evil)],
            changed=[{"path": evil, "lines": 1, "missed": [[1, 1]]}],
            unmeasured=[evil],
            totals={"changed": 1, "unmeasured": 1},
        ),
        payloads.security(
            scans=[{"tool": "x", "target": evil, "state": "clean", "findings": 0, "gating": 0}],
            gating=[payloads.gating(path=evil, package=evil, version=evil, fixed=[evil])],
        ),
        payloads.quality(findings=[payloads.finding(path=evil), payloads.finding(path=evil, line=0)]),
    )
    rest = without_code(shown(*documents))
    for sign in ("@", "evil", "http", "#1", "[x]", "!["):
        assert sign not in rest.replace("https://github.com/acme/app/actions/runs/17", ""), rest
    tags = set(re.findall(r"<[^>]*>", rest))
    assert {tag.split()[0] for tag in tags} <= {
        "<!--",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<https://github.com/acme/app/actions/runs/17>",
    }
    # In a cell a bar ends it: every row has the cells of its header.
    for block in rest.split("\n\n"):
        rows = [line.count("|") for line in block.splitlines() if line.startswith("|")]
        assert len(set(rows)) <= 1, block


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=100).filter(str.isprintable)


@given(NAMES, NAMES)
def test_no_name_breaks_a_table(one: str, other: str) -> None:
    text = shown(payloads.coverage(gates=[payloads.gate(one), payloads.gate(other, "met")]))
    table = text.partition("| Gate |")[2].partition("\n\n")[0].splitlines()
    assert len(table) == 4
    for row in table[2:]:
        assert without_code(row).replace("\\|", "").count("|") == 8


# --- a comment that is long ------------------------------------------------------------------------


def filled(pattern: str, length: int) -> str:
    return (pattern * length)[:length]


def long(pattern: str, count: int = 100) -> tuple[dict[str, Any], ...]:
    """Return payloads as full as they may be, of one text again and again."""
    path, name, target = filled(pattern, 500), filled(pattern, 100), filled(pattern, 200)
    missed = [[number * 10, number * 10 + 5] for number in range(1, 101)]
    scan = {"tool": "x" * 100, "target": target, "state": "findings", "findings": 1, "gating": 1}
    found = payloads.gating(path=path, package=target, version=name, fixed=[name] * 5)
    return (
        payloads.coverage(
            totals={"changed": 300_000, "unmeasured": 300_000},
            gates=[payloads.gate(name)] * count,
            changed=[{"path": path, "lines": 9, "missed": missed}] * 300,
            unmeasured=[path] * 300,
        ),
        payloads.security(
            totals={"findings": 10**6, "gating": 10**6, "suppressed": 1, "duplicates": 1},
            scans=[scan] * 100,
            gating=[found] * 100,
        ),
        payloads.quality(
            totals={"findings": 10**6, "old": 1, "complaints": 0, "files": 1},
            tools=[{"tool": "x" * 100, "state": "findings", "findings": 1, "old": 0}] * 100,
            findings=[payloads.finding(path=path, rule="x" * 100)] * 100,
        ),
    )


@pytest.mark.parametrize("pattern", ["a", "`", "|", "&`", "`<", "`@", "`*"])
def test_the_fullest_comment_is_short_enough(pattern: str) -> None:
    text = shown(*long(pattern))
    assert markdown.length(text) <= markdown.LONGEST
    assert len(headlines(text)) == 3
    assert "of " + "2" * 40 in text, "the end is there"


def test_as_many_rows_are_shown_as_fit() -> None:
    assert markdown.LONGEST * 0.4 < markdown.length(shown(*long("a"))) <= markdown.LONGEST


def test_what_is_left_out_is_counted() -> None:
    text = shown(*long("a"))
    # 300 of 300 000 were in the payload: nobody knows whether the others miss lines.
    assert "Changed files with missing lines (300000)" in text
    assert re.search(r"… and 999,9\d\d more\.", text)
    rows = text.count("| overall, combined |")
    assert 0 < rows < 100
    assert f"… and {100 - rows} more." in text


def test_ranges_that_are_left_out_are_counted() -> None:
    def missing(count: int) -> str:
        missed = [[number * 2, number * 2] for number in range(1, count + 1)]
        changed = [{"path": "a.py", "lines": count, "missed": missed}]
        return shown(payloads.coverage(changed=changed, totals={"changed": 1, "unmeasured": 1}))

    assert "22, 24 |" in missing(12)
    assert "22, 24 and 8 more |" in missing(20)
    assert "22, 24 and at least 88 more |" in missing(100)
