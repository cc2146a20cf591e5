"""Edge: the caches of one repository, and what became of the refs that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from ci_actions.ci_caches.model import Cache, Fate
from ci_actions.github import answers
from ci_actions.kit.http import Answer, Http


class Caches:
    """Every method raises what `answers.granted` and `Http.ask` do."""

    def __init__(self, http: Http, repository: str) -> None:
        self._http = http
        self._path = f"/repos/{repository}"

    def all(self) -> Iterator[Cache]:
        """Yield every cache: https://docs.github.com/rest/actions/cache#list-github-actions-caches-for-a-repository."""
        asked = {"sort": "created_at", "direction": "asc"}
        for page in self._http.pages(f"{self._path}/actions/caches", asked):
            found = answers.as_object(_granted(page, "actions: write")).get("actions_caches")
            for each in found if isinstance(found, list) else ():
                yield Cache(
                    id=int(each["id"]),
                    ref=str(each.get("ref", "")),
                    key=str(each.get("key", "")),
                    version=str(each.get("version", "")),
                    created=_seconds(each.get("created_at")),
                    used=_seconds(each.get("last_accessed_at")),
                    size=int(each.get("size_in_bytes") or 0),
                )

    def default_branch(self) -> str:
        """Return the name of the default branch."""
        about = answers.as_object(_granted(self._http.ask("GET", self._path), "contents: read"))
        return str(about.get("default_branch", ""))

    def pull(self, number: int) -> Fate:
        """Return whether a pull request is open."""
        answer = self._http.ask("GET", f"{self._path}/pulls/{number}")
        about = answers.as_object(_granted(answer, "pull-requests: read"))
        return Fate.GONE if about.get("state") == "closed" else Fate.ALIVE

    def branch(self, name: str) -> Fate:
        """Return whether a branch is there; only for a token that may read branches."""
        answer = self._http.ask("GET", f"{self._path}/branches/{quote(name, safe='')}")
        if answer.status == 404:
            return Fate.GONE
        _granted(answer, "contents: read")
        return Fate.ALIVE

    def delete(self, id: int) -> None:
        """Delete one cache; that it is gone already is as good."""
        answer = self._http.ask("DELETE", f"{self._path}/actions/caches/{id}")
        if answer.status != 404:
            _granted(answer, "actions: write", 204)


def _granted(answer: Answer, needs: str, status: int = 200) -> Answer:
    return answers.granted(answer, needs, "housekeeping.yml", status)


def _seconds(text: object) -> float:
    return datetime.fromisoformat(str(text)).timestamp()
