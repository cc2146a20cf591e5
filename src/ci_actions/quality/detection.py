"""Pure: what a project configures, from its files alone. Every answer carries its reason."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ci_actions.quality.model import Detected, Hook

#: Files that ruff reads in every folder, and the text without which one sets nothing.
RUFF_SETTINGS = {".ruff.toml": "", "ruff.toml": "", "pyproject.toml": "[tool.ruff"}
HOOK_FILES = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
#: Files that name the tools a project installs, beside pyproject.toml.
REQUIREMENTS = re.compile(
    r"(?:.*[-_.])?(?:requirements|dev|lint|linting|test|typing|ci|quality)(?:[-_.].*)?\.(?:txt|in)"
)

#: Hook ids and the tool that they run; the ids that the tools' own hook repositories publish.
HOOK_TOOLS = {
    "ruff": "ruff-check",
    "ruff-check": "ruff-check",
    "ruff-format": "ruff-format",
    "black": "black",
    "black-jupyter": "black",
    "isort": "isort",
    "flake8": "flake8",
    "pylint": "pylint",
    "mypy": "mypy",
    "pyright": "pyright",
    "djlint": "djlint",
    "djlint-django": "djlint",
    "djlint-jinja": "djlint",
    "djlint-reformat": "djlint",
    "djlint-reformat-django": "djlint",
    "djlint-reformat-jinja": "djlint",
}


@dataclass(frozen=True)
class Place:
    """A place where a tool looks for its configuration: a file, and in files of many tools a section.

    In TOML the section is dotted; in ini files several names may be given, separated by `|`, and `x.*` is every section
    that begins with `x.`.
    """

    file: str
    section: str = ""

    @property
    def header(self) -> str:
        """The place as people write it."""
        return f"[{self.section.partition('|')[0]}] in {self.file}" if self.section else self.file


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a project says of itself, as detection needs it.

    `files` are those of git below the working directory (tracked, and untracked ones that are not ignored),
    relative to the git root, as are all paths. `configs` holds every file that may configure a tool, in the
    working directory and in the folders above it up to the git root. `below` holds those of folders further down,
    which count for ruff alone: it reads settings folder by folder. `extended` holds the files of any name that those of
    ruff extend.
    """

    prefix: str
    files: tuple[str, ...]
    configs: Mapping[str, bytes]
    below: Mapping[str, bytes] = field(default_factory=dict)
    extended: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def folders(self) -> tuple[str, ...]:
        """The working directory and the folders above it up to the git root, nearest first."""
        parts = self.prefix.split("/") if self.prefix else []
        return tuple("/".join(parts[:length]) for length in range(len(parts), -1, -1))

    def find(self, places: Sequence[Place]) -> tuple[str, Place, str] | None:
        """Return path, place and problem of the nearest configuration, None where there is none.

        A file that cannot be read as what it is counts where its text names the section.
        """
        for folder in self.folders:
            for place in places:
                path = f"{folder}/{place.file}" if folder else place.file
                if path in self.configs and (found := self._has(path, place.section)) is not None:
                    return path, place, found
        return None

    def settings(self, path: str) -> Mapping[str, Any] | None:
        """Return a TOML or ini file as tables, None where it is neither or not valid."""
        found = self._documents.get(path)
        return found if isinstance(found, dict) else None

    @cached_property
    def _documents(self) -> dict[str, Any]:
        """Every TOML and ini file as tables, or as the text that says what is wrong with it."""
        return {path: read_tables(path, content) for path, content in self.configs.items()}

    def _has(self, path: str, section: str) -> str | None:
        """Return what is wrong with a file that has the section, "" for nothing, None where it has no such section."""
        document = self._documents[path]
        if isinstance(document, str):
            text = self.configs[path].decode("utf-8", "replace")
            return document if not section or _names_section(text, section) else None
        if not section or document is None:
            return ""
        if path.endswith(".toml"):
            return "" if _within(document, section) is not None else None
        return "" if any(_is_section(name, section) for name in document) else None

    @cached_property
    def dependencies(self) -> Mapping[str, str]:
        """The distributions that the project names itself, by normalised name, and where: no lock, no transitive one."""
        found: dict[str, str] = {}
        for path in self.configs:
            if path.endswith("pyproject.toml"):
                for where, name in _named_in_pyproject(self.settings(path) or {}):
                    found.setdefault(name, f"{where} of {path}")
            elif REQUIREMENTS.fullmatch(path.rpartition("/")[2]):
                for line in self.configs[path].decode("utf-8", "replace").splitlines():
                    if name := requirement_name(line):
                        found.setdefault(name, path)
        return found

    @cached_property
    def hook_file(self) -> str:
        """The hook configuration at the git root, empty where there is none: that is where the runners look."""
        return next((name for name in HOOK_FILES if name in self.configs), "")

    @cached_property
    def hooks(self) -> tuple[Hook, ...]:
        """The hooks of that configuration; none where it cannot be read, which its runner will say."""
        if not self.hook_file:
            return ()
        content = self.configs[self.hook_file]
        return tuple(read_hooks(self.hook_file, content))

    def hook_of(self, tool: str) -> Hook | None:
        """Return the hook that runs a tool."""
        return next((each for each in self.hooks if HOOK_TOOLS.get(each.id) == tool), None)

    def detect(self, tool: str, package: str, places: Sequence[Place]) -> Detected | None:
        """Return why a tool runs: its configuration, a dependency that the project names, or a hook."""
        if found := self.find(places):
            path, place, problem = found
            reason = f"[{place.section.partition('|')[0]}] in {path}" if place.section else path
            return Detected(reason=reason, config=path, problem=problem)
        if where := self.dependencies.get(package):
            return Detected(reason=f"named in {where}")
        if hook := self.hook_of(tool):
            return Detected(reason=f"hook {hook.id} in {self.hook_file}", only_hook=True)
        return None


def extended(configs: Mapping[str, bytes], read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """Return the files that settings of ruff extend, over any number of steps, as far as they lie in the repository.

    `read` returns a file by its path, None for none. https://docs.astral.sh/ruff/settings/#extend
    """
    found: dict[str, bytes] = {}
    waiting = [path for path in configs if path.rpartition("/")[2] in RUFF_SETTINGS]
    while waiting:
        path = waiting.pop()
        document = read_tables(path, configs[path] if path in configs else found[path])
        tables = document if isinstance(document, dict) else {}
        named = _within(tables, "tool.ruff.extend" if path.endswith("pyproject.toml") else "extend")
        if not isinstance(named, str):
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
        if target in configs or target in found or not target.endswith(".toml"):
            continue
        if (content := read(target)) is not None:
            found[target] = content
            waiting.append(target)
    return found


def read_tables(path: str, content: bytes) -> dict[str, Any] | str | None:
    """Return a configuration file as tables, the reason why it is not valid, or None for another kind of file."""
    name = path.rpartition("/")[2]
    if name.endswith(".toml") or name == "poetry.lock":
        import tomllib

        try:
            return tomllib.loads(content.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            return f"{path} is not valid TOML: {wrong}"
    if name.endswith((".cfg", ".ini")) or name in (".flake8", ".pylintrc", "pylintrc"):
        from configparser import ConfigParser, Error

        parser = ConfigParser(interpolation=None)
        try:
            parser.read_string(content.decode("utf-8-sig"))
        except (Error, UnicodeDecodeError) as wrong:
            return f"{path} is not valid: {' '.join(str(wrong).split())}"
        return {section: dict(parser.items(section)) for section in parser.sections()}
    if name.endswith(".json") or name == ".djlintrc":
        return _read_json(path, content)
    return None


def _read_json(path: str, content: bytes) -> str | None:
    """Return what is wrong with a JSON file; comments and trailing commas are what these tools allow."""
    import json

    text = content.decode("utf-8-sig", "replace")
    try:
        json.loads(_without_comments(text))
    except ValueError as wrong:
        return f"{path} is not valid JSON: {wrong}"
    return None


_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING = re.compile(rf"{_STRING}|,(?=\s*[}}\]])", re.DOTALL)


def _without_comments(text: str) -> str:
    for pattern in (_COMMENT, _TRAILING):
        text = pattern.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
    return text


def _names_section(text: str, section: str) -> bool:
    names = "|".join(re.escape(name.removesuffix(".*")) for name in section.split("|"))
    return bool(re.search(rf"^\s*\[+\s*(?:{names})\b", text, re.MULTILINE))


def _is_section(name: str, wanted: str) -> bool:
    return any(
        name.startswith(each[:-1]) if each.endswith(".*") else name == each for each in wanted.split("|")
    )


def _within(document: Mapping[str, Any], section: str) -> object | None:
    found: object = document
    for part in section.split("."):
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


def requirement_name(line: str) -> str:
    """Return the normalised name at the start of a requirement, empty for an option, a comment or an address."""
    found = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:$|[\[<>=!~;@#\s(])", line)
    return normalised(found[1]) if found else ""


def normalised(name: str) -> str:
    """Return a distribution's name as https://packaging.python.org/en/latest/specifications/name-normalization/ says."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _named_in_pyproject(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where a pyproject.toml names a distribution, and its normalised name."""
    project, tool = _table(document, "project"), _table(document, "tool")
    for group, wanted in _table(document, "dependency-groups").items():
        yield from ((f"dependency group {group}", name) for name in _names(wanted))
    yield from (("project.dependencies", name) for name in _names(project.get("dependencies")))
    for extra, wanted in _table(project, "optional-dependencies").items():
        yield from ((f"extra {extra}", name) for name in _names(wanted))
    poetry = _table(tool, "poetry")
    yield from (("poetry's dependencies", normalised(name)) for name in _table(poetry, "dependencies"))
    yield from (
        ("poetry's dev-dependencies", normalised(name)) for name in _table(poetry, "dev-dependencies")
    )
    for group, about in _table(poetry, "group").items():
        if isinstance(about, dict):
            yield from (
                (f"poetry's group {group}", normalised(name)) for name in _table(about, "dependencies")
            )
    for group, wanted in _table(_table(tool, "pdm"), "dev-dependencies").items():
        yield from ((f"pdm's group {group}", name) for name in _names(wanted))
    yield from (
        ("uv's dev-dependencies", name) for name in _names(_table(tool, "uv").get("dev-dependencies"))
    )


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _names(wanted: object) -> Iterator[str]:
    if isinstance(wanted, list):
        for each in wanted:
            if isinstance(each, str) and (name := requirement_name(each)):
                yield name


def read_hooks(path: str, content: bytes) -> Iterator[Hook]:
    """Yield the hooks of a hook configuration; of one that is not valid none."""
    try:
        if path.endswith(".toml"):
            import tomllib

            document: Any = tomllib.loads(content.decode("utf-8"))
        else:
            import yaml

            document = yaml.safe_load(content.decode("utf-8"))
    except (ValueError, RecursionError) as _:
        return
    except Exception as wrong:
        if type(wrong).__module__.partition(".")[0] != "yaml":
            raise
        return
    for repo in _list(document, "repos"):
        for hook in _list(repo, "hooks"):
            if isinstance(hook, dict) and isinstance(hook.get("id"), str):
                yield Hook(
                    id=hook["id"],
                    repo=str(repo.get("repo", "")),
                    rev=str(repo.get("rev", "")),
                )


def _list(document: Any, name: str) -> list[Any]:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, list) else []
