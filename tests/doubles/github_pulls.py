"""Pull requests, their comments, artifacts of runs, and code scanning: the part of the double that commenting calls.

It refuses what GitHub refuses beyond its description: a comment that is too long or empty, one on a conversation that is
locked, an artifact that has expired, a SARIF file that is none. Whoever edits somebody else's comment may do so on GitHub
with the right to write; here it is a complaint, which fails the test.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.doubles.github_answers import TIME, Answered, as_json, error, user

if TYPE_CHECKING:
    from tests.doubles.github_api import Api
    from tests.doubles.github_openapi import Operation

#: What each call needs: any one of these.
NEEDS = {
    "pulls/list": (("pull_requests", "read"),),
    "pulls/get": (("pull_requests", "read"),),
    "issues/list-comments": (("issues", "read"), ("pull_requests", "read")),
    "issues/create-comment": (("issues", "write"), ("pull_requests", "write")),
    "issues/update-comment": (("issues", "write"), ("pull_requests", "write")),
    "actions/list-workflow-run-artifacts": (("actions", "read"),),
    "actions/download-artifact": (("actions", "read"),),
    "code-scanning/upload-sarif": (("security_events", "write"),),
    "code-scanning/get-sarif": (("security_events", "read"),),
}
#: Whom the token of a job stands for.
BOT = user("github-actions[bot]", 41898282, "Bot")
LONGEST_COMMENT = 65_536
#: Bytes of a SARIF file that code scanning takes, compressed.
LARGEST_SARIF = 10 * 1024 * 1024
_VIEWER = re.compile(r"(?:query)?\s*\{\s*viewer\s*\{\s*((?:(?:databaseId|login|id)\s*)+)\}\s*\}")


@dataclass
class Pulls:
    """The state, free for tests to read and to change."""

    api: Api
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    artifacts: dict[int, tuple[int, dict[str, Any], bytes]] = field(default_factory=dict)
    sarifs: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Whom tokens stand for that are not the bot's.
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)

    # What tests set up

    def open(
        self, head: str, sha: str, *, number: int = 0, base: str = "main", repository: str = "", **more: Any
    ) -> dict[str, Any]:
        """Add a pull request: `head` is `owner:branch`, `repository` where the branch is, ours without it."""
        owner, _, branch = head.partition(":")
        number = number or self.api.number()
        ours = self.api.repository
        sides = {
            "head": (branch, sha, repository or ours, owner),
            "base": (base, "b" * 40, ours, ours.partition("/")[0]),
        }
        url = f"{self.api.url}/repos/{ours}/pulls/{number}"
        made = self._minimal("pull-request") | {
            "number": number, "id": number, "state": "open", "locked": False, "url": url, "title": "a change",
            "html_url": f"https://github.com/{ours}/pull/{number}", "user": user(owner, 7),
        }  # fmt: skip
        for side, (ref, commit, full_name, login) in sides.items():
            repo = self._minimal("repository") | {"full_name": full_name, "name": full_name.partition("/")[2]}
            repo["owner"] = user(login, 7)
            label = f"{login}:{ref}"
            made[side] = {"label": label, "ref": ref, "sha": commit, "user": user(login, 7), "repo": repo}
        self.pulls[number] = made | more
        return self.pulls[number]

    def comment(self, number: int, body: str, author: Mapping[str, Any] = BOT) -> dict[str, Any]:
        """Add a comment to a pull request."""
        id, ours = self.api.number(), self.api.repository
        url = f"{self.api.url}/repos/{ours}/issues"
        made = self._minimal("issue-comment") | {
            "id": id, "node_id": f"IC_{id}", "url": f"{url}/comments/{id}", "issue_url": f"{url}/{number}", "body": body,
            "html_url": f"https://github.com/{ours}/pull/{number}#issuecomment-{id}", "user": dict(author),
            "created_at": TIME, "updated_at": TIME, "author_association": "NONE",
        }  # fmt: skip
        self.comments[id] = (number, made)
        return made

    def artifact(self, run: int, name: str, content: bytes, *, expired: bool = False) -> dict[str, Any]:
        """Add an artifact, a zip file, to a run."""
        id = self.api.number()
        url = f"{self.api.url}/repos/{self.api.repository}/actions/artifacts/{id}"
        made = {
            "id": id, "node_id": f"A_{id}", "name": name, "size_in_bytes": len(content), "url": url,
            "archive_download_url": f"{url}/zip", "expired": expired, "created_at": TIME, "expires_at": TIME,
            "updated_at": TIME, "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        }  # fmt: skip
        self.artifacts[id] = (run, made, content)
        return made

    def bodies(self, number: int) -> list[str]:
        """Return the texts of the comments on a pull request."""
        return [about["body"] for pull, about in self.comments.values() if pull == number]

    # Answering

    def do(
        self, operation: Operation, query: Mapping[str, Sequence[str]], body: bytes, token: str
    ) -> Answered:
        """Return the answer to a call that is understood and allowed."""
        calls: dict[str, Callable[[], Answered]] = {
            "pulls/list": lambda: self._list(operation, query),
            "pulls/get": lambda: self._found(self.pulls.get(int(operation.values["pull_number"]))),
            "issues/list-comments": lambda: self._comments(operation, query),
            "issues/create-comment": lambda: self._create(operation, json.loads(body), token),
            "issues/update-comment": lambda: self._update(operation, json.loads(body), token),
            "actions/list-workflow-run-artifacts": lambda: self._artifacts(operation, query),
            "actions/download-artifact": lambda: self._download(operation),
            "code-scanning/upload-sarif": lambda: self._upload(json.loads(body)),
            "code-scanning/get-sarif": lambda: self._found(self.sarifs.get(operation.values["sarif_id"])),
        }
        return calls[operation.id]()

    def graphql(self, body: bytes, token: str) -> Answered:
        """Return the viewer, the only thing that is asked of the GraphQL API."""
        asked = json.loads(body)
        found = _VIEWER.fullmatch(asked["query"].strip()) if set(asked) == {"query"} else None
        if found is None:
            self.api.complaints.append(f"no query of ours: {asked}")
            return as_json(200, {"errors": [{"message": "Parse error"}]})
        who = self.account(token)
        known = {"databaseId": who["id"], "login": who["login"], "id": who["node_id"]}
        return as_json(200, {"data": {"viewer": {name: known[name] for name in found[1].split()}}})

    def stored(self, path: str, headers: Mapping[str, str]) -> Answered:
        """Return the content of an artifact from where GitHub keeps it: nobody's token belongs there."""
        if "Authorization" in headers:
            self.api.complaints.append(f"the token went to the storage: {path}")
        return 200, {"Content-Type": "application/zip"}, self.artifacts[int(path.rpartition("/")[2])][2]

    def _list(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        state, (head,) = query.get("state", ["open"])[0], query.get("head", [""])
        base = query.get("base", [""])[0]
        found = [
            {name: each[name] for name in each if name in self._names("pull-request-simple")}
            for each in reversed(self.pulls.values())
            if state in ("all", each["state"])
            # Without an owner GitHub takes no notice of it.
            and (":" not in head or each["head"]["label"] == head)
            and base in ("", each["base"]["ref"])
        ]
        return self.api.page(operation, query, found)

    def _comments(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        number = int(operation.values["issue_number"])
        if number not in self.pulls:
            return error(404, "Not Found")
        mine = [about for pull, about in self.comments.values() if pull == number]
        return self.api.page(operation, query, mine)

    def _create(self, operation: Operation, asked: Mapping[str, Any], token: str) -> Answered:
        number = int(operation.values["issue_number"])
        if number not in self.pulls and number not in self.api.issues.issues:
            return error(404, "Not Found")
        if refused := self._refused(number, asked["body"]):
            return refused
        return as_json(201, self.comment(number, asked["body"], self.account(token)))

    def _update(self, operation: Operation, asked: Mapping[str, Any], token: str) -> Answered:
        number, about = self.comments.get(int(operation.values["comment_id"]), (0, {}))
        if not about:
            return error(404, "Not Found")
        if refused := self._refused(number, asked["body"]):
            return refused
        if about["user"]["id"] != self.account(token)["id"]:
            self.api.complaints.append(f"the comment of {about['user']['login']} was edited")
        about["body"] = asked["body"]
        return as_json(200, about)

    def _refused(self, number: int, body: str) -> Answered | None:
        if (self.pulls.get(number) or self.api.issues.issues[number])["locked"]:
            return error(403, "Unable to create comment because issue is locked.")
        if not body.strip():
            return error(422, "Validation Failed: body cannot be blank")
        if len(body) > LONGEST_COMMENT:
            return error(
                422, f"Validation Failed: body is too long (maximum is {LONGEST_COMMENT} characters)"
            )
        return None

    def _artifacts(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        names = query.get("name", [])
        mine = [
            about
            for run, about, _ in self.artifacts.values()
            if run == int(operation.values["run_id"]) and (not names or about["name"] in names)
        ]
        return self.api.page(
            operation, query, mine, lambda page: {"total_count": len(mine), "artifacts": page}
        )

    def _download(self, operation: Operation) -> Answered:
        id = int(operation.values["artifact_id"])
        if id not in self.artifacts or operation.values["archive_format"] != "zip":
            return error(404, "Not Found")
        if self.artifacts[id][1]["expired"]:
            return error(410, "Artifact has expired")
        return 302, {"Location": f"{self.api.url.replace('127.0.0.1', 'localhost')}/stored/{id}"}, b""

    def _upload(self, asked: Mapping[str, Any]) -> Answered:
        try:
            packed = base64.b64decode(asked["sarif"], validate=True)
            log = json.loads(gzip.decompress(packed))
        except (binascii.Error, OSError, EOFError, ValueError):
            return error(400, "the sarif field is no base64 of a gzip of JSON")
        if len(packed) > LARGEST_SARIF:
            return error(413, "Payload too large")
        id = f"{self.api.number():08x}-0000-4000-8000-000000000000"
        url = f"{self.api.url}/repos/{self.api.repository}/code-scanning"
        fits = log.get("version") == "2.1.0" and isinstance(log.get("runs"), list)
        self.sarifs[id] = (
            {"processing_status": "complete", "analyses_url": f"{url}/analyses?sarif_id={id}"}
            if fits
            else {"processing_status": "failed", "errors": ["no SARIF 2.1.0"]}
        )
        return as_json(202, {"id": id, "url": f"{url}/sarifs/{id}"})

    def _found(self, about: Mapping[str, Any] | None) -> Answered:
        return as_json(200, about) if about else error(404, "Not Found")

    def account(self, token: str) -> dict[str, Any]:
        """Return whom a token stands for."""
        return self.accounts.get(token, BOT)

    def _minimal(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = self.api.description.minimal(name)
        return made

    def _names(self, name: str) -> Sequence[str]:
        return list(self.api.description.schema(name)["properties"])
