"""Edge: what reporting asks of GitHub, and nothing else.

https://docs.github.com/rest/issues/issues, https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ci_actions.ci_report_issue import render
from ci_actions.ci_report_issue.model import Issue
from ci_actions.github.answers import DeniedError, Viewer, as_list, as_object, granted, inner, words_of
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.http import Answer, Http

CALLER = "report-issue.yml"
#: How often an issue is created where it is not known whether it was: each time it is looked for first.
_TRIES = 3


class Repository:
    """The issues of a repository that are ours.

    Every method raises Unavailable when GitHub does not answer, BadInput when it does not know the token or the repository
    has no issues, and DeniedError when the token has no right to what is asked.
    """

    def __init__(self, http: Http, repository: str, label: str) -> None:
        self._http = http
        self._repository = repository
        self._path = f"/repos/{repository}/issues"
        self._label = label
        self._viewer = Viewer(http, "issues: read", CALLER)

    def issues(self) -> tuple[Issue, ...]:
        """Return our issues, open and closed: those that begin as ours do, that this very token has opened, with the label.

        Anybody may open an issue that begins so, and whoever may write here can put words into one of ours; only those
        who may triage can label one, and nobody can open one in our name.
        """
        wanted = {"state": "all", "labels": self._label, "creator": self._viewer.login}
        pages = self._http.pages(self._path, wanted)
        found = (self._ours(each) for page in pages for each in as_list(self._granted(page, "issues: read")))
        return tuple(filter(None, found))

    def create(self, title: str, body: str) -> Issue:
        """Return our new issue. After a call that broke the list says whether it worked, so that there are never two."""
        wanted = render.marker_in(body)
        assert wanted
        why: Unavailable | None = None
        for _ in range(_TRIES):
            try:
                asked = {"title": title, "body": body, "labels": [self._label]}
                answer = self._http.ask("POST", self._path, body=asked)
                return self._labelled(as_object(self._granted(answer, "issues: write", 201)))
            except Unavailable as broken:
                why = broken
                for found in self.issues():
                    if found.marker.key == wanted.key and found.marker.order == wanted.order:
                        return found
        raise why or Unavailable("GitHub made no issue.")

    def write(self, issue: Issue, body: str) -> None:
        """Give an issue another text."""
        self._update(issue, {"body": body})

    def close(self, issue: Issue, body: str) -> None:
        """Close an issue, and give it another text."""
        self._update(issue, {"body": body, "state": "closed", "state_reason": "completed"})

    def reopen(self, issue: Issue, body: str) -> None:
        """Open an issue again, and give it another text."""
        self._update(issue, {"body": body, "state": "open", "state_reason": "reopened"})

    def close_as_duplicate(self, issue: Issue, kept: Issue) -> None:
        """Close an issue as a duplicate of another one."""
        asked = {"state": "closed", "state_reason": "duplicate", "duplicate_issue_id": kept.id}
        self._update(issue, asked)

    def comment(self, issue: Issue, body: str) -> None:
        """Comment on an issue."""
        answer = self._http.ask("POST", f"{self._path}/{issue.number}/comments", body={"body": body})
        self._granted(answer, "issues: write", 201)

    def _update(self, issue: Issue, asked: Mapping[str, object]) -> None:
        answer = self._http.ask("PATCH", f"{self._path}/{issue.number}", body=asked)
        self._granted(answer, "issues: write")

    def _labelled(self, made: Mapping[str, Any]) -> Issue:
        """Return a new issue, which must have the label: GitHub drops it in silence where the token may not label."""
        if found := self._ours(made):
            return found
        number = made["number"]
        answer = self._http.ask("POST", f"{self._path}/{number}/labels", body={"labels": [self._label]})
        if answer.status == 200 and (found := self._ours({**made, "labels": as_list(answer)})):
            return found
        self._http.ask(
            "PATCH", f"{self._path}/{number}", body={"state": "closed", "state_reason": "not_planned"}
        )
        raise DeniedError(
            f"#{number} was opened and closed again: it did not get the label '{self._label}', by which the next run "
            f"would find it. Create that label, or give {CALLER} the input `label`."
        )

    def _ours(self, about: Mapping[str, Any]) -> Issue | None:
        marker = render.marker_in(about.get("body") or "")
        if marker is None or "pull_request" in about or not self._viewer.is_me(inner(about, "user")):
            return None
        if self._label.lower() not in {each.lower() for each in _labels(about)}:
            return None
        return Issue(
            number=about["number"],
            id=about["id"],
            url=about["html_url"],
            title=about.get("title") or "",
            body=about["body"],
            marker=marker,
            closed=_seconds(about.get("closed_at")) if about.get("state") == "closed" else 0,
            duplicate=about.get("state_reason") == "duplicate",
        )

    def _granted(self, answer: Answer, needs: str, status: int = 200) -> Answer:
        if answer.status == 410:
            raise BadInput(
                f"{self._repository} has no issues (410: {words_of(answer)}). Enable them in its settings, General, Features; "
                f"or leave out the job that calls {CALLER}."
            )
        return granted(answer, needs, CALLER, status)


def _labels(about: Mapping[str, Any]) -> Iterator[str]:
    for each in about.get("labels") or ():
        yield each if isinstance(each, str) else str(each.get("name") or "")


def _seconds(time: object) -> int:
    """Return a time of GitHub's in seconds since the epoch; 1 for none, which is a closed issue of long ago."""
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(str(time)).timestamp())
    except ValueError:
        return 1
