"""The grammar of GitHub's expressions."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.workflows.expressions import (
    MAX_LENGTH,
    Access,
    And,
    Call,
    Compare,
    Expression,
    Literal,
    Name,
    Not,
    NotAnExpression,
    Or,
    condition,
    dotted,
    parse,
    parts,
    paths,
    segments,
)

A, B, C = Name("a"), Name("b"), Name("c")


def at(name: str, *keys: str) -> Expression:
    found: Expression = Name(name)
    for key in keys:
        found = Access(found, Literal(key))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'it''s'", Literal("it's")),
        ("true", Literal(True)),
        ("null", Literal(None)),
        ("-0x1F", Literal(-31.0)),
        ("1.5e2", Literal(150.0)),
        ("a || b && c", Or(A, And(B, C))),
        ("(a || b) && c", And(Or(A, B), C)),
        ("a || b || c", Or(Or(A, B), C)),
        ("!a && b", And(Not(A), B)),
        ("!a == b", Compare("==", Not(A), B)),
        ("!!a", Not(Not(A))),
        ("a.b.c-d", at("a", "b", "c-d")),
        ("a['b.c'].d", at("a", "b.c", "d")),
        ("a[b]", Access(A, B)),
        ("a.*.b", Access(Access(A, None), Literal("b"))),
        ("a[*]", Access(A, None)),
        ("f()", Call("f", ())),
        ("f(a, b).c", Access(Call("f", (A, B)), Literal("c"))),
        ("a<=1", Compare("<=", A, Literal(1.0))),
    ],
)
def test_parse(text: str, expected: Expression) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends too early"),
        ("a ||", "ends too early"),
        ("a b", "has 'b' where it should end"),
        ("a.", "without a name"),
        ("a.'b'", "without a name"),
        ("(a", "lacks a ')'"),
        ("a[b", "lacks a ']'"),
        ("f(a b)", "lacks a ','"),
        ('"a"', "cannot be read"),
        ("a = b", "cannot be read from '= b' on"),
        ("a + b", "cannot be read"),
        ("&& a", "has '&&' where a value should stand"),
        ("'a", "cannot be read"),
        ("(" * 60 + "a" + ")" * 60, "nested deeper"),
        ("(" * 20_000, "nested deeper"),
        ("!" * 20_000 + "a", "too many '!'"),
        ("a" * (MAX_LENGTH + 1), "longer than"),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(
        NotAnExpression, match=words.replace("(", r"\(").replace(")", r"\)").replace("]", r"\]")
    ):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("${{ a }}", [A]),
        ("x-${{ a }}-${{b}}y", ["x-", A, "-", B, "y"]),
        ("${{ '}}' }}", [Literal("}}")]),
        ("${{ 'a''}}' }}", [Literal("a'}}")]),
        ("}} {{ $", ["}} {{ $"]),
    ],
)
def test_segments(text: str, expected: list[object]) -> None:
    assert list(segments(text)) == expected


@pytest.mark.parametrize("text", ["${{ a", "x ${{ 'a }}", "${{ }}", "${{ a }} ${{"])
def test_segments_that_are_none(text: str) -> None:
    with pytest.raises(NotAnExpression):
        list(segments(text))


@pytest.mark.parametrize("text", ["a == 'b'", " ${{ a == 'b' }} ", "${{a == 'b'}}\n"])
def test_a_condition_is_written_in_two_ways(text: str) -> None:
    assert condition(text) == Compare("==", A, Literal("b"))


def test_paths_are_as_long_as_they_are_written() -> None:
    found = parse("f(Inputs.x, steps.a.outputs['b']) || !a[matrix.k] && github.*.c != needs")
    assert list(paths(found)) == [
        ("inputs", "x"),
        ("steps", "a", "outputs", "b"),
        ("a",),
        ("matrix", "k"),
        ("github",),
        ("needs",),
    ]
    assert dotted(parse("f(a).b")) == ()
    assert len(list(parts(parse("a && b")))) == 3


ATOMS = st.sampled_from(["a", "b.c", "inputs['x']", "'t'", "1", "true", "f(a, 'b')"])
NESTED = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||", "==", "<"]), inner)
        | st.builds("!{}".format, inner)
    ),
    max_leaves=8,
)


@given(NESTED, st.sampled_from(["", " ", "\n"]))
def test_brackets_and_spaces_change_nothing(text: str, space: str) -> None:
    assert parse(f"({space}{text}{space})") == parse(text)


@given(st.text("ab.'!()[]&|=<>, \n$#*", max_size=30))
def test_it_parses_or_refuses_and_nothing_else(text: str) -> None:
    with suppress(NotAnExpression):
        assert list(parts(parse(text)))
