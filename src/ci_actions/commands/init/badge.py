"""Pure: the badge of a README, after its title or beside the badges that are there."""

from __future__ import annotations

import re
from collections.abc import Sequence

NAMES = re.compile(r"(?i:readme)\.(?:md|markdown|rst)")
_BADGE = re.compile(
    r"badge\.svg|img\.shields\.io|badge\.fury\.io|readthedocs\.org/projects/[^/]+/badge|codecov\.io/.*\.svg|badgen\.net"
    r"|pepy\.tech/badge|coveralls\.io/|api\.codacy\.com|/badges?/|pre-commit\.ci/badge|bestpractices",
    re.IGNORECASE,
)
#: A line of pictures, which are badges where an address of theirs is one of those, or stands elsewhere.
_PICTURES = re.compile(r" {0,3}\[?!\[")
_REFERENCED = re.compile(r" {0,3}\[!\[[^\]]*\]\[")
_LINKED = re.compile(r"^\s*<(?:a|img|picture)\b", re.IGNORECASE)
_HTML = re.compile(r"^\s*<(?:a|img|p|div|picture)\b", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ADORNMENT = re.compile(r"^([!-/:-@[-`{-~])\1*[ \t]*$")


def address(server: str, slug: str) -> str:
    """Return where the workflow is to be seen."""
    return f"{server}/{slug}/actions/workflows/ci.yml"


def is_there(content: bytes, server: str, slug: str) -> bool:
    """Whether a README shows how the workflow stands already, in whatever form."""
    return f"{address(server, slug)}/badge.svg".casefold().encode() in content.lower()


def inserted(content: bytes, path: str, server: str, slug: str, branch: str) -> bytes | None:
    """Return the README with the badge, None where there is neither a title nor a badge to put it to.

    All that is there stays, byte by byte.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines = text.splitlines(keepends=True)
    if len(lines) != len(re.split(r"\r\n|\n|\r", text)) - text.endswith(("\n", "\r")):
        return None  # other line ends than these: where a line begins is not clear
    from urllib.parse import quote

    image = f"{address(server, slug)}/badge.svg?branch={quote(branch, safe='')}"
    target = f"{address(server, slug)}?query=branch%3A{quote(branch, safe='')}"
    place = _in_rst if path.lower().endswith(".rst") else _in_markdown
    found = place([line.rstrip("\r\n") for line in lines], image, target)
    if found is None:
        return None
    at, added = found
    end = "\r\n" if "\r\n" in text else "\n"
    head = "".join(lines[:at])
    if head and not head.endswith(("\n", "\r")):
        head += end
    return (head + "".join(f"{line}{end}" for line in added) + "".join(lines[at:])).encode()


def line(path: str, server: str, slug: str, branch: str) -> str:
    """Return the badge as text, for those who put it in themselves."""
    made = inserted(b"x\n===\n" if path.lower().endswith(".rst") else b"# x\n", path, server, slug, branch)
    return (made or b"").decode().split("\n\n", 1)[1].strip()


# --- Markdown ------------------------------------------------------------------------------------


def _in_markdown(lines: Sequence[str], image: str, target: str) -> tuple[int, list[str]] | None:
    """Return before which line the badge comes, and its lines."""
    shown = f"[![ci]({image})]({target})"
    title = 0
    for number, text in _outside_code(lines):
        if _LINKED.match(text) and _BADGE.search(text):
            # Inside of HTML, Markdown is text.
            start = _start_of_html(lines, number)
            indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            return start, [f'{indent}<a href="{target}"><img src="{image}" alt="ci"></a>']
        if _is_badge(text) and not _within_html(lines, number):
            return number, [shown]
        if _is_heading(lines, number):
            if title:
                break
            title = number + (2 if not text.startswith("#") else 1)
    return (
        (title, ["", shown, *([""] if title < len(lines) and lines[title].strip() else [])])
        if title
        else None
    )


def _outside_code(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return the lines that are neither code, nor a comment, nor the settings of a page, with their numbers."""
    found: list[tuple[int, str]] = []
    fence, comment = "", False
    first = 0
    if lines and lines[0].strip() == "---":
        first = next((number + 1 for number, each in enumerate(lines[1:], 1) if each.strip() == "---"), 0)
    for number in range(first, len(lines)):
        text = lines[number]
        if comment:
            comment = "-->" not in text
            continue
        if fence:
            if text.strip().startswith(fence) and not text.strip().strip(fence[0]):
                fence = ""
            continue
        if opened := _FENCE.match(text):
            fence = opened[1]
            continue
        if text.lstrip().startswith("<!--"):
            comment = "-->" not in text
            continue
        if not text.startswith(("    ", "\t")) or _HTML.match(text):
            found.append((number, text))
    return found


def _is_heading(lines: Sequence[str], number: int) -> bool:
    text = lines[number]
    if re.match(r"#{1,6}(?:\s|$)", text):
        return True
    below = lines[number + 1] if number + 1 < len(lines) else ""
    starts = not number or not lines[number - 1].strip()
    return (
        bool(text.strip()) and starts and not _HTML.match(text) and bool(re.fullmatch(r"=+\s*|--+\s*", below))
    )


def _is_badge(text: str) -> bool:
    return bool(_REFERENCED.match(text) or (_PICTURES.match(text) and _BADGE.search(text)))


def _within_html(lines: Sequence[str], number: int) -> bool:
    """Whether a line belongs to a block of HTML: up to the last blank line, one begins with a tag."""
    while number and lines[number - 1].strip():
        number -= 1
        if _HTML.match(lines[number]):
            return True
    return False


def _start_of_html(lines: Sequence[str], number: int) -> int:
    """Return the line that opens the link around a picture, or the picture's own."""
    for back in range(number, max(number - 4, -1), -1):
        if re.match(r"\s*<a\b", lines[back], re.IGNORECASE):
            return back
        if re.match(r"\s*</", lines[back]) and back != number:
            break
    return number


# --- reStructuredText ------------------------------------------------------------------------------


def _in_rst(lines: Sequence[str], image: str, target: str) -> tuple[int, list[str]] | None:
    """Return before which line the badge comes, and its lines."""
    shown = [f".. image:: {image}", f"   :target: {target}", "   :alt: ci", ""]
    for number, text in enumerate(lines):
        if re.match(r"\.\. image::", text) and _BADGE.search(text):
            return number, shown
    for number in range(len(lines) - 1):
        text, below = lines[number], lines[number + 1]
        if not text.strip() or _ADORNMENT.match(text) or text.startswith((" ", "..")):
            continue
        if _ADORNMENT.match(below) and len(below.rstrip()) >= min(len(text.rstrip()), 3):
            at = number + 2
            return at, ["", *shown] if at < len(lines) and lines[at].strip() else ["", *shown[:-1]]
    return None
