"""Pure: Markdown as GitHub shows it -> its links, its anchors, and what it gets wrong in itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise

from ci_actions.ci_docs.blocks import Block, Sort, blocks
from ci_actions.ci_docs.inlines import Found, definitions, html, inlines, normal
from ci_actions.ci_docs.model import Document, Kind, Link, Remark
from ci_actions.ci_docs.slugs import Slugger

_INTERESTING = re.compile(r"[\[<]|https?://|www\.")
_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
#: A label of MyST, which `:ref:` of Sphinx may name: https://myst-parser.readthedocs.io/en/latest/syntax/cross-referencing.html
_MYST = re.compile(r"^\(([^()\s]+)\)=\s*$", re.MULTILINE)
#: An anchor that the author chose, as Kramdown and MyST have it; GitHub shows it as part of the heading.
_CHOSEN = re.compile(r"\{#([\w.:-]+)\}\s*$")
_HTML_HEADING = re.compile(
    r"<h(?P<level>[1-6])\b[^>]*>(?P<text>.*?)</h(?P=level)\s*>", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")
_COMMENT_LABELS = ("//", "comment", "#", "_")
_KINDS = {"link": Kind.LINK, "image": Kind.IMAGE, "address": Kind.LINK}


@dataclass(slots=True)
class _Piece:
    """A piece of text that is read at once, and where each of its lines stands in the file."""

    lines: Sequence[tuple[int, int, str]]
    text: str
    starts: list[int]
    heading: bool = False
    only_text: bool = False

    def where(self, place: int) -> tuple[int, int]:
        """Return line and column of a place in the text."""
        index = bisect_right(self.starts, place) - 1
        number, column, _ = self.lines[index]
        return number, column + place - self.starts[index]


def _piece(lines: Sequence[tuple[int, int, str]], *, heading: bool = False) -> _Piece:
    starts = [0]
    for _, _, text in lines[:-1]:
        starts.append(starts[-1] + len(text) + 1)
    return _Piece(lines, "\n".join(text for _, _, text in lines), starts, heading)


@dataclass(slots=True)
class _Scan:
    links: list[Link] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    remarks: list[Remark] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    defined: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    footnotes: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    pieces: list[_Piece] = field(default_factory=list)
    slugger: Slugger = field(default_factory=Slugger)

    def collect(self, found: Sequence[Block]) -> None:
        """Take the definitions out, and keep what is to be read once all labels are known."""
        for block in found:
            if block.sort is Sort.FOOTNOTE:
                number, column, label = block.lines[0]
                self._footnote(label, number, column)
            elif block.sort is Sort.HTML:
                piece = _piece(block.lines)
                for each in html(piece.text):
                    self._take(piece, each)
                for heading in _HTML_HEADING.finditer(piece.text):
                    said = _TAG.sub("", heading["text"])
                    self.pieces.append(_Piece(block.lines, said, [0], heading=True, only_text=True))
            else:
                self._text(block)

    def _footnote(self, label: str, number: int, column: int) -> None:
        if label.casefold() in self.footnotes:
            self._remark(
                "footnote", f"the footnote [^{label}] is defined twice", number, column, broken=False
            )
        else:
            self.footnotes[label.casefold()] = (label, number, column)
            self.anchors |= {f"fn-{label}", f"fnref-{label}"}

    def _text(self, block: Block) -> None:
        lines: Sequence[tuple[int, int, str]] = block.lines
        if lines[0][2].startswith("[") and (block.sort is Sort.PARAGRAPH or len(lines) > 1):
            piece = _piece(lines)
            for place, label, target in definitions(piece.text):
                if not label:
                    lines = _after(piece, place)
                    break
                self._define(label, target, *piece.where(place))
        if not lines:
            return
        heading = block.sort is Sort.HEADING
        table = len(lines) if heading else _table(lines)
        if table:
            self.pieces.append(_piece(lines[:table], heading=heading))
        self.pieces += (_piece([line]) for line in lines[table:])

    def _define(self, label: str, target: str, number: int, column: int) -> None:
        key = normal(label)
        if key in self.labels:
            if self.labels[key] != target and key not in _COMMENT_LABELS:
                message = f"[{label}] is defined twice; the first definition counts, which points at {self.labels[key]}"
                self._remark("reference", message, number, column, broken=False)
            return
        self.labels[key] = target
        self.defined[key] = (label, number, column)

    def read(self) -> None:
        """Read the pieces."""
        for piece in self.pieces:
            if piece.only_text:
                self.anchors.add(self.slugger.next(unescape(piece.text).strip()))
                continue
            if piece.heading:
                found, said = inlines(piece.text, self.labels, self.footnotes)
                # A badge behind the title leaves the space before it, and so a `-`.
                self.anchors.add(self.slugger.next(said))
                if chosen := _CHOSEN.search(piece.text):
                    self.anchors.add(chosen[1])
            elif _INTERESTING.search(piece.text):
                found, _ = inlines(piece.text, self.labels, self.footnotes)
            else:
                continue
            for each in found:
                self._take(piece, each)
        self._unused()

    def _take(self, piece: _Piece, each: Found) -> None:
        number, column = piece.where(each.place)
        if each.sort == "anchor":
            self.anchors.add(each.value)
        elif each.sort == "footnote":
            self.named.add(each.value.casefold())
            # `[^a-z]` may be the class of a regular expression.
            if each.value.casefold() not in self.footnotes and (self.footnotes or each.value.isdigit()):
                self._remark("footnote", f"the footnote [^{each.value}] is not defined", number, column)
        elif each.sort == "undefined":
            self._remark(
                "reference", f"nothing defines the label [{' '.join(each.value.split())}]", number, column
            )
        else:
            if each.label:
                self.used.add(each.label)
            self.links.append(Link(_KINDS[each.sort], each.value, number, column))

    def _unused(self) -> None:
        for key, (label, number, column) in self.defined.items():
            if (
                key not in self.used
                and key not in _COMMENT_LABELS
                and self.labels[key] not in ("#", "<>", "")
            ):
                self._remark(
                    "reference", f"nothing uses the definition of [{label}]", number, column, broken=False
                )
        for key, (label, number, column) in self.footnotes.items():
            if key not in self.named:
                self._remark(
                    "footnote", f"nothing refers to the footnote [^{label}]", number, column, broken=False
                )

    def _remark(self, rule: str, message: str, number: int, column: int, *, broken: bool = True) -> None:
        self.remarks.append(Remark(rule, message, number, column, broken))


def _table(lines: Sequence[tuple[int, int, str]]) -> int:
    """Return where a table begins in a paragraph: a row, and as many dashes below it. Each row is read for itself."""
    for place, ((_, _, head), (_, _, dashes)) in enumerate(pairwise(lines)):
        if "|" in head + dashes and _ROW.match(dashes) and _cells(head) == _cells(dashes):
            return place
    return len(lines)


def _cells(row: str) -> int:
    return row.strip().replace("\\|", "").removeprefix("|").removesuffix("|").count("|") + 1


def _after(piece: _Piece, place: int) -> Sequence[tuple[int, int, str]]:
    """Return the lines of a piece from a place on, which begins a line."""
    return [line for line, start in zip(piece.lines, piece.starts, strict=True) if start >= place]


def scan(text: str) -> Document:
    """Return what a document of Markdown holds."""
    made = _Scan()
    made.collect(blocks(text))
    made.read()
    return Document(
        links=tuple(sorted(made.links, key=lambda each: (each.line, each.column))),
        anchors=frozenset(made.anchors),
        labels=frozenset(_labels(text)),
        remarks=tuple(made.remarks),
    )


def _labels(text: str) -> Iterator[str]:
    if ")=" in text:
        yield from (label.lower() for label in _MYST.findall(text))
