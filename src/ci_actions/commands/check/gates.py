"""Which gates a project configures, and what each of them can be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.kit.inputs import declared
from ci_actions.kit.settings import SettingsFile

#: What an input is called that takes the commit to compare with.
_BASES = ("base", "base-ref")


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One capability as `check` sees it; `why` says why it runs or does not."""

    name: str
    configured: bool
    why: str
    inputs: frozenset[str] = frozenset()
    measured: bool = False

    @property
    def fixes(self) -> bool:
        """Whether it can mend files."""
        return "fix" in self.inputs

    def words(self, *, changed: bool, base: str) -> tuple[str, ...]:
        """Return the options that narrow it down to a change, as far as it knows such."""
        found = ["--scope=new"] if changed and "scope" in self.inputs else []
        name = next((name for name in _BASES if name in self.inputs), "")
        return (*found, f"--{name}={base}") if base and name else tuple(found)

    @property
    def compares(self) -> bool:
        """Whether it tells what a change brought from what was there."""
        return bool(self.inputs.intersection(("scope", *_BASES)))


def gates(file: SettingsFile) -> tuple[Gate, ...]:
    """Return every capability, with what the settings say about it."""
    return tuple(_gate(name, file) for name in CAPABILITIES)


def configured(found: Iterable[Gate]) -> tuple[Gate, ...]:
    """Return the gates that run."""
    return tuple(each for each in found if each.configured)


def _gate(name: str, file: SettingsFile) -> Gate:
    capability = load(name)
    inputs = frozenset(written for each in declared(capability.config) for written in each.names)
    table = (
        f"[tool.ci-actions.{name}]" if not file.path or file.path.endswith("pyproject.toml") else f"[{name}]"
    )
    if not capability.gate:
        why = "it is no gate: it does more than judge"
    elif name in file.tables:
        why = f"{table} in {file.path}"
    elif file.path:
        why = f"there is no {table} in {file.path}"
    else:
        why = f"there is no {table} in any pyproject.toml or ci-actions.toml"
    return Gate(
        name=name,
        configured=capability.gate and name in file.tables,
        why=why,
        inputs=inputs,
        measured=capability.measured,
    )
