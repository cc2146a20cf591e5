"""What a consumer's workflows need of act, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.commands.act.consumer import Ours, Survey, survey
from ci_actions.workflows import reading

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
OURS = {
    "actions/coverage-gate/action.yml": "runs: {using: composite, steps: [{run: x, shell: bash}]}",
    "coverage-gate/action.yml": "runs: {using: composite, steps: [{run: x, shell: bash}]}",
    "setup/action.yml": f"runs: {{using: composite, steps: [{{uses: actions/cache/save@{SHA}}}]}}",
    ".github/workflows/ci.yml": """\
on:
  workflow_call:
    inputs:
      runs-on: {type: string, default: '"ubuntu-latest"'}
jobs:
  test:
    runs-on: ${{ fromJSON(inputs.runs-on) }}
    steps:
      - uses: org/ci-actions/actions/coverage-gate@v1
      - uses: org/ci-actions/setup@v1
  deep:
    uses: org/ci-actions/.github/workflows/deep.yml@v1
    with:
      runs-on: ${{ inputs.runs-on }}
""",
    ".github/workflows/deep.yml": """\
on: {workflow_call: {inputs: {runs-on: {type: string}}}}
jobs:
  down:
    runs-on: ['${{ fromJSON(inputs.runs-on) }}', deep]
    steps: []
""",
    ".github/workflows/again.yml": """\
on: workflow_call
jobs:
  again:
    uses: org/ci-actions/.github/workflows/again.yml@v1
""",
}


def surveyed(jobs: str, others: Mapping[str, str] | None = None, *, docker: bool = False) -> Survey:
    """Survey `.github/workflows/x.yml`; its jobs begin in line 3."""
    files = {".github/workflows/x.yml": f"on: push\njobs:\n{jobs}", **(others or {})}
    workflows = {path: reading.workflow(text.encode()) for path, text in files.items()}

    def file(path: str) -> bytes | None:
        return OURS[path].encode() if path in OURS else None

    ours = Ours(repository="org/ci-actions", ref="v1", file=file)
    return survey(workflows, [".github/workflows/x.yml"], ours, docker=docker)


def notes(found: Survey) -> list[str]:
    return [str(each) for each in found.notes]


def test_its_own_labels() -> None:
    found = surveyed("  a: {runs-on: [self-hosted, Big]}\n  b: {runs-on: ubuntu-latest}\n")
    assert found == Survey(("Big", "self-hosted", "ubuntu-latest"))


def test_labels_of_what_is_called_with_what_is_given() -> None:
    found = surveyed("""\
  a:
    uses: org/ci-actions/.github/workflows/ci.yml@v1
  b:
    strategy: {matrix: {os: [one, two]}}
    uses: org/ci-actions/.github/workflows/ci.yml@v1
    with:
      runs-on: '"${{ matrix.os }}"'
""")
    assert found.labels == ("deep", "one", "two", "ubuntu-latest")
    assert found.fetched == (f"actions/cache/save@{SHA}",)
    assert found.notes == ()


def test_its_own_callees() -> None:
    callee = "on: workflow_call\njobs:\n  a: {runs-on: there}\n"
    found = surveyed(
        "  a: {uses: ./.github/workflows/y.yml}\n  b: {uses: ./.github/workflows/none.yml}\n",
        {".github/workflows/y.yml": callee},
    )
    assert found.labels == ("there",)
    assert notes(found) == [
        ".github/workflows/x.yml:4: ./.github/workflows/none.yml: there is no such workflow here"
    ]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("uses: org/ci-actions/coverage-gate@v1", ""),
        ("uses: ./my-action", ""),
        ("uses: org/ci-actions/coverage-gate@v1.2", "--ref v1.2 makes the tree stand for it"),
        (f"uses: org/ci-actions/coverage-gate@{SHA}", f"is not org/ci-actions@v1: act fetches it from the network; --ref {SHA}"),
        ("uses: Org/CI-actions/coverage-gate@v1", "write it with the same letters"),
        ("uses: org/ci-actions/covrage-gate@v1", "this version has no action 'covrage-gate'"),
        ("uses: $/my-action", "act does not know `$/`; in your own repository write ./"),
        ("uses: docker://alpine:3", "docker://alpine:3 needs Docker"),
        ("uses: checkout", "uses: checkout names no action or workflow"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_step(step: str, words: str) -> None:
    found = surveyed(f"  a:\n    runs-on: x\n    steps:\n      - {step}\n")
    if not words:
        assert found == Survey(("x",))
        return
    (said,) = notes(found)
    assert said.startswith(".github/workflows/x.yml:6: ")
    assert words in said


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ("uses: org/ci-actions/.github/workflows/ci.yml@main", "--ref main makes the tree stand for it"),
        ("uses: org/ci-actions/.github/workflows/cd.yml@v1", "this version has no .github/workflows/cd.yml"),
        ("uses: o/r/.github/workflows/x.yml@v1", "the labels of its jobs are not known here"),
        ("uses: $/.github/workflows/x.yml", "act does not know `$/`"),
        ("uses: org/ci-actions/.github/workflows/again.yml@v1", "calls nest deeper than 10 levels"),
        ("runs-on: '${{ vars.R }}'", "runs-on of job 'a' depends on vars.R"),
        ("{runs-on: x, container: alpine}", "on this machine act needs Docker for the container of job 'a'"),
        (
            "{runs-on: x, services: {db: {image: y}}}",
            "on this machine act leaves out the services of job 'a'",
        ),
    ],
)
def test_what_is_said_of_a_job(job: str, words: str) -> None:
    text = f"  a: {job}\n" if job.startswith("{") else f"  a:\n    {job}\n"
    assert words in "\n".join(notes(surveyed(text)))


def test_docker_can_do_more() -> None:
    job = "  a: {runs-on: x, container: alpine, services: {}, steps: [{uses: 'docker://y'}]}\n"
    assert len(surveyed(job).notes) == 3
    assert surveyed(job, docker=True).notes == ()


def test_actions_of_others_are_fetched_but_for_the_checkout() -> None:
    found = surveyed("""\
  a:
    runs-on: x
    steps: [{uses: actions/checkout@v7}, {uses: b/c@v1}, {uses: b/a@v1}, {uses: b/c@v1}]
  d:
    uses: o/r/.github/workflows/x.yml@v2
""")
    assert found.fetched == ("b/a@v1", "b/c@v1", "o/r/.github/workflows/x.yml@v2")
