"""Pure: who updates which dependencies, as entries of `.github/dependabot.yml`, and how they get into one that is there.

Format: https://docs.github.com/code-security/dependabot/working-with-dependabot/dependabot-options-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ci_actions.commands.init import places
from ci_actions.commands.init.model import Facts, Project
from ci_actions.commands.init.yaml_text import in_list, scalar
from ci_actions.project.managers import workspace_root
from ci_actions.project.model import Manager
from ci_actions.workflows import document
from ci_actions.workflows.document import Items, Scalar, Table

PATHS = (".github/dependabot.yml", ".github/dependabot.yaml")
#: Where one of these stands, somebody else updates the dependencies.
RENOVATE = (
    "renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json", ".github/renovate.json", ".github/renovate.json5",
    ".gitlab/renovate.json",
)  # fmt: skip
_HEAD = """\
# What is compatible comes as one pull request a week. A release waits a week before it is proposed: bad ones are mostly taken
# back by then. Security updates wait for neither.
version: 2
updates:
"""
#: By these files an ecosystem is there, in the folder of the file.
_BY_NAME = (
    ("npm", re.compile(r"package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml")),
    ("bun", re.compile(r"bun\.lock")),
    ("docker", re.compile(r"(?i:dockerfile|containerfile)(?:[.-].*)?|.*\.(?i:dockerfile)")),
    ("docker-compose", re.compile(r"(?:docker-)?compose(?:[.-].*)?\.ya?ml")),
    ("gomod", re.compile(r"go\.mod")),
    ("cargo", re.compile(r"Cargo\.lock")),
    ("bundler", re.compile(r"Gemfile|.*\.gemspec")),
    ("composer", re.compile(r"composer\.json")),
    ("maven", re.compile(r"pom\.xml")),
    ("gradle", re.compile(r"(?:build|settings)\.gradle(?:\.kts)?")),
    ("nuget", re.compile(r".*\.(?:cs|fs|vb)proj|packages\.config")),
    ("terraform", re.compile(r".*\.tf")),
    ("helm", re.compile(r"Chart\.yaml")),
    ("mix", re.compile(r"mix\.exs")),
)
#: Those of the root alone.
_OF_ROOT = (
    ("pre-commit", (".pre-commit-config.yaml", ".pre-commit-config.yml")),
    ("gitsubmodule", (".gitmodules",)),
    ("devcontainers", (".devcontainer/devcontainer.json", ".devcontainer.json")),
)
#: Ecosystems whose versions say what is compatible: a new major version gets a pull request of its own.
_SEMANTIC = frozenset(
    {"pip", "uv", "npm", "bun", "gomod", "cargo", "bundler", "composer", "maven", "gradle", "nuget", "mix"}
)
#: Either updates what a Python project locks.
_PYTHON = ("pip", "uv")


@dataclass(frozen=True)
class Entry:
    """One entry: the ecosystem, and the folders as the file calls them (`/`, `/services/orders`)."""

    ecosystem: str
    folders: tuple[str, ...]

    def text(self, indent: int) -> str:
        """Return the entry as YAML, its dash at a column."""
        where = (
            f"directory: {scalar(self.folders[0])}"
            if len(self.folders) == 1
            else "directories: [" + ", ".join(in_list(each) for each in self.folders) + "]"
        )
        lines = [
            f"- package-ecosystem: {self.ecosystem}",
            f"  {where}",
            "  schedule:",
            "    interval: weekly",
            "  cooldown:",
            "    default-days: 7",
            "  groups:",
            f"    {self.ecosystem}:",
            "      patterns: ['*']",
        ]
        if self.ecosystem in _SEMANTIC:
            lines.append("      update-types: [minor, patch]")
        return "".join(f"{' ' * indent}{line}\n" for line in lines)


def wanted(facts: Facts, projects: Sequence[Project]) -> tuple[Entry, ...]:
    """Return an entry for each ecosystem that is there; actions always are, once our workflows are."""
    found: dict[str, set[str]] = {}
    for project in projects:
        if project.manager is None:
            continue
        files = facts.projects[project.directory]
        up = workspace_root(files) if project.manager is Manager.UV else ""
        folder = (
            "/".join(project.directory.split("/")[: -(up.count("..")) or None]) if up else project.directory
        )
        uses_uv = project.manager is Manager.UV and ("uv.lock" in files or bool(up))
        found.setdefault("uv" if uses_uv else "pip", set()).add(folder)
    for path in facts.files:
        folder, _, name = path.rpartition("/")
        if places.is_beside(folder):
            continue
        for ecosystem, pattern in _BY_NAME:
            if pattern.fullmatch(name):
                found.setdefault(ecosystem, set()).add(folder)
    for ecosystem, names in _OF_ROOT:
        if any(each in facts.files for each in names):
            found[ecosystem] = {""}
    found["github-actions"] = {"", *_actions(facts)}
    return tuple(
        Entry(ecosystem, tuple(sorted(f"/{each}" for each in folders)))
        for ecosystem, folders in found.items()
    )


def _actions(facts: Facts) -> Iterator[str]:
    """Yield the folders of actions, which the entry for the root does not cover."""
    for path in facts.files:
        folder, _, name = path.rpartition("/")
        if folder and name in ("action.yml", "action.yaml"):
            inner = folder.removeprefix(".github/")
            if not places.is_beside(inner):
                yield folder


def new(entries: Sequence[Entry]) -> str:
    """Return a whole file."""
    return _HEAD + "\n".join(each.text(2) for each in entries)


def merged(content: bytes, entries: Sequence[Entry]) -> bytes | None:
    """Return a file with what it lacks at the end of its updates, itself where it lacks nothing.

    All that is there stays, byte by byte. None for a file in which no place can be told: `updates` is no list with a
    line for each entry, or what is there would mean something else afterwards.
    """
    before = document.read(content)
    if before.problems or not isinstance(before.root, Table):
        return None
    updates = before.root.get("updates")
    if not isinstance(updates, Items) or not updates.items:
        return None
    lacking = tuple(_lacking(updates, entries))
    if not lacking:
        return content
    text = content.decode("utf-8")
    lines = text.splitlines(keepends=True)
    column = updates.place.column - 1
    if not lines[updates.place.line - 1][column:].startswith("- "):
        return None
    at = _end(before.root, lines)
    end = "\r\n" if "\r\n" in text else "\n"
    added = "".join(each.text(column) for each in lacking).replace("\n", end)
    head = "".join(lines[:at])
    if head and not head.endswith("\n"):
        head += end
    after = (head + added + "".join(lines[at:])).encode()
    return after if _adds_only(content, after, lacking) else None


def _end(root: Table, lines: Sequence[str]) -> int:
    """Return the index of the line before which the list of updates ends: the next key with the comments above it."""
    begins = root.key("updates")
    assert begins is not None
    later = [key.place.line for key, _ in root.entries if key.place.line > begins.place.line]
    at = min(later) - 1 if later else len(lines)
    while later and lines[at - 1].startswith(("#", "\n", "\r\n")):
        at -= 1
    if not later:
        marks = (n for n, line in enumerate(lines) if n >= begins.place.line and line.startswith("..."))
        at = next(marks, at)
    return at


def _lacking(updates: Items, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield what no entry that is there stands for."""
    there = [found for each in updates.items if (found := _entry(each))]
    for entry in entries:
        family = _PYTHON if entry.ecosystem in _PYTHON else (entry.ecosystem,)
        patterns = [pattern for each in there if each.ecosystem in family for pattern in each.folders]
        left = tuple(
            each for each in entry.folders if not any(fnmatchcase(each, pattern) for pattern in patterns)
        )
        if left:
            yield Entry(entry.ecosystem, left)


def _entry(node: document.Node) -> Entry | None:
    if not isinstance(node, Table):
        return None
    ecosystem, one, several = (node.get(name) for name in ("package-ecosystem", "directory", "directories"))
    listed = several.items if isinstance(several, Items) else (one,)
    folders = (each.text for each in listed if isinstance(each, Scalar))
    name = ecosystem.text if isinstance(ecosystem, Scalar) else ""
    return Entry(name, tuple("/" + each.strip("/").removeprefix("./").strip(".") for each in folders))


def _adds_only(before: bytes, after: bytes, added: Sequence[Entry]) -> bool:
    """Whether the file means what it meant, with these entries at the end."""
    import yaml

    try:
        old, now = yaml.safe_load(before), yaml.safe_load(after)
        new_ones = yaml.safe_load("".join(each.text(0) for each in added))
    except yaml.YAMLError:
        return False
    expected: Mapping[str, object] = {**old, "updates": [*old["updates"], *new_ones]}
    return bool(now == expected)
