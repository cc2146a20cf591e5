"""Pure: what the target of a link means, by GitHub's rules: a path of the repository, or something outside.

https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#relative-links
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
#: Filled in by somebody else: Jinja, Liquid, ERB, shells.
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|\$\(")
_LINES = re.compile(r"L(\d+)(?:C\d+)?(?:-L?(\d+)(?:C\d+)?)?")
#: What GitHub has below an owner's repository beside its files. `../../issues` in a document at the root leads there.
_PAGES = frozenset(
    {
        "", "actions", "activity", "archive", "blame", "blob", "branches", "commit", "commits", "community", "compare",
        "contributors", "deployments", "discussions", "edit", "find", "fork", "forks", "generate", "graphs", "issues", "labels",
        "milestone", "milestones", "network", "new", "packages", "projects", "pull", "pulls", "pulse", "raw", "releases",
        "search", "security", "settings", "stargazers", "tags", "tree", "wiki", "watchers",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inside:
    """A path of the repository, empty for its root, and the part of it that is meant; `folder` if it ends with `/`."""

    path: str
    fragment: str = ""
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """An address of another server, or a page of GitHub; `address` is empty where nobody can ask for it."""

    address: str = ""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No place at all, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Something that only another program can tell, and why."""

    why: str


Place = Inside | Outside | Nowhere | Undecided


def place_of(target: str, document: str, root: str = "") -> Place:
    """Return what a target in a document means; `root` is the folder that a leading `/` stands for."""
    target = target.strip()
    if _TEMPLATE.search(target):
        return Undecided("a template fills it in")
    if target.startswith("//"):
        return Outside(f"https:{target}")
    if scheme := _SCHEME.match(target):
        return Outside(target if scheme[0].lower() in ("http:", "https:") else "")
    return _of_path(target, document, root) if target else Nowhere("it has no target")


def _of_path(target: str, document: str, root: str) -> Place:
    path, _, fragment = target.partition("#")
    path = unquote(path.partition("?")[0])
    if not path:
        return Inside(document, unquote(fragment))
    if "\\" in path:
        return Nowhere(f"'{path}' has a backslash; GitHub separates folders with / only")
    start = root.split("/") if path.startswith("/") else document.split("/")[:-1]
    return _joined([part for part in start if part], path, unquote(fragment))


def _joined(parts: list[str], path: str, fragment: str) -> Place:
    above = 0
    for part in path.split("/"):
        if part == "..":
            if parts:
                parts.pop()
            else:
                above += 1
        elif part not in ("", "."):
            parts.append(part)
    if not above:
        return Inside("/".join(parts), fragment, path.endswith("/"))
    # A document at the root is shown as OWNER/REPOSITORY/blob/BRANCH/DOCUMENT.
    if above > 2 or (above == 2 and (parts[0] if parts else "") in _PAGES):
        return Outside()
    return Nowhere(f"'{path}' leads out of the repository")


def lines_of(fragment: str) -> tuple[int, int] | None:
    """Return the lines that `L10` or `L10-L20` names, None for another anchor."""
    found = _LINES.fullmatch(fragment)
    if not found:
        return None
    first = int(found[1])
    return first, int(found[2] or first)
