"""Which base is chosen, with git's answers given; tests/integration/test_git.py is about the answers."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from ci_actions.kit.base import Base, NoBase, resolve_base
from ci_actions.kit.context import ZEROS, Context
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Commit, Git
from ci_actions.kit.process import Process

HEAD, PARENT, SECOND, OTHER = "a" * 40, "b" * 40, "c" * 40, "d" * 40


class NoProcess(Process):
    def __init__(self) -> None:
        super().__init__({})

    def run(self, argv: object, **_: object) -> NoReturn:
        raise AssertionError(f"unexpected: {argv}")


class History(Git):
    """Git, with commits from a table; whatever else is asked starts a process, which fails the test."""

    def __init__(
        self, commits: dict[str, tuple[str, ...]], *, refs: dict[str, str] | None = None, message: str = ""
    ) -> None:
        super().__init__(NoProcess(), Path("repo"))
        self.table = commits
        self.refs = {"HEAD": HEAD, **(refs or {})}
        self.message = message
        self.bases: tuple[str, ...] = ()
        self.remote_refs: dict[str, str] = {}
        self.fetched: list[str] = []

    def commits(self, *revs: str) -> tuple[Commit | None, ...]:
        found = []
        for rev in revs:
            sha = self.refs.get(rev, rev)
            if rev == "HEAD^1":
                sha = self.table[HEAD][0] if self.table.get(HEAD) else ""
            parents = self.table.get(sha)
            message = self.message if sha == HEAD else ""
            found.append(
                None if parents is None else Commit(sha=sha, parents=parents, time=0, message=message)
            )
        return tuple(found)

    def boundary(self) -> frozenset[str]:
        return frozenset()

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        assert other == HEAD
        assert one in self.table
        return self.bases

    def remote(self) -> str | None:
        return "origin"

    def remote_ref(self, name: str) -> str | None:
        return self.remote_refs.get(name)

    def fetch(self, *wants: str, depth: int = 0, deepen: int = 0) -> str:
        assert not depth
        assert not deepen
        self.fetched += wants
        return "not our ref"


def on_github(event: str, **more: object) -> Context:
    return Context(github=True, event_name=event, default_branch="main", **more)  # type: ignore[arg-type]


LINEAR = {HEAD: (PARENT,), PARENT: ()}
MERGE = {HEAD: (PARENT, SECOND), PARENT: (), SECOND: (), OTHER: ()}


@pytest.mark.parametrize(
    "event", ["schedule", "workflow_dispatch", "release", "workflow_run", "issue_comment", "delete"]
)
def test_events_without_a_change(event: str) -> None:
    assert resolve_base("", "", on_github(event), History({})) == NoBase(
        reason=f"the event {event} brings no change"
    )


def test_a_tag_is_no_change() -> None:
    context = on_github("push", ref="refs/tags/v1", ref_name="v1", before=ZEROS)
    assert resolve_base("", "auto", context, History({})) == NoBase(reason="the tag v1 brings no change")


@pytest.mark.parametrize(
    ("parents", "head_sha", "message", "merge"),
    [
        ((PARENT, SECOND), SECOND, "", True),
        ((PARENT, SECOND), OTHER, f"Merge {SECOND} into {PARENT}\n", True),
        ((PARENT, SECOND), OTHER, "Merge branch main", False),
        ((PARENT, SECOND), HEAD, f"Merge {SECOND} into {PARENT}", False),
        ((PARENT, SECOND, OTHER), SECOND, "", False),
        ((PARENT,), PARENT, "", False),
    ],
)
def test_when_the_first_parent_is_the_base(
    parents: tuple[str, ...], head_sha: str, message: str, merge: bool
) -> None:
    git = History({**MERGE, HEAD: parents}, message=message)
    git.bases = (OTHER,)
    found = resolve_base(
        "", "auto", on_github("pull_request", base_sha=OTHER, base_ref="main", head_sha=head_sha), git
    )
    assert isinstance(found, Base)
    assert (found.sha, found.head) == (PARENT if merge else OTHER, HEAD)
    assert found.how.startswith("first parent" if merge else "merge base")


def test_what_is_fetched_when_the_push_was_forced() -> None:
    git = History(LINEAR, refs={"refs/remotes/origin/main": PARENT})
    git.bases = (PARENT,)
    context = on_github("push", ref="refs/heads/x", before=OTHER, forced=True)
    found = resolve_base("", "auto", context, git)
    assert git.fetched == [OTHER]
    assert isinstance(found, Base)
    assert found.warnings == ("The commit ddddddd from before this forced push is gone.",)


def test_a_push_of_a_branch_that_main_holds_already() -> None:
    git = History(LINEAR, refs={"refs/remotes/origin/main": HEAD})
    git.bases = (HEAD,)
    context = on_github("push", ref="refs/heads/x", before=OTHER)
    assert resolve_base("", "auto", context, git) == NoBase(
        reason="the commit under test, aaaaaaa, is part of main"
    )


def test_the_default_branch_is_asked_for_when_the_clone_lacks_it() -> None:
    git = History(LINEAR)
    git.bases = (PARENT,)
    git.remote_refs["main"] = PARENT
    found = resolve_base("", "auto", on_github("push", ref="refs/heads/x", before=ZEROS), git)
    assert isinstance(found, Base)
    assert found.sha == PARENT


@pytest.mark.parametrize("event", ["push", "merge_group", "pull_request"])
def test_an_event_that_could_not_be_read_is_never_an_empty_change(event: str) -> None:
    git = History(LINEAR, refs={"refs/remotes/origin/main": HEAD})
    with pytest.raises(CannotJudge, match=rf"The event {event} names no base commit \(no file\)"):
        resolve_base("", "auto", on_github(event, ref="refs/heads/main", note="no file"), git)


def test_no_default_branch() -> None:
    with pytest.raises(CannotJudge, match="Cannot tell the default branch"):
        resolve_base("", "auto", on_github("push", ref="refs/heads/x", before=ZEROS), History(LINEAR))


def test_a_checkout_without_a_commit() -> None:
    with pytest.raises(CannotJudge, match="The checkout has no commit"):
        resolve_base("", "auto", on_github("push"), History({}))


def test_act_with_a_push_event_that_is_empty() -> None:
    git = History(LINEAR, refs={"refs/heads/master": PARENT})
    git.bases = (PARENT,)
    found = resolve_base("", "auto", Context(github=True, act=True, event_name="push"), git)
    assert found == Base(sha=PARENT, head=None, how="merge base bbbbbbb with master")


def test_a_given_base_that_holds_the_commit_under_test() -> None:
    git = History(LINEAR, refs={"main": HEAD})
    git.bases = (HEAD,)
    assert resolve_base("main", "auto", on_github("push"), git) == NoBase(
        reason="the commit under test, aaaaaaa, is part of the base main"
    )
    local = resolve_base("main", "auto", Context(), git)
    assert local == Base(sha=HEAD, head=None, how="the base input, main (aaaaaaa)")


def test_a_given_base_goes_before_the_event() -> None:
    git = History(MERGE, refs={"main": OTHER})
    git.bases = (OTHER,)
    context = on_github("pull_request", base_sha=PARENT, head_sha=SECOND)
    assert resolve_base("main", "auto", context, git) == Base(
        sha=OTHER, head=HEAD, how="the base input, main (ddddddd)"
    )
    by_sha = resolve_base(OTHER, "auto", context, git)
    assert isinstance(by_sha, Base)
    assert by_sha.how == "the base input, ddddddd"


def test_a_patch_file_needs_no_repository() -> None:
    found = resolve_base("file:build/diff.patch", "auto", Context(), History({}))
    assert found == Base(
        sha="", head=None, how="the patch build/diff.patch", patch_file=Path("repo/build/diff.patch")
    )


@pytest.mark.parametrize(
    ("spec", "deepen", "message"),
    [
        ("--output=x", "auto", "is no commit, branch or tag"),
        ("a..b", "auto", "is no commit, branch or tag"),
        ("file:", "auto", "without a path"),
        ("main", "often", "deepen is 'often' but must be auto, never or a number"),
        ("main", "-1", "deepen is '-1'"),
        ("main", "٣", "deepen is '٣'"),
    ],
)
def test_inputs_that_cannot_be_meant(spec: str, deepen: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        resolve_base(spec, deepen, Context(), History({}))


def test_a_branch_of_the_event_cannot_be_an_option() -> None:
    with pytest.raises(BadInput, match="--upload-pack=x"):
        resolve_base("", "auto", on_github("pull_request", base_ref="--upload-pack=x"), History(LINEAR))
