"""The badge: a small SVG in the flat style that README pages use, and the same as a shields.io endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape

from ci_actions.coverage_gate.model import GateResult, Outcome, Verdict
from ci_actions.kit.markdown import plain

#: White text has a contrast of at least 4.5 : 1 (WCAG AA) on each of these.
GOOD, NEAR, BAD, UNKNOWN = "#2f7d32", "#a85a00", "#c0352b", "#6a6f75"
LABEL_COLOUR = "#484f58"
#: Below the minimum by fewer points than this is "near".
NEARLY = 5

#: Widths of the printable ASCII characters, from the space on, in hundredths of the font size: those of
#: Verdana, the widest of the fonts that show the text, so that it fits in the others too.
_WIDTHS = tuple(
    int(width)
    for width in """
    35 39 46 82 64 108 73 27 45 45 64 82 36 45 36 45 64 64 64 64 64 64 64 64 64 64 45 45 82 82 82 55
    100 68 69 70 77 63 58 78 75 42 46 69 56 84 75 79 60 79 70 68 62 73 68 99 69 62 69 45 45 45 82 64
    64 60 62 52 62 60 35 62 63 27 34 59 27 97 63 61 62 62 43 52 39 63 59 82 59 59 53 63 45 63 82
    """.split()
)


@dataclass(frozen=True, slots=True)
class Badges:
    """The texts of both files."""

    svg: str
    endpoint: str


def badges(outcome: Outcome) -> Badges:
    """Return the badge of the overall coverage, coloured by its gate; without a verdict it is grey."""
    tally = outcome.overall
    percent = Fraction(tally.covered) * 100 / tally.total if tally.total else None
    if outcome.problems or percent is None:
        message, colour = "unknown", UNKNOWN
    else:
        gate = _gate_of(outcome)
        message, colour = f"{tally.percent} %", colour_of(percent, gate.minimum if gate else None)
    return Badges(svg("coverage", message, colour), endpoint("coverage", message, colour))


def colour_of(percent: Fraction | Decimal | None, minimum: Decimal | None) -> str:
    """Return the colour for a share that must reach `minimum`; grey where there is no share.

    Without a minimum nothing says what is enough: 90 counts as good and 75 as near.
    """
    if percent is None:
        return UNKNOWN
    good, near = (minimum, minimum - NEARLY) if minimum is not None else (Decimal(90), Decimal(75))
    exact = Fraction(percent)
    return GOOD if exact >= Fraction(good) else NEAR if exact >= Fraction(near) else BAD


def svg(label: str, message: str, colour: str) -> str:
    """Return the badge as an SVG document; `colour` is a CSS colour."""
    label, message = plain(label), plain(message)
    left, right = (text_width(text, 11) + 10 for text in (label, message))
    size = f'width="{left + right}" height="20"'
    said = escape(f"{label}: {message}")
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{said}">
<title>{said}</title>
<clipPath id="r"><rect {size} rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{left}" height="20" fill="{LABEL_COLOUR}"/>
<rect x="{left}" width="{right}" height="20" fill="{escape(colour)}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
{_text(label, left / 2, left - 10)}
{_text(message, left + right / 2, right - 10)}
</g>
</svg>
"""


def endpoint(label: str, message: str, colour: str) -> str:
    """Return the JSON that https://shields.io/badges/endpoint-badge draws a badge from."""
    import json

    made = {"schemaVersion": 1, "label": plain(label), "message": plain(message), "color": colour}
    return json.dumps(made, ensure_ascii=False) + "\n"


def text_width(text: str, size: int) -> int:
    """Return about how many pixels wide a text is at a font size; never too few for usual fonts."""
    from unicodedata import east_asian_width

    hundredths = 0
    for sign in text:
        place = ord(sign) - 32
        if 0 <= place < len(_WIDTHS):
            hundredths += _WIDTHS[place]
        else:
            hundredths += 100 if east_asian_width(sign) in "WF" else 75
    return -(-hundredths * size // 100)


def _text(text: str, middle: float, width: int) -> str:
    """Return a text with its shadow, stretched to the width that was reserved whatever the font."""
    shown = escape(text)
    place = f'x="{middle:g}"' + (f' textLength="{width}"' if width else "")
    shadow = 'y="15" fill="#010101" fill-opacity=".3" aria-hidden="true"'
    return f'<text {place} {shadow}>{shown}</text><text {place} y="14">{shown}</text>'


def _gate_of(outcome: Outcome) -> GateResult | None:
    """Return the gate that everything measured must pass: it alone says what is enough."""
    whole = [
        gate
        for gate in outcome.gates
        if gate.scope == "overall" and gate.verdict is not Verdict.NOT_APPLICABLE
    ]
    named = [gate for gate in whole if gate.name == "overall"]
    same = [gate for gate in whole if gate.tally == outcome.overall]
    return next(iter(named or same), None)
