"""ci-docs beside other readers of Markdown, on made-up documents and on the real ones that come with npm."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.doubles import markdown_peer

from ci_actions.ci_docs import gfm
from ci_actions.ci_docs.blocks import Sort, blocks
from ci_actions.ci_docs.inlines import definitions, inlines, normal
from ci_actions.ci_docs.slugs import Slugger, slug

pytestmark = pytest.mark.integration

#: Pieces of which documents are put together: every one has a meaning somewhere.
PIECES = [
    "[a](b)", "[a](<b c> 'd')", "![a](b)", "[a][b]", "[b][]", "[b]", "[b]: /u 'v'\n", "`", "``", "```\n", "~~~\n", "> ", "- ",
    "1. ", "    ", "  ", "\n", "\n\n", "# ", "## t\n", "===\n", "---\n", "<a href='x'>", "</a>", "<div>\n", "<!-- ", " -->", "\\",
    "*", "_", "text", "a(b", ")", "[", "]", "(", "<https://x.y>", "&amp;", "\t",
]  # fmt: skip


@pytest.mark.integration
def test_every_sign_is_kept_or_dropped_as_the_peer_does() -> None:
    """Signs that are younger than the peer's tables are left out: it drops what it does not know."""
    old = unicodedata.ucd_3_2_0
    signs = [
        chr(code)
        for code in range(32, sys.maxunicode + 1)
        if old.category(chr(code)) not in ("Cn", "Cs") and not 0xE000 <= code <= 0xF8FF and code < 0xE0000
    ]
    theirs = markdown_peer.anchors([[f"a{each}b"] for each in signs])
    different = [
        f"U+{ord(sign):04X} {unicodedata.name(sign, '?')}: {slug(f'a{sign}b')!r}, theirs {their!r}"
        for sign, (their,) in zip(signs, theirs, strict=True)
        if slug(f"a{sign}b") != their
    ]
    assert not different, "\n".join(different[:40])


@pytest.mark.integration
def test_duplicates_are_counted_as_the_peer_does() -> None:
    titles = ["Hello World", "🚀 Go", "Über", ""] * 2 + ["a", "a-1", "a", "a", "a-1", "A 1", "a-1-1"]
    slugger = Slugger()
    assert [[slugger.next(each) for each in titles]] == markdown_peer.anchors([titles])


#: Indented or a lone tag behind a definition, and an address behind an escaped `<`.
_DISPUTED = re.compile(r"/u 'v'\n[ \t]*(?:\t|    |</?a)|\\<https")


# --- links and headings ----------------------------------------------------------------------------


def ours(text: str) -> list[str]:
    """Return the targets of links and images that are no HTML and not written out, in any order."""
    lines = [line.expandtabs(4) for line in text.removeprefix("\ufeff").split("\n")]
    return sorted(
        link.target
        for link in gfm.scan(text).links
        if lines[link.line - 1][link.column - 1 :].startswith(("[", "!"))
    )


def titles(text: str) -> list[str]:
    """Return the anchors of headings, before they are counted."""
    everything = blocks(text)
    labels: dict[str, str] = {}
    for block in everything:
        if block.sort is Sort.PARAGRAPH:
            for _, label, target in definitions(block.text):
                if label:
                    labels.setdefault(normal(label), target)
    return [slug(inlines(each.text, labels)[1]) for each in everything if each.sort is Sort.HEADING]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("[a\n\n> b](c)")
@example("- [a]:\n b\n\n[a]")
def test_made_up_documents_hold_the_same_links(text: str) -> None:
    """The peer takes what is indented behind a definition for code; cmark, which GitHub uses, and ours for text."""
    assume(not _DISPUTED.search(text))
    assert ours(text) == sorted(markdown_peer.targets(text))


def documents() -> list[Path]:
    """Return the documents that npm brings; a missing npm skips loudly."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm, whose documents are read: install Node.js (apt install npm)")
    root = subprocess.run(
        [npm, "root", "--global"], capture_output=True, text=True, check=True
    ).stdout.strip()
    found = sorted(Path(root, "npm").rglob("*.md"))
    assert len(found) > 100
    return found


def test_real_documents_hold_the_same_links_and_headings() -> None:
    for path in documents():
        text = path.read_text(encoding="utf-8", errors="replace").replace("\r", "")
        assert ours(text) == sorted(markdown_peer.targets(text)), path
        assert titles(text) == [slug(each) for each in markdown_peer.headings(text)], path
