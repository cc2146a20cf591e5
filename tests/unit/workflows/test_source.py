"""Where a part of a scalar stands in its file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.workflows import document
from ci_actions.workflows.document import Place, Scalar, Table
from ci_actions.workflows.source import place_of


def scalar(text: str) -> Scalar:
    root = document.read(text.encode()).root
    assert isinstance(root, Table)
    found = root.get("a")
    assert isinstance(found, Scalar)
    return found


@pytest.mark.parametrize(
    ("text", "part", "number", "place"),
    [
        ("a: x ${{ y }}", "${{ y }}", 0, Place(1, 6)),
        ("a: 'x ${{ y }} ${{ y }}'", "${{ y }}", 1, Place(1, 16)),
        ("a: |\n  one\n\n  ${{ y }}\nb: 1", "${{ y }}", 0, Place(4, 3)),
        ("a: >-\n  one ${{ y }}\n  ${{ y }}", "${{ y }}", 1, Place(3, 3)),
        ("a: plain\n  and ${{ y }}", "${{ y }}", 0, Place(2, 7)),
        ("b: ${{ y }}\na: ${{ y }}", "${{ y }}", 0, Place(2, 4)),
        ("a: |\n  x | \\\n    y", "x | \\\n  y", 0, Place(2, 3)),
        ('a: "\\x24{{ y }}"', "${{ y }}", 0, Place(1, 4)),
        ("a: x", "", 0, Place(1, 4)),
    ],
)  # fmt: skip
def test_a_part_is_found(text: str, part: str, number: int, place: Place) -> None:
    assert place_of(text.splitlines(), scalar(text), part, number) == place


WORDS = st.lists(st.sampled_from(["x", "é", "${{ y }}", "“", "it's", "🙂"]), min_size=1, max_size=6)


@given(WORDS, st.sampled_from(["plain", "quoted", "block"]), st.integers(0, 3))
def test_each_part_is_found_where_it_was_written(words: list[str], style: str, above: int) -> None:
    part = "${{ y }}"
    head = "# ${{ y }}\n" * above
    if style == "block":
        text = f"{head}a: |\n" + "".join(f"  {word}\n" for word in words)
        places = [Place(above + 2 + number, 3) for number, word in enumerate(words) if word == part]
    else:
        line = " ".join(words)
        written = json.dumps(line, ensure_ascii=False) if style == "quoted" else line
        text = f"{head}a: {written}\n"
        start = 5 if style == "quoted" else 4
        places = [
            Place(above + 1, start + len(" ".join(words[:number])) + (number > 0))
            for number, word in enumerate(words)
            if word == part
        ]
    found = scalar(text)
    assert [place_of(text.splitlines(), found, part, number) for number in range(len(places))] == places
