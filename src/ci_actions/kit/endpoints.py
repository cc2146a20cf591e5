"""Pure: what must answer before something begins: `tcp://host:port`, or `http://host:port/path`, with `=200` for a status."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_STATUS = re.compile(r"(.*)=([1-5][0-9]{2})")
LIKE = "like 'tcp://localhost:5432' or 'http://localhost:8000/health=200'"


@dataclass(frozen=True)
class Endpoint:
    """Where something must answer; with a `status` the answer must have it, without one a server that fails is no answer."""

    scheme: str
    host: str
    port: int
    path: str = "/"
    status: int = 0

    @property
    def shown(self) -> str:
        """The address, without what may be secret in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.scheme == "tcp":
            return f"tcp://{host}:{self.port}"
        path = self.path.partition("?")[0]
        return f"{self.scheme}://{host}:{self.port}{path}{f'={self.status}' if self.status else ''}"

    def is_met_by(self, status: int) -> bool:
        """Return whether an answer over HTTP is the one that is waited for."""
        return status == self.status if self.status else status < 500


class NotAnEndpoint(ValueError):
    """A text that names nothing that could answer."""


def parse(text: str) -> Endpoint:
    """Return what must answer. Raises NotAnEndpoint."""
    try:
        return _parsed(text)
    except ValueError:
        raise NotAnEndpoint(f"it must be an address, {LIKE}") from None


def _parsed(text: str) -> Endpoint:
    address, status = text, 0
    if found := _STATUS.fullmatch(text):
        address, status = found[1], int(found[2])
    parts = urlsplit(address)
    port = parts.port
    if not parts.hostname or parts.username is not None:
        raise ValueError
    if parts.scheme == "tcp":
        if port is None or status or parts.path or parts.query:
            raise ValueError
        return Endpoint("tcp", parts.hostname, port)
    if parts.scheme not in _PORTS:
        raise ValueError
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(
        parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port, path, status
    )
