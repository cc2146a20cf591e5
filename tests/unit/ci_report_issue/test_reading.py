"""A report is believed to be well formed only after it was looked at; and exactly what the schema allows is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.unit.ci_report_issue.reports import GHSA, critical, report, section

from ci_actions.ci_report_issue.model import Critical, Section
from ci_actions.ci_report_issue.reading import RESULTS, SCHEMA, read
from ci_actions.kit.untrusted import LARGEST, RefusedError

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_FILE = json.loads((ROOT / "schemas" / "issue-report.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA_FILE)


def packed(document: object) -> bytes:
    return json.dumps(document).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedError) as refused:
        read(data)
    return str(refused.value)


def test_a_report() -> None:
    found = read(packed(report("failed", section("a", "x", "y"), section("b"), critical=[critical()])))
    assert (found.title, found.result, found.red, found.green, found.complete) == (
        "nightly of orders", "failed", True, False, True,
    )  # fmt: skip
    assert found.sections[0] == Section(title="a", rows=("x", "y"))
    assert found.critical == (
        Critical(
            id=GHSA,
            title="log4j-like: remote code execution",
            url=f"https://github.com/advisories/{GHSA}",
        ),
    )


@pytest.mark.parametrize(
    ("result", "critical", "complete"),
    [
        ("passed", [], True),
        ("failed", [], True),
        ("failed", None, False),
        ("passed", None, False),
        ("incomplete", [], False),
        ("error", [], False),
        ("skipped", [], False),
    ],
)
def test_only_a_complete_report_says_what_is_gone(result: str, critical: Any, complete: bool) -> None:
    assert read(packed(report(result, critical=critical))).complete is complete


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x1b[31m", "\ud800", "@everyone", "<!-- -->", "\u202e"])
def test_text_is_data_whatever_signs_it_holds(text: str) -> None:
    found = read(packed(report("failed", section(text, text), title=text)))
    assert (found.title, found.sections) == (text, (Section(title=text, rows=(text,)),))


BAD: list[tuple[str, object, str]] = [
    ("a list", [], "it is no JSON object"),
    ("another schema", report() | {"schema": "ci-actions-issue/2"}, "its 'schema' is not ci-actions-issue/1"),
    ("more", report() | {"more": 1}, "the report must be an object with exactly: schema, title"),
    ("less", {"schema": SCHEMA}, "the report must be an object with exactly"),
    ("no title", report(title=""), "'title' must be text of 1 to 500 characters"),
    ("a long title", report(title="x" * 501), "'title' must be text of 1 to 500 characters"),
    ("a number", report(title=7), "'title' must be text"),
    ("a result", report("green"), "'result' must be one of: passed, failed"),
    ("sections", report(sections={}), "'sections' must be a list of at most 100"),
    ("many sections", report("failed", *[section()] * 101), "'sections' must be a list of at most 100"),
    ("a section", report(sections=["x"]), "'sections'[0] must be an object with exactly: title, rows"),
    ("rows", report(sections=[{"title": "x", "rows": "y"}]), "'sections'[0].rows must be a list"),
    ("a row", report(sections=[{"title": "x", "rows": [1]}]), "'sections'[0].rows[0] must be text"),
    ("a long row", report("failed", section("x", "y" * 10_001)), "'sections'[0].rows[0] must be text of 0"),
    ("criticals", report(critical="none"), "'critical' must be a list of at most 100"),
    ("many", report(critical=[critical()] * 101), "'critical' must be a list of at most 100"),
    ("an id", report(critical=[critical("x y")]), "'critical'[0].id must be the id of a vulnerability"),
    ("no id", report(critical=[critical("")]), "'critical'[0].id must be the id of a vulnerability"),
    ("a script", report(critical=[critical(url="javascript:alert(1)")]), "'critical'[0].url must be an https"),
    ("an end", report(critical=[critical(url="https://x.org/a> b")]), "'critical'[0].url must be"),
    ("a user", report(critical=[critical(url="https://github.com@evil.org/")]), "'critical'[0].url must be"),
    ("http", report(critical=[critical(url="http://x.org")]), "'critical'[0].url must be an https address"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "why"), [each[1:] for each in BAD], ids=[each[0] for each in BAD])
def test_what_is_no_report(document: object, why: str) -> None:
    assert refusal(packed(document)).startswith(why)
    assert list(VALIDATOR.iter_errors(document)), "the schema allows what the reader refuses"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no UTF-8"),
        (b'{"schema": NaN}', "it holds NaN, which is no JSON"),
        (b'{"schema": 1, "schema": 1}', "it names a key twice"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b" " * (LARGEST + 1), "it is larger than 1,048,576 bytes"),
    ],
    ids=["empty", "bytes", "NaN", "twice", "deep", "large"],
)
def test_what_is_no_document(data: bytes, why: str) -> None:
    assert refusal(data) == why


def test_the_schema_names_the_same_results() -> None:
    assert SCHEMA_FILE["properties"]["result"]["enum"] == list(RESULTS)
    assert SCHEMA_FILE["properties"]["schema"]["const"] == SCHEMA


TEXTS = st.text(max_size=12)
IDS = st.one_of(TEXTS, st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,9}", fullmatch=True))
URLS = st.one_of(TEXTS, st.just(""), st.from_regex(r"https://[a-z.]{1,5}(?:/[!-~]{0,5})?", fullmatch=True))
DOCUMENTS = st.fixed_dictionaries(
    {
        "schema": st.just(SCHEMA),
        "title": st.one_of(TEXTS, st.integers()),
        "result": st.sampled_from([*RESULTS, "green", ""]),
        "sections": st.lists(
            st.fixed_dictionaries({"title": TEXTS, "rows": st.lists(TEXTS, max_size=3)}), max_size=3
        ),
        "critical": st.none()
        | st.lists(st.fixed_dictionaries({"id": IDS, "title": TEXTS, "url": URLS}), max_size=2),
    }
)


@given(DOCUMENTS)
def test_the_reader_and_the_schema_agree(document: dict[str, Any]) -> None:
    fits = VALIDATOR.is_valid(document)
    # `$` of a pattern also fits before a last line feed, here and there in validators.
    if fits and any(
        each[name].endswith("\n") for each in document["critical"] or () for name in ("id", "url")
    ):
        return
    try:
        read(packed(document))
    except RefusedError:
        assert not fits
    else:
        assert fits
