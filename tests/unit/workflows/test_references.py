"""What stands behind `uses:`."""

from __future__ import annotations

import pytest

from ci_actions.workflows.references import Image, Local, Reference, Remote, Same, is_workflow, parse

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("actions/checkout@v7", Remote("actions", "checkout", "", "v7")),
        ("github/codeql-action/upload-sarif@v4", Remote("github", "codeql-action", "upload-sarif", "v4")),
        ("o/r/a/b/@release/v1", Remote("o", "r", "a/b", "release/v1")),
        (
            "org/ci-actions/.github/workflows/ci.yml@v1",
            Remote("org", "ci-actions", ".github/workflows/ci.yml", "v1"),
        ),
        (f" o/r@{SHA} ", Remote("o", "r", "", SHA)),
        ("./", Local("")),
        (".", Local("")),
        ("./.github/workflows/x.yml", Local(".github/workflows/x.yml")),
        ("$/actions/x", Same("actions/x")),
        ("docker://alpine:3", Image("alpine:3")),
        ("", None),
        ("actions/checkout", None),
        ("checkout@v7", None),
        ("o/r@", None),
        ("o/r@v1@v2", None),
        ("$/actions/x@v1", None),
        ("$/", Same("")),
        ("docker://", None),
        ("o/${{ matrix.x }}@v1", None),
        ("-o/r@v1", None),
        ("../x", None),
    ],
)
def test_parse(text: str, expected: Reference | None) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("ref", "pinned"),
    [(SHA, True), (SHA[:39], False), (SHA.upper(), False), ("v1", False), (SHA + "0" * 24, True)],
)
def test_pinned(ref: str, pinned: bool) -> None:
    assert Remote("o", "r", "", ref).pinned is pinned


def test_a_repository_is_the_same_in_any_case() -> None:
    assert Remote("Org", "CI-Actions", "", "v1").is_in("org/ci-actions")
    assert not Remote("org", "ci-actions2", "", "v1").is_in("org/ci-actions")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".github/workflows/x.yml", True),
        (".github/workflows/x.yaml", True),
        ("a/.github/workflows/x.yml", True),
        (".github/workflows/sub/x.yml", False),
        (".github/workflows/x.json", False),
        ("actions/x", False),
    ],
)
def test_is_workflow(path: str, expected: bool) -> None:
    assert is_workflow(path) is expected
