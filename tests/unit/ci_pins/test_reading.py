"""What workflows, actions and the configuration of pre-commit use, and in which version."""

from __future__ import annotations

import pytest

from ci_actions.ci_pins.model import Kind, Pin
from ci_actions.ci_pins.reading import pins

SHA = "a" * 40
GITHUB = "https://github.com"


def used(path: str, text: str) -> list[tuple[Kind, str, str, str, int]]:
    return [
        (each.kind, each.repository, each.ref, each.said, each.places[0][1])
        for each in pins(path, text.encode(), GITHUB)
    ]


def workflow(*uses: str) -> str:
    return "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n" + "".join(
        f"      - uses: {each}\n" for each in uses
    )


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        (f"actions/checkout@{SHA} # v4.1.2", (Kind.ACTION, "actions/checkout", SHA, "v4.1.2", 6)),
        (f"actions/checkout@{SHA} # tag=v4.1.2", (Kind.ACTION, "actions/checkout", SHA, "v4.1.2", 6)),
        (f"actions/checkout@{SHA} # v4", (Kind.ACTION, "actions/checkout", SHA, "v4", 6)),
        (
            f"actions/checkout@{SHA} # 4.1.2 zizmor: ignore[x] y",
            (Kind.ACTION, "actions/checkout", SHA, "4.1.2", 6),
        ),
        (f"a/b@{SHA} # ratchet:a/b@v1", (Kind.ACTION, "a/b", SHA, "v1", 6)),
        (f"a/b@{SHA} # v1.0.0-rc.1", (Kind.ACTION, "a/b", SHA, "v1.0.0-rc.1", 6)),
        (f"a/b@{SHA} # 2024-01-01", (Kind.ACTION, "a/b", SHA, "", 6)),
        (f"a/b@{SHA} # 3rd party", (Kind.ACTION, "a/b", SHA, "", 6)),
        (f"a/b@{SHA} # 4", (Kind.ACTION, "a/b", SHA, "", 6)),
        (f"a/b@{SHA} # v2.0.0b1", (Kind.ACTION, "a/b", SHA, "v2.0.0b1", 6)),
        (f"a/b@{SHA} # main", (Kind.ACTION, "a/b", SHA, "", 6)),
        (f"a/b@{SHA}", (Kind.ACTION, "a/b", SHA, "", 6)),
        ("a/b/sub/path@v1", (Kind.ACTION, "a/b", "v1", "", 6)),
        ("a/b@main # v2", (Kind.ACTION, "a/b", "main", "", 6)),
        ("docker://alpine:3", (Kind.IMAGE, "docker://alpine:3", "", "", 6)),
    ],
)
def test_steps(uses: str, expected: tuple[object, ...]) -> None:
    assert used(".github/workflows/ci.yml", workflow(uses)) == [expected]


@pytest.mark.parametrize("uses", ["./local", "$/actions/x", "${{ x }}", "nothing"])
def test_what_has_no_version_of_its_own(uses: str) -> None:
    assert used(".github/workflows/ci.yml", workflow(uses)) == []


def test_called_workflows_and_composite_actions() -> None:
    called = "on: push\njobs:\n  a:\n    uses: a/b/.github/workflows/ci.yml@v1\n"
    assert used(".github/workflows/ci.yml", called) == [(Kind.WORKFLOW, "a/b", "v1", "", 4)]
    action = f"runs:\n  using: composite\n  steps:\n    - uses: a/b@{SHA} # v1.2.3\n"
    assert used("actions/x/action.yml", action) == [(Kind.ACTION, "a/b", SHA, "v1.2.3", 4)]


def test_an_image_with_a_digest_cannot_be_moved() -> None:
    digest = "sha256:" + "0" * 64
    (found,) = pins("w.yml", workflow(f"docker://alpine@{digest}").encode(), GITHUB)
    assert (found.repository, found.ref) == ("docker://alpine", digest)
    assert "no registry" in found.problem


HOOKS = """\
repos:
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.6.1
    hooks: [{id: ruff}]
  - repo: https://github.com/psf/black.git
    rev: 0123456789012345678901234567890123456789  # frozen: 24.1.0
    hooks: [{id: black}]
  - repo: local
    hooks: [{id: x}]
  - repo: meta
    hooks: [{id: y}]
  - repo: https://gitlab.com/a/b
    rev: 1.0.0
    hooks: []
  - repo: git@github.com:a/b
    rev: 3.10
    hooks: []
"""


def test_hooks() -> None:
    found = list(pins(".pre-commit-config.yaml", HOOKS.encode(), GITHUB))
    assert [
        (each.repository, each.ref, each.said, each.places[0][1], bool(each.problem)) for each in found
    ] == [
        ("astral-sh/ruff-pre-commit", "v0.6.1", "", 3, False),
        ("psf/black", "0123456789012345678901234567890123456789", "24.1.0", 6, False),
        ("https://gitlab.com/a/b", "1.0.0", "", 13, True),
        ("a/b", "3.10", "", 16, False),
    ]


@pytest.mark.parametrize(
    "text", ["", "repos:", "repos: x", "- x", "repos: [x]", "repos: [{repo: a}]", "{", "\0"]
)
def test_a_configuration_without_repositories(text: str) -> None:
    assert list(pins(".pre-commit-config.yaml", text.encode(), GITHUB)) == []


@pytest.mark.parametrize(
    ("ref", "is_commit"), [(SHA, True), ("a" * 64, True), ("a" * 39, False), ("A" * 40, False), ("v1", False)]
)
def test_what_a_commit_is(ref: str, is_commit: bool) -> None:
    assert Pin(kind=Kind.ACTION, repository="a/b", ref=ref).is_commit is is_commit
