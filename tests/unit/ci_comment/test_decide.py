"""Which comment is written, updated, kept, or left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ci_comment import payloads
from tests.unit.ci_comment.test_render import RUN

from ci_actions.ci_comment import render
from ci_actions.ci_comment.config import Config
from ci_actions.ci_comment.decide import decide, unfit
from ci_actions.ci_comment.model import Comment, Deed, Facts, PullRequest, Run
from ci_actions.ci_comment.payload import read
from ci_actions.kit.untrusted import Refused

QUALITY = read(json.dumps(payloads.quality()).encode())
PULL = PullRequest(number=12, open=True, head=RUN.head, ours=True)


def facts(*comments: Comment | None, **more: Any) -> Facts:
    """Return facts with a pull request for each comment, None for one without."""
    pulls = tuple(replace(PULL, number=12 + position) for position in range(len(comments)))
    pairs = tuple((pull.number, comment) for pull, comment in zip(pulls, comments, strict=True))
    return replace(Facts(run=RUN, payloads=(QUALITY,), pulls=pulls, comments=pairs), **more)


def written(run: Run = RUN, body: str | None = None, **more: Any) -> Comment:
    """Return our comment as another run has left it."""
    text = render.comment("default", run, [QUALITY], **more) if body is None else body
    marker = render.marker_in("default", text)
    assert marker is not None
    return Comment(id=5, url="https://github.com/acme/app/pull/12#issuecomment-5", body=text, marker=marker)


def test_the_first_comment() -> None:
    outcome = decide(Config(), facts(None))
    (plan,) = outcome.plans
    assert (plan.pull, plan.deed, plan.body) == (12, Deed.CREATE, outcome.body)
    assert "quality: 2 new findings" in plan.body


@pytest.mark.parametrize(
    ("before", "deed"),
    [
        (replace(RUN, id=16), Deed.UPDATE),
        (replace(RUN, head="3" * 40), Deed.UPDATE),
        # What is not the head any more is out of date, also where its run was started later: a branch may be set back.
        (replace(RUN, head="3" * 40, id=99), Deed.UPDATE),
        (RUN, Deed.KEEP),
        (replace(RUN, number=1), Deed.UPDATE),
        (replace(RUN, id=18), Deed.LEAVE),
        (replace(RUN, attempt=2), Deed.LEAVE),
    ],
)
def test_a_comment_that_is_there(before: Run, deed: Deed) -> None:
    (plan,) = decide(Config(), facts(written(before))).plans
    assert plan.deed is deed
    assert (plan.why == "its comment is of a newer run") is (deed is Deed.LEAVE)


def test_a_comment_that_somebody_edited_is_written_anew() -> None:
    (plan,) = decide(Config(), facts(written(body="<!-- ci-actions:comment:default gone -->"))).plans
    assert plan.deed is Deed.UPDATE


def test_line_ends_make_no_difference() -> None:
    body = written().body.replace("\n", "\r\n") + "\r\n"
    (plan,) = decide(Config(), facts(written(body=body))).plans
    assert plan.deed is Deed.KEEP


def test_each_pull_request_remembers_its_own_gates() -> None:
    outcome = decide(Config(), facts(written(replace(RUN, id=16), before=("coverage-gate",)), None))
    first, second = outcome.plans
    assert "coverage-gate: no result in this run" in first.body
    assert "coverage-gate" not in second.body


@pytest.mark.parametrize(
    ("pull", "why"),
    [
        (PULL, ""),
        (replace(PULL, open=False), "it is closed"),
        (replace(PULL, head="3" * 40), "it has moved on to 3333333, the run was for 2222222"),
        (replace(PULL, ours=False), "it is between other repositories"),
    ],
)
def test_the_pull_request_of_the_run(pull: PullRequest, why: str) -> None:
    assert unfit(RUN, pull) == why
    (plan,) = decide(Config(), facts(None, pulls=(pull,))).plans
    assert (plan.deed is Deed.LEAVE, plan.why) == (bool(why), why)


def test_without_anything_to_say_nothing_is_done() -> None:
    assert decide(Config(), facts(None, nothing="because")).plans == ()
    assert decide(Config(), facts(None, payloads=())).plans == ()


def test_what_was_refused_is_told_beside_what_was_not() -> None:
    (plan,) = decide(Config(), facts(None, refused=(Refused("'x'", "no"),), own_run_url="https://u")).plans
    assert "1 result of this run was refused: [why](<https://u>)" in plan.body
