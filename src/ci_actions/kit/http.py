"""Edge: HTTP with a deadline, on `requests`, which is imported only when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import Unavailable

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

TRIES = 3
PATIENCE = 15.0
#: Seconds before the second try; twice as many before the third.
PAUSE = 1.0
#: Larger answers are refused: nothing we ask for is.
LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """A server's answer with its whole body."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> object:
        """Return the body as JSON; raises Unavailable when it is none."""
        import json

        try:
            value: object = json.loads(self.body)
        except ValueError as wrong:
            raise Unavailable(f"The server answered {self.status} with something that is no JSON.") from wrong
        return value


class Http:
    """Gets addresses of GitHub's REST API; the token goes to the API's own host and nowhere else."""

    def __init__(
        self, api_url: str = "https://api.github.com", token: str = "", clock: Clock | None = None
    ) -> None:
        self._api = api_url.rstrip("/")
        self._token = token
        self._clock = clock or Clock()

    def api(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to `GET <api><path>`, whatever its status.

        Tries again on 5xx and on a broken connection; raises Unavailable when nothing came.
        """
        import requests

        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        why = "no answer"
        for turn in range(TRIES):
            self._clock.sleep(turn * PAUSE)
            try:
                # requests drops Authorization itself when a redirect leaves the host.
                with requests.get(
                    self._api + path,
                    params=parameters,
                    headers=headers,
                    auth=self._authorise if self._token else None,
                    timeout=PATIENCE,
                    stream=True,
                ) as response:
                    if response.status_code < 500:
                        return Answer(response.status_code, _body(response), dict(response.headers))
                    why = f"status {response.status_code}"
            except requests.RequestException as broken:
                why = type(broken).__name__
        raise Unavailable(f"GET {self._api}{path} failed {TRIES} times ({why}).")

    def _authorise(self, request: PreparedRequest) -> PreparedRequest:
        # As `auth`, not as a header: a header loses against what ~/.netrc holds for the host.
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def merge_base(self, repository: str, base: str, head: str) -> str | None:
        """Return the merge base that GitHub names for two commits, None when it does not say.

        https://docs.github.com/rest/commits/commits#compare-two-commits
        """
        try:
            answer = self.api(f"/repos/{repository}/compare/{base}...{head}", {"per_page": "1"})
            found = answer.json() if answer.status == 200 else None
        except Unavailable:
            return None
        commit = found.get("merge_base_commit") if isinstance(found, dict) else None
        sha = commit.get("sha") if isinstance(commit, dict) else None
        return sha if isinstance(sha, str) else None


def _body(response: Response) -> bytes:
    body = bytearray()
    for part in response.iter_content(65536):
        body += part
        if len(body) > LARGEST:
            raise Unavailable(f"GET {response.url.split('?')[0]} answered more than {LARGEST} bytes.")
    return bytes(body)
