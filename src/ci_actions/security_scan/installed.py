"""Edge: the packages in the job's Python environment, for a project that locks none.

They are read from the names of their metadata; nothing of the environment runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ci_actions.security_scan.scanners import Tree


def with_environment(tree: Tree, directory: Path, environ: Mapping[str, str]) -> Tree:
    """Return the tree with what is installed in the activated environment, else in `.venv` or `venv`."""
    activated = environ.get("VIRTUAL_ENV", "")
    for folder in (*([Path(activated)] if activated else []), directory / ".venv", directory / "venv"):
        if found := tuple(sorted(set(_packages(folder)))):
            return replace(tree, installed=found, environment=folder.name)
    return tree


def _packages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of what is installed in an environment, without what is installed from a folder."""
    if not (folder / "pyvenv.cfg").is_file():
        return
    for pattern in ("lib/python*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"):
        for metadata in folder.glob(pattern):
            name, dash, version = metadata.name.removesuffix(".dist-info").rpartition("-")
            if dash and not _is_own(metadata):
                yield name, version


def _is_own(metadata: Path) -> bool:
    """Whether a package was installed from a folder: https://packaging.python.org/en/latest/specifications/direct-url/"""
    try:
        found = json.loads((metadata / "direct_url.json").read_bytes())
        return "dir_info" in found
    except (OSError, ValueError, TypeError):
        return False
