"""The values that facts, decide, apply and report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.github.releases import Asset, Release
from ci_actions.kit.errors import Exit, worst


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to attach; `sha256` is of the file as it lies here."""

    name: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What shall be released; everything in it agrees with itself."""

    tag: str
    version: str
    prerelease: bool
    commit: str
    notes: str
    files: tuple[File, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What shall be released, and what is on GitHub.

    `run_tag` and `run_commit` are those of this run, `tagged` is the commit that the tag is on now, "" for nowhere. `read`
    has the SHA-256 of the assets of which GitHub says no digest. `others` are the tags of the published releases that are
    no pre-releases.
    """

    bundle: Bundle
    run_tag: str
    run_commit: str
    tagged: str
    release: Release | None = None
    assets: tuple[Asset, ...] = ()
    read: Mapping[int, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


class State(Enum):
    """How far the release is."""

    NONE = "there is none yet"
    BEGUN = "begun by an earlier run"
    DONE = "published already, with the same files"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why nothing is published, and what to do."""

    code: Exit
    text: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is to be done, and once it is applied what was: `url` is the release's, `steps` say it in words."""

    facts: Facts
    state: State = State.NONE
    causes: tuple[Cause, ...] = ()
    latest: bool = False
    body: str = ""
    url: str = ""
    published: bool = False
    steps: Sequence[str] = ()

    @property
    def code(self) -> Exit:
        """The exit code."""
        return worst(cause.code for cause in self.causes)
