"""What coverage-gate takes for the change, under real act, for every event that brings one and one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from tests.e2e.acting import MEASURE, MONEY, Job, Repository, World, gate, job

pytestmark = pytest.mark.e2e

#: Leaves the new file uncovered: whoever takes the wrong base sees it, or sees too much.
UNTESTED = job(f"{MEASURE} money ledger", gate(min_overall="off"))


@pytest.fixture
def repository(new_repository: Callable[[], Repository]) -> Repository:
    made = new_repository()
    made.with_workflow({"gate": UNTESTED})
    made.git("push", "--quiet", "origin", "feature")
    return made


def judged(world: World, repository: Repository, event: str, payload: Mapping[str, object] | None) -> Job:
    return world.run(repository.path, event, payload=payload).job("gate")


def moved_on(repository: Repository) -> str:
    """Let main go on in another file after feature left it, and return its tip."""
    repository.git("checkout", "--quiet", "-B", "main", "origin/main")
    repository.write({"src/pay/money.py": MONEY.replace("a + b", "b + a")})
    return repository.commit("main goes on", "main")


def pull_request(base: str, head: str) -> dict[str, object]:
    sides = {"base": ("main", base), "head": ("feature", head)}
    repo = {"full_name": "acme/shop", "name": "shop", "default_branch": "main"}
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7,
            **{side: {"ref": ref, "sha": sha, "repo": repo} for side, (ref, sha) in sides.items()},
        },
        "repository": repo,
    }


def assert_only_the_refund_is_new(found: Job, how: str) -> None:
    assert (found.result, found.exit_code) == ("failure", 1), found.log
    assert (found.gate["new-code-covered"], found.gate["new-code-total"]) == ("0", "4")
    assert how in found.summary
    assert "src/pay/money.py" not in found.summary.partition("Changed files")[2].partition("</details>")[0]


def test_pull_request_with_the_merge_commit(world: World, repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    base = moved_on(repository)
    repository.git("checkout", "--quiet", "--detach", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", f"Merge {head} into {base}", "feature")
    found = judged(world, repository, "pull_request", pull_request(base, head))
    assert_only_the_refund_is_new(found, f"first parent {base[:7]} of the merge commit")


def test_pull_request_with_its_head_checked_out(world: World, repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    fork = repository.git("rev-parse", "origin/main")
    base = moved_on(repository)
    repository.git("checkout", "--quiet", "feature")
    found = judged(world, repository, "pull_request", pull_request(base, head))
    assert_only_the_refund_is_new(found, f"merge base {fork[:7]} with main")


def test_pull_request_in_a_shallow_clone_that_is_deepened(world: World, repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    base = moved_on(repository)
    origin = repository.git("remote", "get-url", "origin")
    clone = Repository(repository.path.parent / "shallow")
    repository.git("clone", "--quiet", "--depth=1", "--branch=feature", f"file://{origin}", str(clone.path))
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"
    assert_only_the_refund_is_new(
        judged(world, clone, "pull_request", pull_request(base, head)), "merge base"
    )


def test_pull_request_whose_base_is_nowhere_is_no_pass(world: World, repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    found = judged(world, repository, "pull_request", pull_request("1" * 40, head))
    assert (found.result, found.exit_code) == ("failure", 3)
    assert any("1111111" in each for each in found.said("error"))


def test_pull_request_as_act_sends_it_without_a_payload(world: World, repository: Repository) -> None:
    found = judged(world, repository, "pull_request", None)
    assert_only_the_refund_is_new(found, "merge base")


def test_merge_group(world: World, repository: Repository) -> None:
    base = moved_on(repository)
    repository.git("checkout", "--quiet", "-b", "gh-readonly-queue/main/pr-7", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "queued", "feature")
    head = repository.git("rev-parse", "HEAD")
    payload = {
        "action": "checks_requested",
        "merge_group": {"base_sha": base, "base_ref": "refs/heads/main", "head_sha": head},
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
    }
    found = judged(world, repository, "merge_group", payload)
    assert_only_the_refund_is_new(found, f"the base {base[:7]} of the merge group")


def test_push_is_compared_with_what_was_there_before(world: World, repository: Repository) -> None:
    before = repository.git("rev-parse", "origin/main")
    payload = {
        "ref": "refs/heads/feature",
        "before": before,
        "after": repository.git("rev-parse", "HEAD"),
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
    }
    found = judged(world, repository, "push", payload)
    assert_only_the_refund_is_new(found, f"{before[:7]}, the tip of feature before this push")


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_an_event_without_a_change_has_no_new_code_and_says_why(
    world: World, repository: Repository, event: str
) -> None:
    found = judged(world, repository, event, {"repository": {"default_branch": "main"}})
    # The only other gate is off: nothing was judged, and nothing is claimed.
    assert found.gate["new-code"] == "n/a"
    assert f"the event {event} brings no change" in found.summary.replace("\\", "")
    assert "| `new-code` | new-code, combined | n/a |" in found.summary
    assert found.gate["overall"] != "100.00"
    assert found.exit_code == 0


def test_the_overall_gate_still_counts_when_there_is_no_change(world: World, repository: Repository) -> None:
    repository.with_workflow({"gate": job(f"{MEASURE} money", gate())})
    found = judged(world, repository, "schedule", {})
    assert (found.result, found.exit_code) == ("failure", 1)
    assert found.gate["failed-gates-json"] == '["overall"]'
    assert found.gate["new-code"] == "n/a"
