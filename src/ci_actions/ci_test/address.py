"""Pure: the address of a service, what it says when it is there, and what may be shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {
    "amqp": 5672,
    "amqps": 5671,
    "mariadb": 3306,
    "mongodb": 27017,
    "mssql": 1433,
    "mysql": 3306,
    "oracle": 1521,
    "postgis": 5432,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "valkey": 6379,
}
_PROTOCOL_REQUEST = 196608
"""Version 3.0: https://www.postgresql.org/docs/current/protocol-message-formats.html."""
_STARTING_UP = b"57P03"


class Protocol(Enum):
    """What is asked of a service to see whether it is there."""

    POSTGRESQL = "PostgreSQL"
    REDIS = "Redis"
    CONNECTION = "a server"


class State(Enum):
    """What an answer says."""

    READY = "ready"
    NOT_YET = "not yet"
    STRANGER = "stranger"


#: Of `rediss` only the connection is tried: what is behind its TLS is for the client.
_PROTOCOLS = {
    "postgis": Protocol.POSTGRESQL,
    "postgres": Protocol.POSTGRESQL,
    "postgresql": Protocol.POSTGRESQL,
    "redis": Protocol.REDIS,
    "valkey": Protocol.REDIS,
}
_LIKE = "is no address like 'postgresql://user:password@host:5432/name'"


@dataclass(frozen=True)
class Address:
    """Where a service is: a host and a port, or the path of a socket; nothing to wait for where it has neither."""

    protocol: Protocol
    host: str = ""
    port: int = 0
    socket: str = ""
    user: str = ""
    password: str = ""

    @property
    def shown(self) -> str:
        """The address without what is secret in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.socket or f"{host}:{self.port}"

    @property
    def is_somewhere(self) -> bool:
        """Whether there is a server to wait for: SQLite has none."""
        return bool(self.host or self.socket)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password, as it is written and as it is meant; one that is the user's own name is none."""
        meant = unquote(self.password)
        return () if meant in ("", self.user) else tuple({self.password, meant})


class NotAnAddress(ValueError):
    """An address that cannot be meant; the message never holds it."""


def parse(url: str) -> Address:
    """Return where a service is. Raises NotAnAddress."""
    try:
        return _parsed(url)
    except NotAnAddress:
        raise
    except ValueError:
        raise NotAnAddress(_LIKE) from None


def _parsed(url: str) -> Address:
    scheme, colon, rest = url.partition(":")
    scheme = scheme.partition("+")[0].lower()
    if not scheme or not colon or not rest.startswith("//"):
        raise NotAnAddress(_LIKE)
    parts = urlsplit(url)
    if scheme == "sqlite":
        return Address(Protocol.CONNECTION)
    if scheme == "unix":
        return Address(Protocol.REDIS, socket=unquote(parts.path))
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    # PostgreSQL takes several hosts, and tries the first one first.
    one = urlsplit(f"//{hosts.split(',')[0]}")
    query = {name: each[-1] for name, each in parse_qs(parts.query).items()}
    host = unquote(query.get("host") or one.hostname or "localhost")
    # A port 0 is meant as it is written: nobody is there, and least of all at the usual port.
    usual = _PORTS.get(scheme) if one.port is None else one.port
    port = int(query.get("port") or usual or 0)
    if usual is None and not port:
        raise NotAnAddress("names no port, and its scheme has no usual one")
    if not 0 <= port < 65536:
        raise NotAnAddress(_LIKE)
    protocol = _PROTOCOLS.get(scheme, Protocol.CONNECTION)
    if host.startswith("/"):
        socket = f"{host}/.s.PGSQL.{port}" if protocol is Protocol.POSTGRESQL else host
        return Address(protocol, socket=socket, user=unquote(user), password=password)
    return Address(protocol, host, port, user=unquote(user), password=password)


def question(address: Address) -> bytes:
    """Return what is sent; nothing where a connection is answer enough."""
    if address.protocol is Protocol.REDIS:
        return b"PING\r\n"
    if address.protocol is Protocol.POSTGRESQL:
        user = address.user.encode() or b"postgres"
        body = _PROTOCOL_REQUEST.to_bytes(4, "big") + b"user\0" + user + b"\0\0"
        return (len(body) + 4).to_bytes(4, "big") + body
    return b""


def understood(address: Address, answer: bytes) -> State:
    """Return what the beginning of an answer says; a service that refuses our login is there all the same."""
    if address.protocol is Protocol.REDIS:
        if answer.startswith(b"-LOADING"):
            return State.NOT_YET
        return State.READY if answer.startswith((b"+PONG", b"-")) else State.STRANGER
    if address.protocol is Protocol.POSTGRESQL:
        if answer.startswith(b"E"):
            return State.NOT_YET if b"C" + _STARTING_UP in answer else State.READY
        return State.READY if answer.startswith(b"R\0") else State.STRANGER
    return State.READY
