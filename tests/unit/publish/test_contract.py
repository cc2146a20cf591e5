"""What consumers rely on: read from trees, compared, and weighed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.commands.docs import action_inputs, outputs
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.inputs import declared
from ci_actions.publish import contract, tree
from ci_actions.publish.commits import Level
from ci_actions.publish.contract import Action, Contract, Input, Workflow, compare
from ci_actions.publish.tree import File, Files

ROOT = Path(__file__).resolve().parents[3]

WORKFLOW = """\
on:
  workflow_call:
    inputs:
      python: {type: string, default: ''}
      shards: {type: number, required: true}
    outputs:
      result: {value: x}
    secrets:
      netrc: {required: false}
permissions: {}
jobs:
  plan:
    runs-on: ubuntu-24.04
    permissions: {contents: read}
    steps: []
  all-green:
    name: all green
    runs-on: ${{ fromJSON(inputs.runs-on) }}
    permissions: {contents: read, checks: write}
    steps:
      - uses: $/actions/coverage-gate
"""
CONFIG = """\
from ci_actions.a_gate.model import MODES
from ci_actions.kit.inputs import Common, declare, one_of, whole
LIMIT = 7
@dataclass
class Rule:
    name: str = declare(TEXT, help="x")
@dataclass
class Config(Common):
    mode: str = declare(one_of("off", *MODES), default="off", help="x")
    limit: int = declare(whole(1, 9), default=LIMIT, aliases=("max",), help="x")
    least: Decimal = declare(PERCENT, default=Decimal("80"), help="x")
    rule: tuple[Rule, ...] = declare(tables(Rule), default=(), help="x")
"""
INPUTS = """\
@dataclass
class Common:
    dry_run: bool = declare(BOOLEAN, default=False, help="x")
"""
ACTION = """\
inputs:
  mode: {required: false}
  limit: {required: false}
  max: {required: false}
  least: {required: false}
  dry-run: {required: false}
  github-token: {default: '${{ github.token }}'}
outputs: {result: {value: x}, report: {value: x}}
"""
ERRORS = (
    '"""Codes.\n\n====  ===\ncode  meaning\n====  ===\n0     passed\n70    a defect of ours\n====  ===\n"""\n'
)


def files(**changed: str) -> Files:
    texts = {
        "actions/a-gate/action.yml": ACTION,
        "actions/ci-plan/action.yml": "inputs: {x: {}}",
        "src/ci_actions/a_gate/config.py": CONFIG,
        "src/ci_actions/a_gate/model.py": 'MODES = ("soft", "hard")\n',
        "src/ci_actions/kit/inputs.py": INPUTS,
        "src/ci_actions/kit/errors.py": ERRORS,
        ".github/workflows/ci.yml": WORKFLOW,
        ".github/workflows/_release.yml": WORKFLOW,
        ".github/workflows/push.yml": "on: push\njobs: {}",
        "pyproject.toml": '[project]\nrequires-python = ">=3.11"\n',
        **changed,
    }
    return {path: File(text.encode()) for path, text in texts.items()}


class TestReading:
    def test_an_action_with_the_types_of_its_declarations(self) -> None:
        (name,) = (read := contract.read(files())).actions
        inputs = read.actions[name].inputs
        assert name == "a-gate"
        assert inputs["mode"] == Input(default="off", kind="one_of", choices=("off", "soft", "hard"))
        assert inputs["limit"] == inputs["max"] == Input(default="7", kind="whole", bounds=(1, 9))
        assert inputs["least"] == Input(default="80", kind="PERCENT")
        assert inputs["dry-run"] == Input(default="false", kind="BOOLEAN")
        assert inputs["github-token"].default == "${{ github.token }}"
        assert inputs["rule.name"] == Input(required=True, kind="TEXT")
        assert read.actions[name].outputs == {"result", "report"}

    def test_only_callable_workflows_without_an_underscore(self) -> None:
        (name,) = (read := contract.read(files())).workflows
        workflow = read.workflows[name]
        assert name == "ci.yml"
        assert workflow.inputs == {
            "python": Input(kind="string"),
            "shards": Input(required=True, kind="number"),
        }
        assert workflow.outputs == {"result"}
        assert workflow.secrets == {"netrc": False}
        assert workflow.permissions == {"contents": "read", "checks": "write"}
        assert workflow.jobs == {"plan": "plan", "all-green": "all green"}
        assert workflow.runners["plan"] == "ubuntu-24.04"

    def test_floors_and_exit_codes(self) -> None:
        read = contract.read(files())
        assert (read.python, read.runner) == ((3, 11), (2, 336))
        assert read.exit_codes == {0: "passed", 70: "a defect of ours"}

    @pytest.mark.parametrize("path", ["actions/a-gate/action.yml", "src/ci_actions/a_gate/config.py"])
    def test_what_cannot_be_read_is_no_contract(self, path: str) -> None:
        with pytest.raises(CannotJudge, match=path):
            contract.read(files(**{path: "[ unclosed: {"}))

    @pytest.mark.parametrize("name", CAPABILITIES)
    def test_our_own_actions_are_read_as_they_are_declared(self, name: str) -> None:
        ours = contract.read(_own(ROOT)).actions[name]
        capability = load(name)
        assert {each for each, _, _ in action_inputs(capability)} <= ours.inputs.keys()
        assert ours.outputs == set(outputs(capability))
        for each in declared(capability.config):
            read = ours.inputs[each.name]
            assert read.kind, f"{each.name}: its declaration was not found"
            assert read.choices == (each.kind.choices if read.kind == "one_of" else ())
            if isinstance(each.default, (str, int, bool)):
                text = str(each.default).lower() if isinstance(each.default, bool) else str(each.default)
                assert read.default == text or each.name == "github-token"


def _own(root: Path) -> Files:
    found: dict[str, File] = {}
    for top in ("actions", "src"):
        found |= {f"{top}/{path}": file for path, file in tree.read_folder(root / top).items()}
    return found


BEFORE = Contract(
    actions={
        "gate": Action(
            {
                "min": Input(default="80", kind="PERCENT"),
                "mode": Input(default="a", kind="one_of", choices=("a", "b")),
                "count": Input(kind="whole", bounds=(1, 9)),
                "need": Input(required=True, kind="TEXT"),
            },
            frozenset({"result"}),
        )
    },
    workflows={
        "ci.yml": Workflow(
            inputs={"python": Input(kind="string")},
            outputs=frozenset({"result"}),
            secrets={"netrc": False, "key": True},
            permissions={"contents": "read", "checks": "write"},
            jobs={"green": "all green"},
            runners={"green": "ubuntu-24.04"},
        )
    },
    exit_codes={0: "passed", 1: "not met"},
    python=(3, 11),
    runner=(2, 336),
)


def action(*gone: str, outputs: frozenset[str] = frozenset({"result"}), **changed: Input) -> Contract:
    inputs = {**BEFORE.actions["gate"].inputs, **changed}
    return replace(
        BEFORE, actions={"gate": Action({k: v for k, v in inputs.items() if k not in gone}, outputs)}
    )


def workflow(**changed: object) -> Contract:
    return replace(BEFORE, workflows={"ci.yml": replace(BEFORE.workflows["ci.yml"], **changed)})  # type: ignore[arg-type]


MIN, MODE = BEFORE.actions["gate"].inputs["min"], BEFORE.actions["gate"].inputs["mode"]
COUNT, NEED = BEFORE.actions["gate"].inputs["count"], BEFORE.actions["gate"].inputs["need"]
MAJOR, MINOR, PATCH = Level.MAJOR, Level.MINOR, Level.PATCH


@pytest.mark.parametrize(
    ("after", "level", "sentence"),
    [
        (replace(BEFORE, actions={}), MAJOR, "action gate is gone"),
        (replace(BEFORE, actions={**BEFORE.actions, "scan": Action()}), MINOR, "action scan is new"),
        (replace(BEFORE, workflows={}), MAJOR, "workflow ci.yml is gone"),
        (action("min"), MAJOR, "input 'min' is gone"),
        (action(extra=Input()), MINOR, "input 'extra' is new"),
        (action(extra=Input(required=True)), MAJOR, "input 'extra' is new and required"),
        (action(min=replace(MIN, default="85")), MAJOR, "had the default '80', has '85'"),
        (action(min=replace(MIN, kind="THRESHOLD")), MAJOR, "was PERCENT, is THRESHOLD"),
        (action(min=replace(MIN, required=True, default="")), MAJOR, "must be given now"),
        (action(need=replace(NEED, required=False)), MINOR, "may be left out now"),
        (action(mode=replace(MODE, choices=("a",))), MAJOR, "no longer takes 'b'"),
        (action(mode=replace(MODE, choices=("a", "b", "c"))), MINOR, "takes 'c' too"),
        (action(count=replace(COUNT, bounds=(2, 9))), MAJOR, "takes fewer numbers"),
        (action(count=replace(COUNT, bounds=(1,))), MINOR, "takes more numbers"),
        (action(outputs=frozenset()), MAJOR, "output 'result' is gone"),
        (action(outputs=frozenset({"result", "x"})), MINOR, "output 'x' is new"),
        (workflow(inputs={}), MAJOR, "input 'python' is gone"),
        (workflow(inputs={"python": Input(kind="number")}), MAJOR, "was string, is number"),
        (workflow(outputs=frozenset()), MAJOR, "output 'result' is gone"),
        (workflow(secrets={"key": True}), MAJOR, "secret 'netrc' is gone"),
        (workflow(secrets={"netrc": True, "key": True}), MAJOR, "secret 'netrc' is required"),
        (workflow(secrets={"netrc": False, "key": False}), MINOR, "secret 'key' may be left out"),
        (workflow(secrets={"netrc": False, "key": True, "x": False}), MINOR, "secret 'x' is new"),
        (workflow(permissions={"contents": "write", "checks": "write"}), MAJOR, "asks for 'contents: write'"),
        (
            workflow(permissions={"contents": "read", "checks": "write", "issues": "read"}),
            MAJOR,
            "'issues: read'",
        ),
        (workflow(permissions={"contents": "read", "checks": "read"}), PATCH, "'checks: read' instead"),
        (workflow(permissions={"contents": "read"}), PATCH, "'checks: none' instead"),
        (workflow(jobs={"green": "green"}), MAJOR, "was named 'all green', is 'green'"),
        (workflow(jobs={"verdict": "all green"}), MAJOR, "job 'green' is gone"),
        (workflow(runners={"green": "ubuntu-26.04"}), MAJOR, "runs on ubuntu-26.04"),
        (replace(BEFORE, exit_codes={0: "passed"}), MAJOR, "exit code 1 (not met) is gone"),
        (replace(BEFORE, exit_codes={0: "passed", 1: "other"}), MAJOR, "meant 'not met', means 'other'"),
        (
            replace(BEFORE, exit_codes={0: "passed", 1: "not met", 2: "bad"}),
            MINOR,
            "exit code 2 (bad) is new",
        ),
        (replace(BEFORE, python=(3, 12)), MAJOR, "the oldest Python was 3.11, is 3.12"),
        (replace(BEFORE, python=(3, 10)), MINOR, "the oldest Python was 3.11, is 3.10"),
        (replace(BEFORE, runner=(2, 340)), MAJOR, "the oldest runner was 2.336, is 2.340"),
    ],
)
def test_every_change_is_weighed_and_told(after: Contract, level: Level, sentence: str) -> None:
    changes = compare(BEFORE, after)
    assert max(each.level for each in changes) is level
    assert any(sentence in each.text for each in changes), changes


def test_nothing_changed() -> None:
    assert compare(BEFORE, BEFORE) == ()
    assert compare(contract.read(files()), contract.read(files())) == ()


def test_a_renamed_input_is_one_that_is_gone() -> None:
    levels = [each.level for each in compare(BEFORE, action("min", minimum=MIN))]
    assert levels == [Level.MAJOR, Level.MINOR]


def test_a_default_written_in_another_way_is_the_same() -> None:
    other = CONFIG.replace('Decimal("80")', "Decimal(80)")
    assert (
        compare(contract.read(files()), contract.read(files(**{"src/ci_actions/a_gate/config.py": other})))
        == ()
    )
