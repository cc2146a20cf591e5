"""What commit messages say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.publish.commits import LEVELS, Change, Level, parse, without_reverted


@pytest.mark.parametrize(
    ("message", "type", "scope", "subject", "level"),
    [
        ("feat: doors", "feat", "", "doors", Level.MINOR),
        ("fix(kit): a leak", "fix", "kit", "a leak", Level.PATCH),
        ("Feat(coverage-gate): x", "feat", "coverage-gate", "x", Level.MINOR),
        ("feat!: new names", "feat", "", "new names", Level.MAJOR),
        ("chore(deps)!: drop 3.11", "chore", "deps", "drop 3.11", Level.MAJOR),
        ("docs: a page", "docs", "", "a page", Level.NONE),
        ("wip: whatever", "wip", "", "whatever", Level.NONE),
        ("fix: a: b (c)", "fix", "", "a: b (c)", Level.PATCH),
        ("fix: x\n\nBREAKING CHANGE: gone", "fix", "", "x", Level.MAJOR),
        ("fix: x\n\nBREAKING-CHANGE: gone", "fix", "", "x", Level.MAJOR),
        ("fix: x\r\n\r\nBREAKING CHANGE: gone", "fix", "", "x", Level.MAJOR),
        # A squash merge puts trailers behind another empty line.
        ("fix: x\n\nBREAKING CHANGE: gone\n\nCo-authored-by: A <a@example.com>", "fix", "", "x", Level.MAJOR),
        ("fix: x\n\nbreaking change: in small letters is no footer", "fix", "", "x", Level.PATCH),
        ("fix: x\n\nThis is no BREAKING CHANGE: at all", "fix", "", "x", Level.PATCH),
    ],
)
def test_reads(message: str, type: str, scope: str, subject: str, level: Level) -> None:
    said = parse(message)
    assert said is not None
    assert (said.type, said.scope, said.subject, said.level) == (type, scope, subject, level)


@pytest.mark.parametrize(
    "message", ["", "a change", "feat:no space", "feat (x): y", "feat(): y", "feat: ", ": x", "fix(a)(b): c"]
)
def test_others_say_nothing(message: str) -> None:
    assert parse(message) is None


def test_what_breaks_is_told_in_the_footer_and_else_by_the_subject() -> None:
    said = parse("feat(x)!: names\n\nBody.\n\nBREAKING CHANGE: `a` is\n  now `b`\nRefs: #12\nCloses #13")
    assert said is not None
    assert said.breaking == "`a` is now `b`"
    assert said.footers == (("BREAKING CHANGE", "`a` is now `b`"), ("Refs", "#12"), ("Closes", "#13"))
    bare = parse("feat!: names")
    assert bare is not None
    assert bare.breaking == "names"


A, B, C = "a" * 40, "b" * 40, "c" * 40


def change(sha: str, message: str) -> Change:
    return Change(sha, parse(message))


@pytest.mark.parametrize(
    "revert",
    [
        f"revert: feat: doors\n\nThis reverts commit {A}.",
        f'Revert "feat: doors"\n\nThis reverts commit {A}.',
        f"revert(kit): doors\n\nRefs: x\nReverts {A[:9]}",
    ],
)
def test_a_revert_and_what_it_takes_back_cancel_each_other(revert: str) -> None:
    left = without_reverted([change(C, "fix: x"), change(B, revert), change(A, "feat!: doors")])
    assert [each.sha for each in left] == [C]


def test_a_reverted_revert_does_not_count() -> None:
    changes = [
        change(C, f"revert: revert\n\nThis reverts commit {B}."),
        change(B, f"revert: doors\n\nThis reverts commit {A}."),
        change(A, "feat: doors"),
    ]
    assert [each.sha for each in without_reverted(changes)] == [A]


def test_a_revert_of_what_was_released_counts() -> None:
    changes = [change(B, f"revert: doors\n\nThis reverts commit {A}.")]
    assert without_reverted(changes) == tuple(changes)
    assert changes[0].said is not None
    assert changes[0].said.level is Level.PATCH


@given(
    st.sampled_from(sorted(LEVELS)),
    st.text("abcXYZ-/ ", max_size=8).map(str.strip),
    st.booleans(),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40),
)
def test_what_is_written_is_read(type: str, scope: str, bang: bool, subject: str) -> None:
    written = f"{type}{f'({scope})' if scope else ''}{'!' if bang else ''}: {subject}"
    said = parse(written)
    assert said is not None
    assert (said.type, said.scope, bool(said.breaking), said.subject) == (type, scope, bang, subject)


@given(st.text(max_size=200))
def test_no_message_is_too_odd(message: str) -> None:
    parse(message)
