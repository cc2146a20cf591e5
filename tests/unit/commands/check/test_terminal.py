from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.commands.check.terminal import cells, cut, padded, painted
from ci_actions.kit.report import Result


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("äé", 2),
        ("e\u0301", 1),
        ("日本", 4),
        ("✅", 2),
        ("⚠️", 2),
        ("a\u200bb", 2),
        ("⠋", 1),
    ],
)
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


@given(st.text(st.sampled_from("ab日✅⚠\ufe0fe\u0301"), max_size=60), st.integers(0, 30))
def test_a_cut_text_fits_and_is_a_beginning(text: str, width: int) -> None:
    shown = cut(text, width)
    assert cells(shown) <= width
    assert shown == text or width == 0 or (shown.endswith("…") and text.startswith(shown[:-1]))
    assert shown == text or cells(text) > width


@given(st.text(st.sampled_from("ab日✅"), max_size=10), st.integers(0, 30), st.booleans())
def test_padding_fills_up(text: str, width: int, right: bool) -> None:
    made = padded(text, width, right=right)
    assert cells(made) == max(width, cells(text))
    assert made.strip() == text


def test_colours_only_where_they_are_wanted() -> None:
    assert painted("x", Result.FAILED, colour=False) == "x"
    assert painted("x", Result.FAILED, colour=True) == "\x1b[31mx\x1b[0m"
