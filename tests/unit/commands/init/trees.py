"""Repositories as values: what `facts.gather` would read of a few files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_actions.commands.init import places
from ci_actions.commands.init.model import Facts
from ci_actions.project.files import ProjectFiles, matters


def facts(files: Mapping[str, str], **more: Any) -> Facts:
    """Return a repository of these files, all of them read."""
    content = {path: text.encode() for path, text in files.items()}
    folders = places.candidates(files)
    return Facts(
        files=tuple(sorted(files)),
        content=content,
        projects={folder: project(content, folder) for folder in folders},
        **more,
    )


def project(content: Mapping[str, bytes], folder: str) -> ProjectFiles:
    """Return a folder of it as `project.reading` does."""
    start = f"{folder}/" if folder else ""
    own = {path.removeprefix(start): data for path, data in content.items() if path.startswith(start)}
    names = frozenset(name for name in own if "/" not in name or name.startswith("requirements/"))
    above = {}
    for up in range(1, folder.count("/") + 2 if folder else 0):
        for name in ("pyproject.toml", "uv.lock"):
            path = "/".join([*folder.split("/")[:-up], name])
            if path in content:
                above[f"{'/'.join(['..'] * up)}/{name}"] = content[path]
    return ProjectFiles(
        directory=folder or ".",
        names=names,
        content={**{name: data for name, data in own.items() if name in names and matters(name)}, **above},
    )
