from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.badge import (
    BAD,
    GOOD,
    LABEL_COLOUR,
    NEAR,
    UNKNOWN,
    badges,
    colour_of,
    endpoint,
    svg,
    text_width,
)
from ci_actions.coverage_gate.model import GateResult, Outcome, Tally, Verdict

SVG = "{http://www.w3.org/2000/svg}"
NONE = Tally(0, 0)


def outcome(tally: Tally, minimum: str = "80", **more: object) -> Outcome:
    gate = GateResult(
        name="overall",
        scope="overall",
        metric="lines",
        verdict=Verdict.MET,
        minimum=Decimal(minimum),
        tally=tally,
    )
    empty = Outcome(
        metric="lines",
        gates=(gate,),
        overall=tally,
        lines=tally,
        branches=NONE,
        critical=None,
        new_code=None,
        files=(),
        changed=(),
        unmeasured=(),
        reads=(),
    )
    return replace(empty, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("percent", "minimum", "colour"),
    [
        ("85", "85", GOOD),
        ("84.999", "85", NEAR),
        ("80", "85", NEAR),
        ("79.99", "85", BAD),
        ("100", None, GOOD),
        ("90", None, GOOD),
        ("89.9", None, NEAR),
        ("74.9", None, BAD),
        ("0", "0", GOOD),
    ],
)
def test_the_colour_says_how_far_it_is(percent: str, minimum: str | None, colour: str) -> None:
    assert colour_of(Decimal(percent), None if minimum is None else Decimal(minimum)) == colour


def test_nothing_measured_has_no_colour() -> None:
    assert colour_of(None, Decimal(80)) == UNKNOWN


def test_a_third_is_compared_exactly() -> None:
    assert colour_of(Fraction(100, 3), Decimal("33.33")) == GOOD
    assert colour_of(Fraction(100, 3), Decimal("33.34")) == NEAR


def test_the_badge_of_an_outcome() -> None:
    made = badges(outcome(Tally(9241, 10_000)))
    assert json.loads(made.endpoint) == {
        "schemaVersion": 1,
        "label": "coverage",
        "message": "92.41 %",
        "color": GOOD,
    }
    assert "92.41 %" in made.svg


def test_a_share_that_is_rounded_down_does_not_lose_its_colour() -> None:
    assert GOOD in badges(outcome(Tally(84_996, 100_000), "84.995")).svg


@pytest.mark.parametrize("without", [outcome(NONE), outcome(Tally(9, 10), problems=("a report is missing",))])
def test_without_a_verdict_the_badge_shows_no_number(without: Outcome) -> None:
    assert json.loads(badges(without).endpoint)["message"] == "unknown"


def test_without_an_overall_gate_the_usual_bounds_count() -> None:
    assert GOOD in badges(outcome(Tally(9, 10), gates=())).svg


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_makes_a_well_formed_badge(label: str, message: str) -> None:
    root = ET.fromstring(svg(label, message, GOOD).encode())
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title")
    left, right = root.findall(f"{SVG}g/{SVG}rect")
    assert float(left.get("width", "")) + float(right.get("width", "")) == float(root.get("width", ""))


def test_markup_is_text() -> None:
    made = svg('"><script>alert(1)</script>', "</svg>&", '"/><script>')
    assert "<script" not in made
    assert ET.fromstring(made).findtext(f"{SVG}title") == '"><script>alert(1)</script>: </svg>&'


def test_the_endpoint_is_one_line_of_json() -> None:
    made = endpoint("cover\nage", '9 "%"', "red")
    assert made.count("\n") == 1
    assert json.loads(made)["label"] == "cover age"


def test_widths() -> None:
    assert text_width("", 11) == 0
    assert text_width("iii", 11) < text_width("mmm", 11)
    assert text_width("日本", 10) == 20
    assert text_width("é", 100) == 75


@pytest.mark.parametrize("colour", [GOOD, NEAR, BAD, UNKNOWN, LABEL_COLOUR])
def test_white_text_can_be_read_on_every_colour(colour: str) -> None:
    def linear(channel: int) -> float:
        share = channel / 255
        return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
