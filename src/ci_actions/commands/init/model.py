"""The values that reading, deciding and writing share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager

#: What init writes, by the names that `--only` takes, in the order in which it is shown.
PIECES = ("ci", "nightly", "maintenance", "comment", "dependabot", "settings", "badge")
WORKFLOWS = ".github/workflows"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The repository as it is. Paths are relative to its root, with `/`.

    `files` are those that git knows or would add, `content` the bytes of those that say something. `projects` are the
    folders that hold a Python project, the root being "". `links` are symbolic links, `edited` what differs from
    the last commit. `slug` is `owner/name` as the remote says, empty without one; `server` is where that lies.
    """

    files: tuple[str, ...]
    content: Mapping[str, bytes] = field(default_factory=dict)
    projects: Mapping[str, ProjectFiles] = field(default_factory=dict)
    links: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()
    branch: str = "main"
    branch_why: str = ""
    slug: str = ""
    server: str = "https://github.com"

    def text(self, path: str) -> str:
        """Return a file as text, empty where there is none; what is no UTF-8 is replaced."""
        return self.content.get(path, b"").decode("utf-8-sig", "replace")


@dataclass(frozen=True, kw_only=True)
class Given:
    """An input that the caller gives, and why, as the end of a sentence.

    `check` is what somebody must look at: it stands in the workflow, too, and so does not change when that is there.
    """

    name: str
    value: str
    why: str
    check: str = ""


@dataclass(frozen=True, kw_only=True)
class Project:
    """What is called for one project: the id of its job, the inputs, and what was seen that needs no input.

    `nightly` are inputs that nightly.yml alone takes. `seen` are pairs of a subject and what was found; `notes` is what
    nobody but the user can decide.
    """

    directory: str
    id: str
    given: tuple[Given, ...] = ()
    nightly: tuple[Given, ...] = ()
    seen: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    manager: Manager | None = None
    versions: tuple[str, ...] = ()

    @property
    def check(self) -> str:
        """The check that branch protection is to require."""
        return f"{self.id} / all-green"

    def value(self, name: str) -> str:
        """Return what an input is given, empty where it is left to its default."""
        return next((each.value for each in self.given if each.name == name), "")


@dataclass(frozen=True, kw_only=True)
class Release:
    """What the callers name: `owner/name` of our repository, and the ref of it."""

    repository: str
    ref: str

    def workflow(self, name: str) -> str:
        """Return what stands behind `uses:` for one of our workflows."""
        return f"{self.repository}/{WORKFLOWS}/{name}.yml@{self.ref}"


class State(Enum):
    """What becomes of a file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "as it should be"
    CONFLICT = "left as it is"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file: what it holds (None: there is none), what it is to hold, and why. A conflict says the `way` on."""

    piece: str
    path: str
    state: State
    why: str
    before: bytes | None = None
    after: bytes = b""
    way: str = ""

    @property
    def writes(self) -> bool:
        """Whether it is to be written."""
        return self.state in (State.NEW, State.CHANGED)
