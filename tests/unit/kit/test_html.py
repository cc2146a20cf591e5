from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from ci_actions.kit.html import Frame, blob_link, environment, grouped, render

BLOB = "https://github.com/o/r/blob/abc"
FRAME = Frame(capability="a-check", headline="✅ a-check: all well", verdict="passed")


def css_colours(style: str) -> dict[str, tuple[str, str]]:
    """Return each token with its colour in light and in dark."""
    light, dark = style.split("prefers-color-scheme: dark", 1)
    of_light, of_dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in (light, dark))
    return {name: (colour, of_dark[name]) for name, colour in of_light.items()}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        parts = [
            float(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4) for each in shares
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class Tags(HTMLParser):
    """Which elements a page has, and whether they are closed in order."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_is_whole_and_loads_nothing() -> None:
    page = render("kit/page.html", FRAME)
    tags = Tags(page)
    assert tags.open == []
    assert ("html", {"lang": "en"}) in tags.seen
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags.seen}
    assert not re.search(r"url\(|@import|https?://", page)


def test_notices_stand_above_the_verdict_and_problems_below() -> None:
    page = render(
        "kit/page.html",
        Frame(
            capability="a-check",
            headline="no verdict",
            verdict="error",
            loosened=("the loosened",),
            warnings=("the warning",),
            problems=("the problem",),
            next_step="the next step",
            facts=("the fact",),
        ),
    )
    said = ("the loosened", "the warning", "<h1>no verdict</h1>", "the fact", "the problem", "the next step")
    places = [page.index(text) for text in said]
    assert places == sorted(places)
    assert '<strong class="verdict bad">error</strong>' in page


def test_many_warnings_are_folded_and_then_counted() -> None:
    frame = Frame(
        capability="c", headline="h", verdict="passed", warnings=tuple(f"w{number}" for number in range(300))
    )
    page = render("kit/page.html", frame)
    assert "and 295 more</summary>" in page
    assert "w199<" in page
    assert "w200<" not in page
    assert "… and 100 more" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a\nb\x00c", "a b\\x00c"),
        ("ev\u202egnp.il", "ev\\x202egnp.il"),
        ("a\udc80b", "a\\xdc80b"),
        ("\"'", "&#34;&#39;"),
        (Markup("<b>ours</b>"), "<b>ours</b>"),
        (7, "7"),
    ],
)
def test_what_a_template_prints_is_text(text: object, shown: str) -> None:
    assert environment().from_string("{{ it }}").render(it=text) == shown


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody }}").render()


@pytest.mark.parametrize(
    ("path", "where", "link"),
    [
        ("src/a.py", (), f"{BLOB}/src/a.py"),
        ("src/a.py", (88, 92), f"{BLOB}/src/a.py#L88-L92"),
        ("src/a.py", (88, 88), f"{BLOB}/src/a.py#L88"),
        ("a b#c?d%2f.py", (), f"{BLOB}/a%20b%23c%3Fd%252f.py"),
        ('"><script>.py', (), f"{BLOB}/%22%3E%3Cscript%3E.py"),
        ("é\udc80.py", (), f"{BLOB}/%C3%A9%80.py"),
        ("../../settings", (), ""),
        ("a//b.py", (), ""),
        ("", (), ""),
    ],
)
def test_links_to_lines(path: str, where: tuple[int, ...], link: str) -> None:
    assert blob_link(BLOB, path, *where) == link


@pytest.mark.parametrize(
    "blob_url", ["", "javascript:alert(1)", "data:text/html,x", "file:///etc", "//host/x"]
)
def test_only_the_web_is_linked(blob_url: str) -> None:
    assert blob_link(blob_url, "src/a.py") == ""


def test_thousands() -> None:
    assert grouped(1234567) == "1,234,567"


def test_text_can_be_read_in_light_and_in_dark() -> None:
    style = files("ci_actions").joinpath("kit/page.css").read_text("utf-8")
    colours = css_colours(style)
    pairs = [*product(("ink", "muted", "link"), ("page", "surface"))]
    pairs += [(tone, f"{tone}-surface") for tone in ("good", "bad", "warn", "neutral")]
    pairs += [("ink", f"{tone}-surface") for tone in ("good", "bad", "warn", "neutral")]
    for text, surface in pairs:
        for theme in (0, 1):
            assert contrast(colours[text][theme], colours[surface][theme]) >= 4.5, (text, surface, theme)
