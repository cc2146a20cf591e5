"""Issues and their labels: the part of the double that reporting calls; their comments are kept with those of pull requests.

It refuses what GitHub refuses beyond its description: a title or a text that is too long, a repository without issues, a
duplicate of nothing. It drops labels in silence where the token may not label. Whoever edits somebody else's issue may do
so on GitHub with the right to write; here it is a complaint, which fails the test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.doubles.github_answers import TIME, Answered, as_json, error
from tests.doubles.github_pulls import BOT, LONGEST_COMMENT

if TYPE_CHECKING:
    from tests.doubles.github_api import Api
    from tests.doubles.github_openapi import Operation

#: What each call needs: any one of these.
NEEDS = {
    "issues/list-for-repo": (("issues", "read"),),
    "issues/get": (("issues", "read"),),
    "issues/list-events-for-timeline": (("issues", "read"),),
    "issues/create": (("issues", "write"),),
    "issues/update": (("issues", "write"),),
    "issues/add-labels": (("issues", "write"),),
    "issues/remove-label": (("issues", "write"),),
}
LONGEST_TITLE = 256


@dataclass
class Issues:
    """The state, free for tests to read and to change."""

    api: Api
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    disabled: bool = False
    #: Whether labels of a new issue are dropped, and whether they cannot be added later either.
    drops_labels: bool = False
    refuses_labels: bool = False
    #: When an issue that is closed now was closed.
    now: str = TIME
    #: Runs when an issue was made, before anybody hears of it.
    after_create: Callable[[], None] | None = None
    #: What happened to each issue beside comments, oldest first.
    timelines: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    # What tests set up and read

    def open(
        self,
        title: str,
        body: str,
        author: Mapping[str, Any] = BOT,
        labels: Sequence[str] = ("ci-actions",),
        **more: Any,
    ) -> dict[str, Any]:
        """Add an issue."""
        number, ours = self.api.number(), self.api.repository
        url = f"{self.api.url}/repos/{ours}/issues/{number}"
        made: dict[str, Any] = self.api.description.minimal("issue") | {
            "id": 9_000_000 + number, "number": number, "node_id": f"I_{number}", "url": url, "title": title, "body": body,
            "html_url": f"https://github.com/{ours}/issues/{number}", "state": "open", "state_reason": None,
            "user": dict(author), "labels": [self._label(each) for each in labels], "locked": False,
            "closed_at": None, "created_at": TIME, "updated_at": TIME, "comments": 0, "author_association": "NONE",
        }  # fmt: skip
        self.issues[number] = made | more
        return self.issues[number]

    def states(self) -> list[tuple[int, str]]:
        """Return how each issue stands, oldest first."""
        return [(number, about["state"]) for number, about in self.issues.items()]

    def happened(self, number: int, event: str, when: str, who: Mapping[str, Any] = BOT, **more: Any) -> None:
        """Add an event to the timeline of an issue."""
        made = self.api.description.minimal("labeled-issue-event") | {
            "id": self.api.number(), "event": event, "created_at": when, "actor": dict(who), **more,
        }  # fmt: skip
        self.timelines.setdefault(number, []).append(made)

    # Answering

    def do(  # noqa: PLR0911 - one line per call
        self,
        operation: Operation,
        query: Mapping[str, Sequence[str]],
        body: bytes,
        account: Mapping[str, Any],
    ) -> Answered:
        """Return the answer to a call that is understood and allowed."""
        if self.disabled:
            return error(410, "Issues has been disabled in this repository.")
        if operation.id == "issues/list-for-repo":
            return self._list(operation, query)
        if operation.id == "issues/create":
            return self._refused(json.loads(body)) or self._write(operation, json.loads(body), account)
        number = int(operation.values["issue_number"])
        if number not in self.issues:
            return error(404, "Not Found")
        if operation.id == "issues/get":
            return as_json(200, self.issues[number])
        if operation.id == "issues/list-events-for-timeline":
            return self._timeline(operation, query, number)
        if operation.id == "issues/remove-label":
            return self._unlabel(self.issues[number], operation.values["name"])
        asked = json.loads(body)
        return self._refused(asked) or self._write(operation, asked, account)

    def _write(self, operation: Operation, asked: Mapping[str, Any], account: Mapping[str, Any]) -> Answered:
        if operation.id == "issues/create":
            labels = () if self.drops_labels else asked.get("labels", ())
            made = self.open(asked["title"], asked.get("body", ""), account, labels)
            if self.after_create:
                self.after_create()
            return as_json(201, made)
        about = self.issues.get(int(operation.values["issue_number"]))
        if about is None:
            return error(404, "Not Found")
        if operation.id == "issues/add-labels":
            if self.refuses_labels:
                return error(404, "Not Found")
            about["labels"] += [self._label(each) for each in asked["labels"]]
            for each in asked["labels"]:
                self.happened(
                    about["number"], "labeled", self.now, account, label={"name": each, "color": "ffffff"}
                )
            about["updated_at"] = self.now
            return as_json(200, about["labels"])
        return self._update(about, asked, account)

    def _list(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        state = query.get("state", ["open"])[0]
        labels = {each.lower() for each in query.get("labels", [""])[0].split(",") if each}
        creator = query.get("creator", [""])[0]
        found = [
            about
            for about in reversed(self.issues.values())
            if state in ("all", about["state"])
            and labels <= {each["name"].lower() for each in about["labels"]}
            and creator in ("", about["user"]["login"])
        ]
        if query.get("sort", [""])[0] == "updated":
            found.sort(
                key=lambda each: each["updated_at"], reverse=query.get("direction", ["desc"])[0] == "desc"
            )
        return self.api.page(operation, query, found)

    def _update(
        self, about: dict[str, Any], asked: Mapping[str, Any], account: Mapping[str, Any]
    ) -> Answered:
        if about["user"]["id"] != account["id"] and {"title", "body"} & set(asked):
            self.api.complaints.append(f"the issue of {about['user']['login']} was edited")
        state = asked.get("state", about["state"])
        if state != about["state"]:
            reason = asked.get("state_reason") or ("completed" if state == "closed" else "reopened")
            known = {each["id"] for each in self.issues.values()} - {about["id"]}
            if reason == "duplicate" and asked.get("duplicate_issue_id") not in known:
                return error(422, "Validation Failed: duplicate_issue_id")
            about |= {
                "state": state,
                "state_reason": reason,
                "closed_at": self.now if state == "closed" else None,
            }
        about |= {name: asked[name] for name in ("title", "body") if name in asked}
        return as_json(200, about)

    def _timeline(self, operation: Operation, query: Mapping[str, Sequence[str]], number: int) -> Answered:
        """Return what happened, the comments among it: https://docs.github.com/rest/issues/timeline."""
        minimal = self.api.description.minimal("timeline-comment-event")
        comments = [
            {**minimal, **about, "event": "commented", "actor": about["user"]}
            for owner, about in self.api.pulls.comments.values()
            if owner == number
        ]
        happened = [*self.timelines.get(number, []), *comments]
        return self.api.page(operation, query, sorted(happened, key=lambda each: str(each.get("created_at"))))

    def _unlabel(self, about: dict[str, Any], name: str) -> Answered:
        left = [each for each in about["labels"] if each["name"].lower() != name.lower()]
        if len(left) == len(about["labels"]):
            return error(404, "Label does not exist")
        about["labels"] = left
        return as_json(200, left)

    def _refused(self, asked: Mapping[str, Any]) -> Answered | None:
        if len(asked.get("title", "")) > LONGEST_TITLE:
            return error(422, f"Validation Failed: title is too long (maximum is {LONGEST_TITLE} characters)")
        if len(asked.get("body", "")) > LONGEST_COMMENT:
            return error(
                422, f"Validation Failed: body is too long (maximum is {LONGEST_COMMENT} characters)"
            )
        return None

    def _label(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = self.api.description.minimal("label")
        return made | {"name": name}
