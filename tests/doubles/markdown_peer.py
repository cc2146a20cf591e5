"""Other readers of Markdown, which ours is compared with: markdown-it-py for links, github-slugger for anchors."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

SLUGGER = Path(__file__).resolve().parents[2] / "tools" / "github-slugger"
_SCRIPT = """
import GithubSlugger from 'github-slugger'
let text = ''
for await (const chunk of process.stdin) text += chunk
const answer = JSON.parse(text).map(titles => {
  const slugger = new GithubSlugger()
  return titles.map(title => slugger.slug(title))
})
process.stdout.write(JSON.stringify(answer))
"""


def parser() -> MarkdownIt:
    """Return markdown-it with what GitHub has beyond CommonMark."""
    made = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    made.use(footnote_plugin).use(front_matter_plugin)
    # Targets stay as they are written.
    for name, change in (("normalizeLink", lambda target: target), ("validateLink", lambda _: True)):
        setattr(made, name, change)
    return made


def targets(text: str) -> list[str]:
    """Return the targets of links and images that are no HTML, as they are written there, in order."""
    return [*_targets(parser().parse(text))]


def _targets(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "link_open" and token.markup != "autolink":
            yield str(token.attrs["href"])
        elif token.type == "image":
            yield str(token.attrs["src"])
        yield from _targets(token.children or ())


def headings(text: str) -> list[str]:
    """Return the texts of the headings as a reader sees them."""
    tokens = parser().parse(text)
    return [
        _said(following.children or ())
        for token, following in pairwise(tokens)
        if token.type == "heading_open"
    ]


def _said(tokens: Sequence[Token]) -> str:
    kept = ("text", "code_inline", "text_special")
    return "".join(
        each.content if each.type in kept else "\n" if each.type in ("softbreak", "hardbreak") else ""
        for each in tokens
    )


def anchors(documents: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the anchors that github-slugger gives to the titles of each document; a missing npm skips loudly."""
    digest = hashlib.sha256((SLUGGER / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions" / "npm"
    kept = cache / f"github-slugger-{digest}"
    if not kept.is_dir():
        _install(kept)
    script = kept / "slug.mjs"
    script.write_text(_SCRIPT, encoding="utf-8")
    done = subprocess.run(
        ["node", script],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


def _install(kept: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no github-slugger: install Node.js 20 with npm, and let it reach its registry")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".slugger-", dir=kept.parent) as scratch:
        work = Path(scratch, "work")
        shutil.copytree(SLUGGER, work)
        words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", f"{scratch}/.npm"]
        done = subprocess.run(words, cwd=work, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            pytest.skip(f"no github-slugger: npm ci failed, let npm reach its registry: {done.stderr[-300:]}")
        if not kept.exists():
            work.rename(kept)
