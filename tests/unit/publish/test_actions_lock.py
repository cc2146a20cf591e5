from __future__ import annotations

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.publish.actions_lock import lock

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
OTHER = "5fda3b95a4ea91299a34e894583c3862153e4b97"
CI = ".github/workflows/ci.yml"


def workflow(*uses: str) -> str:
    return "jobs:\n  one:\n    steps:\n" + "".join(f"      - uses: {each}\n" for each in uses)


def test_a_workflow_with_a_path_and_an_action_of_ours_that_uses_others() -> None:
    made = lock(
        {
            CI: workflow(
                f"actions/cache/restore@{SHA} # v5.0.5",
                "$/actions/ours",
                f"'actions/checkout@{SHA}' # v7.0.1",
            ),
            "actions/ours/action.yml": workflow(f"Actions/setup-python@{OTHER} # v7.0.0"),
        }
    )
    assert (
        made.partition("version:")[2]
        == f""" 'v0.0.2'
workflows:
    '{CI}':
        - 'actions/cache@{SHA}'
        - 'actions/checkout@{SHA}'
        - 'actions/setup-python@{OTHER}'
dependencies:
    'actions/cache@{SHA}':
        ref: 'v5.0.5'
        commit: 'sha1-{SHA}'
        owner_id: 44036562
        repo_id: 215566462
    'actions/checkout@{SHA}':
        ref: 'v7.0.1'
        commit: 'sha1-{SHA}'
        owner_id: 44036562
        repo_id: 197814629
    'actions/setup-python@{OTHER}':
        ref: 'v7.0.0'
        commit: 'sha1-{OTHER}'
        owner_id: 44036562
        repo_id: 192625525
"""
    )


def test_workflows_that_use_nobody() -> None:
    made = lock({CI: workflow("./"), "action.yml": "runs: {}\n"})
    assert "workflows: {}\ndependencies: {}\n" in made


@pytest.mark.parametrize(
    ("uses", "says"),
    [
        ("actions/checkout@v7 # v7", "not pinned by a full SHA"),
        (f"actions/checkout@{SHA}", "no version beside it"),
        (f"somebody/else@{SHA} # v1", "has no ids"),
        ("$/actions/missing", "is not there"),
        ("docker://alpine", "not pinned by a full SHA"),
    ],
)
def test_what_is_refused(uses: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        lock({CI: workflow(uses)})


def test_one_commit_under_two_names() -> None:
    with pytest.raises(BadInput, match="is called"):
        lock(
            {
                CI: workflow(f"actions/checkout@{SHA} # v7.0.1"),
                ".github/workflows/b.yml": workflow(f"actions/checkout@{SHA} # v7"),
            }
        )


def test_what_is_no_yaml() -> None:
    with pytest.raises(BadInput, match="is no YAML"):
        lock({CI: "a: b: c"})
