"""Pure: the blocks of a Markdown document, as far as links need them: https://github.github.com/gfm/#blocks-and-inlines

Containers (quotes, list items, footnotes) are peeled off each line; what is left is a paragraph, a heading, or HTML. Code,
fenced and indented, is left out: nothing in it is a link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.ci_docs.inlines import definitions

_FENCE = re.compile(r"(?P<sign>`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r"#{1,6}(?:[ \t]+|$)")
_CLOSING = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
_BREAK = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"(?P<marker>[-+*]|(?P<number>\d{1,9})[.)])(?P<gap>[ \t]+|$)")
_FOOTNOTE = re.compile(r"\[\^(?P<label>[^\]\s]+)\]:[ \t]*")
_FRONT_MATTER = {"---": ("---", "..."), "+++": ("+++",)}

_BLOCK_TAGS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset"
    "|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav"
    "|noframes|ol|optgroup|option|p|param|picture|search|section|source|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
_ATTRIBUTE = r"""\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?"""
#: How a block of HTML begins and ends; None for an end at the next blank line.
#: https://github.github.com/gfm/#html-blocks
_HTML: tuple[tuple[re.Pattern[str], re.Pattern[str] | None], ...] = (
    (
        re.compile(r"<(?:script|pre|style|textarea)(?:\s|>|$)", re.IGNORECASE),
        re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
    (re.compile(rf"</?(?:{_BLOCK_TAGS})(?:\s|/?>|$)", re.IGNORECASE), None),
)
_LONE_TAG = re.compile(rf"(?:<[A-Za-z][\w-]*(?:{_ATTRIBUTE})*\s*/?>|</[A-Za-z][\w-]*\s*>)\s*$")


class Sort(Enum):
    """What is left of a block once its containers are peeled off."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    HTML = "html"
    FOOTNOTE = "footnote"


@dataclass(slots=True)
class Block:
    """One leaf: its lines as (number, column of the first sign, text), both counted from 1."""

    sort: Sort
    lines: list[tuple[int, int, str]]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(text for _, _, text in self.lines)


@dataclass(slots=True)
class _Reader:
    """Reads a document line by line. `containers` hold -1 for a quote, else how far the content of an item is indented."""

    blocks: list[Block] = field(default_factory=list)
    containers: list[int] = field(default_factory=list)
    paragraph: Block | None = None
    html: Block | None = None
    html_end: re.Pattern[str] | None = None
    fence: str = ""
    hollow: bool = False

    def line(self, number: int, line: str) -> None:
        """Take one line."""
        if not self.containers and not self.fence and self.html is None and line[:1].isalpha():
            # Most lines: no block begins with a letter.
            if self.paragraph is not None:
                self.paragraph.lines.append((number, 1, line))
            else:
                self.paragraph = Block(Sort.PARAGRAPH, [(number, 1, line)])
                self.blocks.append(self.paragraph)
            return
        matched, at = self._peel(line)
        rest = line[at:]
        if self.hollow and not rest.strip() and matched == len(self.containers):
            # An item that begins with a blank line ends at the second one.
            self.containers.pop()
            matched -= 1
        self.hollow = False
        whole = matched == len(self.containers)
        if whole and self.fence:
            closing = rest.strip()
            if closing.startswith(self.fence) and not closing.strip(self.fence[0]) and _indent(rest) < 4:
                self.fence = ""
            return
        if whole and self.html is not None and self._more_html(number, at, rest):
            return
        if not whole and (self.fence or self.html is not None):
            self.fence, self.html = "", None
        self._open(number, line, matched, at)

    def _peel(self, line: str) -> tuple[int, int]:
        """Return how many containers go on in a line, and where their content begins."""
        at = 0
        for place, width in enumerate(self.containers):
            indent = _indent(line, at)
            if width < 0:
                if indent > 3 or line[at + indent : at + indent + 1] != ">":
                    return place, at
                at += indent + 1
                at += line[at : at + 1] == " "
            elif at + indent == len(line):
                at += min(width, indent)
            elif indent >= width:
                at += width
            else:
                return place, at
        return len(self.containers), at

    def _more_html(self, number: int, at: int, rest: str) -> bool:
        assert self.html is not None
        if self.html_end is None and not rest.strip():
            self.html = None
            return False
        self.html.lines.append((number, at + 1, rest))
        if self.html_end is not None and self.html_end.search(rest):
            self.html = None
        return True

    def _open(self, number: int, line: str, matched: int, at: int) -> None:
        """Open the containers that begin in a line, then its leaf."""
        opened: list[int] = []
        while True:
            indent = _indent(line, at)
            if indent >= 4:
                break
            rest = line[at + indent :]
            interrupts = self.paragraph is not None and not opened and matched == len(self.containers)
            if rest.startswith(">"):
                opened.append(-1)
                at += indent + 1
                at += line[at : at + 1] == " "
            elif (found := _FOOTNOTE.match(rest)) is not None:
                opened.append(4)
                self.blocks.append(Block(Sort.FOOTNOTE, [(number, at + indent + 1, found["label"])]))
                at += indent + found.end()
            elif (
                (item := _ITEM.match(rest)) is not None
                and not _BREAK.match(rest)
                and not (interrupts and not _may_interrupt(item, rest))
            ):
                gap = len(item["gap"])
                after = gap if 1 <= gap <= 4 and item.end() < len(rest) else 1
                opened.append(indent + len(item["marker"]) + after)
                at = min(at + indent + len(item["marker"]) + after, len(line))
            else:
                break
        rest = line[at:]
        lazy = self.paragraph is not None and not opened and matched < len(self.containers)
        if lazy and rest.strip() and not self._begins_a_block(rest):
            assert self.paragraph is not None
            self.paragraph.lines.append((number, at + 1, rest))
            return
        if opened or matched < len(self.containers):
            self.paragraph = None
            self.containers[matched:] = opened
            self.hollow = bool(opened) and opened[-1] > 0 and not rest.strip()
        self._leaf(number, at, rest)

    def _begins_a_block(self, rest: str) -> bool:
        if _indent(rest) > 3:
            return False
        text = rest.lstrip(" ")
        return bool(
            _FENCE.match(text)
            or _HEADING.match(text)
            or _BREAK.match(text)
            or any(start.match(text) for start, _ in _HTML)
        )

    def _leaf(self, number: int, at: int, rest: str) -> None:
        text = rest.strip()
        if not text:
            self.paragraph = None
            return
        indent = _indent(rest)
        if indent >= 4:
            if self.paragraph is not None:
                self.paragraph.lines.append((number, at + indent + 1, text))
            return  # Else it is code.
        rest = rest[indent:]
        column = at + indent + 1
        sign = rest[0]
        if sign in "`~" and (fence := _FENCE.match(rest)):
            self.fence, self.paragraph = fence["sign"], None
        elif sign == "#" and (heading := _HEADING.match(rest)):
            content = _CLOSING.sub("", rest[heading.end() :].rstrip())
            self.blocks.append(Block(Sort.HEADING, [(number, column + heading.end(), content)]))
            self.paragraph = None
        elif (
            sign in "=-"
            and self.paragraph is not None
            and _UNDERLINE.match(rest)
            and not _only_defines(self.paragraph)
        ):
            number, column, last = self.paragraph.lines[-1]
            self.paragraph.lines[-1] = (number, column, last.rstrip())
            self.paragraph.sort = Sort.HEADING
            self.paragraph = None
        elif sign in "*-_" and _BREAK.match(rest):
            self.paragraph = None
        elif sign == "<" and self._html(number, column, rest):
            return
        elif self.paragraph is not None:
            self.paragraph.lines.append((number, column, rest))
        else:
            self.paragraph = Block(Sort.PARAGRAPH, [(number, column, rest)])
            self.blocks.append(self.paragraph)

    def _html(self, number: int, column: int, rest: str) -> bool:
        """Begin a block of HTML if one begins here."""
        begun = next((each for each in _HTML if each[0].match(rest)), None)
        if begun is None and (self.paragraph is not None or not _LONE_TAG.match(rest)):
            return False
        end = begun[1] if begun else None
        self.paragraph = None
        block = Block(Sort.HTML, [(number, column, rest)])
        self.blocks.append(block)
        if end is None or not end.search(rest):
            self.html, self.html_end = block, end
        return True


def _indent(line: str, at: int = 0) -> int:
    """Return how many spaces stand at a place."""
    return len(line) - at - len(line[at:].lstrip(" "))


def _may_interrupt(item: re.Match[str], rest: str) -> bool:
    """Whether an item may end a paragraph without a blank line: it holds something, and a count begins with 1."""
    return bool(rest[item.end() :].strip()) and item["number"] in (None, "1")


def _only_defines(paragraph: Block) -> bool:
    """Whether nothing is left of a paragraph once its definitions are taken out: then there is no title to underline."""
    if not paragraph.lines[0][2].startswith("["):
        return False
    *_, (end, _, _) = definitions(paragraph.text + "\n")
    return end > len(paragraph.text)


def blocks(text: str) -> list[Block]:
    """Return the paragraphs, headings, blocks of HTML and footnotes of a document, in order; front matter is none."""
    lines = text.removeprefix("\ufeff").split("\n")
    lines = [line.rstrip("\r") for line in lines]
    reader = _Reader()
    start = _after_front_matter(lines)
    for number, line in enumerate(lines[start:], start + 1):
        reader.line(number, line.expandtabs(4) if "\t" in line else line)
    return reader.blocks


def _after_front_matter(lines: list[str]) -> int:
    ends = _FRONT_MATTER.get(lines[0].rstrip())
    if ends is None:
        return 0
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in ends:
            return number + 1
    return 0
