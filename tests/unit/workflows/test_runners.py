"""Which labels a job can ask for."""

from __future__ import annotations

import pytest

from ci_actions.workflows import reading, runners
from ci_actions.workflows.runners import Possible


def asked(job: str, called: str = "", given: str = "") -> Possible:
    """The labels of a job in a workflow that takes the inputs `called`, and is called with `given`."""
    inputs = f"inputs: {{{called}}}" if called else ""
    text = f"on: {{workflow_call: {{{inputs}}}}}\njobs:\n  a: {{{job}}}\n"
    workflow = reading.workflow(text.encode())
    assert not workflow.problems, workflow.problems
    caller = reading.workflow(
        f"on: push\njobs:\n  c: {{uses: ./x, with: {{{given}}}, strategy: {{matrix: {{os: [p, q]}}}}}}\n".encode()
    ).jobs["c"]
    scope = runners.called(workflow.inputs, caller.given, runners.within(caller, runners.Scope()))
    return runners.labels(workflow.jobs["a"], scope)


@pytest.mark.parametrize(
    ("job", "labels"),
    [
        ("runs-on: ubuntu-latest", ["ubuntu-latest"]),
        ("runs-on: [self-hosted, big]", ["self-hosted", "big"]),
        ("runs-on: {group: g, labels: [a, b]}", ["a", "b"]),
        ("runs-on: {group: g, labels: a}", ["a"]),
        ("runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [a, b]}}", ["a", "b"]),
        ("runs-on: '${{ Matrix.OS }}', strategy: {matrix: {os: [a]}}", ["a"]),
        ("runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [a], include: [{os: b}, {x: c}]}}", ["a", "b"]),
        ("runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [a, b], exclude: [{os: a}]}}", ["a", "b"]),
        ("runs-on: '${{ matrix.on.label }}', strategy: {matrix: {on: [{label: a}, {label: b}]}}", ["a", "b"]),
        ("runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [[a, b], c]}}", ["a", "b", "c"]),
        ("runs-on: 'ubuntu-${{ matrix.v }}', strategy: {matrix: {v: [22.04, '24.04']}}", ["ubuntu-22.04", "ubuntu-24.04"]),
        ("""runs-on: "${{ github.event_name == 'x' && 'a' || 'b' }}" """, ["b", "a"]),
        ("""runs-on: "${{ fromJSON('[\\"a\\", \\"b\\"]') }}" """, ["a", "b"]),
        ("""runs-on: "${{ fromJSON('{\\"group\\": \\"g\\", \\"labels\\": [\\"a\\"]}') }}" """, ["a"]),
        ("""runs-on: "${{ matrix.os }}", strategy: {matrix: "${{ fromJSON('{\\"os\\": [\\"a\\", \\"b\\"]}') }}"}""", ["a", "b"]),
        (
            """runs-on: "${{ matrix.os }}", strategy: {matrix: "${{ fromJSON('{\\"include\\": [{\\"os\\": \\"a\\"}]}') }}"}""",
            ["a"],
        ),
        ("runs-on: ''", []),
    ],
)  # fmt: skip
def test_labels(job: str, labels: list[str]) -> None:
    found = asked(job)
    assert sorted(found.values) == sorted(labels)
    assert [each for each in found.unknown if not each.startswith("github.")] == []


RUNS_ON = "runs-on: '${{ fromJSON(inputs.runs-on) }}'"
DECLARED = """runs-on: {type: string, default: '"ubuntu-latest"'}"""


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ("", ["ubuntu-latest"]),
        ("""runs-on: '"mine"'""", ["mine"]),
        ("""Runs-On: '["self-hosted", "big"]'""", ["self-hosted", "big"]),
        ("""runs-on: '"${{ matrix.os }}"'""", ["p", "q"]),
        ("""runs-on: '${{ toJSON(matrix.os) }}'""", []),
        ("runs-on: no-json", []),
    ],
)
def test_what_a_caller_gives(given: str, labels: list[str]) -> None:
    assert list(asked(RUNS_ON, DECLARED, given).values) == labels


def test_what_is_not_said_anywhere_is_named() -> None:
    assert asked("runs-on: '${{ vars.R || ''a'' }}'") == Possible(("a",), ("vars.R",))
    assert asked("runs-on: '${{ needs.plan.outputs.os }}'") == Possible((), ("needs.plan.outputs.os",))
    assert asked("runs-on: '${{ format(''a'') }}'") == Possible((), ("format()",))
    assert asked("runs-on: '${{ a b }}'") == Possible((), ("${{ a b }}",))
    assert asked("runs-on: {group: big}") == Possible((), ("group",))
    matrix = "strategy: {matrix: '${{ fromJSON(needs.plan.outputs.m) }}'}"
    assert asked(f"runs-on: '${{{{ matrix.os }}}}', {matrix}") == Possible((), ("matrix.os",))
    matrix = "strategy: {matrix: {os: '${{ fromJSON(needs.plan.outputs.m) }}'}}"
    assert asked(f"runs-on: '${{{{ matrix.os }}}}', {matrix}") == Possible((), ("needs.plan.outputs.m",))


def test_inputs_of_a_dispatch() -> None:
    text = b"""\
on: {workflow_dispatch: {inputs: {os: {type: choice, options: [a, b]}, other: {default: c}, none: {}}}}
jobs:
  x: {runs-on: ['${{ inputs.os }}', '${{ inputs.other }}', "${{ inputs.none || 'd' }}", '${{ inputs.absent }}']}
"""
    workflow = reading.workflow(text)
    assert runners.labels(workflow.jobs["x"], runners.started(workflow.inputs)) == Possible(
        ("a", "b", "c", "d")
    )


def test_a_large_matrix_stays_small() -> None:
    keys = ", ".join(f"k{n}: [1, 2, 3, 4, 5, 6, 7, 8]" for n in range(20))
    label = "".join(f"${{{{ matrix.k{n} }}}}" for n in range(20))
    assert len(asked(f"runs-on: '{label}', strategy: {{matrix: {{{keys}}}}}").values) == 256
