"""Edge: what releasing asks of GitHub's REST API beyond releases themselves: what the checks of a commit say.

Description of every call: https://docs.github.com/rest/checks/runs and https://docs.github.com/rest/commits/statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_actions.github.releases import Releases, a_list, member


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check run or a commit status, with the newest attempt of each name only.

    `state` is the conclusion, or what it is doing while it has none.
    """

    name: str
    state: str
    url: str

    @property
    def green(self) -> bool:
        """Whether it stands in nobody's way, as GitHub sees required checks."""
        return self.state in ("success", "neutral", "skipped")


class GitHub(Releases):
    """One repository on GitHub, with the errors of `Releases`."""

    def checks(self, commit: str) -> tuple[Check, ...]:
        """Return the newest check run of each name, and the newest status of each context."""
        newest: dict[tuple[int, str], tuple[int, Check]] = {}
        pages = self.pages(f"/commits/{commit}/check-runs", {"filter": "latest"}, needs="checks: read")
        for page in pages:
            for run in a_list(member(page, "check_runs")):
                key = (_app(run), str(run["name"]))
                if key not in newest or newest[key][0] < run["id"]:
                    newest[key] = (run["id"], _check_run(run))
        statuses: list[Check] = []
        for page in self.pages(f"/commits/{commit}/status", {}, needs="statuses: read"):
            statuses += [_status(each) for each in a_list(member(page, "statuses"))]
        return (*(check for _, check in newest.values()), *statuses)


def _check_run(value: Mapping[str, Any]) -> Check:
    state = value["conclusion"] if value["status"] == "completed" else value["status"]
    return Check(name=value["name"], state=state or "unknown", url=value.get("details_url") or "")


def _status(value: Mapping[str, Any]) -> Check:
    return Check(name=value["context"], state=value["state"], url=value.get("target_url") or "")


def _app(run: Mapping[str, Any]) -> int:
    app = run.get("app")
    return int(app["id"]) if isinstance(app, dict) else 0
