"""What is a link in a document of Markdown, and where it stands."""

from __future__ import annotations

import pytest

from ci_actions.ci_docs.gfm import scan


def links(text: str) -> list[tuple[str, int, int]]:
    return [(each.target, each.line, each.column) for each in scan(text).links]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("a [b](c.md) d", [("c.md", 1, 3)], id="plain"),
        pytest.param("[b](<c d.md> 'title')", [("c d.md", 1, 1)], id="angles and a title"),
        pytest.param("[b](c\\(1\\).md) [b](d(2).md)", [("c(1).md", 1, 1), ("d(2).md", 1, 16)], id="parentheses"),
        pytest.param("[b](c d.md)", [], id="a space ends it"),
        pytest.param("[b]( )", [("", 1, 1)], id="empty"),
        pytest.param("![i](p.png)", [("p.png", 1, 1)], id="image"),
        pytest.param("[![i](p.png)](o.md)", [("o.md", 1, 1), ("p.png", 1, 2)], id="image in a link"),
        pytest.param("[a [b](c.md) d](e.md)", [("c.md", 1, 4)], id="no link in a link"),
        pytest.param("[a\nb](c.md)", [("c.md", 1, 1)], id="over two lines"),
        pytest.param("[a][R  s] [r s][] [R S]\n\n[r\ns]: c.md", [("c.md", 1, 1), ("c.md", 1, 11), ("c.md", 1, 19)],
                     id="references"),
        pytest.param("[a][r]\n\n[r]: <c d.md>\n  'title'", [("c d.md", 1, 1)], id="definition over two lines"),
        pytest.param("<https://a.b/c> https://d.e/f). www.g.h",
                     [("https://a.b/c", 1, 1), ("https://d.e/f", 1, 17), ("http://www.g.h", 1, 33)], id="written out"),
        pytest.param("[https://a.b](c.md)", [("c.md", 1, 1)], id="an address as text"),
        pytest.param("<mailto:a@b.c> <a@b.c>", [("mailto:a@b.c", 1, 1)], id="mail"),
        pytest.param("`[a](b)` ``[a`](b)`` \\[a](b)", [], id="code and escapes"),
        pytest.param("`[a](b) [c](d.md)", [("b", 1, 2), ("d.md", 1, 9)], id="a tick that nothing closes"),
        pytest.param("```\n[a](b)\n```\n~~~ x\n[a](b)\n```\n~~~~\n[c](d)", [("d", 8, 1)], id="fences"),
        pytest.param("````\n```\n[a](b)\n````\n[c](d)", [("d", 5, 1)], id="longer fence"),
        pytest.param("- a\n\n  ```\n  [a](b)\n  ```\n  [c](d)", [("d", 6, 3)], id="fence in a list"),
        pytest.param("1. a\n\n        [a](b)\n\n   [c](d)", [("d", 5, 4)], id="code in a list"),
        pytest.param("> ```\n> [a](b)\n[c](d)", [("d", 3, 1)], id="a quote ends, its fence too"),
        pytest.param("    [a](b)\n\ntext\n    [c](d)", [("d", 4, 5)], id="indented code, and none"),
        pytest.param("<!-- [a](b)\n\n[a](b) -->\n[c](d)", [("d", 4, 1)], id="comment"),
        pytest.param("text <!-- [a](b) --> [c](d)", [("d", 1, 22)], id="comment in a line"),
        pytest.param('<a href="c.md">x</a> <img alt=">" src=i.png>', [("c.md", 1, 1), ("i.png", 1, 22)], id="HTML in a line"),
        pytest.param("<p>\n[a](b)\n<A HREF='c&amp;d.md'\n>x</A></p>\n\n[e](f)",
                     [("c&d.md", 3, 1), ("f", 6, 1)], id="block of HTML"),
        pytest.param('<source srcset="a.png 1x, b.png 2x">', [("a.png", 1, 1), ("b.png", 1, 1)], id="srcset"),
        pytest.param("<script>\n'<a href=x>'\n</script>\n[c](d)", [("d", 4, 1)], id="script"),
        pytest.param("| a | b |\n|---|---|\n| `x | [c](d) |\n| y` | [e](f) |", [("d", 3, 8), ("f", 4, 8)], id="table"),
        pytest.param("---\nx: '[a](b)'\n---\n[c](d)", [("d", 4, 1)], id="front matter"),
        pytest.param("a\n---\n[c](d)\n---", [("d", 3, 1)], id="no front matter"),
        pytest.param("x[^1]\n\n[^1]: see [c](d)\n    and [e](f)", [("d", 3, 11), ("f", 4, 9)], id="footnote"),
        pytest.param("# [c](d) #", [("d", 1, 3)], id="heading"),
        pytest.param("> - [c](d)\n>   [e](f)\n[g](h)", [("d", 1, 5), ("f", 2, 5), ("h", 3, 1)], id="lazy line"),
        pytest.param("[c](d)\r\n[e](f)\r\n", [("d", 1, 1), ("f", 2, 1)], id="line ends of Windows"),
        pytest.param("\ufeff[c](d)", [("d", 1, 1)], id="byte order mark"),
        pytest.param("- [ ] [c](d)\n- [x] done", [("d", 1, 7)], id="task list"),
        pytest.param("> [!NOTE]\n> [c](d)", [("d", 2, 3)], id="alert"),
        pytest.param("", [], id="nothing"),
    ],
)  # fmt: skip
def test_links(text: str, found: list[tuple[str, int, int]]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("# A b\n\nC d\n===\n\nE\nf\n---", {"a-b", "c-d", "ef"}),
        ("# `a_b` *c* _d_ __e__ f_g_h", {"a_b-c-d-e-f_g_h"}),
        ("# [a](b) ![c](d) &amp; \\_e\\_", {"a---_e_"}),
        ("## A ##\n## A\n## A #", {"a", "a-1", "a-2"}),
        ("# a <b>c</b> <!-- d -->", {"a-c-"}),
        ("# a [![b](c)](d) [![e](f)](g)", {"a--"}),
        ("#no\n####### no\n    # no\n```\n# no\n```", set()),
        ('<a name="X"></a> <div id=y>\n\n<h2 align="center">Z <i>a</i></h2>', {"X", "y", "z-a"}),
        ("# A {#own}", {"a-own", "own"}),
        ("- # in a list\n> # in a quote", {"in-a-list", "in-a-quote"}),
        ("text\n[a]: b\n# c", {"c"}),
    ],
)  # fmt: skip
def test_anchors(text: str, anchors: set[str]) -> None:
    assert scan(text).anchors == anchors


def remarks(text: str) -> list[tuple[str, bool]]:
    return [(f"{each.line}:{each.column} {each.message}", each.broken) for each in scan(text).remarks]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a][b]", [("1:1 nothing defines the label [b]", True)]),
        ("[a][]", [("1:1 nothing defines the label [a]", True)]),
        ("[a] x[0][1] `[a][b]` f(x)[a][]", []),
        ("[a]: b", [("1:1 nothing uses the definition of [a]", False)]),
        ("[//]: # (a comment)", []),
        ("[a]\n\n[a]: b\n[A]: c", [("4:1 [A] is defined twice; the first definition counts, which points at b", False)]),
        ("[a]\n\n[a]: b\n[A]: b", []),
        ("[x][^1]\n\n[^1]: y", []),
        ("x[^1]", [("1:2 the footnote [^1] is not defined", True)]),
        ("[^a-z]", []),
        ("[^a]\n\n[^b]: x", [("1:1 the footnote [^a] is not defined", True),
                                ("3:1 nothing refers to the footnote [^b]", False)]),
        ("[^A]\n\n[^a]: x\n\n[^a]: y", [("5:1 the footnote [^a] is defined twice", False)]),
    ],
)  # fmt: skip
def test_what_a_document_gets_wrong_in_itself(text: str, said: list[tuple[str, bool]]) -> None:
    assert remarks(text) == said


def test_labels_of_myst() -> None:
    assert scan("(My-Label)=\n# Title").labels == {"my-label"}
