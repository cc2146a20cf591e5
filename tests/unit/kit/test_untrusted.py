"""JSON of somebody else's is taken apart piece by piece, and a refusal quotes nothing of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ci_actions.kit.untrusted import MOST, RefusedError, Value, document

SECRET = "s3cret-words"


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        ask()
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_where_a_piece_stands() -> None:
    whole = document(b'{"a": [{"b": 1}, {"b": "x"}]}', "the thing")
    pieces = list(whole.fields("a")["a"].items(2))
    assert pieces[0].fields("b")["b"].number() == 1
    assert pieces[1].fields("b")["b"].where == "'a'[1].b"
    assert refusal(pieces[1].fields("b")["b"].number) == f"'a'[1].b must be a whole number from 0 to {MOST}"


@pytest.mark.parametrize(
    ("raw", "ask", "why"),
    [
        ({"x": SECRET}, lambda value: value.fields("y"), "must be an object with exactly: y"),
        ([SECRET], lambda value: value.fields("y"), "must be an object with exactly: y"),
        (SECRET, lambda value: value.items(3), "must be a list of at most 3"),
        ([SECRET] * 4, lambda value: value.items(3), "must be a list of at most 3"),
        (SECRET, lambda value: value.number(), "must be a whole number"),
        (True, lambda value: value.number(), "must be a whole number"),
        (1.0, lambda value: value.number(), "must be a whole number"),
        (-1, lambda value: value.number(), "must be a whole number"),
        (MOST + 1, lambda value: value.number(), "must be a whole number"),
        (f"{SECRET}\n", lambda value: value.text(99), "must be printable text of 0 to 99 characters"),
        (SECRET, lambda value: value.text(3), "must be printable text of 0 to 3 characters"),
        ("", lambda value: value.text(3, least=1), "must be printable text of 1 to 3 characters"),
        (SECRET, lambda value: value.anything(3), "must be text of 0 to 3 characters"),
        (7, lambda value: value.anything(3), "must be text of 0 to 3 characters"),
        (SECRET, lambda value: value.like(re.compile("a+"), 99, "only a"), "must be only a"),
        (SECRET, lambda value: value.one_of("a", "b"), "must be one of: a, b"),
        (["a"], lambda value: value.one_of("a", "b"), "must be one of: a, b"),
        (f"../{SECRET}", lambda value: value.path(), "must be a path relative to the repository"),
        (f"C:{SECRET}", lambda value: value.path(), "must be a path relative to the repository"),
    ],
)
def test_what_is_refused(raw: object, ask: Callable[[Value], object], why: str) -> None:
    assert refusal(lambda: ask(Value(raw, "'x'"))).startswith(f"'x' {why}")


def test_any_text_is_text() -> None:
    assert Value("\x1b\n\ud800", "'x'").anything(3) == "\x1b\n\ud800"
