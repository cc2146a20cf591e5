"""The edge that reads: the tag, the history, what the project says of its version, its changelog, what was built."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ci_actions.ci_release import tags
from ci_actions.ci_release.config import Config
from ci_actions.ci_release.model import Built, Changelog, Declared, Facts, Tag
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Git
from ci_actions.kit.run import Edges

#: The names that changelogs have, the usual one first; any case, Markdown before reStructuredText.
NAMES = ("changelog", "changes", "history", "news", "releases", "release_notes", "release-notes")
_ENDS = (".md", ".markdown", ".rst", ".txt", "")
#: Bytes of a changelog; more is none.
_LARGEST = 8 * 1024 * 1024
#: How many commits are fetched at a time where history is cut off; then all of it.
_DEEPER = (64, 1024)
_ALL = 2_147_483_647


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what is known of the tag. Raises BadInput for one of another form, CannotJudge where history is missing."""
    tag = tags.read(_tag(config, edges), allow_prerelease=config.allow_prerelease)
    git = edges.git
    head = git.head()
    branch = config.default_branch or edges.context.default_branch or git.default_branch() or ""
    if not branch:
        raise CannotJudge(
            "Nobody says which branch is the default one.",
            advice="Name it with the input default-branch.",
        )
    return Facts(
        tag=tag,
        commit=head,
        tagged=_tagged(git, tag),
        branch=branch,
        on_branch=_is_on(git, head, branch),
        declared=_declared(edges.directory),
        changelog=_changelog(config, edges.directory),
        built_version=config.built_version,
        dist=_dist(edges.directory / config.dist) if config.dist else None,
    )


def _tag(config: Config, edges: Edges[Config]) -> str:
    if config.tag:
        return config.tag
    context = edges.context
    if not context.is_tag:
        where = f"was started for '{context.ref}'" if context.ref else "was not started by GitHub"
        raise BadInput(
            f"this run {where}, which is no tag: start it by `on: push: tags: ['v*']`, dispatch it on a tag, or give the "
            "input tag"
        )
    return context.ref.removeprefix("refs/tags/")


def _tagged(git: Git, tag: Tag) -> str:
    """Return the commit that a tag is on, here or on the remote, "" for no such tag."""
    return git.resolve(f"refs/tags/{tag.text}^{{commit}}") or git.remote_ref(tag.text) or ""


def _is_on(git: Git, commit: str, branch: str) -> bool:
    """Whether a commit is part of the remote's branch.

    That it is can be seen in any clone, that it is not in a whole one only: where history is cut off, more is fetched.
    Raises CannotJudge where the branch or its history cannot be had.
    """
    tip = git.remote_ref(branch)
    if tip is None:
        raise CannotJudge(
            f"The branch '{branch}' cannot be found on the remote.",
            advice="Is it the default branch, and may the token read the repository (`contents: read`)?",
        )
    if tip == commit:
        return True
    why = "" if git.has(tip) else git.fetch(tip)
    for step in (0, *_DEEPER, _ALL):
        if step and not git.is_shallow():
            break
        if step:
            why = git.fetch(tip, commit, depth=step) if step == _ALL else git.fetch(tip, commit, deepen=step)
        if not git.has(tip):
            break
        if commit in git.merge_bases(commit, tip):
            return True
    if not git.has(tip) or git.is_shallow():
        raise CannotJudge(
            f"Whether {commit[:12]} is on '{branch}' cannot be told: its history is cut off here, and more cannot be "
            f"fetched ({why or 'the remote is shallow too'}).",
            advice="Use actions/checkout with fetch-depth: 0.",
        )
    return False


# --- the project -----------------------------------------------------------------------------------


def _declared(directory: Path) -> Declared | None:
    """Return what pyproject.toml says of the version, None without one. Raises BadInput where it cannot be read.

    https://packaging.python.org/specifications/pyproject-toml/#version
    """
    file = directory / "pyproject.toml"
    if not file.is_file():
        return None
    import tomllib

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadInput(f"pyproject.toml is not valid TOML: {wrong}", file="pyproject.toml") from wrong
    project = _table(document, "project")
    if isinstance(version := project.get("version"), str):
        return Declared(where="[project] in pyproject.toml", version=version)
    poetry = _table(_table(document, "tool"), "poetry")
    if not project.get("dynamic") and isinstance(version := poetry.get("version"), str):
        return Declared(where="[tool.poetry] in pyproject.toml", version=version)
    return Declared(where="pyproject.toml") if "build-system" in document else None


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _changelog(config: Config, directory: Path) -> Changelog | None:
    """Return the changelog, None without one. Raises BadInput for a name that is none, and what cannot be read."""
    if config.changelog:
        file = directory / config.changelog
        if not file.is_file():
            raise BadInput(f"input 'changelog' is '{config.changelog}', and there is no such file")
        return _read(file, config.changelog)
    files = {each.name.lower(): each for each in sorted(directory.iterdir(), reverse=True) if each.is_file()}
    for name in _names():
        if found := files.get(name):
            return _read(found, found.name)
    return None


def _names() -> Iterator[str]:
    yield from (f"{name}{end}" for name in NAMES for end in _ENDS)


def _read(file: Path, shown: str) -> Changelog:
    if file.stat().st_size > _LARGEST:
        raise BadInput(f"{shown} is larger than {_LARGEST:,} bytes: that is no changelog", file=shown)
    try:
        return Changelog(path=shown, text=file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as wrong:
        raise BadInput(f"{shown} is no UTF-8: {wrong}", file=shown) from wrong


def _dist(folder: Path) -> tuple[Built, ...]:
    """Return the files of a folder, none without one. Raises BadInput where there is something else among them."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    if others := [each.name for each in files if each.is_symlink() or not each.is_file()]:
        raise BadInput(f"'{folder}' holds what is no plain file: {', '.join(others[:5])}")
    return tuple(Built(name=each.name, size=each.stat().st_size, sha256=_sha256(each)) for each in files)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
