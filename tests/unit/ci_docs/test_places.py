"""What the target of a link means."""

from __future__ import annotations

import pytest

from ci_actions.ci_docs.places import Inside, Nowhere, Outside, Place, Undecided, lines_of, place_of


@pytest.mark.parametrize(
    ("target", "document", "place"),
    [
        ("b.md", "docs/a.md", Inside("docs/b.md")),
        ("./b.md#x", "docs/a.md", Inside("docs/b.md", "x")),
        ("../b.md", "docs/a.md", Inside("b.md")),
        ("/b.md", "docs/a.md", Inside("b.md")),
        ("#x%20y", "docs/a.md", Inside("docs/a.md", "x y")),
        ("?raw=true#x", "a.md", Inside("a.md", "x")),
        ("b%20c.png?raw=true", "a.md", Inside("b c.png")),
        ("b%23c.md", "a.md", Inside("b#c.md")),
        ("..", "docs/a.md", Inside("", "", False)),
        ("sub/", "docs/a.md", Inside("docs/sub", "", True)),
        ("https://x.y/z", "a.md", Outside("https://x.y/z")),
        ("//x.y/z", "a.md", Outside("https://x.y/z")),
        ("mailto:a@b.c", "a.md", Outside("")),
        ("../../issues", "README.md", Outside("")),
        ("../../wiki/Page", "README.md", Outside("")),
        ("../../../issues/1", "docs/a.md", Outside("")),
        ("../../../other/repo", "README.md", Outside("")),
        ("{{ site.url }}/x", "a.md", Undecided("a template fills it in")),
    ],
)
def test_places(target: str, document: str, place: Place) -> None:
    assert place_of(target, document) == place


@pytest.mark.parametrize(
    ("target", "document", "why"),
    [
        ("", "a.md", "no target"),
        ("../b.md", "a.md", "leads out of the repository"),
        ("../../nothing", "a.md", "leads out of the repository"),
        ("a\\b.md", "a.md", "backslash"),
    ],
)
def test_no_place(target: str, document: str, why: str) -> None:
    found = place_of(target, document)
    assert isinstance(found, Nowhere)
    assert why in found.why


def test_a_root_of_its_own() -> None:
    assert place_of("/x.png", "docs/a/b.rst", "docs") == Inside("docs/x.png")


@pytest.mark.parametrize(
    ("fragment", "lines"),
    [("L10", (10, 10)), ("L10-L20", (10, 20)), ("L10-20", (10, 20)), ("L1C2-L3C4", (1, 3)), ("L", None), ("l1", None)],
)  # fmt: skip
def test_lines(fragment: str, lines: tuple[int, int] | None) -> None:
    assert lines_of(fragment) == lines
