"""action.yml ⇄ Config ⇄ README: each rule for every action, with a message that says which file, which name, and the cure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci_actions.capabilities import CAPABILITIES, INTERNAL, load
from ci_actions.commands import docs
from ci_actions.commands.help import default_text
from ci_actions.kit.inputs import Declared, declared, environment_name
from ci_actions.kit.run import COMMON_OUTPUTS

ROOT = Path(__file__).resolve().parents[2]
CURE = "run `make sync`"

every = pytest.mark.parametrize("name", [*CAPABILITIES, *INTERNAL])
public = pytest.mark.parametrize("name", CAPABILITIES)


def action(name: str) -> Any:
    return yaml.safe_load((ROOT / "actions" / name / "action.yml").read_text(encoding="utf-8"))


def steps(name: str) -> list[Any]:
    made: list[Any] = action(name)["runs"]["steps"]
    return made


def readme(name: str) -> str:
    return (ROOT / "actions" / name / "README.md").read_text(encoding="utf-8")


def by_name(name: str) -> dict[str, Declared]:
    inputs = [each for each in declared(load(name).config) if not each.settings_only]
    return {written: each for each in inputs for written in each.names}


@every
def test_inputs_are_the_fields_and_their_aliases(name: str) -> None:
    written, meant = set(action(name)["inputs"]), set(by_name(name))
    assert not written - meant, (
        f"actions/{name}/action.yml has {sorted(written - meant)}, Config has not: {CURE}"
    )
    assert not meant - written, f"Config of {name} has {sorted(meant - written)}, action.yml has not: {CURE}"


@every
def test_only_config_holds_defaults(name: str) -> None:
    for key, value in action(name)["inputs"].items():
        if key == "github-token":
            assert value["default"] == "${{ github.token }}"
        else:
            assert "default" not in value, (
                f"actions/{name}/action.yml: {key} has a default, which beats pyproject"
            )
        assert value["required"] is by_name(name)[key].required, f"actions/{name}/action.yml: {key}: {CURE}"


@every
def test_descriptions_say_what_is_allowed_and_the_default(name: str) -> None:
    for key, value in action(name)["inputs"].items():
        text, each = value["description"], by_name(name)[key]
        where = f"actions/{name}/action.yml: {key}"
        assert text[0].isupper(), f"{where} does not begin like a sentence; change config.py, then {CURE}"
        assert text.endswith("."), f"{where} does not end with a period; change config.py, then {CURE}"
        if key == each.name:
            for choice in () if each.kind.flag else each.kind.choices:
                assert re.search(rf"\b{choice}\b", text), f"{where} does not name '{choice}': {CURE}"
            default = default_text(each)
            assert not default or text.endswith(f" Default: `{default}`."), (
                f"{where} does not state its default: {CURE}"
            )
        else:
            assert f"`{each.name}`" in text, f"{where} is an alias and does not say of what: {CURE}"


@every
def test_outputs_are_those_that_are_declared(name: str) -> None:
    capability = load(name)
    assert not set(COMMON_OUTPUTS) & set(capability.outputs)
    wanted = {**COMMON_OUTPUTS, **capability.outputs}
    written = action(name)["outputs"]
    assert list(written) == list(wanted), (
        f"actions/{name}/action.yml: outputs differ from those declared: {CURE}"
    )
    ids = {step["id"] for step in steps(name) if "id" in step}
    for key, value in written.items():
        found = re.fullmatch(r"\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}", value["value"])
        assert found, f"actions/{name}/action.yml: output {key} is no plain step output"
        assert found[1] in ids, f"actions/{name}/action.yml: output {key} is of a step that does not exist"
        assert found[2] == key, f"actions/{name}/action.yml: output {key} reads another one, {found[2]}"
        assert value["description"].endswith("."), f"actions/{name}/action.yml: output {key} has no sentence"


@every
def test_every_input_reaches_the_first_step_and_no_other(name: str) -> None:
    first, *others = [step for step in steps(name) if "run" in step and name in step["run"].split()]
    given = {key: value for key, value in first["env"].items() if key.startswith("INPUT_")}
    wanted = {environment_name(key): f"${{{{ inputs.{key} }}}}" for key in action(name)["inputs"]}
    assert given == wanted, (
        f"actions/{name}/action.yml: env of the first step is not one line for each input: {CURE}"
    )
    secrets = {environment_name(key) for key, each in by_name(name).items() if each.secret}
    for step in others:
        more = {key for key in step.get("env", {}) if key.startswith("INPUT_")}
        assert more <= secrets, f"actions/{name}/action.yml: a later step gets {sorted(more - secrets)}"


@every
def test_no_expression_stands_in_a_script(name: str) -> None:
    for step in steps(name):
        if "run" in step:
            assert "${{" not in step["run"], f"actions/{name}/action.yml: an expression in run: {step['run']}"
            start, _, capability = step["run"].partition('bash "$GITHUB_ACTION_PATH/start.sh" ')
            assert not start, "code belongs into Python"
            assert capability.split()[0] in {name, *CAPABILITIES}
            assert step["shell"] == "bash"
    assert action(name)["runs"]["using"] == "composite"


@public
def test_the_readme_lists_every_input_and_output(name: str) -> None:
    text = readme(name)
    for key in (*action(name)["inputs"], *action(name)["outputs"]):
        assert f"| `{key}` |" in text, f"actions/{name}/README.md does not list `{key}`: {CURE}"
    for each in declared(load(name).config):
        if each.settings_only and each.kind.table:
            for inner in declared(each.kind.table):
                assert f"| `{inner.name}` |" in text, (
                    f"actions/{name}/README.md does not list `{inner.name}`: {CURE}"
                )
    for marker in ("inputs", "end inputs", "outputs", "end outputs"):
        assert text.count(f"<!-- {marker} -->") == 1, f"actions/{name}/README.md lacks <!-- {marker} -->"


@public
def test_the_readme_links_leave_the_folder_by_full_addresses_only(name: str) -> None:
    """A release has the same file in another folder."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", readme(name)):
        assert target.startswith("https://"), f"actions/{name}/README.md: {target} would break in a release"


@public
def test_the_readme_shows_a_whole_workflow(name: str) -> None:
    assert re.search(r"<!-- file: examples/workflows/\S+\.yml -->", readme(name)), (
        f"actions/{name}/README.md shows no workflow of examples/workflows"
    )


def test_generated_files_are_current() -> None:
    differing = [
        path.relative_to(ROOT).as_posix()
        for path, text in docs.expected(ROOT)
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not differing, f"{differing}: {CURE}"


@every
def test_the_bootstrap_is_one_file(name: str) -> None:
    here = (ROOT / "actions" / name / "start.sh").read_bytes()
    for other in sorted((ROOT / "actions").glob("*/action.yml")):
        theirs = (other.parent / "start.sh").read_bytes()
        assert theirs == here, (
            f"{other.parent.relative_to(ROOT)}/start.sh differs from actions/{name}/start.sh"
        )
