"""Answers that no description of GitHub's allows, and that come all the same. (The allowed ones: test_commenting.)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.ci_comment.test_render import RUN

from ci_actions.ci_comment.github import Repository
from ci_actions.ci_comment.model import Comment, Marker
from ci_actions.github.answers import DeniedError
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.http import Answer, Http

SIDES = {
    "head": {"sha": RUN.head, "repo": {"full_name": "eve/app"}},
    "base": {"sha": "1" * 40, "repo": {"full_name": "Acme/App"}},
}
OURS = Comment(id=5, url="https://x", body="", marker=Marker())


class Scripted(Http):
    """Answers each call with the next of a list."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.answers = list(answers)

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, object] | None = None,
        repeat: bool | None = None,
    ) -> Answer:
        return self.answers.pop(0)


def repository(status: int, document: object) -> Repository:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Repository(Scripted(Answer(status, body, {})), RUN, "acme/app", "default")


def pull(**more: Any) -> dict[str, Any]:
    return {"number": 12, "state": "open", **SIDES, **more}


def test_names_of_repositories_know_no_case() -> None:
    (found,) = repository(200, [pull()]).pulls()
    assert (found.number, found.open, found.head, found.ours) == (12, True, RUN.head, True)


@pytest.mark.parametrize(
    "head", [{"sha": RUN.head, "repo": None}, {"sha": RUN.head}, {"repo": {"full_name": "eve/other"}}, None]
)
def test_the_branch_of_a_fork_that_was_deleted_is_not_ours(head: object) -> None:
    (found,) = repository(200, [pull(head=head)]).pulls()
    assert not found.ours


@pytest.mark.parametrize("document", [{}, [1], b"<html>", None])
def test_an_answer_that_is_no_list(document: object) -> None:
    with pytest.raises(Unavailable):
        repository(200, document).pulls()


@pytest.mark.parametrize("document", [[], b"<html>", {"id": 1, "html_url": "", "body": "something else"}])
def test_an_answer_that_is_not_the_comment(document: object) -> None:
    with pytest.raises(Unavailable):
        repository(200, document).update(OURS, "text")


@pytest.mark.parametrize(
    ("status", "document", "said"),
    [
        (403, {"message": "Nope."}, r"refuses \(403: Nope\)\. Add `pull-requests: read`"),
        (404, {"message": "Not Found"}, r"refuses \(404: Not Found\)\. Add"),
        (403, b"<html>blocked</html>", "blocked"),
        (403, [], r"403: \[\]"),
    ],
)
def test_a_refusal_in_any_form_is_told(status: int, document: object, said: str) -> None:
    with pytest.raises(DeniedError, match=said):
        repository(status, document).pulls()


def test_what_is_neither_done_nor_refused() -> None:
    with pytest.raises(Unavailable, match="GitHub answered 422: Validation Failed"):
        repository(422, {"message": "Validation Failed"}).pulls()
