"""Where a badge goes, and that a README keeps every byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.commands.init import badge

SERVER, SLUG = "https://github.com", "acme/shop"
MD = (
    "[![ci](https://github.com/acme/shop/actions/workflows/ci.yml/badge.svg?branch=main)]"
    "(https://github.com/acme/shop/actions/workflows/ci.yml?query=branch%3Amain)"
)
HTML = (
    '<a href="https://github.com/acme/shop/actions/workflows/ci.yml?query=branch%3Amain">'
    '<img src="https://github.com/acme/shop/actions/workflows/ci.yml/badge.svg?branch=main" alt="ci"></a>'
)
RST = """\
.. image:: https://github.com/acme/shop/actions/workflows/ci.yml/badge.svg?branch=main
   :target: https://github.com/acme/shop/actions/workflows/ci.yml?query=branch%3Amain
   :alt: ci
"""
SHIELD = "[![x](https://img.shields.io/x)](https://x)"


def put(text: str, path: str = "README.md", branch: str = "main") -> str | None:
    after = badge.inserted(text.encode(), path, SERVER, SLUG, branch)
    return None if after is None else after.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# shop\n\nSells.\n", f"# shop\n\n{MD}\n\nSells.\n"),
        ("# shop\nSells.\n", f"# shop\n\n{MD}\n\nSells.\n"),
        ("# shop", f"# shop\n\n{MD}\n"),
        ("shop\n====\n\nSells.\n", f"shop\n====\n\n{MD}\n\nSells.\n"),
        ("<!-- # no -->\n\n```\n# no\n```\n# shop\n", f"<!-- # no -->\n\n```\n# no\n```\n# shop\n\n{MD}\n"),
        ("---\ntitle: x\n---\n# shop\n", f"---\ntitle: x\n---\n# shop\n\n{MD}\n"),
        (f"# shop\n\n{SHIELD}\n{SHIELD}\n\nSells.\n", f"# shop\n\n{MD}\n{SHIELD}\n{SHIELD}\n\nSells.\n"),
        ("# shop\n\n[![x][y]][z]\n", f"# shop\n\n{MD}\n[![x][y]][z]\n"),
        (f"# shop\n\nSells.\n\n# more\n\n{SHIELD}\n", f"# shop\n\n{MD}\n\nSells.\n\n# more\n\n{SHIELD}\n"),
        (f"# shop\n\n| {SHIELD} |\n|---|\n", f"# shop\n\n{MD}\n\n| {SHIELD} |\n|---|\n"),
        ("# shop\n\nSee /badges/x.\n", f"# shop\n\n{MD}\n\nSee /badges/x.\n"),
        ("# shop\n\n![logo](logo.png)\n", f"# shop\n\n{MD}\n\n![logo](logo.png)\n"),
        (
            '<p align="center">\n  <a href="https://x">\n    <img src="https://img.shields.io/x">\n  </a>\n</p>\n',
            f'<p align="center">\n  {HTML}\n  <a href="https://x">\n    <img src="https://img.shields.io/x">\n  </a>\n</p>\n',
        ),
        ("# shop\r\n\r\nSells.\r\n", f"# shop\r\n\r\n{MD}\r\n\r\nSells.\r\n"),
        ("Sells.\n", None),
        ("<h1>shop</h1>\n", None),
        ("", None),
    ],
)
def test_markdown(before: str, after: str | None) -> None:
    assert put(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("shop\n====\n\nSells.\n", f"shop\n====\n\n{RST}\nSells.\n"),
        ("shop\n====\nSells.\n", f"shop\n====\n\n{RST}\nSells.\n"),
        ("====\nshop\n====\n\nSells.\n", f"====\nshop\n====\n\n{RST}\nSells.\n"),
        (
            "shop\n----\n\n.. image:: https://img.shields.io/x\n   :target: y\n\nSells.\n",
            f"shop\n----\n\n{RST}\n.. image:: https://img.shields.io/x\n   :target: y\n\nSells.\n",
        ),
        (".. image:: logo.png\n\nshop\n====\n", f".. image:: logo.png\n\nshop\n====\n\n{RST}"),
        ("Sells.\n", None),
    ],
)
def test_restructured_text(before: str, after: str | None) -> None:
    assert put(before, "README.rst") == after


def test_what_is_no_text_is_left() -> None:
    assert badge.inserted(b"# \xff\n", "README.md", SERVER, SLUG, "main") is None


def test_a_branch_with_signs() -> None:
    assert "badge.svg?branch=release%2F1" in (put("# x\n", branch="release/1") or "")


LINES = st.sampled_from(
    ["# a", "## b", "a", "===", "---", "", "", SHIELD, "[![x][y]][z]", "```", "<!--", "-->", "    code", "<p>", "</p>",
     '<img src="https://img.shields.io/x">', "- a", "| a |", ".. image:: https://img.shields.io/x", "   :alt: x", "\ta", "été"]
)  # fmt: skip


@given(
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["README.md", "README.rst"]),
)
def test_any_readme_keeps_every_byte_and_gets_one_badge(
    lines: list[str], end: str, ended: bool, path: str
) -> None:
    text = end.join(lines) + (end if ended else "")
    before = text.encode()
    assert not badge.is_there(before, SERVER, SLUG)
    after = badge.inserted(before, path, SERVER, SLUG, "main")
    if after is None:
        return
    assert badge.is_there(after, SERVER, SLUG)
    assert any(after.startswith(before[:at]) and after.endswith(before[at:]) for at in range(len(before) + 1))
    assert after.count(b"\r\n") in (0, after.count(b"\n"))


def test_the_line_for_those_who_do_it_themselves() -> None:
    assert badge.line("README.md", SERVER, SLUG, "main") == MD
    assert badge.line("README.rst", SERVER, SLUG, "main") == RST.strip()
