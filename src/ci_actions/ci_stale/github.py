"""Edge: issues and pull requests of one repository, their history, and what is changed about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ci_actions.ci_stale.model import MARK, History, Item
from ci_actions.github import answers
from ci_actions.kit.http import Answer, Http

#: What a person does to an issue or a pull request that shows that it matters still.
#: https://docs.github.com/rest/using-the-rest-api/issue-event-types
_ACTIVITY = frozenset(
    {
        "commented", "reviewed", "line-commented", "commit-commented", "committed", "head_ref_force_pushed", "reopened",
        "renamed", "assigned", "milestoned", "review_requested", "ready_for_review", "cross-referenced",
    }
)  # fmt: skip


class Issues:
    """Every method raises what `answers.granted` and `Http.ask` do."""

    def __init__(self, http: Http, repository: str) -> None:
        self._http = http
        self._path = f"/repos/{repository}"

    def quiet(self, before: float) -> Iterator[Item]:
        """Yield the open ones that nothing happened to since then, the quietest first."""
        asked = {"state": "open", "sort": "updated", "direction": "asc"}
        for each in self._listed(asked):
            if each.updated > before:
                return
            yield each

    def marked(self, label: str) -> Iterator[Item]:
        """Yield the open ones with a label."""
        yield from self._listed({"state": "open", "labels": label})

    def _listed(self, asked: Mapping[str, str]) -> Iterator[Item]:
        for page in self._http.pages(f"{self._path}/issues", asked):
            yield from map(_item, answers.as_list(_granted(page)))

    def one(self, number: int) -> tuple[Item, bool]:
        """Return one as it is now, and whether it is open."""
        about = answers.as_object(_granted(self._http.ask("GET", f"{self._path}/issues/{number}")))
        return _item(about), about.get("state") == "open"

    def history(self, number: int, label: str) -> History:
        """Return when it was marked last, when a person did something last, and whether we said what the mark means."""
        marked: float | None = None
        activity: list[float] = []
        told: list[float] = []
        for page in self._http.pages(f"{self._path}/issues/{number}/timeline"):
            for event in answers.as_list(_granted(page)):
                kind, when = event.get("event"), _when(event)
                name = answers.inner(event, "label").get("name")
                if kind == "labeled" and isinstance(name, str) and name.casefold() == label.casefold():
                    marked = when
                elif kind == "commented" and str(event.get("body") or "").startswith(MARK):
                    told.append(when)
                elif kind in _ACTIVITY and not _is_robot(event):
                    activity.append(when)
        # The comment comes before the label.
        since = (marked or 0.0) - 3600
        return History(
            marked=marked, activity=max(activity, default=None), told=any(each >= since for each in told)
        )

    def comment(self, number: int, text: str) -> None:
        """Write a comment that is known again as ours."""
        body = {"body": f"{MARK}\n{text}"}
        _granted(self._http.ask("POST", f"{self._path}/issues/{number}/comments", body=body), 201)

    def label(self, number: int, label: str) -> None:
        """Set a label; GitHub makes one that there is not."""
        asked = {"labels": [label]}
        _granted(self._http.ask("POST", f"{self._path}/issues/{number}/labels", body=asked, repeat=True))

    def unlabel(self, number: int, label: str) -> None:
        """Take a label away; that it is gone already is as good."""
        answer = self._http.ask("DELETE", f"{self._path}/issues/{number}/labels/{quote(label, safe='')}")
        if answer.status != 404:
            _granted(answer)

    def close(self, item: Item) -> None:
        """Close it: an issue as not planned."""
        body = {"state": "closed", **({} if item.is_pull else {"state_reason": "not_planned"})}
        _granted(self._http.ask("PATCH", f"{self._path}/issues/{item.number}", body=body))


def _granted(answer: Answer, status: int = 200) -> Answer:
    return answers.granted(answer, "issues: write` and `pull-requests: write", "housekeeping.yml", status)


def _item(about: Mapping[str, Any]) -> Item:
    labels = about.get("labels") or ()
    return Item(
        number=int(about["number"]),
        title=str(about.get("title", "")),
        is_pull="pull_request" in about,
        created=_seconds(about.get("created_at")),
        updated=_seconds(about.get("updated_at")),
        labels=tuple(str(each.get("name")) if isinstance(each, dict) else str(each) for each in labels),
        milestone=str(answers.inner(about, "milestone").get("title", "")),
        assignees=tuple(str(each.get("login")) for each in about.get("assignees") or ()),
        draft=about.get("draft") is True,
        url=str(about.get("html_url", "")),
    )


def _when(event: Mapping[str, Any]) -> float:
    """Return when an event was; a commit has the time of its committer, a review that of its submission."""
    committed = answers.inner(event, "committer").get("date")
    return _seconds(event.get("created_at") or event.get("submitted_at") or committed)


def _is_robot(event: Mapping[str, Any]) -> bool:
    who = answers.inner(event, "user") or answers.inner(event, "actor")
    return who.get("type") == "Bot"


def _seconds(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
