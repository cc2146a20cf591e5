"""The help pages, made from the declarations."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from ci_actions import home
from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.kit.inputs import Declared, declared
from ci_actions.kit.run import Capability

_WIDTH = 100
_EXIT_CODES = """exit codes
  0  passed, or skipped with a reason     1  the gate is not met
  2  bad input or configuration           3  cannot judge: evidence missing, partial, unreadable
  4  environment unavailable              5  changed and then rolled back
  70 a defect of ours"""


def overview() -> str:
    """Return what `ci-actions --help` says."""
    width = max(len(name) for name in (*CAPABILITIES, "check"))
    lines = [f"  {name.ljust(width)}  {load(name).question}" for name in CAPABILITIES]
    return "\n".join(
        [
            f"ci-actions {home.version()}: the same verdict on a laptop as in GitHub Actions",
            "",
            "  ci-actions <capability> [--option value …]   ask one question; --help lists its options",
            "  ci-actions check [GATE…] [PATH]              run every gate that the project configures; --help says more",
            "  ci-actions doctor [PATH…]                    say what is wrong with the workflows here, with line and fix",
            "  ci-actions init                              write the workflows that call ours; --hook: have git run check",
            "  ci-actions act --to FOLDER [--run]           run workflows that call ours on this machine, under act",
            "  ci-actions release plan|build|verify|…       make and check releases of ci-actions itself; --help says more",
            "",
            "capabilities",
            *lines,
            "",
            _EXIT_CODES,
        ]
    )


def page(capability: Capability[Any]) -> str:
    """Return what `ci-actions <capability> --help` says: every input with its default and what it means."""
    parts = [
        f"ci-actions {capability.name}: {capability.question}",
        "",
        f"Every option is also an input of the action and a setting in pyproject.toml under [tool.ci-actions.{capability.name}].",
        "",
        "options",
    ]
    parts += options(capability.config)
    settings: list[str] = []
    for each in declared(capability.config):
        if each.kind.table:
            settings += _entry(f"[[tool.ci-actions.{capability.name}.{each.name}]]", each.help)
            for inner in declared(each.kind.table):
                settings += _entry(f"  {inner.name}", describe(inner))
    if settings:
        parts += ["", "settings only", *settings]
    return "\n".join([*parts, "", _EXIT_CODES])


def options(config: type[Any], *, json: bool = True) -> Iterator[str]:
    """Yield the lines that list the options of a Config, and `--json` where the command has it."""
    for each in declared(config):
        if not each.settings_only:
            yield from _entry(_flag(each), describe(each))
    if json:
        yield from _entry(
            "--json", "Print the report as JSON on standard output, everything else on standard error."
        )


def describe(each: Declared) -> str:
    """Return what is said of an input wherever it is described: its meaning, what is allowed, its default."""
    choices = f" One of: {', '.join(each.kind.choices)}." if each.kind.choices and not each.kind.flag else ""
    default = default_text(each)
    return each.help + choices + (f" Default: `{default}`." if default else "")


def default_text(each: Declared) -> str:
    """Return a default as documentation shows it; nothing for "empty"."""
    value = each.default
    if each.required or value is None or value in ("", ()):
        return ""
    if isinstance(value, tuple):
        # As people write a list.
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flag(each: Declared) -> str:
    names = ", ".join(f"--{name}" for name in each.names)
    return names if each.kind.flag else f"{names} VALUE"


def _entry(name: str, text: str) -> Iterator[str]:
    yield f"  {name}"
    # An address or a name that is broken at its hyphen cannot be copied.
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent="      ", subsequent_indent="      ", break_on_hyphens=False
    )
