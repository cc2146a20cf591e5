"""The values that facts, decide and report of ci-docs share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.kit.errors import Exit, worst


class Kind(Enum):
    """What a link is, and so how its target is understood."""

    LINK = "link"
    IMAGE = "image"
    REF = ":ref:"
    DOC = ":doc:"
    TOCTREE = "toctree"
    FILE = "file"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Link:
    """One link: what it points at as it was written, and where it stands; lines and columns begin with 1."""

    kind: Kind
    target: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What a document itself gets wrong; `broken` if a reader sees it, else it is a warning."""

    rule: str
    message: str
    line: int
    column: int
    broken: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What a document holds. `anchors` are what a `#…` may name, `labels` what `:ref:` may, `names` what `name_` may.

    `open_names` says that names may come from elsewhere: an included file, or settings of Sphinx.
    """

    links: tuple[Link, ...] = ()
    anchors: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    remarks: tuple[Remark, ...] = ()
    open_names: bool = False


@dataclass(frozen=True, kw_only=True)
class Sphinx:
    """A source folder of Sphinx (that of `conf.py`), and whether its labels may be those of other projects or of code."""

    folder: str
    open_labels: bool = False
    open_names: bool = False


class Answer(Enum):
    """What a server said about an address."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """An address, what came back, and the words for it."""

    answer: Answer
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the decision stands on; all paths are relative to the git root.

    `documents` are those that were read, `others` those that are only linked to, for their anchors. `files` are tracked;
    `strangers` are linked to, there and not tracked; `opaque` are submodules and links, behind which nobody looks. `lines`
    is the number of lines of each file that a link names a line of. `asked` is empty unless addresses were asked for.
    """

    documents: Mapping[str, Document]
    others: Mapping[str, Document] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    strangers: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict)
    sphinx: tuple[Sphinx, ...] = ()
    unread: tuple[str, ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    directory: str = ""
    blob_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that leads nowhere; `broken` turns the run red, else it is a warning."""

    rule: str
    path: str
    line: int
    column: int
    message: str
    broken: bool = True


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A link that nobody could decide, and why."""

    path: str
    link: Link
    why: str


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why there is no verdict, or a worse one than findings: an exit code, what is wrong, what to do."""

    code: Exit
    text: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it stands on; `checked` is the number of links that were decided."""

    facts: Facts
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    checked: int = 0
    causes: tuple[Cause, ...] = ()
    unused_allowances: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The findings that turn the run red."""
        return tuple(each for each in self.findings if each.broken)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The others."""
        return tuple(each for each in self.findings if not each.broken)

    @property
    def code(self) -> Exit:
        """The exit code."""
        codes = [cause.code for cause in self.causes]
        return worst([*codes, Exit.NOT_MET] if self.broken else codes)
