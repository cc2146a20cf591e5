"""Workflows and actions from their bytes, and what has another shape than GitHub wants."""

from __future__ import annotations

import pytest

from ci_actions.workflows import reading
from ci_actions.workflows.document import Place, Scalar
from ci_actions.workflows.model import calls
from ci_actions.workflows.references import Local, Remote, Same

WORKFLOW = b"""\
name: ci
on:
  pull_request:
  schedule:
    - cron: '1 2 * * *'
  workflow_dispatch:
    inputs:
      level: {type: choice, options: [low, high]}
  workflow_call:
    inputs:
      runs-on:
        type: string
        default: '"ubuntu-latest"'
      fast: {type: boolean, required: true}
    secrets:
      token:
        required: true
      other:
    outputs:
      x: {value: '1'}
permissions: {}
jobs:
  test:
    name: Test (${{ matrix.os }})
    needs: [build]
    strategy:
      matrix: {os: [a, b]}
    runs-on: ${{ matrix.os }}
    permissions:
      contents: read
    if: always()
    steps:
      - uses: actions/checkout@v7
        with: {fetch-depth: 0}
      - id: run
        run: echo
  build:
    needs: lint
    uses: ./.github/workflows/build.yml
    with:
      x: 1
    secrets: inherit
  lint:
    uses: $/.github/workflows/lint.yml
    permissions: read-all
    secrets:
      token: ${{ secrets.T }}
"""


def test_a_workflow() -> None:
    found = reading.workflow(WORKFLOW)
    assert found.problems == ()
    assert (found.name, found.events) == (
        "ci",
        ("pull_request", "schedule", "workflow_dispatch", "workflow_call"),
    )
    assert found.permissions is not None
    assert found.permissions.levels == {}
    assert found.called is not None
    assert {name: each.type for name, each in found.inputs.items()} == {
        "level": "choice",
        "runs-on": "string",
        "fast": "boolean",
    }
    assert found.called.inputs["fast"].required
    assert found.called.inputs["runs-on"].place == Place(11, 7)
    assert found.dispatched["level"].options == ("low", "high")
    assert {name: each.required for name, each in found.called.secrets.items()} == {
        "token": True,
        "other": False,
    }
    assert list(found.called.outputs) == ["x"]


def test_its_jobs() -> None:
    found = reading.workflow(WORKFLOW)
    test, build, lint = found.jobs.values()
    assert (test.id, test.title, test.needs, test.place) == (
        "test", "Test (${{ matrix.os }})", ("build",), Place(23, 3)
    )  # fmt: skip
    assert test.permissions is not None
    assert (test.permissions.level("contents"), test.permissions.level("actions")) == ("read", "none")
    assert isinstance(test.condition, Scalar)
    checkout, run = test.steps
    assert checkout.uses is not None
    assert checkout.uses.reference == Remote("actions", "checkout", "", "v7")
    assert list(checkout.given) == ["fetch-depth"]
    assert (run.id, run.run and run.run.text, run.uses) == ("run", "echo", None)
    assert build.uses is not None
    assert (build.title, build.needs, build.uses.reference) == (
        "build",
        ("lint",),
        Local(".github/workflows/build.yml"),
    )
    assert build.inherits_secrets
    assert lint.uses is not None
    assert lint.uses.reference == Same(".github/workflows/lint.yml")
    assert lint.permissions is not None
    assert (lint.permissions.level("contents"), list(lint.secrets)) == ("read", ["token"])
    assert [each.uses.text for each in calls(found) if each.uses] == [
        "actions/checkout@v7",
        "./.github/workflows/build.yml",
        "$/.github/workflows/lint.yml",
    ]


def test_an_action() -> None:
    found = reading.action(
        b"name: x\ninputs:\n  a: {required: true}\n  b: {default: 1}\noutputs:\n  o: {value: 2}\n"
        b"runs:\n  using: composite\n  steps:\n    - uses: $/actions/y\n    - {shell: bash, run: echo}\n"
    )
    assert (found.problems, found.name, found.using, list(found.outputs)) == ((), "x", "composite", ["o"])
    assert {name: each.required for name, each in found.inputs.items()} == {"a": True, "b": False}
    assert len(found.steps) == 2
    assert [each.uses.text for each in calls(found) if each.uses] == ["$/actions/y"]


@pytest.mark.parametrize(
    ("on", "events"),
    [
        ("push", ("push",)),
        ("[push, pull_request]", ("push", "pull_request")),
        ("{push: {branches: [a]}}", ("push",)),
    ],
)
def test_three_ways_to_be_started(on: str, events: tuple[str, ...]) -> None:
    found = reading.workflow(f"on: {on}\njobs: {{a: {{runs-on: x}}}}\n".encode())
    assert (found.events, found.problems, found.called) == (events, (), None)


def test_a_call_without_anything() -> None:
    found = reading.workflow(b"on: workflow_call\njobs: {a: {runs-on: x}}\n")
    assert found.called is not None
    assert found.called.inputs == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "1:1: a workflow must be a mapping"),
        (
            "a: [",
            "1:5: is no YAML: while parsing a flow node, expected the node content, but found '<stream end>'",
        ),
        ("jobs: {a: {runs-on: x}}", "1:1: 'on' is missing: nothing starts this workflow"),
        ("on: push", "1:1: 'jobs' is missing"),
        ("on: push\njobs: []", "2:7: 'jobs' must be a mapping"),
        ("on: push\njobs:\n  a:", "3:3: job 'a' is empty"),
        ("on: push\njobs:\n  a: {steps: x}", "3:14: 'steps' must be a list"),
        ("on: push\njobs:\n  a: {steps: [~]}", "3:15: a step is empty"),
        ("on: push\njobs:\n  a: {steps: [{name: x, if: y}]}", "3:15: a step must have 'run' or 'uses'"),
        ("on: push\njobs:\n  a: {steps: [x]}", "3:15: a step must be a mapping"),
        ("on: push\njobs:\n  a: {uses: [x]}", "3:13: 'uses' must be one value"),
        (
            "on: push\njobs:\n  a: {uses: actions/checkout}",
            "3:13: uses: actions/checkout names no action or workflow",
        ),
        ("on: push\njobs:\n  a: {needs: [[b]]}", "3:15: 'needs' must be text"),
        ("on: push\njobs:\n  a: {runs-on: x}\n  a: {runs-on: y}", "4:3: 'a' stands here already, in line 3"),
    ],
)
def test_what_is_wrong_with_a_workflow(text: str, words: str) -> None:
    found = reading.workflow(text.encode())
    assert words in [f"{each.place}: {each.text}" for each in found.problems]


def test_what_is_wrong_with_an_action() -> None:
    assert reading.action(b"[]").problems
    assert [
        each.text for each in reading.action(b"inputs: {a: x}\nruns: {using: composite, steps: 1}").problems
    ] == [
        "'a' must be a mapping",
        "'steps' must be a list",
    ]
