"""Pure: the files in which people and tools write down which Python they want."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ci_actions.kit.errors import BadInput
from ci_actions.project.files import ProjectFiles, decoded, parse_toml

#: What asdf, mise and pyenv write for "not a version": build from there, use that folder, use what is on PATH.
_ELSEWHERE = re.compile(r"(?:ref|path):.*|system")
#: What a range has and a version has not.
_RANGE = re.compile(r"[<>=~^!|]")
#: pyenv-virtualenv links an environment as `3.10/envs/name`.
_ENVIRONMENT = re.compile(r"([^/]+)/envs/.+")


@dataclass(frozen=True, slots=True)
class Pin:
    """One wish: the text, and where it stands as messages say it (`.python-version line 2`)."""

    text: str
    where: str

    @property
    def is_version(self) -> bool:
        """Whether it wishes a version at all, and not a folder or what the machine has."""
        return bool(self.text) and not _ELSEWHERE.fullmatch(self.text)


def pins(name: str, content: bytes, shown: str) -> tuple[Pin, ...]:
    """Return the wishes of one version file, the one that counts first; none when it has no word on Python.

    Raises BadInput for a file that is not UTF-8 or no TOML.
    """
    file = name.rpartition("/")[2]
    if file.endswith("pyproject.toml") or file == "Pipfile":
        return ()  # they hold ranges: see python_versions
    if file in ("mise.toml", ".mise.toml"):
        return tuple(_mise(parse_toml(content, shown), shown))
    text = decoded(content, shown)
    if file == ".tool-versions":
        return tuple(_tool_versions(text, shown))
    if file == "runtime.txt":
        return tuple(Pin(pin.text.removeprefix("python-"), pin.where) for pin in _lines(text, shown))
    return tuple(_lines(text, shown))


def _lines(text: str, shown: str) -> Iterator[Pin]:
    """Yield the words of a `.python-version`: pyenv reads words, uv lines, as ranges have spaces; comments begin with `#`."""
    for number, line in enumerate(text.splitlines(), 1):
        wish = line.partition("#")[0].strip()
        for word in [wish] if _RANGE.search(wish) else wish.split():
            environment = _ENVIRONMENT.fullmatch(word)
            yield Pin(environment[1] if environment else word, f"{shown} line {number}")


def _tool_versions(text: str, shown: str) -> Iterator[Pin]:
    """Yield what stands behind `python`: https://asdf-vm.com/manage/configuration.html#tool-versions."""
    for number, line in enumerate(text.splitlines(), 1):
        tool, *versions = line.partition("#")[0].split() or [""]
        if tool == "python":
            yield from (Pin(_asdf(each), f"{shown} line {number}") for each in versions)


def _asdf(text: str) -> str:
    """Return the version in mise's and asdf's words: `latest:3.12` and `prefix:3.12` are 3.12."""
    return re.sub(r"^(?:latest|prefix):", "", text)


def _mise(document: dict[str, object], shown: str) -> Iterator[Pin]:
    """Yield `[tools] python`: a text, a list, or a table with `version`. https://mise.jdx.dev/configuration.html."""
    tools = document.get("tools")
    wish = tools.get("python") if isinstance(tools, dict) else None
    for each in wish if isinstance(wish, list) else [wish]:
        version = each.get("version") if isinstance(each, dict) else each
        if isinstance(version, (int, float)):
            raise BadInput(f"{shown} [tools] python must be a text, like '3.12', not {version}.", file=shown)
        if isinstance(version, str):
            yield Pin(_asdf(version), f"{shown} [tools] python")


def of_project(files: ProjectFiles, name: str) -> tuple[Pin, ...]:
    """Return the wishes of a version file in the working directory, none where there is no such file."""
    return pins(name, files.bytes(name), files.shown(name)) if name in files.content else ()
