"""Pure: what a change itself takes from its own run, in the settings that it brings along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ci_actions.ci_plan.config import Config
from ci_actions.workflows.jobs import JOBS

#: Milder from left to right.
_ORDER = ("true", "auto", "false")


def settings(before: Config, after: Config) -> Iterator[str]:
    """Yield, in the user's words, every setting of ours that lets less run than before."""
    for job in JOBS:
        old, new = before.switch(job), after.switch(job)
        if _ORDER.index(new) > _ORDER.index(old):
            yield f"{job} goes from {old} to {new}"
    yield from _fewer_versions(before.python_versions, after.python_versions)
    for name in ("paths", "coverage-files"):
        if lost := _without(_values(before, name), _values(after, name)):
            yield f"{name} loses {_list(lost)}"
    if gained := _without(after.docs_globs, before.docs_globs):
        yield f"docs-globs gains {_list(gained)}"
    if before.test_command != after.test_command:
        yield f"test-command goes from {_command(before)} to {_command(after)}"
    if (before.layout, after.layout) == ("jobs", "single"):
        yield "layout goes from jobs to single, which tests one version"
    if (before.config_from, after.config_from) == ("base", "head"):
        yield "config-from goes from base to head"


def _fewer_versions(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    if before != after and (_without(before, after) or not before):
        yield f"python-versions goes from {_list(before)} to {_list(after)}"


def _values(config: Config, name: str) -> Sequence[str]:
    found: Sequence[str] = getattr(config, name.replace("-", "_"))
    return found


def _without(some: Sequence[str], others: Sequence[str]) -> list[str]:
    return [each for each in some if each not in others]


def _list(found: Sequence[str]) -> str:
    return ", ".join(found) or "nothing"


def _command(config: Config) -> str:
    return f"'{config.test_command}'" if config.test_command else "pytest"
