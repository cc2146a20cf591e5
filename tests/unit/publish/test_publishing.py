from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.github.releases import Release
from ci_actions.kit.errors import BadInput
from ci_actions.publish.github import Check
from ci_actions.publish.lines import Version, message, out_of_line, released, trailers, version_at
from ci_actions.publish.publishing import (
    RETRACTED,
    Seen,
    Wanted,
    additive_problems,
    check_problems,
    existing,
    moves,
    plan,
    previous,
    refusals,
    release_before,
)
from ci_actions.publish.remote import File, Refs, parse_refs

A, B, C, D = (letter * 40 for letter in "abcd")
SOURCE = "5" * 40
V110 = Version(1, 1, 0)


def wanted(**more: Any) -> Wanted:
    return Wanted(**{"version": V110, "source": SOURCE, "time": 1, **more})


def seen(branches: dict[str, str] | None = None, tags: dict[str, str] | None = None, **more: Any) -> Seen:
    refs = Refs(branches={"main": A, **(branches or {})}, tags=tags or {}, tag_objects=tags or {})
    return Seen(**{"refs": refs, "api_tip": A, **more})


def release(*, draft: bool = True, body: str = "") -> Release:
    return Release(id=1, tag="v1.1.0", commit=C, draft=draft, url="", upload_url="", body=body)


# --- versions and names ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "01.2.3", "1.2.3-rc.1", "1.2.3+x", "", "1.2.3\n", "١.٢.٣"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(BadInput):
        Version.parse(text)


versions = st.builds(Version, *[st.integers(0, 999)] * 3)


@given(versions)
def test_a_version_is_read_as_it_is_written(version: Version) -> None:
    assert Version.parse(str(version)) == version
    assert released({version.tag: A, version.major_tag: B, version.minor_tag: C}) == {version: A}


@given(versions, st.sampled_from([A, B]))
def test_a_message_says_what_the_commit_is(version: Version, source: str) -> None:
    assert trailers(message(version, source)) == {"Release": version.tag, "Source-Commit": source}


def test_trailers_are_of_the_last_paragraph_only() -> None:
    assert trailers(f"feat: x\n\nRelease: v1.1.0\nSource-Commit: {SOURCE}\n\nno trailer\n") == {}


@pytest.mark.parametrize(
    ("version", "known", "fits"),
    [
        ("0.1.0", [], True),
        ("1.0.1", ["1.0.0"], True),
        ("1.0.0", ["1.0.1"], False),
        ("2.0.0", ["1.9.0"], True),
        ("2.0.1", ["1.9.0"], False),
        ("3.0.0", ["1.9.0"], False),
        ("1.9.1", ["1.9.0", "2.0.0"], True),
    ],
)
def test_which_version_may_follow(version: str, known: list[str], *, fits: bool) -> None:
    tags = {f"v{each}": A for each in known}
    assert (out_of_line(Version.parse(version), tags) == "") is fits


def test_the_release_before_and_the_version_at_a_commit() -> None:
    tags = {"v1.0.0": A, "v1.2.0": B, "v2.0.0": C, "v1": B}
    assert release_before(V110, tags) == "v1.0.0"
    assert release_before(Version(1, 0, 0), tags) == ""
    assert version_at(tags, B) == Version(1, 2, 0)
    assert version_at(tags, D) is None


def test_refs_are_peeled() -> None:
    listed = f"{A}\tHEAD\n{A}\trefs/heads/main\n{B}\trefs/tags/v1.0.0\n{C}\trefs/tags/v1.0.0^{{}}\n{C}\trefs/tags/v1\n"
    refs = parse_refs(listed)
    assert refs.branches == {"main": A}
    assert refs.tags == {"v1.0.0": C, "v1": C}
    assert refs.tag_objects == {"v1.0.0": B, "v1": C}


# --- what forbids it ---------------------------------------------------------------------------


def test_a_first_release_may_be_published() -> None:
    assert list(refusals(wanted(), seen())) == []


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (seen(dirty=("a.py",)), "uncommitted: a.py"),
        (seen(on_branch=False), "is not on the remote's 'main'"),
        (seen(same_workflows=False), "release a newer commit"),
        (seen(api_tip=B), "the same repository"),
        (seen(tags={"v1.1.0": C}), "the tag v1.1.0 exists"),
        (seen(tags={"v1.1.0": C}, tag_message=message(V110, "6" * 40)), "the tag v1.1.0 exists"),
        (seen(tags={"v1.2.0": C}), "older than 1.2.0"),
        (seen(release=release(draft=False)), "its tag is gone"),
        (seen(tags={"v1.1.0": C}, tag_message=message(V110, SOURCE), release=release(draft=False, body=RETRACTED)),
         "was retracted"),
        (seen(branches={"v1": C}), "a branch called 'v1'"),
        (replace(seen(), refs=Refs(), api_tip=""), "no branch 'main'"),
    ],
)  # fmt: skip
def test_what_forbids_it(found: Seen, says: str) -> None:
    assert any(says in problem for problem in refusals(wanted(), found))


def check(name: str, state: str = "success", url: str = "") -> Check:
    return Check(name=name, state=state, url=url)


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ([check("a"), check("b", "skipped"), check("c", "neutral")], None),
        ([], "no check ran"),
        ([check("a", "failure")], "'a' is failure"),
        ([check("a", "timed_out")], "'a' is timed_out"),
        ([check("a", "queued")], "'a' is queued"),
        ([check("a"), check("mine", "queued", "https://x/actions/runs/7/job/1")], None),
        ([check("mine", "queued", "https://x/actions/runs/7/job/1")], "no check ran"),
        ([check("a"), check("other", "queued", "https://x/actions/runs/77/job/1")], "'other' is queued"),
        ([check("a"), check("release: smoke", "failure")], None),
    ],
)
def test_what_green_means(checks: list[Check], says: str | None) -> None:
    found = check_problems(wanted(run="7", ignored=("release: *",)), checks)
    assert (says is None and not found) or any(says in problem for problem in found if says)


def test_a_required_check_that_is_missing() -> None:
    assert "'gate' did not run" in check_problems(wanted(required=("gate",)), [check("a")])[0]


def test_a_required_check_that_was_skipped() -> None:
    checks = [check("a"), check("gate", "skipped")]
    assert "'gate' is skipped" in check_problems(wanted(required=("gate",)), checks)[0]
    assert not check_problems(wanted(required=("a",)), checks)


# --- going on ----------------------------------------------------------------------------------

OURS = message(V110, SOURCE)


def test_what_an_earlier_run_left_is_found() -> None:
    assert existing(wanted(), seen()) == ""
    tip = seen(branches={"release/v1": C}, tip_message=OURS)
    assert existing(wanted(), tip) == C
    assert existing(wanted(), seen(branches={"release/v1": D}, tags={"v1.1.0": C}, tag_message=OURS)) == C
    assert existing(wanted(source="6" * 40), tip) == ""


def test_what_the_previous_branch_must_keep() -> None:
    assert previous(wanted(), seen(), C) == ""
    assert previous(wanted(), seen(branches={"release/v1": B}, tags={"v1": B}), C) == B
    # An unfinished or retracted tip is nothing to go back to.
    assert previous(wanted(), seen(branches={"release/v1": D}, tags={"v1": B}), C) == B
    assert previous(wanted(), seen(branches={"release/v1-previous": B}, tags={"v1": B}), C) == ""
    assert previous(wanted(), seen(branches={"release/v1-previous": B}, tags={"v1": C}), C) == ""


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, ("v1.1", "v1")),
        ({"v1": B, "v1.0.0": B}, ("v1.1", "v1")),
        ({"v1": B, "v1.0.0": B, "v1.1": C}, ("v1",)),
        ({"v1": C, "v1.1": C}, ()),
        ({"v1.1": D, "v1": D, "v1.1.1": D}, ()),
        ({"v1.1": B, "v1": D, "v1.2.0": D, "v1.0.0": B}, ("v1.1",)),
    ],
)
def test_which_tags_still_move(tags: dict[str, str], expected: tuple[str, ...]) -> None:
    assert moves(wanted(), Refs(tags={"v1.1.0": C, **tags}), C) == expected


def test_the_plan_ends_with_the_major_tag() -> None:
    steps = plan(wanted(), seen(branches={"release/v1": B}, tags={"v1": B, "v1.0.0": B}))
    assert steps[-1].text == "move v1"
    assert not any(step.done for step in steps)
    done = plan(
        wanted(),
        seen(
            branches={"release/v1": C}, tags=dict.fromkeys(("v1.1.0", "v1.1", "v1"), C),
            tag_message=OURS, release=release(draft=False),
        ),
    )  # fmt: skip
    assert all(step.done for step in done[1:])


def test_a_release_only_adds() -> None:
    one, other = File(mode="100644", kind="blob", sha=A), File(mode="100755", kind="blob", sha=A)
    assert list(additive_problems({"a": one}, {"a": one, "b": other})) == []
    assert list(additive_problems({"a": one}, {"b": one})) == ["a of main is missing"]
    assert list(additive_problems({"a": one}, {"a": other})) == ["a differs from main's"]
