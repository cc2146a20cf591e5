"""Edge: what commenting asks of GitHub, and nothing else.

https://docs.github.com/rest/pulls/pulls, https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_actions.ci_comment import render
from ci_actions.ci_comment.model import Comment, PullRequest, Run
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.http import Answer, Http

#: How often a comment is created where it is not known whether it was: each time it is looked for first.
_TRIES = 3


class DeniedError(Exception):
    """The token may not do this, or the conversation is closed to it; the text says which permission is missing."""


class Repository:
    """Pull requests and comments of the repository of a run, for one comment.

    Every method raises Unavailable when GitHub does not answer, BadInput when it does not know the token, and
    DeniedError when the token has no right to what is asked.
    """

    def __init__(self, http: Http, run: Run, repository: str, comment_id: str) -> None:
        self._http = http
        self._run = run
        self._repository = repository
        self._path = f"/repos/{repository}"
        self._comment_id = comment_id
        self._me: tuple[int, str] | None = None

    def pulls(self) -> tuple[PullRequest, ...]:
        """Return the open pull requests of the run's branch: one for each base that it was proposed to."""
        wanted = {"head": f"{self._run.owner}:{self._run.branch}", "state": "open"}
        found = []
        for page in self._http.pages(f"{self._path}/pulls", wanted):
            found += [self._pull(each) for each in _list(_granted(page, "pull-requests: read"))]
        return tuple(found)

    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""
        answer = self._http.ask("GET", f"{self._path}/pulls/{number}")
        return self._pull(_object(_granted(answer, "pull-requests: read")))

    def comment(self, number: int) -> Comment | None:
        """Return our comment on a pull request: the oldest that begins as ours do and that this very token has written.

        A stranger may have copied the beginning: such a comment is never touched.
        """
        for page in self._http.pages(f"{self._path}/issues/{number}/comments"):
            for each in _list(_granted(page, "pull-requests: read")):
                body = each.get("body") or ""
                marker = render.marker_in(self._comment_id, body)
                if marker is not None and self._is_me(_inner(each, "user")):
                    return Comment(id=each["id"], url=each["html_url"], body=body, marker=marker)
        return None

    def create(self, number: int, body: str) -> Comment:
        """Return our new comment. After a call that broke the list says whether it worked, so that there are never two."""
        why: Unavailable | None = None
        for _ in range(_TRIES):
            try:
                answer = self._http.ask("POST", f"{self._path}/issues/{number}/comments", body={"body": body})
                return self._written(_object(_granted(answer, "pull-requests: write", 201)))
            except Unavailable as broken:
                why = broken
                if found := self.comment(number):
                    return found
        raise why or Unavailable("GitHub made no comment.")

    def update(self, comment: Comment, body: str) -> Comment | None:
        """Return our comment with another text; None where it was deleted meanwhile."""
        answer = self._http.ask("PATCH", f"{self._path}/issues/comments/{comment.id}", body={"body": body})
        if answer.status == 404:
            return None
        return self._written(_object(_granted(answer, "pull-requests: write")))

    def _is_me(self, author: Mapping[str, Any]) -> bool:
        """Whether an account is the one that the token stands for: of an app's token its bot.

        The REST API tells it to people only; the viewer of the GraphQL API is whoever asks.
        https://docs.github.com/graphql/reference/queries#viewer
        """
        if self._me is None:
            answer = self._http.graphql("query { viewer { databaseId login } }")
            data = _inner(_object(_granted(answer, "pull-requests: read")), "data")
            viewer = _inner(data, "viewer")
            self._me = (viewer.get("databaseId") or 0, viewer.get("login") or "")
        id, login = self._me
        if not (id or login):
            raise Unavailable(
                "GitHub does not say whose token this is, so that no comment is known to be ours."
            )
        return author.get("id") == id or author.get("login") == login

    def _written(self, made: Mapping[str, Any]) -> Comment:
        body = made.get("body") or ""
        marker = render.marker_in(self._comment_id, body)
        if marker is None:
            raise Unavailable("GitHub answered with another comment than was written.")
        return Comment(id=made["id"], url=made["html_url"], body=body, marker=marker)

    def _pull(self, about: Mapping[str, Any]) -> PullRequest:
        head, base = _inner(about, "head"), _inner(about, "base")
        return PullRequest(
            number=about["number"],
            open=about.get("state") == "open",
            head=str(head.get("sha", "")),
            ours=_same(base, self._repository) and _same(head, self._run.repository),
        )


def _same(side: Mapping[str, Any], repository: str) -> bool:
    """Whether a side of a pull request is a branch of this repository; that of a deleted fork is none."""
    name = _inner(side, "repo").get("full_name")
    return isinstance(name, str) and name.lower() == repository.lower()


def _granted(answer: Answer, needs: str, status: int = 200) -> Answer:
    """Return an answer with this status. Raises DeniedError, BadInput or Unavailable for any other."""
    if answer.status == status:
        return answer
    said = _said(answer)
    if answer.status == 401:
        raise BadInput(
            f"GitHub does not know the token (401: {said}). Is 'github-token' given, and not expired?"
        )
    if answer.status in (403, 404):
        closed = "locked" in said
        cure = "" if closed else f" Add `{needs}` to the permissions of the job that calls comment.yml."
        raise DeniedError(f"GitHub refuses ({answer.status}: {said.rstrip('.')}).{cure}")
    raise Unavailable(f"GitHub answered {answer.status}: {said}")


def _said(answer: Answer) -> str:
    """Return GitHub's own words for a refusal."""
    import json

    try:
        message = json.loads(answer.body)["message"]
    except (ValueError, KeyError, TypeError):
        message = answer.body.decode("utf-8", "replace")
    return " ".join(str(message).split())[:300]


def _object(answer: Answer) -> Mapping[str, Any]:
    found = answer.json()
    if not isinstance(found, dict):
        raise Unavailable(f"GitHub answered {answer.status} with no object.")
    return found


def _list(answer: Answer) -> list[Mapping[str, Any]]:
    found = answer.json()
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unavailable(f"GitHub answered {answer.status} with something else than a list.")
    return found


def _inner(about: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = about.get(key)
    return found if isinstance(found, dict) else {}
