"""What is called: ours by what this version declares, and nothing of a version that it does not speak for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.commands.doctor.repositories import ours

from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.commands.doctor.callees import Callees
from ci_actions.kit.inputs import declared
from ci_actions.workflows import references


def callees(version: str = "0.0.0.dev0") -> Callees:
    return Callees(lambda _: None, replace(ours(), version=version))


@pytest.mark.parametrize("name", CAPABILITIES)
def test_an_action_of_ours_takes_what_its_config_declares(name: str) -> None:
    callee = callees().of(references.parse(f"org/ci-actions/{name}@v1"))
    assert callee is not None
    wanted = {word for each in declared(load(name).config) if not each.settings_only for word in each.names}
    assert set(callee.inputs) == wanted
    assert callee.outputs is not None
    assert {"result", "report", "summary-file", *load(name).outputs} == callee.outputs


@pytest.mark.parametrize(
    ("version", "ref", "known"),
    [
        ("1.4.0", "v1", True),
        ("1.4.0", "v1.2.0", True),
        ("1.4.0", "0" * 40, True),
        ("1.4.0", "v2", False),
        ("2.0.0", "v1.9", False),
        ("0.0.0.dev0", "v1", True),
        ("10.0.0", "v1", False),
    ],
)
def test_another_major_version_is_not_judged_by_this_one(version: str, ref: str, known: bool) -> None:
    asked = callees(version)
    good = references.parse(f"org/ci-actions/quality@{ref}")
    gone = references.parse(f"org/ci-actions/gone@{ref}")
    assert (asked.of(good) is not None) is known
    assert asked.is_missing(gone) is known


def test_a_caller_of_ci_needs_no_more_than_it_says() -> None:
    callee = callees().of(references.parse("org/ci-actions/.github/workflows/ci.yml@v1"))
    assert callee is not None
    assert {(each.scope, each.level) for each in callee.asked} == {("contents", "read")}


def test_inputs_of_workflows_mean_what_the_actions_declare_that_get_them() -> None:
    callee = callees().of(references.parse("org/ci-actions/.github/workflows/ci.yml@v1"))
    assert callee is not None
    read_by = {name: callee.inputs[name].declared() for name in ("min-overall", "fail-on", "before-install")}
    assert {name: each.name if each else "" for name, each in read_by.items()} == {
        "min-overall": "min-overall",
        "fail-on": "fail-on",
        "before-install": "",
    }
