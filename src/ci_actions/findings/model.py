"""The one form of a finding, whichever tool found it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple

_SEPARATORS = re.compile(r"[-_.]+")
_new = object.__new__


class Kind(Enum):
    """What a finding is about."""

    CODE = "code"
    DEPENDENCY = "dependency"
    SECRET = "secret"  # noqa: S105 - a word
    MISCONFIGURATION = "misconfiguration"
    LICENSE = "license"
    STYLE = "style"


class Severity(IntEnum):
    """How bad it is. UNKNOWN is lowest by value only: whoever gates decides what it counts as (fail closed).

    Tools that know levels and not severities: error is HIGH, warning MEDIUM, note LOW.
    """

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word users write and read: `high`."""
        return self.name.lower()


class Region(NamedTuple):
    """Where in a file: lines and columns count from 1, columns in code points; 0 is "not known".

    `end_column` is the column after the last character, as in SARIF.
    """

    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Package:
    """The package that a finding about a dependency is in, and the versions that mend it."""

    name: str
    version: str = ""
    ecosystem: str = ""
    fixed: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name as indexes compare it: small letters, one `-` for any of `-_.` (PEP 503)."""
        return _SEPARATORS.sub("-", self.name).lower()


@dataclass(slots=True, kw_only=True)
class Finding:
    """One thing that one tool found. Whoever makes it fills in everything but the last four; nobody else changes it.

    (Not frozen, because a frozen one takes ten times as long to make, and there may be 100 000.)

    `path` is relative to the git root, with `/`; empty where a finding is about no file. `message` holds no secret
    and no line break. `rule` is the tool's own name for it (`B602`, `GHSA-…`); `canonical` is the name it is known
    under across tools once aliases are resolved, and empty where that is the rule. `target` is what was scanned where
    one tool scans several things, such as an image. `commit` is the one that holds it, where that is not the one that
    is looked at: line and text are those of back then. `score` is that of CVSS, 0 to 10.

    The last four are filled in later: `fingerprint`, `former` (the fingerprint under the name that the file had
    before the change) and `line_hash` by `fingerprints.stamp`, `also` (the tools that say the same) by a merge.
    """

    tool: str
    rule: str
    kind: Kind
    severity: Severity
    message: str
    path: str = ""
    region: Region | None = None
    title: str = ""
    canonical: str = ""
    aliases: tuple[str, ...] = ()
    score: float | None = None
    confidence: Severity | None = None
    url: str = ""
    package: Package | None = None
    target: str = ""
    commit: str = ""
    fix: str = ""
    fingerprint: str = ""
    former: str = ""
    line_hash: str = ""
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The canonical name, or the rule where there is none."""
        return self.canonical or self.rule

    @property
    def line(self) -> int:
        """The line it begins on; 0 where that is not known."""
        return self.region.line if self.region else 0

    @property
    def is_here(self) -> bool:
        """Whether its file is one of the repository as it is looked at: not one of an image or of an old commit."""
        return bool(self.path) and self.target in ("", ".") and not self.commit


def new_finding(
    path: str,
    region: Region | None,
    tool: str,
    rule: str,
    kind: Kind,
    severity: Severity,
    confidence: Severity | None,
    message: str,
    title: str,
    url: str,
    score: float | None = None,
    canonical: str = "",
    aliases: tuple[str, ...] = (),
    package: Package | None = None,
    target: str = "",
    commit: str = "",
    fix: str = "",
    fingerprint: str = "",
    former: str = "",
    line_hash: str = "",
    also: tuple[str, ...] = (),
) -> Finding:
    """Return the finding with these values: the constructor takes three times as long, and there may be 100 000."""
    one = _new(Finding)
    one.tool = tool
    one.rule = rule
    one.kind = kind
    one.severity = severity
    one.message = message
    one.path = path
    one.region = region
    one.title = title
    one.canonical = canonical
    one.aliases = aliases
    one.score = score
    one.confidence = confidence
    one.url = url
    one.package = package
    one.target = target
    one.commit = commit
    one.fix = fix
    one.fingerprint = fingerprint
    one.former = former
    one.line_hash = line_hash
    one.also = also
    return one
