"""Edge: asks servers for addresses, politely: few at a time, each once, again only where that may help."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ci_actions.ci_docs.model import Answer, Asked
from ci_actions.kit.clock import Clock

if TYPE_CHECKING:
    from requests import Session

WORKERS = 16
PER_HOST = 2
TRIES = 3
#: Seconds; a server that asks for more patience is asked no more.
LONGEST_WAIT = 10.0
DEAD = (404, 410)
#: Worth another try: https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
_LATER = (408, 429, 500, 502, 503, 504)
#: Of these nobody expects an answer: https://www.rfc-editor.org/rfc/rfc2606, https://www.rfc-editor.org/rfc/rfc6761
_RESERVED = (
    "example",
    "invalid",
    "test",
    "localhost",
    "local",
    "internal",
    "example.com",
    "example.org",
    "example.net",
)
_AGENT = "Mozilla/5.0 (compatible; ci-actions link check)"


@dataclass(frozen=True)
class _Said:
    """How asking once went: a status, or 0 and the name of what went wrong."""

    status: int = 0
    wait: float = 0.0
    why: str = ""
    no_host: bool = False


def is_reserved(address: str) -> bool:
    """Whether an address is one of examples, or of the reader's own machine."""
    try:
        host = (urlsplit(address).hostname or "").rstrip(".").lower()
    except ValueError:
        return True
    if not host or "." not in host or host.startswith(("127.", "10.", "192.168.", "0.")):
        return True
    return any(host == each or host.endswith(f".{each}") for each in _RESERVED)


def ask(
    addresses: Sequence[str],
    *,
    timeout: float,
    clock: Clock,
    progress: Callable[[str], None],
    reserved: Callable[[str], bool] = is_reserved,
) -> Mapping[str, Asked]:
    """Return what became of each address, reserved ones left out.

    Dead is one that is not found, gone, or on a host without a name; where nothing at all answers the network is away,
    and no name counts for anything.
    """
    wanted = [each for each in addresses if not reserved(each)]
    if not wanted:
        return {}
    progress(f"asking for {len(wanted)} addresses")
    asking = _Asking(timeout, clock)
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        said = dict(zip(wanted, pool.map(asking.once_or_again, wanted), strict=True))
    network = any(each.status for each in said.values())
    return {address: _answer(each, network=network) for address, each in said.items()}


def _answer(said: _Said, *, network: bool) -> Asked:
    if said.status in DEAD:
        return Asked(Answer.DEAD, f"it answers {said.status}")
    if said.status:
        return Asked(Answer.ALIVE if said.status < 400 else Answer.UNKNOWN, f"it answers {said.status}")
    if said.no_host and network:
        return Asked(Answer.DEAD, "there is no such host")
    return Asked(Answer.UNKNOWN, said.why)


class _Asking:
    """Holds the connections of each thread, and lets few threads at a time ask one host."""

    def __init__(self, timeout: float, clock: Clock) -> None:
        self._timeout = timeout
        self._clock = clock
        self._local = threading.local()
        self._hosts: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(PER_HOST))
        self._lock = threading.Lock()

    def once_or_again(self, address: str) -> _Said:
        """Return how asking went in the end."""
        with self._lock:
            host = self._hosts[urlsplit(address).netloc]
        with host:
            said = self._ask(address)
            for attempt in range(1, TRIES):
                again = said.status in _LATER or (not said.status and not said.no_host)
                if not again or said.wait > LONGEST_WAIT:
                    break
                self._clock.sleep(max(said.wait, 0.5 * attempt))
                said = self._ask(address)
        return said

    def _ask(self, address: str) -> _Said:
        """Ask for the head; many servers refuse that and nothing else."""
        said = self._request("HEAD", address)
        return self._request("GET", address) if said.status >= 400 or not said.status else said

    def _request(self, method: str, address: str) -> _Said:
        import requests

        try:
            with self._session().request(
                method, address, timeout=self._timeout, stream=True, allow_redirects=True
            ) as response:
                wait = response.headers.get("Retry-After", "")
                return _Said(response.status_code, float(wait) if wait.isdigit() else 0.0)
        except requests.exceptions.ConnectionError as broken:
            told = str(broken)
            nameless = "NameResolutionError" in told or "getaddrinfo failed" in told
            return _Said(
                why="there is no such host" if nameless else "the connection broke", no_host=nameless
            )
        except requests.exceptions.Timeout:
            return _Said(why=f"no answer within {self._timeout:g} s")
        except (requests.RequestException, ValueError, UnicodeError) as wrong:
            return _Said(why=type(wrong).__name__)

    def _session(self) -> Session:
        from requests import Session

        if not hasattr(self._local, "session"):
            self._local.session = Session()
            self._local.session.headers["User-Agent"] = _AGENT
        session: Session = self._local.session
        return session
