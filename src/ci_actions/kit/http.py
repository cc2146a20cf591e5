"""Edge: HTTP with a deadline, on `requests`, which is imported only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
#: Seconds that one run waits for rate limits, all together. A limit of the hour is not waited for.
LONGEST_WAIT = 180.0
#: More pages than this are a defect of the server, or of ours.
MOST_PAGES = 100

_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_SAFE_TO_REPEAT = frozenset({"GET", "PATCH", "DELETE"})


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
    """Asks GitHub's API; the token goes to the API's own host and nowhere else."""

    def __init__(
        self, api_url: str = "https://api.github.com", token: str = "", clock: Clock | None = None
    ) -> None:
        self._api = api_url.rstrip("/")
        self._token = token
        self._clock = clock or Clock()
        self._waited = 0.0

    def api(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to `GET <api><path>`, whatever its status.

        Tries again on 5xx and on a broken connection; raises Unavailable when nothing came.
        """
        import requests

        why = "no answer"
        for turn in range(TRIES):
            self._clock.sleep(turn * PAUSE)
            try:
                # requests drops Authorization itself when a redirect leaves the host.
                with requests.get(
                    self._api + path,
                    params=parameters,
                    headers=_HEADERS,
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

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, object] | None = None,
        repeat: bool | None = None,
    ) -> Answer:
        """Return the answer to a call of the API, whatever its status, after waiting for rate limits.

        Tries again on 5xx and on a broken connection, but a POST only where `repeat` says that it changes nothing: it
        may have been done all the same. Raises Unavailable when nothing came, and when the rate is limited for longer
        than a run may wait.
        """
        shown = f"{method} {self._api}{path}"
        tries = TRIES if (method in _SAFE_TO_REPEAT if repeat is None else repeat) else 1
        turn = 0
        while True:
            answer = self._once(method, self._api + path, parameters, body)
            if isinstance(answer, Answer):
                if (seconds := rate_limit(answer, self._clock.now())) is not None:
                    self._wait(seconds, shown)
                    continue
                if answer.status < 500:
                    return answer
            turn += 1
            if turn == tries:
                why = f"status {answer.status}" if isinstance(answer, Answer) else answer
                raise Unavailable(f"{shown} failed{f' {tries} times' if tries > 1 else ''} ({why}).")
            self._clock.sleep(turn * PAUSE)

    def pages(self, path: str, parameters: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Yield the answers to `GET <api><path>`, a page of a hundred each; the first that is no 200 is the last.

        Raises Unavailable as `ask` does, and for a list without an end.
        """
        page = 1
        for _ in range(MOST_PAGES):
            answer = self.ask("GET", path, {**(parameters or {}), "per_page": "100", "page": str(page)})
            yield answer
            following = next_page(answer.headers) if answer.status == 200 else None
            if following is None:
                return
            page = following
        raise Unavailable(f"GitHub lists more than {MOST_PAGES} pages of {path}.")

    def graphql(self, query: str) -> Answer:
        """Return the answer to a query, which changes nothing, of the GraphQL API; it lies beside the REST API."""
        # https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint
        beside = Http(self._api.removesuffix("/v3"), self._token, self._clock)
        return beside.ask("POST", "/graphql", body={"query": query}, repeat=True)

    def _once(
        self,
        method: str,
        address: str,
        parameters: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> Answer | str:
        """Return the answer to one call, or why there is none."""
        import requests

        try:
            # requests drops Authorization itself when a redirect leaves the host.
            with requests.request(
                method,
                address,
                params=parameters,
                headers=_HEADERS,
                json=body,
                auth=self._authorise if self._token else None,
                timeout=PATIENCE,
                stream=True,
            ) as response:
                return Answer(response.status_code, _body(response), dict(response.headers))
        except requests.RequestException as broken:
            return type(broken).__name__

    def _wait(self, seconds: float, shown: str) -> None:
        if self._waited + seconds > LONGEST_WAIT:
            raise Unavailable(
                f"{shown}: GitHub limits the rate for another {seconds:.0f} s.",
                advice="Run the same again then.",
            )
        self._waited += seconds
        self._clock.sleep(seconds)

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


def rate_limit(answer: Answer, now: float) -> float | None:
    """Return how many seconds GitHub asks to wait, None when the answer is no rate limit.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    if answer.status not in (403, 429):
        return None
    headers = {name.lower(): value for name, value in answer.headers.items()}
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return float(after) or 1.0
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - now)
    return 60.0 if answer.status == 429 else None


def next_page(headers: Mapping[str, str]) -> int | None:
    """Return the number of the next page that a Link header names.

    Only the number is taken: the address is ours, so that the token never goes where an answer points.
    """
    import re
    from urllib.parse import parse_qs, urlsplit

    link = next((value for name, value in headers.items() if name.lower() == "link"), "")
    found = re.search(r'<([^>]*)>\s*;\s*rel="next"', link)
    number = parse_qs(urlsplit(found[1]).query).get("page", [""])[0] if found else ""
    return int(number) if number.isdecimal() else None


def _body(response: Response) -> bytes:
    body = bytearray()
    for part in response.iter_content(65536):
        body += part
        if len(body) > LARGEST:
            raise Unavailable(f"GET {response.url.split('?')[0]} answered more than {LARGEST} bytes.")
    return bytes(body)
