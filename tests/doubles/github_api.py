"""GitHub's REST API for what releasing, commenting, reporting and upkeep call, on loopback, in front of a bare repository.

It refuses what GitHub refuses: every request is held against GitHub's own description (`github_openapi.py`), and
so are its own answers; a complaint fails the test at its end. It has tokens without rights, rate limits, 5xx,
connections that break before or after the work is done, pages, drafts that only writers see, and releases that
do not change once they are published.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests.structures import CaseInsensitiveDict
from tests.doubles.github_answers import TIME, Answered
from tests.doubles.github_answers import as_json as _json
from tests.doubles.github_answers import error as _error
from tests.doubles.github_answers import user as _user
from tests.doubles.github_issues import NEEDS as NEEDS_OF_ISSUES
from tests.doubles.github_issues import Issues
from tests.doubles.github_openapi import Description, Operation
from tests.doubles.github_pulls import NEEDS as NEEDS_OF_PULLS
from tests.doubles.github_pulls import Pulls
from tests.doubles.github_upkeep import NEEDS as NEEDS_OF_UPKEEP
from tests.doubles.github_upkeep import Upkeep

REPOSITORY = "org/ci-actions"
WRITER = "token-of-a-writer"
READER = "token-of-a-reader"
#: The token of a job that may comment, and of one that may not.
COMMENTER = "token-of-a-commenter"
ONLOOKER = "token-of-an-onlooker"
#: The token of a job that may write issues, and of one that may read them.
REPORTER = "token-of-a-reporter"
ISSUE_READER = "token-of-a-reader-of-issues"
WRITES = {"contents": "write", "checks": "read", "statuses": "read"}
READS = {"contents": "read"}
COMMENTS = {"pull_requests": "write", "actions": "read"}
REPORTS = {"issues": "write"}
READS_ISSUES = {"issues": "read"}
LOOKS_ON = {"pull_requests": "read", "actions": "read"}
#: What each call needs; anything else is not called by us.
_NEEDS = {
    "repos/list-releases": ("contents", "read"),
    "repos/create-release": ("contents", "write"),
    "repos/update-release": ("contents", "write"),
    "repos/delete-release": ("contents", "write"),
    "repos/get-release-by-tag": ("contents", "read"),
    "repos/list-release-assets": ("contents", "read"),
    "repos/upload-release-asset": ("contents", "write"),
    "repos/get-release-asset": ("contents", "read"),
    "repos/delete-release-asset": ("contents", "write"),
    "checks/list-for-ref": ("checks", "read"),
    "repos/get-combined-status-for-ref": ("statuses", "read"),
    "git/get-ref": ("contents", "read"),
    "git/get-tag": ("contents", "read"),
}
NEEDS = {name: (need,) for name, need in _NEEDS.items()} | NEEDS_OF_PULLS | NEEDS_OF_ISSUES | NEEDS_OF_UPKEEP


@dataclass
class Fault:
    """What goes wrong once with the next call of an operation (or of any, "").

    `drop` is "before" or "after" the work; without it `status` and `headers` are the answer. `then` runs when the
    fault strikes.
    """

    operation: str = ""
    status: int = 502
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: str = ""
    then: Callable[[], None] | None = None


@dataclass
class Api:
    """The state of the double, free for tests to read and to change."""

    description: Description
    git: Path
    url: str = ""
    repository: str = REPOSITORY
    tokens: dict[str, Mapping[str, str]] = field(
        default_factory=lambda: {
            WRITER: WRITES,
            READER: READS,
            COMMENTER: COMMENTS,
            ONLOOKER: LOOKS_ON,
            REPORTER: REPORTS,
            ISSUE_READER: READS_ISSUES,
        }
    )
    releases: dict[int, dict[str, Any]] = field(default_factory=dict)
    assets: dict[int, tuple[int, dict[str, Any], bytes]] = field(default_factory=dict)
    check_runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    #: Pages are no longer than this, whatever is asked for.
    most_per_page: int = 100
    complaints: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    pulls: Pulls = field(init=False)
    issues: Issues = field(init=False)
    upkeep: Upkeep = field(init=False)
    _last: int = 100

    def __post_init__(self) -> None:
        self.pulls = Pulls(self)
        self.issues = Issues(self)
        self.upkeep = Upkeep(self)

    def number(self) -> int:
        """Return a new id."""
        self._last += 1
        return self._last

    # What tests set up

    def check(self, sha: str, name: str = "gate", state: str = "success", **more: Any) -> dict[str, Any]:
        """Add a check run to a commit; a state that is no conclusion is a status."""
        done = state not in ("queued", "in_progress")
        id = self.number()
        run = {
            "id": id,
            "node_id": f"CR_{id}",
            "head_sha": sha,
            "name": name,
            "external_id": "",
            "url": f"{self.url}/repos/{self.repository}/check-runs/{id}",
            "html_url": f"https://github.com/{self.repository}/runs/{id}",
            "details_url": f"https://github.com/{self.repository}/actions/runs/{id}/job/{id}",
            "status": "completed" if done else state,
            "conclusion": state if done else None,
            "started_at": TIME,
            "completed_at": TIME if done else None,
            "output": {
                "title": None, "summary": None, "text": None, "annotations_count": 0,
                "annotations_url": f"{self.url}/repos/{self.repository}/check-runs/{id}/annotations",
            },
            "check_suite": {"id": 1},
            "app": None,
            "pull_requests": [],
            **more,
        }  # fmt: skip
        self.check_runs.setdefault(sha, []).append(run)
        return run

    def status(self, sha: str, context: str, state: str) -> None:
        """Add a commit status."""
        id = self.number()
        status = {
            "id": id, "node_id": f"SC_{id}", "state": state, "context": context, "description": None,
            "target_url": None, "avatar_url": None, "url": f"{self.url}/repos/{self.repository}/statuses/{sha}",
            "created_at": TIME, "updated_at": TIME,
        }  # fmt: skip
        self.statuses.setdefault(sha, []).append(status)

    def published(self) -> dict[str, dict[str, Any]]:
        """Return the published releases by tag."""
        return {each["tag_name"]: each for each in self.releases.values() if not each["draft"]}

    # Answering

    def answer(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Return status, headers and body for one request."""
        path, uploads = urlsplit(address).path, False
        if path.startswith("/stored/"):
            return self.pulls.stored(path, headers)
        if path.startswith("/uploads/"):
            path, uploads = path.removeprefix("/uploads"), True
        query = parse_qs(urlsplit(address).query, keep_blank_values=True)
        if (method, path) == ("POST", "/graphql"):
            return self._graphql(headers, body)
        operation = self.description.operation(method, path)
        if operation is None or operation.id not in NEEDS:
            self.complaints.append(f"{method} {path}: not a call of ours")
            return _error(404, "Not Found")
        self.calls.append(operation.id)
        kind = headers.get("Content-Type", "")
        wrong = list(self.description.request(operation, query, kind, body, uploads=uploads))
        # GitHub's own clients, in the stand-ins of its actions, do not say which version they mean.
        ours = not headers.get("User-Agent", "").startswith(("@actions/", "actions/", "octokit"))
        wanted = ("User-Agent", "X-GitHub-Api-Version") if ours else ("User-Agent",)
        wrong += [f"no header {name}" for name in wanted if name not in headers]
        self.complaints += [f"{method} {path}: {each}" for each in wrong]
        if refused := self._refused(operation, headers):
            return refused
        if wrong:
            return _error(422, "Validation Failed")
        status, more, answer = self._do(operation, query, body, headers)
        if headers.get("Accept") != "application/octet-stream":
            made = self.description.answer(operation, status, answer)
            self.complaints += [f"the double, {method} {path}: {each}" for each in made]
        return status, more, answer

    def _refused(self, operation: Operation, headers: Mapping[str, str]) -> Answered | None:
        token = _token(headers)
        named = f"{operation.values['owner']}/{operation.values['repo']}"
        if operation.id == "repos/list-tags" and named in self.upkeep.tags and token in self.tokens:
            # Of a public repository everybody may read them.
            return None
        if named != self.repository:
            return _error(404, "Not Found")
        if token not in self.tokens:
            return _error(401, "Bad credentials")
        has = self.tokens[token]
        needs = NEEDS[operation.id]
        if not any(has.get(name) in (level, "write") for name, level in needs):
            status, more, body = _error(403, "Resource not accessible by integration")
            accepted = "; ".join(f"{name}={level}" for name, level in needs)
            return status, {**more, "X-Accepted-GitHub-Permissions": accepted}, body
        return None

    def _graphql(self, headers: Mapping[str, str], body: bytes) -> Answered:
        self.calls.append("graphql")
        if headers.get("Content-Type") != "application/json":
            self.complaints.append("a query must be JSON")
        token = _token(headers)
        return self.pulls.graphql(body, token) if token in self.tokens else _error(401, "Bad credentials")

    def _writer(self, headers: Mapping[str, str]) -> bool:
        return self.tokens[_token(headers)].get("contents") == "write"

    def _do(  # noqa: C901, PLR0911, PLR0912 - one line per call
        self,
        operation: Operation,
        query: Mapping[str, Sequence[str]],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answered:
        values, id = operation.values, operation.id
        if id in NEEDS_OF_PULLS:
            return self.pulls.do(operation, query, body, _token(headers))
        if id in NEEDS_OF_UPKEEP:
            return self.upkeep.do(operation, query)
        if id in NEEDS_OF_ISSUES:
            return self.issues.do(operation, query, body, self.pulls.account(_token(headers)))
        if id == "repos/list-releases":
            shown = [each for each in self.releases.values() if not each["draft"] or self._writer(headers)]
            return self.page(operation, query, [self._shown(each) for each in reversed(shown)])
        if id == "repos/get-release-by-tag":
            found = self.published().get(values["tag"])
            return _json(200, self._shown(found)) if found else _error(404, "Not Found")
        if id == "repos/create-release":
            return self._create(json.loads(body))
        if id == "checks/list-for-ref":
            runs = self.check_runs.get(values["ref"], [])
            return self.page(
                operation, query, runs, lambda page: {"total_count": len(runs), "check_runs": page}
            )
        if id == "repos/get-combined-status-for-ref":
            return self._statuses(operation, query)
        if id == "git/get-ref":
            return self._ref(values["ref"])
        if id == "git/get-tag":
            return self._tag(values["tag_sha"])
        if "asset_id" in values or id.endswith("assets") or id == "repos/upload-release-asset":
            return self._asset_call(operation, query, body, headers)
        release = self.releases.get(int(values["release_id"]))
        if release is None:
            return _error(404, "Not Found")
        if id == "repos/delete-release":
            if not release["draft"]:
                self.complaints.append("a published release was deleted")
            del self.releases[release["id"]]
            return 204, {}, b""
        return self._update(release, json.loads(body))

    def _create(self, asked: Mapping[str, Any]) -> Answered:
        if asked["tag_name"] in self.published():
            return _error(422, "Validation Failed: already_exists")
        if not asked.get("draft"):
            self.complaints.append("a release was made that is no draft: its assets can never be added")
        id = self.number()
        url = f"{self.url}/repos/{self.repository}/releases/{id}"
        self.releases[id] = {
            "id": id, "node_id": f"RE_{id}", "url": url, "assets_url": f"{url}/assets",
            "upload_url": f"{self.url}/uploads/repos/{self.repository}/releases/{id}/assets{{?name,label}}",
            "html_url": f"https://github.com/{self.repository}/releases/tag/{asked['tag_name']}",
            "tarball_url": None, "zipball_url": None, "tag_name": asked["tag_name"],
            "target_commitish": asked.get("target_commitish", "main"), "name": asked.get("name"),
            "body": asked.get("body"), "draft": bool(asked.get("draft")),
            "prerelease": bool(asked.get("prerelease")), "immutable": False, "created_at": TIME,
            "published_at": None, "author": _user(),
        }  # fmt: skip
        return _json(201, self._shown(self.releases[id]))

    def _update(self, release: dict[str, Any], asked: Mapping[str, Any]) -> Answered:
        if asked.get("draft") is False and release["draft"]:
            if self._object(f"refs/tags/{release['tag_name']}") is None:
                self.complaints.append(
                    "a release was published before its tag: GitHub would make one of its own"
                )
            release |= {"immutable": True, "published_at": TIME}
        if asked.get("make_latest") == "true":
            for each in self.releases.values():
                each.pop("latest", None)
            release["latest"] = True
        release |= {name: asked[name] for name in ("name", "body", "draft") if name in asked}
        return _json(200, self._shown(release))

    def _shown(self, release: Mapping[str, Any]) -> dict[str, Any]:
        assets = [about for owner, about, _ in self.assets.values() if owner == release["id"]]
        return {**{key: value for key, value in release.items() if key != "latest"}, "assets": assets}

    def _asset_call(  # noqa: PLR0911 - one line per answer
        self,
        operation: Operation,
        query: Mapping[str, Sequence[str]],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answered:
        values = operation.values
        if "asset_id" in values:
            owner, about, content = self.assets.get(int(values["asset_id"]), (0, {}, b""))
            if not about:
                return _error(404, "Not Found")
            if operation.method == "DELETE":
                if not self.releases[owner]["draft"]:
                    return _error(422, "Cannot delete assets of an immutable release")
                del self.assets[about["id"]]
                return 204, {}, b""
            if headers.get("Accept") == "application/octet-stream":
                return 200, {"Content-Type": "application/octet-stream"}, content
            return _json(200, about)
        release = self.releases.get(int(values["release_id"]))
        if release is None:
            return _error(404, "Not Found")
        mine = [about for owner, about, _ in self.assets.values() if owner == release["id"]]
        if operation.method == "GET":
            return self.page(operation, query, mine)
        if not release["draft"]:
            return _error(422, "Cannot upload assets to an immutable release.")
        name = query["name"][0]
        if any(about["name"] == name for about in mine):
            return _error(422, "Validation Failed: already_exists")
        return _json(201, self.add_asset(release["id"], name, body, headers.get("Content-Type", "")))

    def add_asset(
        self, release: int, name: str, content: bytes, kind: str = "text/plain", state: str = "uploaded"
    ) -> dict[str, Any]:
        """Add an asset to a release; `state` is "open" for an upload that broke off."""
        id = self.number()
        about = {
            "id": id, "node_id": f"RA_{id}", "name": name, "label": None, "state": state, "content_type": kind,
            "size": len(content), "digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "download_count": 0,
            "url": f"{self.url}/repos/{self.repository}/releases/assets/{id}",
            "browser_download_url": f"https://github.com/{self.repository}/releases/download/{release}/{name}",
            "created_at": TIME, "updated_at": TIME, "uploader": _user(),
        }  # fmt: skip
        self.assets[id] = (release, about, content)
        return about

    def _statuses(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        sha = operation.values["ref"]
        mine = self.statuses.get(sha, [])
        states = {each["state"] for each in mine}
        # https://docs.github.com/rest/commits/statuses: pending also where there is no status at all.
        state = (
            "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
        )
        return self.page(
            operation, query, mine,
            lambda page: {
                "state": state, "statuses": page, "sha": sha, "total_count": len(mine), "repository": self._repository(),
                "commit_url": f"{self.url}/repos/{self.repository}/commits/{sha}",
                "url": f"{self.url}/repos/{self.repository}/commits/{sha}/status",
            },
        )  # fmt: skip

    def _ref(self, name: str) -> Answered:
        sha = self._object(f"refs/{name}")
        if sha is None:
            return _error(404, "Not Found")
        kind = self._ask_git("cat-file", "-t", sha)
        url = f"{self.url}/repos/{self.repository}/git"
        made = {"type": kind, "sha": sha, "url": f"{url}/{kind}s/{sha}"}
        return _json(
            200, {"ref": f"refs/{name}", "node_id": "R_1", "url": f"{url}/refs/{name}", "object": made}
        )

    def _tag(self, sha: str) -> Answered:
        if self._ask_git("cat-file", "-t", sha) != "tag":
            return _error(404, "Not Found")
        lines = self._ask_git("cat-file", "-p", sha).splitlines()
        about = dict(line.split(" ", 1) for line in lines[:3])
        url = f"{self.url}/repos/{self.repository}/git"
        inner = {
            "sha": about["object"],
            "type": about["type"],
            "url": f"{url}/{about['type']}s/{about['object']}",
        }
        made = self.description.minimal("git-tag")
        return _json(200, made | {"tag": about["tag"], "sha": sha, "object": inner})

    def _object(self, ref: str) -> str | None:
        return self._ask_git("rev-parse", "--verify", "--quiet", ref) or None

    def _ask_git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.git, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def page(
        self,
        operation: Operation,
        query: Mapping[str, Sequence[str]],
        items: Sequence[Any],
        wrap: Callable[[Sequence[Any]], Any] = lambda page: page,
    ) -> Answered:
        """Return the page of a list that is asked for, with where the next one is."""
        size = min(int(query.get("per_page", ["30"])[0]), self.most_per_page)
        number = int(query.get("page", ["1"])[0])
        page = list(items[(number - 1) * size : number * size])
        more = {}
        if number * size < len(items):
            path = re.sub(r"\{(\w+)\}", lambda name: operation.values[name[1]], operation.path)
            more["Link"] = f'<{self.url}{path}?page={number + 1}&per_page={size}>; rel="next"'
        status, headers, body = _json(200, wrap(page))
        return status, {**headers, **more}, body

    def _repository(self) -> dict[str, Any]:
        """Return a minimal repository: all its addresses are required, and nobody reads them."""
        made = self.description.minimal("minimal-repository")
        return {**made, "owner": _user(), "name": "ci-actions", "full_name": self.repository}


def _token(headers: Mapping[str, str]) -> str:
    # GitHub's own clients say `token`.
    return headers.get("Authorization", "").removeprefix("Bearer ").removeprefix("token ")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: Api

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # Clients write the names as they like.
        headers = CaseInsensitiveDict(self.headers.items())
        with self.api.lock:
            fault = self._fault()
            if fault and fault.drop == "before":
                self._drop(fault)
                return
            if fault and not fault.drop:
                if fault.then:
                    fault.then()
                self._send(*_error(fault.status, "a fault of the test"), fault.headers)
                return
            status, more, answer = self.api.answer(self.command, self.path, headers, body)
            if fault:
                self._drop(fault)
                return
        self._send(status, more, answer)

    def _fault(self) -> Fault | None:
        path = urlsplit(self.path).path.removeprefix("/uploads")
        operation = self.api.description.operation(self.command, path)
        for fault in self.api.faults:
            if fault.operation in ("", operation.id if operation else path.lstrip("/")):
                self.api.faults.remove(fault)
                return fault
        return None

    def _drop(self, fault: Fault) -> None:
        if fault.then:
            fault.then()
        self.close_connection = True
        self.connection.close()

    def _send(
        self, status: int, headers: Mapping[str, str], body: bytes, more: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, **(more or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # the connection was dropped on purpose
            super().finish()


@contextmanager
def served(description: Description, git: Path, repository: str = REPOSITORY) -> Iterator[Api]:
    """Serve the double in front of a bare repository; a complaint fails the test at the end."""
    api = Api(description, git, repository=repository)
    handler = type("Handler", (_Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not api.complaints, "\n".join(api.complaints)
