"""The lines of a dotenv file: what everybody agrees on, and problems that name no value."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.kit.dotenv import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("A=1", {"A": "1"}),
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1\n", {"A": "1"}),
        ("export A=1\n  export  B = 2  \n", {"A": "1", "B": "2"}),
        ("# a comment\n\n   # another\nA=1 # behind it\n", {"A": "1"}),
        ("A=\nB=''\nC=\"\"\n", {"A": "", "B": "", "C": ""}),
        ("A=#nothing\n", {"A": ""}),
        ("A=x#y\n", {"A": "x#y"}),
        ("A='x # y' # z\n", {"A": "x # y"}),
        ('A="x # y" # z\n', {"A": "x # y"}),
        ("A='$HOME \\n'\n", {"A": "$HOME \\n"}),
        ('A="one\\ntwo\\t\\"three\\" \\\\ \\$4 \\x"\n', {"A": 'one\ntwo\t"three" \\ $4 \\x'}),
        ('A="one\ntwo"\nB=3\n', {"A": "one\ntwo", "B": "3"}),
        ("A='one\ntwo'\nB=3\n", {"A": "one\ntwo", "B": "3"}),
        ('A="one\\\ntwo"\n', {"A": "onetwo"}),
        ("A=it's\n", {"A": "it's"}),
        ("A=two words\n", {"A": "two words"}),
        ("A=a=b==\n", {"A": "a=b=="}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("spring.datasource=x\n", {"spring.datasource": "x"}),
    ],
)
def test_variables(text: str, expected: dict[str, str]) -> None:
    assert read(text).variables == expected
    assert read(text).problems == ()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("A=1\nhunter2\n", ("line 2 is no `NAME=value`",)),
        ("hunter2", ("line 1 is no `NAME=value`",)),
        ("1A=hunter2\n", ("line 1 is no `NAME=value`",)),
        ("=hunter2\n", ("line 1 is no `NAME=value`",)),
        ("A='hunter2\nB=1\n", ("line 1: A has no closing '",)),
        ('A=1\nB="hunter2\n', ('line 2: B has no closing "',)),
        ('A="hunter2" more\n', ('line 1: A goes on behind its closing "',)),
        ("A=hunter2\0\n", ("line 1: A holds a NUL character",)),
        ("A='x\ny'\nhunter2\nB='hunter3\n", ("line 3 is no `NAME=value`", "line 4: B has no closing '")),
    ],
)
def test_problems_name_the_line_and_the_variable(text: str, problems: tuple[str, ...]) -> None:
    assert read(text).problems == problems
    assert "hunter" not in str(read(text).problems)


NAMES = st.from_regex(re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII), fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.dictionaries(NAMES, VALUES))
def test_what_is_quoted_comes_back(variables: dict[str, str]) -> None:
    text = "".join(f"{name}={quoted(value)}\n" for name, value in variables.items())
    assert read(text).variables == variables
    assert read(text).problems == ()


@given(st.text())
def test_any_text_is_read_to_its_end(text: str) -> None:
    found = read(text)
    for name, value in found.variables.items():
        assert name
        assert "\0" not in value
