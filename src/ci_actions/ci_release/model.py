"""The values that facts, decide and report share."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.errors import Exit, worst


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag of the right form, and the version it names in the normal form of PEP 440."""

    text: str
    version: str
    prerelease: bool


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the project says of its version: in which file, and what; `version` is empty where only a build can tell."""

    where: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Changelog:
    """The file that says what changed."""

    path: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Built:
    """A file to attach."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the decision stands on.

    `commit` is what is checked out, `tagged` where the tag is, "" for nowhere. `on_branch` says whether the commit is on
    `branch`. `declared` is None without a file that says anything; `dist` is None where nothing was built yet.
    """

    tag: Tag
    commit: str
    tagged: str
    branch: str
    on_branch: bool
    declared: Declared | None
    changelog: Changelog | None
    built_version: str = ""
    dist: tuple[Built, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why the tag may not be released, and what to do."""

    code: Exit
    text: str
    advice: str
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it stands on; `notes` is what changed, as Markdown."""

    facts: Facts
    causes: tuple[Cause, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: str = ""

    @property
    def code(self) -> Exit:
        """The exit code."""
        return worst(cause.code for cause in self.causes)
