from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.model import Ran, release
from ci_actions.quality.tool import (
    NotUnderstood,
    Source,
    code_points,
    expect,
    hunks,
    listed,
    load_json,
    one_line,
    said,
)


@pytest.mark.parametrize(
    ("content", "lines", "marked"),
    [
        (b"", ("",), False),
        (b"a\nb", ("a", "b"), False),
        (b"a\r\nb\rc\n", ("a", "b", "c", ""), False),
        (b"\xef\xbb\xbfa\n", ("a", ""), True),
        ("a\x0cb\u2028c\x85d".encode(), ("a\x0cb\u2028c\x85d",), False),
        (b"caf\xe9", ("caf\ufffd",), False),
    ],
)
def test_lines_end_where_python_ends_them(content: bytes, lines: tuple[str, ...], marked: bool) -> None:
    assert Source.of(content) == Source(lines, marked)


def test_there_is_no_line_behind_the_end() -> None:
    assert [Source(("a", "b")).line(number) for number in (-1, 0, 1, 2, 3)] == ["", "", "a", "b", ""]


@given(st.text(alphabet="a\t é😀日", max_size=12), st.data())
def test_columns_are_code_points_whatever_the_unit(line: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(line)))
    before = line[:at]
    assert code_points(line, len(before.encode()), "utf-8") == at + 1
    assert code_points(line, len(before.encode("utf-16-le")) // 2, "utf-16") == at + 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/repo/a.py", "a.py"),
        ("a.py", "sub/a.py"),
        ("./a.py", "sub/a.py"),
        ("../a.py", "a.py"),
        ("../../etc/passwd", ""),
        ("/repository/a.py", ""),
        ("/repo", ""),
        ("a:1:2.py", "sub/a:1:2.py"),
    ],
)
def test_paths_are_relative_to_the_git_root(path: str, expected: str) -> None:
    assert on(prefix="sub").relative(path) == expected


def test_a_finding_outside_of_the_repository_says_where_it_is() -> None:
    made = on().finding("mypy", "x", "bad\n thing", path="/env/lib/a.py")
    assert (made.path, made.message, made.region) == ("", "/env/lib/a.py: bad thing", None)


DIFF = """\
--- a.py\t2026-11-21 13:37:43.137068+00:00
+++ a.py\t2026-11-21 13:37:43.770115+00:00
@@ -1,5 +1,8 @@
 import os
 import sys
-x = {  'a':1 }
+
+x = {"a": 1}
+
+
 def f(a: int) -> str:
     return a
@@ -20 +23,0 @@
---- no header
"""


def stamped(name: str) -> str:
    return name.partition("\t")[0]


def test_each_place_is_a_finding_on_the_lines_that_change() -> None:
    found = hunks(on(), "black", DIFF.encode(), stamped)
    assert [place(each) for each in found] == [("a.py", 3, 0, "format"), ("a.py", 20, 0, "format")]
    assert [each.region.end_line for each in found if each.region] == [3, 20]


def test_places_of_one_hunk_are_apart_where_a_line_between_them_stays() -> None:
    diff = b"--- a.py\n+++ a.py\n@@ -1,6 +1,7 @@\n-a\n+A\n-b\n+B\n c\n-d\n+D\n e\n+f\n g\n"
    found = hunks(on(), "black", diff, str)
    places = [(each.region.line, each.region.end_line) for each in found if each.region]
    assert places == [(1, 2), (4, 4), (6, 6)]


def test_only_an_insertion_is_on_the_line_behind_it() -> None:
    diff = b"--- a.py\n+++ a.py\n@@ -2,2 +2,3 @@\n a\n+b\n c\n"
    assert [place(each) for each in hunks(on(), "isort", diff, str)] == [("a.py", 3, 0, "format")]


def test_a_line_that_looks_like_a_header_is_none() -> None:
    diff = b"--- a.py\n+++ a.py\n@@ -1,3 +1,2 @@\n x\n---- b.py\n y\n"
    assert [each.path for each in hunks(on(), "isort", diff, str)] == ["a.py"]


def test_a_diff_that_breaks_off_is_no_answer() -> None:
    with pytest.raises(NotUnderstood, match="breaks off"):
        hunks(on(), "black", b"--- a.py\n+++ a.py\n@@ -1,5 +1,5 @@\n x\n", str)


def test_no_newline_at_the_end_counts_as_no_line() -> None:
    diff = b"--- a.py\n+++ a.py\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
    assert len(hunks(on(), "black", diff, str)) == 1


@pytest.mark.parametrize(
    ("process", "why"),
    [
        (Ran(code=None, stopped="did not end within 5 s (timeout)"), "x did not end within 5 s"),
        (ran(-11), "x was killed by signal 11"),
        (ran(2, stderr="\x1b[31merror\x1b[0m: bad\nconfig"), "x stopped with exit code 2: error: bad config"),
    ],
)
def test_other_exit_codes_are_no_answer(process: Ran, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why.replace("(", r"\(")):
        expect(process, (0, 1), "x")


def test_of_a_traceback_only_what_was_raised_is_said() -> None:
    text = 'Traceback (most recent call last):\n  File "x", line 1\n    f()\nValueError: no\n'
    assert said(ran(1, stderr=text)) == ": ValueError: no"
    assert said(ran(1, stdout="only here")) == ": only here"
    assert said(ran(1)) == ""
    assert len(said(ran(1, stderr="x" * 5000))) < 1100


@pytest.mark.parametrize("content", [None, b"", b"{", b"[" * 100_000])
def test_half_a_document_is_no_answer(content: bytes | None) -> None:
    with pytest.raises(NotUnderstood):
        load_json("x", content)


def test_a_name_with_a_line_break_is_listed_too() -> None:
    files = {"a.py": "", "b\nc.py": "", "d.py": ""}
    assert listed(on(files), b"/repo/a.py\n/repo/b\nc.py\n") == {"a.py", "b\nc.py"}


@pytest.mark.parametrize(
    "message",
    [
        "S105 Possible hardcoded password: 'hunter2hunter2'",
        "E501 line too long: token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'",
    ],
)
def test_no_secret_is_said(message: str) -> None:
    made = on().finding("flake8", "S105", message, path="a.py")
    assert "***" in made.message
    assert not {"hunter2hunter2", "ghp_0123456789abcdefghijABCDEFGHIJ012345"} & set(made.message.split("'"))
    assert "ghp_0123" not in said(ran(1, stderr=message))


def test_one_line() -> None:
    assert one_line(" a\n\x1b[1mb\x1b[0m\tc ") == "a b c"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.10.0", (1, 10, 0)), ("1.10.0rc1", (1, 10, 0)), ("24.1a1", (24, 1)), ("v1", ()), ("", ())],
)
def test_releases_are_compared_as_numbers(version: str, expected: tuple[int, ...]) -> None:
    assert release(version) == expected
