"""What scanners are asked and how they end, as values: nothing runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ci_actions.kit.inputs import Settings, read
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.scanners import Ask, Ended, Place, Tree

NOW = 1_795_000_000.0


def config(settings: Mapping[str, object] | None = None, **options: str) -> Config:
    """Return the Config that these inputs make; an underscore stands for a dash."""
    given = {name.replace("_", "-"): [value] for name, value in options.items()}
    return read(
        Config, options=given, environ={}, settings=Settings(settings or {}, "pyproject.toml", "tool")
    )


def tree(files: Mapping[str, str] | Sequence[str], *, directory: str = "", **more: Any) -> Tree:
    """Return a tree of these files; a mapping holds what stands in them."""
    texts = {path: text.encode() for path, text in files.items()} if isinstance(files, Mapping) else {}
    names = tuple(files)
    sizes = {path: len(texts.get(path, b"x" * 100)) for path in names}
    return Tree(
        root="/builds",
        directory=directory,
        files=names,
        everything=names,
        sizes=sizes,
        read=texts.get,
        **more,
    )


def ask(
    files: Mapping[str, str] | Sequence[str] = (),
    *,
    chosen: Sequence[str] | None = None,
    target: str = ".",
    settings: Mapping[str, object] | None = None,
    kept: Mapping[str, bytes] | None = None,
    written: Mapping[str, float] | None = None,
    over: Tree | None = None,
    jobs: int = 2,
    **options: str,
) -> Ask:
    """Return what a scanner is asked; `kept` are files below its cache, `written` when they were."""
    place = Place(
        program="/tools/program",
        python="/tools/python",
        folder="/scratch",
        cache="/cache",
        agent="/agent.py",
        jobs=jobs,
        home="/home/me",
        read=(kept or {}).get,
        modified=(written or {}).get,
    )
    return Ask(
        config=config(settings, **options),
        tree=over or tree(files),
        place=place,
        files=tuple(files if chosen is None else chosen),
        target=target,
        now=NOW,
    )


def ended(
    output: object = b"", *, code: int | None = 0, errors: str = "", asked: Sequence[str] = (), **more: Any
) -> Ended:
    """Return how a process ended; what is no text is written as JSON."""
    data = output if isinstance(output, bytes) else json.dumps(output).encode()
    return Ended(asked=tuple(asked), code=code, output=data, errors=errors.encode(), minutes=20, **more)
