"""What must be shown nowhere: found in values, and gone from texts however they spell it."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.kit.masking import hider, secrets_in


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ()),
        (["hunter2"], ("hunter2",)),
        (["", "1", "abc", "true", "FALSE", "none", "null"], ()),
        (["  hunter2 \n"], ("hunter2",)),
        (["first line\nsecond\nx"], ("first line\nsecond\nx", "first line", "second")),
        (["hunter2", "hunter2"], ("hunter2",)),
        (["hunter", "hunter2"], ("hunter2", "hunter")),
    ],
)
def test_secrets_of_values(values: list[str], expected: tuple[str, ...]) -> None:
    assert secrets_in(values) == expected


def test_the_longest_goes_first() -> None:
    hide = hider(secrets_in(["hunter", "hunter2"]))
    assert hide("hunter2 hunter Hunter") == "*** *** Hunter"


def test_without_secrets_nothing_changes() -> None:
    assert hider(())("hunter2") == "hunter2"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=12),
        min_size=1,
        max_size=3,
    ),
    st.text(max_size=10),
)
def test_no_spelling_is_left(values: list[str], around: str) -> None:
    secrets = secrets_in(values)
    hide = hider(secrets)
    for each in secrets:
        for spelling in (each, escape(each), quoteattr(each)[1:-1], repr(each)[1:-1]):
            if set(each) & set("'\"*") or "***" in spelling:
                continue  # An attribute is written with the other quote then; stars are what is put in.
            assert spelling not in hide(f"{around} {spelling} {around}")
