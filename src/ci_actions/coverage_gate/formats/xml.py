"""XML as a stream of elements, without what makes XML dangerous.

A coverage report comes from wherever the tests ran, so nothing in it is trusted: entities and other
declarations are refused (billion laughs, files and addresses as entities), and an external DTD, as Cobertura
and JaCoCo name one in their DOCTYPE, is never fetched. There is no tree: a report of any size costs no more
memory than what is kept of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from mmap import mmap
from typing import Protocol, Self
from xml.parsers import expat

from ci_actions.kit.errors import CannotJudge

Data = bytes | mmap

_ADVICE = "Nothing in a coverage report needs that; write the report anew with the tool that measured."


class Visitor(Protocol):
    """What is told of a document: each element as it starts and ends."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element starts."""

    def end(self, name: str) -> None:
        """An element ends."""


class Document:
    """One parse of one document: tells a visitor, and the visitor can ask back where it is.

    `on_text`, while it is set, is called with text between elements; `on_comment` likewise.
    """

    def __init__(self, report: str) -> None:
        self._report = report
        self._parser = parser = expat.ParserCreate()
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._external

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # The parser refers to its handlers and they to the parser; without this a document lives until the
        # next collection of garbage.
        parser = self._parser
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.CommentHandler = parser.StartDoctypeDeclHandler = None
        parser.EntityDeclHandler = parser.ExternalEntityRefHandler = None

    @property
    def position(self) -> str:
        """Where the parser is, for messages."""
        return f"line {self._parser.CurrentLineNumber}"

    def on_text(self, listener: Callable[[str], None] | None) -> None:
        """Call `listener` with every text from here on; None stops it. (Most text is indentation.)"""
        self._parser.CharacterDataHandler = listener

    def on_comment(self, listener: Callable[[str], None] | None) -> None:
        """Call `listener` with every comment from here on."""
        self._parser.CommentHandler = listener

    def read(self, data: Data, visitor: Visitor) -> None:
        """Tell `visitor` of every element of `data`.

        Raises CannotJudge with line and column when the document is truncated or no XML, and for
        declarations.
        """
        self._parser.StartElementHandler = visitor.start
        self._parser.EndElementHandler = visitor.end
        try:
            self._parser.Parse(data, True)  # noqa: FBT003 (has no names)
        except expat.ExpatError as error:
            raise CannotJudge(
                f"{self._report} is truncated or not well-formed XML: {expat.ErrorString(error.code)}, "
                f"line {error.lineno}, column {error.offset + 1}.",
                advice="Was the job that wrote it cancelled, or was it still being written?",
                file=self._report,
            ) from None
        except (LookupError, ValueError) as error:
            # Only from looking up the encoding: visitors raise CannotJudge.
            raise CannotJudge(
                f"{self._report} is in an encoding that cannot be read ({error}).",
                advice="Write it as UTF-8.",
                file=self._report,
            ) from None

    def _doctype(self, *declaration: object) -> None:
        *_, has_own = declaration
        if has_own:
            raise self._refusal("declares entities or attributes of its own in its DOCTYPE")

    def _entity(self, *_: object) -> None:
        raise self._refusal("declares an entity")

    def _external(self, *_: object) -> int:
        raise self._refusal("refers to an external entity")

    def _refusal(self, what: str) -> CannotJudge:
        return CannotJudge(
            f"{self._report} {what} ({self.position}): refused.", advice=_ADVICE, file=self._report
        )
