"""What workflows, actions and examples call: pinned, allowed, and with inputs that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci_actions.capabilities import CAPABILITIES

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = sorted(ROOT.glob("actions/*/action.yml"))
OURS = sorted(ROOT.glob(".github/workflows/*.yml"))
EXAMPLES = sorted(ROOT.glob("examples/workflows/*.yml")) + sorted(
    ROOT.glob("examples/**/.github/workflows/*.yml")
)
WORKFLOWS = [*OURS, *EXAMPLES]
USES = re.compile(
    r"^\s*(?:- )?uses: *(?P<quote>['\"]?)(?P<target>[^\s'\"#]+)(?P=quote)(?P<comment> +#.*)?$", re.MULTILINE
)
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
VERSION = re.compile(r" # v\d+(\.\d+)*( .*)?")
RELEASED = re.compile(r"org/ci-actions/(?P<name>[\w./-]+)@v1")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def document(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """Yield everything that can say `uses`: steps, and jobs that call a workflow."""
    content = document(path)
    yield from content.get("runs", {}).get("steps", ())
    for job in content.get("jobs", {}).values():
        yield job
        yield from job.get("steps", ())


def called(target: str) -> Path | None:
    """Return the file of ours that a `uses` means, None for somebody else's."""
    found = re.fullmatch(r"\$/(.+)", target)
    path = found[1] if found else ""
    if not found and (released := RELEASED.fullmatch(target)):
        path = released["name"] if released["name"].startswith(".github/") else f"actions/{released['name']}"
    if not path:
        return None
    return ROOT / path if path.endswith((".yml", ".yaml")) else ROOT / path / "action.yml"


def inputs_of(path: Path) -> set[str]:
    content = document(path)
    # YAML 1.1 reads the key `on` as true.
    trigger = content.get("on", content.get(True)) or {}
    return set(content.get("inputs") or (trigger.get("workflow_call") or {}).get("inputs") or {})


def test_there_is_something_to_look_at() -> None:
    assert len(ACTIONS) >= len(CAPABILITIES)
    assert EXAMPLES


@pytest.mark.parametrize("path", [*ACTIONS, *WORKFLOWS], ids=named)
def test_what_is_used_is_ours_or_pinned(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(USES.finditer(text))
    assert len(found) == len(re.findall(r"^\s*(?:- )?uses:", text, re.MULTILINE)), (
        f"{named(path)}: a uses: nobody can read"
    )
    for each in found:
        target = each["target"]
        where = f"{named(path)}: uses: {target}"
        if target.startswith("$/"):
            assert path not in EXAMPLES, (
                f"{where}: an example is another repository; write org/ci-actions/…@v1"
            )
        elif target == "./":
            # The root of a repository has no name of its own: the self-test of the wrong door checks it out.
            assert path.name == "_selftest.yml", f"{where}: write $/actions/…"
        elif target.startswith("org/ci-actions"):
            assert path in EXAMPLES, f"{where}: inside this repository write $/actions/…"
            assert RELEASED.fullmatch(target), f"{where}: write org/ci-actions/<name>@v1"
        else:
            assert PINNED.fullmatch(target), f"{where}: pin the full SHA (git ls-remote names it)"
            assert VERSION.fullmatch(each["comment"] or ""), f"{where}: name the version behind it: # v1.2.3"


@pytest.mark.parametrize("path", [*ACTIONS, *WORKFLOWS], ids=named)
def test_what_is_given_exists(path: Path) -> None:
    for step in steps(path):
        theirs = called(str(step.get("uses", "")))
        if theirs is None:
            continue
        assert theirs.is_file(), f"{named(path)} uses {step['uses']}, but there is no {named(theirs)}"
        strange = set(step.get("with", {})) - inputs_of(theirs)
        assert not strange, (
            f"{named(path)} gives {sorted(strange)} to {step['uses']}, which has no such input"
        )


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_every_grant_is_asked_for(path: Path) -> None:
    content = document(path)
    assert "permissions" in content, f"{named(path)}: write permissions: {{}} on top, and grants at each job"
    assert content["permissions"] == {}, f"{named(path)}: grants belong to the jobs that need them"
    text = path.read_text(encoding="utf-8")
    for grant in re.findall(r"^ +[a-z-]+: (?:read|write)\b.*$", text, re.MULTILINE):
        assert " # " in grant, f"{named(path)}: '{grant.strip()}' says no reason"


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_every_job_has_an_end(path: Path) -> None:
    for name, job in document(path)["jobs"].items():
        assert "uses" in job or "timeout-minutes" in job, f"{named(path)}: job {name} lacks timeout-minutes"


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in str(step.get("run", "")), (
            f"{named(path)}: an expression in run:; hand it over in env:"
        )


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_checkout_leaves_no_token_behind(path: Path) -> None:
    for step in steps(path):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step.get("with", {}).get("persist-credentials") is False, (
                f"{named(path)}: persist-credentials: false"
            )


def test_the_wrong_door_names_every_action_that_can_be_used() -> None:
    door = document(ROOT / "action.yml")
    (step,) = door["runs"]["steps"]
    assert "exit 2" in step["run"]
    assert any(f"org/ci-actions/{name}@v1" in step["run"] for name in CAPABILITIES)
