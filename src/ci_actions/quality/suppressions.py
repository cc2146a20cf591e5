"""Pure: comments of a change that silence a tool."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ci_actions.kit.lines import Lines, numbers
from ci_actions.quality.model import Suppression
from ci_actions.quality.tool import Source

#: What silences which tool; each match is one.
KINDS = {
    "ruff: noqa": re.compile(
        r"#\s*(?:ruff|flake8)\s*[:=]\s*(?:noqa|disable|ignore|file-ignore)\b", re.IGNORECASE
    ),
    "noqa": re.compile(r"#\s*noqa\b", re.IGNORECASE),
    "type: ignore": re.compile(r"#\s*type:\s*ignore\b"),
    "mypy:": re.compile(r"#\s*mypy:\s*[\w-]*(?:ignore|disable|allow)"),
    "pyright": re.compile(
        r"#\s*pyright:\s*(?:ignore|basic|[\w]+\s*=\s*(?:false|none|warning|information))\b"
    ),
    "pylint: disable": re.compile(r"#\s*pylint:\s*(?:disable|skip-file)"),
    "fmt: off": re.compile(r"#\s*fmt:\s*(?:off|skip)|#\s*yapf:\s*disable"),
    "isort: skip": re.compile(r"#?\s*isort:\s*(?:skip|off|skip_file|dont-add)"),
}


def added(path: str, lines: Lines, before: bytes | None, after: bytes | None) -> Iterator[Suppression]:
    """Yield the suppressions on the lines that a change adds to a file, as many as the whole file gained.

    A line that was moved or reformatted brings none: of each kind there are as many new ones as there are more.
    """
    if after is None:
        return
    wanted = set(numbers(lines))
    everywhere = list(found_in(after))
    here = [(line, kind) for line, kind in everywhere if line in wanted]
    if not here:
        return
    gained = Counter(kind for _, kind in everywhere)
    gained.subtract(kind for _, kind in found_in(before or b""))
    chosen = []
    for line, kind in reversed(here):
        if gained[kind] > 0:
            gained[kind] -= 1
            chosen.append(Suppression(path=path, line=line, kind=kind))
    yield from reversed(chosen)


def found_in(content: bytes) -> Iterator[tuple[int, str]]:
    """Yield line and kind of each suppression in the comments of a Python file."""
    text = Source.of(content)
    for number, comment in _comments(text.lines):
        for kind, pattern in KINDS.items():
            for _ in pattern.findall(comment):
                yield number, kind


def _comments(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the comments of a file; of one that is not Python of our version, every line that holds a `#`."""
    import tokenize

    if not any("#" in line for line in lines):
        return
    found: list[tuple[int, str]] = []
    rest = iter([f"{line}\n" for line in lines])
    try:
        tokens = tokenize.generate_tokens(lambda: next(rest, ""))
        found.extend((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        found = [(number, line) for number, line in enumerate(lines, 1) if "#" in line]
    yield from found
