"""Edge: what commenting asks of GitHub, and nothing else.

https://docs.github.com/rest/pulls/pulls, https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_actions.ci_comment import render
from ci_actions.ci_comment.model import Comment, PullRequest, Run
from ci_actions.github.answers import Viewer, as_list, as_object, granted, inner
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.http import Answer, Http

#: How often a comment is created where it is not known whether it was: each time it is looked for first.
_TRIES = 3


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
        self._viewer = Viewer(http, "pull-requests: read", "comment.yml")

    def pulls(self) -> tuple[PullRequest, ...]:
        """Return the open pull requests of the run's branch: one for each base that it was proposed to."""
        wanted = {"head": f"{self._run.owner}:{self._run.branch}", "state": "open"}
        found = []
        for page in self._http.pages(f"{self._path}/pulls", wanted):
            found += [self._pull(each) for each in as_list(_granted(page, "pull-requests: read"))]
        return tuple(found)

    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""
        answer = self._http.ask("GET", f"{self._path}/pulls/{number}")
        return self._pull(as_object(_granted(answer, "pull-requests: read")))

    def comment(self, number: int) -> Comment | None:
        """Return our comment on a pull request: the oldest that begins as ours do and that this very token has written.

        A stranger may have copied the beginning: such a comment is never touched.
        """
        for page in self._http.pages(f"{self._path}/issues/{number}/comments"):
            for each in as_list(_granted(page, "pull-requests: read")):
                body = each.get("body") or ""
                marker = render.marker_in(self._comment_id, body)
                if marker is not None and self._viewer.is_me(inner(each, "user")):
                    return Comment(id=each["id"], url=each["html_url"], body=body, marker=marker)
        return None

    def create(self, number: int, body: str) -> Comment:
        """Return our new comment. After a call that broke the list says whether it worked, so that there are never two."""
        why: Unavailable | None = None
        for _ in range(_TRIES):
            try:
                answer = self._http.ask("POST", f"{self._path}/issues/{number}/comments", body={"body": body})
                return self._written(as_object(_granted(answer, "pull-requests: write", 201)))
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
        return self._written(as_object(_granted(answer, "pull-requests: write")))

    def _written(self, made: Mapping[str, Any]) -> Comment:
        body = made.get("body") or ""
        marker = render.marker_in(self._comment_id, body)
        if marker is None:
            raise Unavailable("GitHub answered with another comment than was written.")
        return Comment(id=made["id"], url=made["html_url"], body=body, marker=marker)

    def _pull(self, about: Mapping[str, Any]) -> PullRequest:
        head, base = inner(about, "head"), inner(about, "base")
        return PullRequest(
            number=about["number"],
            open=about.get("state") == "open",
            head=str(head.get("sha", "")),
            ours=_same(base, self._repository) and _same(head, self._run.repository),
        )


def _same(side: Mapping[str, Any], repository: str) -> bool:
    """Whether a side of a pull request is a branch of this repository; that of a deleted fork is none."""
    name = inner(side, "repo").get("full_name")
    return isinstance(name, str) and name.lower() == repository.lower()


def _granted(answer: Answer, needs: str, status: int = 200) -> Answer:
    return granted(answer, needs, "comment.yml", status)
