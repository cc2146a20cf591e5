"""Pure: what is run, as one digest: equal plans give equal verdicts, and where they differ the parts say in what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from ci_actions.quality.model import Plan

#: Digits of a digest that people compare.
SHOWN = 12


def short_digest(*texts: str) -> str:
    """Return a digest of texts, as people compare it."""
    return sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:SHOWN]


def plan(tools: Sequence[tuple[str, str, str]], entries: Mapping[str, str], files: str, python: str) -> Plan:
    """Return the plan.

    `tools` are name, version and configuration file of each, `entries` the digests of all files by path, `files` the
    digest of them together, `python` the version of the project's interpreter.
    """
    parts = {"python": python, "files": files[:SHOWN]}
    for name, version, config in tools:
        parts[name] = f"{version} {short_digest(entries.get(config, ''))}" if config else version
    return Plan(digest=short_digest(*(f"{name} {parts[name]}" for name in sorted(parts))), parts=parts)
