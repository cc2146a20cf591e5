"""Linters and rules of our own over every workflow, action and example; and each rule over what breaks it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract import workflow_rules as rules
from tests.contract.workflow_rules import RULES, Files, Rule, job_names
from tests.doubles.bundles import bundled_or_skip

from ci_actions.publish import act_tree
from ci_actions.publish.tree import File

ROOT = Path(__file__).resolve().parents[2]
FILES = Files.of(ROOT)
NAMES = ROOT / "tests" / "golden" / "job-names.txt"
EXAMPLES = [path for path in FILES.workflows if path.startswith("examples/")]
RELEASED = re.compile(r"(?m)^([ \t]*(?:-[ \t]+)?uses:[ \t]*)org/ci-actions/([^@\s]+)@v1\b")


def named(rule: Rule) -> str:
    return rule.__name__


# --- this checkout -----------------------------------------------------------------------------


def test_there_is_something_to_look_at() -> None:
    assert len(EXAMPLES) > 5
    assert {"action.yml", "actions/coverage-gate/action.yml"} <= FILES.actions.keys()
    assert ".github/workflows/code-scanning.yml" in FILES.workflows
    assert any(path.endswith(".md") for path in FILES.texts)


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_it_is_kept(rule: Rule) -> None:
    found = list(rule(FILES))
    assert not found, "\n".join([f"{(rule.__doc__ or '').strip()}", *found])


def test_job_names_change_knowingly() -> None:
    """They are what branch protection of every consumer requires."""
    found = "".join(f"{each}\n" for each in job_names(FILES))
    if os.environ.get("UPDATE_GOLDEN"):
        NAMES.write_text(found, encoding="utf-8")
    assert found == NAMES.read_text(encoding="utf-8"), (
        "a job was added, renamed or removed: for a public workflow that breaks required checks; "
        "then UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/contract/test_static.py"
    )


@pytest.mark.parametrize(
    "paths",
    [[".github/workflows", "actions", "action.yml"], ["--config=examples/zizmor.yml", *EXAMPLES]],
    ids=["ours", "examples"],
)
def test_zizmor_finds_nothing(paths: list[str]) -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [str(zizmor), "--pedantic", "--offline", "--no-progress", *paths]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    audited = re.findall(r"completed (?:\x1b\[\d+m)*([^\s\x1b]+)", done.stderr)
    expected = {
        path for path in (*FILES.workflows, *FILES.actions) if (path in EXAMPLES) == ("--config" in paths[0])
    }
    assert set(audited) == expected


def test_actionlint_finds_nothing_in_examples(tmp_path: Path) -> None:
    """As workflows of this repository: then it knows the inputs and outputs of what they call."""
    done = actionlint(tmp_path, {path: FILES.texts[path] for path in EXAMPLES})
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    text = FILES.texts["examples/workflows/security-scan.yml"]
    broken = text.replace("fail-on: high", "fail-of: high").replace("outputs.sarif-file", "outputs.sarif")
    done = actionlint(tmp_path, {"examples/workflows/security-scan.yml": broken})
    assert 'input "fail-of" is not defined' in done.stdout
    assert 'property "sarif" is not defined' in done.stdout


def actionlint(folder: Path, examples: dict[str, str]) -> subprocess.CompletedProcess[str]:
    tool = str(ROOT / "tools" / "build-peers.sh")
    built = subprocess.run(["bash", tool, "--path", "actionlint"], capture_output=True, text=True, check=True)
    binary = Path(built.stdout.strip())
    if not binary.is_file():
        pytest.skip("no actionlint; install Go, then: make peers")
    sources = {
        path: File(FILES.texts[path].encode())
        for path in (*FILES.actions, *FILES.workflows)
        if path not in EXAMPLES
    }
    files = {path: file.data.decode() for path, file in act_tree.for_actionlint(sources).items()}
    for number, text in enumerate(examples.values()):
        files[f".github/workflows/example-{number}.yml"] = RELEASED.sub(_local, text)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return subprocess.run([binary, "-no-color"], cwd=folder, capture_output=True, text=True, check=False)


def _local(found: re.Match[str]) -> str:
    path = found[2] if found[2].startswith(".github/") else f"actions/{found[2]}"
    return f"{found[1]}./{path}"


# --- GitHub's own parser -------------------------------------------------------------------------


def parsed(folder: Path, *paths: str) -> dict[str, list[str]]:
    """Return what `@actions/workflow-parser` has against files; called workflows of ours are those of the folder."""
    bundle = bundled_or_skip(ROOT / "tools" / "workflow-parser") / "index.js"
    callees = [f"org/ci-actions/{path}@v1={path}" for path in FILES.workflows if path.startswith(".github/")]
    done = subprocess.run(
        ["node", bundle, *paths, "--", *callees], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_githubs_parser_finds_nothing() -> None:
    paths = [*FILES.workflows, *FILES.actions]
    assert parsed(ROOT, *paths) == {path: [] for path in paths}


CALLEE = "on: {workflow_call: {inputs: {x: {type: string, required: true}}}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n"


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("w.yml", "on: push\njobs: {a: {runs-on: x, stepz: []}}\n", "Unexpected value 'stepz'"),
        (
            "w.yml",
            "on: push\njobs: {a: {runs-on: x, steps: [{run: '${{ foo.x }}'}]}}\n",
            "Unrecognized named-value: 'foo'",
        ),
        ("w.yml", "on: push\njobs: {a: {uses: $/callee.yml}}\n", "Input x is required"),
        (
            "w.yml",
            "on: push\njobs: {a: {uses: $/callee.yml, with: {x: a, y: b}}}\n",
            "Invalid input, y is not defined",
        ),
        (
            "action.yml",
            "name: x\nruns: {using: composite, steps: [{run: x}]}\n",
            "Required property is missing: shell",
        ),
        (
            "action.yml",
            "name: x\nruns: {using: composite, steps: [{run: '${{ secrets.x }}', shell: sh}]}\n",
            "Unrecognized named-value: 'secrets'",
        ),
    ],
    ids=["key", "context", "required", "unknown", "shell", "secrets"],
)
def test_githubs_parser_would_find(tmp_path: Path, path: str, text: str, words: str) -> None:
    (tmp_path / path).write_text(text)
    (tmp_path / "callee.yml").write_text(CALLEE)
    assert words in "\n".join(parsed(tmp_path, path)[path])


# --- the rules can fail --------------------------------------------------------------------------

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
JOB = "permissions: {}\n    timeout-minutes: 1\n    runs-on: ubuntu-24.04"
GATE = """\
inputs:
  level: {default: ''}
runs:
  using: composite
  steps: [{run: echo, shell: bash, env: {L: '${{ inputs.level }}'}}]
"""
CALLED = """\
on:
  workflow_call:
    inputs:
      runs-on: {type: string, default: '"ubuntu-latest"'}
      timeout-minutes: {type: number, default: 10}
      level: {type: string, default: ''}
    secrets:
      token: {required: true}
permissions: {}
jobs:
  do:
    name: do
    runs-on: ${{ fromJSON(inputs.runs-on) }}
    timeout-minutes: ${{ inputs.timeout-minutes }}
    permissions:
      contents: read # to check out
    steps:
      - uses: $/actions/gate
        with:
          level: ${{ inputs.level }}
      - run: echo
        env:
          TOKEN: ${{ secrets.token }}
"""
CALLER = """\
on: push
permissions: {}
jobs:
  ci:
    permissions:
      contents: read # to check out
    uses: org/ci-actions/.github/workflows/callee.yml@v1
    with:
      level: high
    secrets:
      token: ${{ secrets.TOKEN }}
"""
BEST = {
    "actions/gate/action.yml": GATE,
    ".github/workflows/callee.yml": CALLED,
    "examples/workflows/caller.yml": CALLER,
}


def steps(*lines: str) -> str:
    """A workflow with one job; its steps begin in line 7."""
    inner = "".join(f"      {line}\n" for line in lines)
    return f"on: push\npermissions: {{}}\njobs:\n  a:\n    {JOB}\n    steps:\n{inner}"


Texts = dict[str, str]


def alone(*lines: str) -> Texts:
    """An example with these steps."""
    return {"examples/x.yml": steps(*lines)}


def changed(path: str, old: str, new: str) -> Texts:
    assert old in BEST[path]
    return {**BEST, path: BEST[path].replace(old, new, 1)}


def gate(old: str, new: str) -> Texts:
    return changed("actions/gate/action.yml", old, new)


def called(old: str, new: str) -> Texts:
    return changed(".github/workflows/callee.yml", old, new)


def caller(old: str, new: str) -> Texts:
    return changed("examples/workflows/caller.yml", old, new)


LEVEL = "level: {type: string, default: ''}"
#: A callee whose own callee asks for more.
DEEPER = {
    ".github/workflows/callee.yml": """\
on: workflow_call
permissions: {}
jobs: {a: {permissions: {contents: read}, uses: $/.github/workflows/deeper.yml}}
""",
    ".github/workflows/deeper.yml": """\
on: workflow_call
permissions: {id-token: write}
jobs: {b: {runs-on: x}}
""",
}
BOOLEAN = called(LEVEL, "level: {type: boolean}")[".github/workflows/callee.yml"].replace(
    "- run: echo", "- run: echo\n        if: inputs.level == 'true'"
)
NO_RIGHTS = "permissions: {}\n    "
BREAKS: dict[Rule, list[tuple[Texts, str]]] = {
    rules.every_file_can_be_read: [
        ({"examples/x.yml": "on: push\njobs: {a: [}\n"}, "examples/x.yml:2:12: is no YAML"),
        ({"examples/x.yml": "on: push\njobs:\n  a: {<<: {runs-on: x}}\n"}, "3:7: merge keys"),
        (alone("- uses: checkout"), "9:15: uses: checkout names no action"),
    ],
    rules.what_is_used_exists_and_knows_what_it_is_given: [
        (called("actions/gate", "actions/gat"), "there is no actions/gat/action.yml"),
        (caller("callee.yml", "other.yml"), "there is no .github/workflows/other.yml"),
        (called("workflow_call:", "workflow_dispatch:"), "callee.yml cannot be called"),
        (called("          level:", "          levl:"), "$/actions/gate has no input 'levl'"),
        (caller("level: high", "Level: high"), "has no input 'Level'"),
        (caller("token:", "tokens:"), "has no secret 'tokens'"),
        (caller("token:", "tokens:"), "needs the secret 'token'"),
        (called(LEVEL, "depth: {type: string, required: true}"), "needs the input 'depth'"),
    ],
    rules.every_input_is_used_and_every_used_one_declared: [
        (gate("inputs.level", "inputs.levl"), "inputs.levl is declared nowhere"),
        (gate("inputs.level", "inputs.levl"), "2:3: input 'level' is used nowhere"),
        (called("inputs.timeout-minutes", "10"), "input 'timeout-minutes' is used nowhere"),
    ],
    rules.a_step_that_is_named_is_there: [
        (gate("inputs.level", "steps.run.outputs.level"), "there is no step 'run'"),
    ],
    rules.what_is_ours_is_named_as_ours: [
        (called("$/actions/gate", "./actions/gate"), "uses: ./actions/gate: write $/actions/gate"),
        (
            caller("org/ci-actions/.github/workflows/callee.yml@v1", "$/.github/workflows/x.yml"),
            "write org/ci-",
        ),
        (alone("- uses: ./actions/gate"), "9:15: uses: ./actions/gate: write org/ci-actions/…@v1"),
    ],
    rules.what_is_others_is_pinned: [
        (alone("- uses: actions/cache@v5"), "9:9: uses: actions/cache@v5: pin the full SHA"),
        (alone(f"- uses: actions/cache@{SHA[:39]} # v5"), "pin the full SHA"),
        (alone(f"- uses: 'actions/cache@{SHA}'"), "name the version behind it"),
        (alone(f"- uses: actions/cache@{SHA} # main"), "name the version behind it"),
        (alone("- uses: org/ci-actions/gate@main"), "write @v1"),
        (
            {".github/workflows/x.yml": steps("- uses: org/ci-actions/gate@v1")},
            "inside of this repository write $/",
        ),
        (
            {"README.md": "Say `- uses: actions/cache@v5` and go.\n"},
            "README.md:1:8: uses: actions/cache@v5: pin",
        ),
        ({"actions/x/README.md": "```yaml\nuses: org/ci-actions/gate@main\n```\n"}, "README.md:2:1: "),
    ],
    rules.a_checkout_leaves_no_token_behind: [
        (alone(f"- uses: actions/checkout@{SHA} # v7"), "persist-credentials: false"),
        (
            alone(f"- uses: actions/checkout@{SHA} # v7", "  with: {persist-credentials: true}"),
            "persist-credentials: false",
        ),
    ],
    rules.an_ignore_says_why: [
        (alone("- run: x # zizmor: ignore[template-injection]"), "name the rule and the reason"),
        (alone("- run: x # zizmor: ignore it is fine"), "name the rule and the reason"),
    ],
    rules.rights_are_asked_for_by_jobs: [
        (called("permissions: {}\n", ""), "callee.yml:1:1: write `permissions: {}` on top"),
        (called("permissions: {}", "permissions: read-all"), "write `permissions: {}` on top"),
        (called("permissions: {}", "permissions: {contents: read}"), "write `permissions: {}` on top"),
        ({"examples/x.yml": steps("- run: x").replace(NO_RIGHTS, "")}, "4:3: job 'a' says nothing about"),
        (
            {"examples/x.yml": steps("- run: x").replace(NO_RIGHTS, "permissions: write-all\n    ")},
            "job 'a' asks for everything",
        ),
        (caller(" # to check out", ""), "'contents: read' says no reason"),
        (caller("secrets:\n      token: ${{ secrets.TOKEN }}", "secrets: inherit"), "hands on every secret"),
    ],
    rules.a_caller_grants_what_its_callee_asks_for: [
        (
            called("contents: read", "contents: write"),
            "job 'ci' grants contents: read, but .github/workflows/callee.yml, job 'do', asks for contents: write",
        ),
        (caller("contents: read", "actions: read"), "grants contents: none"),
        ({**BEST, **DEEPER}, "grants id-token: none, but .github/workflows/deeper.yml, job 'b', asks"),
    ],
    rules.no_expression_stands_in_a_script: [
        (alone("- run: echo ${{ github.head_ref }}"), "9:14: an expression in a script"),
        (gate("run: echo", "run: 'echo ${{ inputs.level }}'"), "an expression in a script"),
        (
            alone("- uses: actions/github-script@v1", "  with: {script: 'x(${{ inputs.y }})'}"),
            "an expression in a script",
        ),
    ],
    rules.booleans_and_texts_are_not_compared: [
        ({".github/workflows/callee.yml": BOOLEAN}, "inputs.level is a boolean, and is compared with 'true'"),
        (gate("inputs.level", "inputs.level == true"), "inputs.level is a text, and is compared with True"),
        (alone("- if: ${{ false != steps.x.outputs.y }}", "  run: x"), "steps.x.outputs.y is a text"),
        (alone("- if: always() && steps.x.outputs.y", "  run: x"), "y is text, and 'false' is truthy"),
        (alone("- if: '!needs.x.outputs.y'", "  run: x"), "needs.x.outputs.y is text"),
        (
            alone("- run: x", "  env: {X: \"${{ needs.x.outputs.y && 'a' || 'b' }}\"}"),
            "needs.x.outputs.y is text",
        ),
    ],
    rules.what_a_callee_hands_on_it_takes_as_text: [
        (called(LEVEL, "level: {type: boolean}"), "6:7: input 'level' is handed on"),
        (called(LEVEL, "level: {type: string, default: high}"), "input 'level' is handed on"),
        (called(LEVEL, "level: {type: string}"), "input 'level' is handed on"),
    ],
    rules.a_callee_runs_where_its_caller_says: [
        (called("runs-on: {type: string", "runs-at: {type: string"), "it takes no `runs-on`"),
        (called("'\"ubuntu-latest\"'", "ubuntu-latest"), "it takes no `runs-on`: a string with JSON"),
        (called("type: number", "type: string"), "it takes no `timeout-minutes`"),
        (called("${{ fromJSON(inputs.runs-on) }}", "x"), "job 'do' must have runs-on: ${{ fromJSON("),
    ],
    rules.a_callee_has_no_concurrency_and_names_its_jobs: [
        (called("permissions: {}", "permissions: {}\nconcurrency: x"), "concurrency belongs to the caller"),
        (called("    name: do\n", "    concurrency: x\n"), "concurrency belongs to the caller"),
        (called("    name: do\n", ""), "job 'do' has no name"),
    ],
    rules.every_job_has_an_end: [
        (
            {"examples/x.yml": steps("- run: x").replace("    timeout-minutes: 1\n", "")},
            "4:3: job 'a' has no timeout-minutes",
        ),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_what_keeps_them_all(rule: Rule) -> None:
    good = steps(
        f"- uses: actions/checkout@{SHA} # v7.0.1",
        "  with: {persist-credentials: false} # zizmor: ignore[artipacked] a reason",
        "- {id: s, run: echo}",
        "- if: steps.s.outputs.x == 'true' && (inputs.x || !cancelled()) && steps.s.outcome != 'success'",
        "  run: echo $X",
        "  env: {X: \"${{ steps.s.outputs.x || 'y' }}\"}",
    ).replace("on: push", "on: {workflow_dispatch: {inputs: {x: {type: boolean}}}}")
    readme = f"`uses: org/ci-actions/gate@v1` and `uses: org/ci-actions/gate@<full SHA>`, uses: actions/cache@{SHA} # v5\n"
    found = list(rule(Files({**BEST, "examples/workflows/good.yml": good, "README.md": readme})))
    assert found == []


@pytest.mark.parametrize(
    ("rule", "texts", "words"),
    [(rule, *row) for rule, rows in BREAKS.items() for row in rows],
    ids=[f"{named(rule)}-{number}" for rule, rows in BREAKS.items() for number in range(len(rows))],
)
def test_what_breaks_a_rule(rule: Rule, texts: Texts, words: str) -> None:
    assert words in "\n".join(rule(Files(texts)))


def test_every_rule_is_seen_to_fail() -> None:
    assert BREAKS.keys() == set(RULES)


def test_job_names_are_those_of_checks() -> None:
    assert list(job_names(Files(BEST))) == ["callee.yml: do"]
