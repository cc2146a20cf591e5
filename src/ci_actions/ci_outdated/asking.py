"""Edge: asks package indexes, several names at a time, with the credentials of ~/.netrc or of the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from ci_actions.ci_outdated import answers
from ci_actions.ci_outdated.model import Answer, Release
from ci_actions.kit.clock import Clock
from ci_actions.project.credentials import host_of

if TYPE_CHECKING:
    from requests import Response, Session

PATIENCE = 20.0
TRIES = 3
PAUSE = 1.0
AT_A_TIME = 8
#: So many names in a row without an answer, and a host is not asked any more.
ENOUGH = 4
#: A larger answer is refused: the longest page of the public index has a tenth of it.
LARGEST = 64 * 1024 * 1024


class _Silent(Exception):
    """A host that gave no answer; the message says how."""


class _Refused(Exception):
    """A host that answered with something else than releases; the message says with what."""


class Indexes:
    """Answers for names; what one host said of itself counts for all names."""

    def __init__(self, environ: Mapping[str, str], clock: Clock) -> None:
        self._clock = clock
        self._verify = next(
            (
                environ[name]
                for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
                if environ.get(name)
            ),
            "",
        )
        self._silent: Counter[str] = Counter()
        self._lock = Lock()

    def ask(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, Answer]:
        """Return an answer for every name; `wanted` are the indexes to ask for it."""
        from concurrent.futures import ThreadPoolExecutor

        import requests

        with requests.Session() as session, ThreadPoolExecutor(AT_A_TIME) as pool:
            if self._verify:
                session.verify = self._verify
            found = pool.map(lambda name: self._answer(session, name, wanted[name]), wanted)
            return dict(zip(wanted, found, strict=True))

    def _answer(self, session: Session, name: str, indexes: Sequence[str]) -> Answer:
        found: dict[str, Release] = {}
        known = False
        for index in indexes:
            host = host_of(index)
            try:
                page = self._page(session, host, f"{index}/{name}/")
            except _Silent as why:
                return Answer(problem=f"{host} did not answer ({why})", unreachable=True)
            except _Refused as why:
                return Answer(problem=f"{host} answered with {why}")
            for each in page or ():
                # The first index that has a version counts, as for pip.
                found.setdefault(each.version, each)
            known = known or page is not None
        if not known:
            return Answer(problem=f"{' and '.join(map(host_of, indexes))} knows no such package")
        if not found:
            return Answer(problem="the index lists no release that can be read")
        return Answer(releases=tuple(found.values()))

    def _page(self, session: Session, host: str, address: str) -> tuple[Release, ...] | None:
        """Return the releases that an index lists, None for a name that it does not know."""
        with self._lock:
            if self._silent[host] >= ENOUGH:
                raise _Silent("several times, so it was not asked any more")
        try:
            status, body, kind = self._fetched(session, address)
        except _Silent:
            with self._lock:
                self._silent[host] += 1
            raise
        with self._lock:
            self._silent[host] = 0
        if status == 404:
            return None
        if status in (401, 403):
            raise _Refused(f"{status}: are its credentials in netrc?")
        if status != 200:
            raise _Refused(f"status {status}")
        try:
            return answers.releases(address.rstrip("/").rpartition("/")[2], body, kind)
        except answers.Unreadable as why:
            raise _Refused(str(why)) from None

    def _fetched(self, session: Session, address: str) -> tuple[int, bytes, str]:
        import requests

        why = ""
        for turn in range(TRIES):
            self._clock.sleep(turn * PAUSE)
            try:
                with session.get(
                    address, headers={"Accept": answers.ACCEPT}, timeout=PATIENCE, stream=True
                ) as response:
                    if response.status_code < 500 and response.status_code != 429:
                        return response.status_code, _body(response), response.headers.get("Content-Type", "")
                    why = f"status {response.status_code}"
            except (requests.RequestException, UnicodeError) as broken:
                why = type(broken).__name__
        raise _Silent(why)


def _body(response: Response) -> bytes:
    body = bytearray()
    for part in response.iter_content(65536):
        body += part
        if len(body) > LARGEST:
            raise _Refused(f"more than {LARGEST // 1024**2} MiB")
    return bytes(body)
