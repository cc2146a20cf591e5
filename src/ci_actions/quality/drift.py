"""Pure: tools of which a hook pins another version than the environment has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci_actions.quality.detection import HOOK_TOOLS, Project
from ci_actions.quality.model import Drift

#: The distribution that a tool comes from, where it is not called like the tool.
_PACKAGES = {"ruff-check": "ruff", "ruff-format": "ruff"}


def drift(project: Project, versions: Mapping[str, str]) -> Iterator[Drift]:
    """Yield the tools that hook and environment have in different versions, each distribution once."""
    seen = set()
    for hook in project.hooks:
        tool = HOOK_TOOLS.get(hook.id, "")
        package = _PACKAGES.get(tool, tool)
        pinned = hook.rev.removeprefix("v")
        here = versions.get(package)
        if (
            hook.repo in ("local", "meta", "builtin")
            or not here
            or package in seen
            or not pinned[:1].isdigit()
        ):
            continue
        if not _equal(pinned, here):
            seen.add(package)
            yield Drift(tool=package, here=here, hook=hook.rev, file=project.hook_file)


def _equal(one: str, other: str) -> bool:
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False
