"""Pure: which files of a repository belong to one of its projects, so that a change of them concerns it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, normpath

from ci_actions.kit.globs import matcher
from ci_actions.project.files import ProjectFiles

#: Whatever they call, they decide what every project's run does.
WORKFLOWS = (".github/workflows/", ".github/actions/")
#: How managers write a path in a text: https://pdm-project.org/latest/usage/dependency/,
#: https://hatch.pypa.io/latest/config/context/
_IN_TEXT = re.compile(r"(?:file:/*|\}/)(?P<path>\.\./[^\s;#]+)")
_PACKAGE = re.compile(
    r'^name = "(?P<name>[^"]+)"\n(?:version = [^\n]*\n)?source = \{ (?:editable|virtual|directory) = "(?P<path>[^"]+)" \}',
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """What belongs to the project in `directory`, all relative to the git root.

    `folders` are other projects that it installs from their folders, `globs` what the user named, `files` single files
    that its own ones include.
    """

    directory: str
    folders: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()

    def of(self, paths: frozenset[str]) -> tuple[str, ...]:
        """Return those of the paths that belong to the project, in order."""
        if not self.directory:
            return tuple(sorted(paths))
        inside = tuple(f"{each}/" for each in (self.directory, *self.folders))
        named = matcher(self.globs)
        above = frozenset(_above(self.directory))
        return tuple(
            sorted(
                path
                for path in paths
                if path.startswith(inside)
                or path in self.folders
                or path in self.files
                # Settings there hold for all folders below; see `is_above` for what is none.
                or dirname(path) in above
                or named(path)
            )
        )

    def is_above(self, path: str) -> bool:
        """Whether a file lies directly in a folder above the project."""
        return bool(self.directory) and dirname(path) in frozenset(_above(self.directory))


def _above(directory: str) -> Iterator[str]:
    while directory:
        directory = dirname(directory)
        yield directory


def workflows(paths: frozenset[str]) -> tuple[str, ...]:
    """Return the workflows and local actions among the paths, in order."""
    return tuple(sorted(path for path in paths if path.startswith(WORKFLOWS)))


def local_folders(files: ProjectFiles) -> Iterator[str]:
    """Yield the folders and files, relative to the git root, from which a project installs others of the repository."""
    texts = dict[str, None]()
    for name in ("pyproject.toml", "Pipfile"):
        for each in _paths(files.toml(name)):
            texts.setdefault(each)
    for each in _required(files):
        texts.setdefault(each)
    here = "" if files.directory == "." else files.directory
    found = (normpath(f"{here}/{each}" if here else each) for each in texts)
    yield from (each for each in (*found, *_of_workspace(files)) if _is_other(each, here))


def _is_other(path: str, here: str) -> bool:
    return (
        not path.startswith(("..", "/"))
        and path not in (".", here)
        and not path.startswith(f"{here}/" if here else "\0")
    )


def _paths(value: object) -> Iterator[str]:
    """Yield what a TOML document names as a path: `{path = "../common"}`, `file://${PROJECT_ROOT}/../common`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "path" and isinstance(inner, str):
                yield inner
            else:
                yield from _paths(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner)
    elif isinstance(value, str) and (found := _IN_TEXT.search(value)):
        yield found["path"]


def _required(files: ProjectFiles) -> Iterator[str]:
    """Yield the paths in requirements files: pip takes them from where it is started, the working directory."""
    from ci_actions.project.requirements import Kind, lines

    for name in files.content:
        if not name.endswith((".txt", ".in")) or name.endswith("runtime.txt"):
            continue
        for line in lines(files.text(name)):
            text = line.text.partition("[")[0].removeprefix("file:").strip()
            if line.kind in (Kind.EDITABLE, Kind.REQUIREMENT) and text.startswith(("./", "../")):
                yield text


def _of_workspace(files: ProjectFiles) -> Iterator[str]:
    """Yield the folders of the members of a uv workspace that a project depends on, as its lock knows them.

    Without a lock those of all members, as far as their globs tell.
    https://docs.astral.sh/uv/concepts/projects/workspaces/
    """
    sources = files.table("pyproject.toml", "tool", "uv", "sources")
    wanted = {
        _normal(name)
        for name, source in sources.items()
        if isinstance(source, dict) and source.get("workspace")
    }
    if not wanted:
        return
    for name in files.content:
        folder = dirname(files.shown(name))
        if name.endswith("uv.lock"):
            for found in _PACKAGE.finditer(files.text(name).replace("\r\n", "\n")):
                if _normal(found["name"]) in wanted:
                    yield normpath(f"{folder}/{found['path']}" if folder else found["path"])
        elif (
            name.endswith("pyproject.toml")
            and f"{name.removesuffix('pyproject.toml')}uv.lock" not in files.content
        ):
            members = files.table(name, "tool", "uv", "workspace").get("members")
            for glob in members if isinstance(members, list) else []:
                start = str(glob).partition("*")[0].rstrip("/")
                yield normpath(f"{folder}/{start}" if folder else start)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
