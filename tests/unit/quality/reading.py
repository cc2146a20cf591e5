"""What the tests of all tools share: an invocation on files that are values, and processes that have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ci_actions.findings.model import Finding
from ci_actions.quality.model import Ran
from ci_actions.quality.tool import Invocation, Source


def on(files: Mapping[str, str] | None = None, version: tuple[int, ...] = (99,), **more: Any) -> Invocation:
    """Return an invocation in /repo on these files."""
    held = {path: Source.of(text.encode()) for path, text in (files or {"a.py": "x = 1\n" * 9}).items()}
    made = Invocation(
        launcher=("/env/bin/tool",),
        version=version,
        root="/repo",
        files=tuple(held),
        roots=tuple(sorted({path.partition("/")[0] for path in held})),
        scratch="/scratch",
        python="/env/bin/python",
        source=lambda path: held.get(path, Source(())),
    )
    return replace(made, **more)


def ran(code: int | None = 0, stdout: str = "", stderr: str = "", output: str | None = None) -> Ran:
    """Return a process that has ended."""
    return Ran(
        code=code,
        stdout=stdout.encode("utf-8", "surrogateescape"),
        stderr=stderr.encode("utf-8", "surrogateescape"),
        output=None if output is None else output.encode("utf-8", "surrogateescape"),
    )


def place(each: Finding) -> tuple[str, int, int, str]:
    """Return path, line, column and rule."""
    return (each.path, each.line, each.region.column if each.region else 0, each.rule)
