"""The text of an issue: what it says, that nothing in it is markup of somebody else, and that it is never too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.token import Token
from tests.doubles.markdown_peer import parser

from ci_actions.ci_report_issue import render
from ci_actions.ci_report_issue.model import Critical, IssueReport, Marker, Run, Section
from ci_actions.kit import markdown

RUN = Run(
    id=17,
    number="45",
    attempt=1,
    workflow="nightly",
    head="2" * 40,
    url="https://github.com/acme/app/actions/runs/17",
    repository_url="https://github.com/acme/app",
    time=1_795_255_200,
)
MARKER = Marker(
    key="0123456789abcdef",
    by="0123456789abcdef",
    run=17,
    attempt=1,
    head="2" * 40,
    first_run=15,
    first_head="1" * 40,
    first_time=1_795_082_400,
    green="f" * 40,
    reds=3,
    sections=("aaaaaaaaaaaa", "bbbbbbbbbbbb"),
)


def section(title: str = "test 3.13", *rows: str) -> Section:
    return Section(title=title, rows=rows or ("tests/test_money.py::test_refund",))


def report(*sections: Section, title: str = "nightly of orders", result: str = "failed") -> IssueReport:
    return IssueReport(title=title, result=result, sections=sections or (section(),), critical=())


def body(*reports: IssueReport, run: Run = RUN, marker: Marker = MARKER, refused: int = 0) -> str:
    return render.body(run, "", marker, "the run ended as failure", reports, refused=refused)


# --- the marker ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "marker",
    [
        MARKER,
        replace(MARKER, green="", sections=(), reds=0, attempt=2),
        replace(MARKER, key="critical-0123456789abcdef", head="a" * 64),
        replace(MARKER, sections=tuple(f"{each:012x}" for each in range(100))),
    ],
    ids=["all", "least", "critical", "most"],
)
def test_a_marker_is_read_as_it_was_written(marker: Marker) -> None:
    assert render.marker_in(render.first_line(marker) + "\n\ntext") == marker


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("nightly is red", None),
        (f"Hello\n{render.first_line(MARKER)}", None),
        (f" {render.first_line(MARKER)}", None),
        ("<!-- ci-actions:comment:default run=1.1 -->", None),
        ("<!-- ci-actions:issue key=ABC -->", None),
        ("<!-- ci-actions:issue key=abc run=x -->\ntext", Marker(key="abc")),
        (render.first_line(MARKER).replace("reds=3", "reds=-3"), Marker(key=MARKER.key)),
        (render.first_line(MARKER) + "x", Marker(key=MARKER.key)),
    ],
)
def test_what_is_no_marker(text: str, found: Marker | None) -> None:
    assert render.marker_in(text) == found


def test_another_marker_changes_the_first_line_alone() -> None:
    text = body(report())
    changed = render.with_marker(text, replace(MARKER, reds=4))
    assert changed.splitlines()[1:] == text.splitlines()[1:]
    assert render.marker_in(changed) == replace(MARKER, reds=4)


# --- what it says ----------------------------------------------------------------------------------


def test_the_whole_text() -> None:
    text = body(report(section("test 3.13", "one", "two"), section("nothing to say of it", "x")), refused=1)
    assert text.splitlines()[1:] == [
        "",
        "❌ `nightly` is red: the run ended as failure.",
        "",
        "|  |  |",
        "|---|---|",
        ("| First red | [an earlier run](<https://github.com/acme/app/actions/runs/15>) of "
        f"[`111111111`](<https://github.com/acme/app/commit/{'1' * 40}>), 2026-11-19 10:00 UTC |"),
        ("| Last red | [run 45](<https://github.com/acme/app/actions/runs/17>) of "
        f"[`222222222`](<https://github.com/acme/app/commit/{'2' * 40}>), 2026-11-21 10:00 UTC |"),
        "| Red runs | 3 |",
        (f"| Last green | [`fffffffff`](<https://github.com/acme/app/commit/{'f' * 40}>) "
        f"([what came between](<https://github.com/acme/app/compare/{'f' * 40}...{'1' * 40}>)) |"),
        "",
        "⛔ 1 report was refused: [the log says why](<https://github.com/acme/app/actions/runs/17>).",
        "",
        "## ❌ `nightly of orders`: failed",
        "",
        "### `test 3.13` (2)",
        "",
        "- `one`",
        "- `two`",
        "",
        "### `nothing to say of it` (1)",
        "",
        "- `x`",
        "",
        "---",
        "",
        "Kept by ci-actions: what is written into this text is overwritten, comments stay. It is closed when a run is green.",
    ]  # fmt: skip


def test_the_first_red_run_of_a_workflow_that_was_never_green() -> None:
    marker = replace(MARKER, first_run=17, first_head=RUN.head, green="", reds=1)
    text = body(marker=marker)
    assert text.count("[run 45]") == 2
    assert "| Last green | not known |" in text
    assert "The run left no report: [its jobs]" in text


def test_red_reports_come_first_and_sections_without_rows_not_at_all() -> None:
    green = replace(report(section("slow", "x"), title="b", result="passed"))
    red = report(Section(title="empty", rows=()), section("real"), title="z")
    text = body(green, red)
    assert text.index("## ❌ `z`") < text.index("## ✅ `b`")
    assert "empty" not in text


def test_the_text_of_a_vulnerability() -> None:
    found = Critical(id="GHSA-1", title="boom", url="https://osv.dev/GHSA-1")
    text = render.critical_body(RUN, MARKER, found)
    assert "⛔ `GHSA-1`: `boom`\n\n<https://osv.dev/GHSA-1>\n\n" in text
    assert "It is closed when a complete scan no longer finds it." in text
    assert "<https" not in render.critical_body(RUN, MARKER, replace(found, url="")).partition("|")[0]


@pytest.mark.parametrize(
    ("new", "gone", "said"),
    [
        (["a"], 0, "now also `a`."),
        ([], 1, "1 section is no longer red."),
        (["a", "b"], 2, "now also `a`, `b`; 2 sections are no longer red."),
        (list("abcdefghijkl"), 0, "`j` and 2 more."),
        (["@everyone #1"], 0, "now also `@everyone #1`."),
    ],
)
def test_a_comment_says_what_changed(new: Sequence[str], gone: int, said: str) -> None:
    assert render.changed(RUN, new, gone).strip().endswith(said)


@pytest.mark.parametrize(
    ("workflow", "name", "title"),
    [
        ("nightly", "", "nightly is red"),
        ("nightly", "orders", "nightly (orders) is red"),
        ("hey @everyone\n", "", "hey @\u200beveryone  is red"),
        ("x" * 300, "", "x" * 199 + "…"),
    ],
)
def test_titles(workflow: str, name: str, title: str) -> None:
    assert render.title(replace(RUN, workflow=workflow), name) == title
    long = Critical(id="CVE-1", title="@ann " * 100, url="")
    assert len(render.critical_title(long)) == render.LONGEST_TITLE


# --- nobody else's markup --------------------------------------------------------------------------

HOSTILE = st.text(alphabet="@#<>![]()`|\\*_~:/-=&;. \nahtpsGH1w-'\"", max_size=60)


def outside_of_code(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield what a reader makes of a text, with code as one sign, whatever stands in it."""
    inside = False
    for token in tokens:
        if token.type == "html_inline" and token.content in ("<code>", "</code>"):
            inside = token.content == "<code>"
            if inside:
                yield "code"
        elif inside:
            assert token.type == "text", f"{token.type} in code: {token.content!r}"
        elif token.type == "code_inline":
            yield "code"
        elif token.children:
            yield from outside_of_code(token.children)
        elif token.type != "text" or token.content:
            yield f"{token.type} {token.tag} {token.attrs} {token.content}"


def structure(text: str) -> list[str]:
    # What stands beside code may come in one piece or in two.
    return list(outside_of_code(parser().parse(text)))


@given(HOSTILE, HOSTILE, HOSTILE)
def test_a_report_brings_no_markup(title: str, heading: str, row: str) -> None:
    hostile = report(section(f"x{heading}", f"x{row}"), title=f"x{title}")
    named = replace(RUN, workflow=f"x{title}")
    assert structure(body(hostile, run=named)) == structure(body(report(section("x", "x"), title="x")))


@given(HOSTILE, HOSTILE)
def test_a_vulnerability_brings_no_markup(title: str, name: str) -> None:
    def found(text: str) -> str:
        return render.critical_body(RUN, MARKER, Critical(id="CVE-1", title=text, url=""))

    assert structure(found(f"x{title}")) == structure(found("x"))
    assert structure(render.changed(RUN, [f"x{name}"], 1)) == structure(render.changed(RUN, ["x"], 1))


# --- how long it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["a", "é", "𝄞", "|", "`", "@", "&", "\x00", "http://", "\ud800"])
def test_it_is_never_too_long_and_says_what_is_left_out(pattern: str) -> None:
    text = (pattern * 300)[:300]
    full = report(*[section(text, *[text * 2] * 110)] * 30, title=text)
    made = body(*[full] * 2)
    assert markdown.length(made) <= markdown.LONGEST
    assert "more sections." in made
    assert " more." in made
    made.encode()


def test_all_rows_are_shown_where_they_fit() -> None:
    made = body(report(section("x", *[f"row {number}" for number in range(100)])))
    assert made.count("- `row ") == 100
    assert "more" not in made
