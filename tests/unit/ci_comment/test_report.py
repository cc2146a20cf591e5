"""What the run that comments says of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ci_comment.test_decide import QUALITY
from tests.unit.ci_comment.test_render import RUN

from ci_actions.ci_comment.config import Config
from ci_actions.ci_comment.model import Comment, Deed, Done, Facts, Marker, Outcome, Plan
from ci_actions.ci_comment.report import report
from ci_actions.kit import emit
from ci_actions.kit.report import Report, Result
from ci_actions.kit.untrusted import Refused

URL = "https://github.com/acme/app/pull/12#issuecomment-5"
COMMENT = Comment(id=5, url=URL, body="", marker=Marker())
FACTS = Facts(run=RUN, payloads=(QUALITY,))


def of(*done: Done, **more: Any) -> Report:
    return report(Config(), Outcome(facts=replace(FACTS, **more), done=done, body="text"))


WRITTEN = Done(pull=12, what="updated", comment=5, url=URL)
LEFT = Done(pull=13, what="left", why="it is closed")


@pytest.mark.parametrize(
    ("made", "result", "code", "headline"),
    [
        (of(WRITTEN), Result.PASSED, 0, "ci-comment: comment on #12 updated"),
        (of(WRITTEN, LEFT), Result.PASSED, 0, "ci-comment: comment on #12 updated"),
        (of(LEFT), Result.SKIPPED, 0, "ci-comment: no comment. #13 is left as it is: it is closed"),
        (of(nothing="Nobody is here."), Result.SKIPPED, 0, "ci-comment: no comment. Nobody is here"),
        (of(denied="GitHub refuses."), Result.SKIPPED, 0, "ci-comment: no comment. GitHub refuses"),
        (of(refused=(Refused("'x'", "no"),)), Result.ERROR, 3, "ci-comment: 1 result was refused"),
        (
            of(WRITTEN, refused=(Refused("'x'", "no"), Refused("'y'", "no"))),
            Result.ERROR,
            3,
            "ci-comment: 2 results were refused, comment on #12 updated",
        ),
    ],
)
def test_results(made: Report, result: Result, code: int, headline: str) -> None:
    assert (made.result, made.exit_code, made.headline) == (result, code, headline)


def test_what_is_left_alone_is_a_notice_and_what_is_refused_an_error() -> None:
    made = of(LEFT, refused=(Refused("'x'", "it is no JSON"),))
    assert [(each.level.value, each.message) for each in made.annotations] == [
        ("error", "'x': it is no JSON."),
        ("notice", "#13 is left as it is: it is closed"),
    ]
    assert made.next_step


def test_the_summary_links_the_comment_and_the_run() -> None:
    text = emit.summary(of(WRITTEN, LEFT))
    assert f"| #12 | [updated](<{URL}>) |  |" in text
    assert "| #13 | left | it is closed |" in text
    assert "For [run 45](<https://github.com/acme/app/actions/runs/17>)" in text


def test_a_dry_run_says_what_would_be() -> None:
    plans = (
        Plan(pull=12, deed=Deed.CREATE, body="x"),
        Plan(pull=13, deed=Deed.UPDATE, body="x", comment=COMMENT),
        Plan(pull=14, deed=Deed.KEEP, body="x", comment=COMMENT),
        Plan(pull=15, deed=Deed.LEAVE, why="it is closed"),
    )
    made = report(Config(dry_run=True), Outcome(facts=FACTS, plans=plans, body="x"))
    assert made.headline == (
        "ci-comment: comment on #12 would be created, comment on #13 would be updated, comment on #14 unchanged"
    )
    assert [each["comment"] for each in json.loads(made.outputs["comments-json"])] == [None, 5, 5, None]


def test_outputs_and_products() -> None:
    made = of(WRITTEN)
    assert json.loads(made.outputs["comments-json"]) == [
        {"pull-request": 12, "comment": 5, "url": URL, "done": "updated", "why": ""}
    ]
    (product,) = made.products
    assert (product.output, product.render()) == ("comment-file", "text")
    nothing = report(Config(), Outcome(facts=replace(FACTS, nothing="Nothing.")))
    assert (nothing.products, nothing.outputs["comment-file"]) == ((), "")
    assert made.details["payloads"] == ["quality"]
