from __future__ import annotations

import pytest

from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.commands.check.gates import Gate, configured, gates
from ci_actions.kit.settings import SettingsFile


def test_every_capability_is_there_with_a_reason() -> None:
    found = gates(SettingsFile("a/pyproject.toml", {"coverage-gate": {}}))
    assert [each.name for each in found] == list(CAPABILITIES)
    assert [each.name for each in configured(found)] == ["coverage-gate"]
    (gate,) = configured(found)
    assert gate.why == "[tool.ci-actions.coverage-gate] in a/pyproject.toml"
    assert gate.measured
    assert {"base", "min-overall", "fail-under"} <= gate.inputs


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "there is no [tool.ci-actions.coverage-gate] in any pyproject.toml or ci-actions.toml"),
        ("pyproject.toml", "there is no [tool.ci-actions.coverage-gate] in pyproject.toml"),
        ("ci-actions.toml", "there is no [coverage-gate] in ci-actions.toml"),
    ],
)
def test_why_a_gate_does_not_run(path: str, why: str) -> None:
    found = gates(SettingsFile(path, {}))
    assert configured(found) == ()
    assert next(each for each in found if each.name == "coverage-gate").why == why


@pytest.mark.parametrize("name", CAPABILITIES)
def test_only_what_says_so_is_a_gate(name: str) -> None:
    (found,) = (each for each in gates(SettingsFile("x.toml", {name: {}})) if each.name == name)
    assert found.configured is load(name).gate


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ((), ()),
        (("scope",), ("--scope=new",)),
        (("base",), ("--base=main",)),
        (("scope", "base-ref", "base"), ("--scope=new", "--base=main")),
        (("base-ref",), ("--base-ref=main",)),
    ],
)
def test_a_gate_is_told_only_what_it_knows(inputs: tuple[str, ...], words: tuple[str, ...]) -> None:
    gate = Gate(name="x", configured=True, why="", inputs=frozenset(inputs))
    assert gate.words(changed=True, base="main") == words
    assert gate.words(changed=False, base="") == ()
    assert gate.compares is bool(inputs)
    assert not gate.fixes
