"""YAML as GitHub reads it, with the place of every key and scalar.

The differences to `yaml.safe_load` are those that a workflow trips over: `on` is a key and not true, `3.10` is written
with two digits, a key that stands twice is a problem and not the last of its values, and a file of a few lines cannot
grow by its anchors. What GitHub refuses is refused by the same numbers:
https://github.com/actions/runner/blob/main/src/Sdk/WorkflowParser/Conversion/YamlObjectReader.cs
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from yaml.events import Event

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 50_000
"""Of the whole file as it is with every alias written out."""

_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MERGE = "<<"


class Place(NamedTuple):
    """Where something begins; both count from 1. (There are many: a dataclass takes three times as long to make.)"""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


START = Place(1, 1)


@dataclass(frozen=True, order=True)
class Problem:
    """Something that is not as it must be, and where."""

    place: Place
    text: str


class Scalar(NamedTuple):
    """A text, number, boolean or null; `plain` is one without quotes, which alone can be more than text."""

    place: Place
    text: str
    plain: bool = False

    @property
    def nodes(self) -> int:
        """How many nodes it is made of."""
        return 1

    @property
    def height(self) -> int:
        """How deep it is."""
        return 1

    @property
    def value(self) -> str | int | float | bool | None:
        """What it means by the core schema of YAML 1.2: https://yaml.org/spec/1.2.2/#103-core-schema"""
        if not self.plain:
            return self.text
        if self.text in _WORDS:
            return _WORDS[self.text]
        if _INTEGER.fullmatch(self.text):
            base = {"0x": 16, "0o": 8}.get(self.text[:2], 10)
            return int(self.text, base)
        return float(self.text) if _FLOAT.fullmatch(self.text) else self.text


class Items(NamedTuple):
    """A list."""

    place: Place
    items: tuple[Node, ...]
    nodes: int = 1
    height: int = 1


class Table(NamedTuple):
    """A mapping, in the order of the file; of a key that stands twice the first counts."""

    place: Place
    entries: tuple[tuple[Scalar, Node], ...]
    nodes: int = 1
    height: int = 1

    def get(self, name: str) -> Node | None:
        """Return the value of a key, None when there is none."""
        for key, value in self.entries:
            if key.text == name:
                return value
        return None

    def key(self, name: str) -> Scalar | None:
        """Return the key itself, for its place."""
        for key, _ in self.entries:
            if key.text == name:
                return key
        return None


Node = Scalar | Items | Table


@dataclass(frozen=True)
class Document:
    """A file that was read. `root` is None when it holds nothing that can be read; then `problems` says why."""

    root: Node | None
    problems: tuple[Problem, ...] = ()


class _Refused(Exception):
    """The file cannot be read any further."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(place, text)


Parser = Callable[[str], "Iterable[Event]"]
"""A parser: the events of a text, in PyYAML's classes; raises its errors."""


def pure(text: str) -> Iterable[Event]:
    """Return the events of a text as PyYAML finds them without libyaml."""
    import yaml

    events: Iterable[Event] = yaml.parse(text, Loader=yaml.SafeLoader)
    return events


def read(data: bytes, parser: Parser = pure) -> Document:
    """Return what a file holds, and what is wrong with it; never raises.

    `parser` may be a faster one. What it does not read is read again by `pure`, which says better what is wrong, and where.
    """
    if len(data) > MAX_BYTES:
        return _nothing(START, f"is {len(data)} bytes long, and GitHub reads {MAX_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        return _nothing(Place(line, 1), "is no UTF-8")
    try:
        return _Composer().compose(text, parser)
    except _Refused as refused:
        return Document(None, (refused.problem,)) if parser is pure else read(data)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, keys left out, in the order of the file."""
    yield node
    children = node.items if isinstance(node, Items) else ()
    if isinstance(node, Table):
        children = tuple(value for _, value in node.entries)
    for each in children:
        yield from walk(each)


def _nothing(place: Place, text: str) -> Document:
    return Document(None, (Problem(place, text),))


def _place(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


@dataclass
class _Open:
    """A list or mapping whose end has not been read yet."""

    place: Place
    anchor: str | None
    mapping: bool
    children: list[Node] = field(default_factory=list)
    nodes: int = 1
    height: int = 1


class _Composer:
    """Makes nodes of PyYAML's events: the depth is bounded before anything recurses, and aliases are counted."""

    def __init__(self) -> None:
        self._anchors: dict[str, Node] = {}
        self._open: list[_Open] = []
        self._problems: list[Problem] = []
        self._root: Node | None = None
        self._documents = 0

    def compose(self, text: str, parser: Parser) -> Document:
        """Return the document. Raises _Refused for what cannot be read at all."""
        import yaml

        take = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._begin_list,
            yaml.MappingStartEvent: self._begin_mapping,
            yaml.SequenceEndEvent: self._close,
            yaml.MappingEndEvent: self._close,
            yaml.DocumentStartEvent: self._document,
        }
        try:
            for event in parser(text):
                if taken := take.get(type(event)):
                    taken(event)
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else START
            why = ", ".join(part for part in (wrong.context, wrong.problem) if part)
            raise _Refused(place, f"is no YAML: {why}") from None
        except yaml.reader.ReaderError as wrong:
            before = text[: wrong.position]
            place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
            raise _Refused(place, f"is no YAML: {wrong.reason} (#x{wrong.character:04x})") from None
        if self._root is None:
            raise _Refused(START, "is empty")
        return Document(self._root, tuple(sorted(self._problems)))

    def _scalar(self, event: Any) -> None:
        # A tag makes text of a plain scalar; any other than `!!str` is GitHub's to refuse.
        # The style of a plain one is None, or empty where libyaml found it.
        node = Scalar(_place(event), event.value, not event.style and event.tag is None)
        if event.anchor is None and self._open:
            above = self._open[-1]
            above.children.append(node)
            above.nodes += 1
            if above.height == 1:
                self._refuse_depth(node.place, len(self._open) + 1)
                above.height = 2
        else:
            self._add(node, node.place, event.anchor)

    def _alias(self, event: Any) -> None:
        place = _place(event)
        if event.anchor not in self._anchors:
            raise _Refused(place, f"*{event.anchor} names no anchor before it")
        self._add(self._anchors[event.anchor], place, None)

    def _begin_list(self, event: Any) -> None:
        self._begin(event, mapping=False)

    def _begin_mapping(self, event: Any) -> None:
        self._begin(event, mapping=True)

    def _begin(self, event: Any, *, mapping: bool) -> None:
        place = _place(event)
        self._refuse_depth(place, len(self._open) + 1)
        self._open.append(_Open(place, event.anchor, mapping))

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Refused(_place(event), "holds more than one document")

    def _close(self, event: Any) -> None:
        del event
        ended = self._open.pop()
        node: Node
        if ended.mapping:
            node = Table(ended.place, tuple(self._entries(ended.children)), ended.nodes, ended.height)
        else:
            node = Items(ended.place, tuple(ended.children), ended.nodes, ended.height)
        self._add(node, ended.place, ended.anchor)

    def _add(self, node: Node, place: Place, anchor: str | None) -> None:
        if node.nodes > MAX_NODES:
            raise _Refused(place, f"holds more than {MAX_NODES} nodes once its aliases are written out")
        self._refuse_depth(place, len(self._open) + node.height)
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            above = self._open[-1]
            above.children.append(node)
            above.nodes += node.nodes
            above.height = max(above.height, node.height + 1)
        else:
            self._root = node

    def _refuse_depth(self, place: Place, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _Refused(place, f"is nested deeper than {MAX_DEPTH} levels")

    def _entries(self, children: list[Node]) -> Iterator[tuple[Scalar, Node]]:
        """Yield the entries of a mapping; what a merge key brings comes where nothing stands in its way."""
        pairs = list(zip(children[::2], children[1::2], strict=True))
        seen: dict[str, Scalar] = {}
        merged: list[Node] = []
        for key, value in pairs:
            if not isinstance(key, Scalar):
                self._problems.append(Problem(key.place, "a key must be text, not a list or a mapping"))
            elif key.plain and key.text == _MERGE:
                self._problems.append(
                    Problem(key.place, "merge keys (<<) are unknown to GitHub; act merges them")
                )
                merged += value.items if isinstance(value, Items) else [value]
            elif before := seen.get(key.text.casefold()):
                where = f"line {before.place.line}"
                self._problems.append(Problem(key.place, f"'{key.text}' stands here already, in {where}"))
            else:
                seen[key.text.casefold()] = key
                yield key, value
        for each in merged:
            for key, value in each.entries if isinstance(each, Table) else ():
                if key.text.casefold() not in seen:
                    seen[key.text.casefold()] = key
                    yield key, value
