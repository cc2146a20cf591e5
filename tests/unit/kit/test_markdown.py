"""Nothing that a name or a message holds may become markup, break a table, or address people."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ci_actions.kit import markdown

SPECIAL = "\\`*_{}[]()#+!|~$<>&@:/.-=1\n\r\t\0\x1b\u2028\u202e ab"
HOSTILE = st.text(st.one_of(st.sampled_from(SPECIAL), st.characters()), max_size=40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a b"),
        ("a\nb\tc\rd", "a b c d"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil", "\\x202eevil"),
        ("a\u2028b", "a b"),
        ("caf\xe9 \U0001f600", "caf\xe9 \U0001f600"),
        ("\udcff", "\\xdcff"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert markdown.plain(text) == shown


@given(HOSTILE)
def test_plain_is_one_line_that_can_be_printed(text: str) -> None:
    shown = markdown.plain(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b*c", "a\\_b\\*c"),
        ("[x](y)", "\\[x\\]\\(y\\)"),
        ("a|b", "a\\|b"),
        ("`a`", "\\`a\\`"),
        ("<script>&amp;", "&lt;script&gt;&amp;amp;"),
        ("@team", "@\u200bteam"),
        ("fixes #12", "fixes \\#12"),
        ("https://evil.example/x", "https&#58;//evil.example/x"),
        ("WWW.evil.example", "WWW&#46;evil.example"),
        ("- item", "\\- item"),
        ("=== ", "\\==="),
        ("12. item", "12\\. item"),
        ("3) item", "3\\) item"),
        ("    code", "code"),
        ("3.5 %", "3.5 %"),
        ("src/a-b.py: 1-2", "src/a-b.py: 1-2"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown


@given(HOSTILE)
@example("a\\|b")
@example("\\")
@example("|")
def test_nothing_special_is_left_bare(text: str) -> None:
    shown = markdown.escape(text)
    # What a backslash or an entity takes out of Markdown is no longer special.
    bare = re.sub(r"&(?:lt|gt|amp|#58|#46);", "", re.sub(r"\\[\\`*_{}\[\]()#+!|~$=.-]", "", shown))
    assert not set(bare) & set("\\`*_{}[]()#+!|~$<>&")
    assert not re.search(r"@(?!\u200b)", shown)
    assert not re.search(r"://|www\.", shown, re.IGNORECASE)
    assert not re.match(r"\s|[-=+>#]|\d+[.)](?:\s|$)", shown)


@given(HOSTILE)
def test_escaping_loses_nothing(text: str) -> None:
    shown = markdown.escape(text)
    for entity, sign in (("&#58;", ":"), ("&#46;", "."), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, sign)
    read = re.sub(r"\\([\\`*_{}\[\]()#+!|~$=.-])", r"\1", shown).replace("@\u200b", "@")
    assert read == markdown.plain(text).strip()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("src/a.py", "`src/a.py`"),
        ("a`b", "<code>a\\`b</code>"),
        ("a|b", "<code>a\\|b</code>"),
        ("`<b>`", "<code>\\`&lt;b&gt;\\`</code>"),
        ("<b>", "`<b>`"),
        ("", ""),
        (" ", ""),
    ],
)
def test_code(text: str, shown: str) -> None:
    assert markdown.code(text) == shown


def cells(row: str) -> int:
    """Return how many cells GitHub sees: bars that no backslash precedes separate, also inside code."""
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) - 1


@given(st.lists(st.tuples(HOSTILE, HOSTILE), max_size=5))
def test_no_cell_breaks_its_table(pairs: list[tuple[str, str]]) -> None:
    made = markdown.table(
        ("A", "B"), [[markdown.code(one), markdown.escape(other)] for one, other in pairs], right=(1,)
    )
    lines = made.split("\n")
    assert lines[:2] == ["| A | B |", "|---|--:|"]
    assert [cells(line) for line in lines] == [2] * (len(pairs) + 2)
    assert len(made.splitlines()) == len(lines)


def test_rows_behind_the_limit_are_counted() -> None:
    rows = [[str(number)] for number in range(40)]
    assert markdown.table(("N",), rows, limit=3).endswith("| 2 |\n\n… and 37 more.")
    assert "more" not in markdown.table(("N",), rows, limit=40)
    assert "more" not in markdown.table(("N",), rows)


def test_link() -> None:
    assert markdown.link("`a`", "https://x/a%20b") == "[`a`](<https://x/a%20b>)"


def test_a_title_is_shown_as_it_is() -> None:
    assert markdown.details("Files (3)", "| a |").startswith(
        "<details><summary>Files (3)</summary>\n\n| a |\n\n</details>"
    )


@given(HOSTILE)
def test_a_title_cannot_end_its_tag(title: str) -> None:
    first = markdown.details(title, "body").split("\n")[0]
    assert re.findall(r"<[^>]*>", first) == ["<details>", "<summary>", "</summary>"]


def test_length_counts_as_github_may() -> None:
    assert (markdown.length("aé"), markdown.length("𝄞")) == (2, 2)
