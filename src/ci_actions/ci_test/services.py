"""Edge: waits until a service answers."""

from __future__ import annotations

import socket
from collections.abc import Callable

from ci_actions.ci_test.address import Address, Protocol, State, question, understood
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import Unavailable

#: Seconds that one try may take, and that lie between two.
PATIENCE = 3.0
PAUSE = 0.25
_ENOUGH = 4096


def await_service(
    name: str, address: Address, until: float, clock: Clock, say: Callable[[str], None]
) -> None:
    """Return when the service answers in its own words; `until` is a time of the clock's stopwatch.

    Raises Unavailable with what it did instead; there is always one try.
    """
    begin = clock.monotonic()
    while True:
        state, why = _asked(address)
        now = clock.monotonic()
        if state is State.READY:
            say(f"{name}: {address.shown} answers after {now - begin:.1f} s")
            return
        if now >= until:
            break
        clock.sleep(PAUSE)
    what = address.protocol.value
    raise Unavailable(
        f"input '{name}': {address.shown} did not answer as {what} does within {now - begin:.0f} s: {why}."
        if address.protocol is not Protocol.CONNECTION
        else f"input '{name}': {address.shown} did not answer within {now - begin:.0f} s: {why}.",
        advice="Is the service started, and can this job reach its port? wait-seconds says how long is waited.",
    )


def _asked(address: Address) -> tuple[State, str]:
    """Return what one try says, and why it is not ready."""
    try:
        with _connected(address) as connection:
            words = question(address)
            if not words:
                return State.READY, ""
            connection.sendall(words)
            answer = _heard(connection, address)
    except OSError as wrong:
        return State.NOT_YET, wrong.strerror or str(wrong) or type(wrong).__name__
    if not answer:
        return State.NOT_YET, "it took the connection and said nothing"
    state = understood(address, answer)
    return state, "it is starting up" if state is State.NOT_YET else "it says something else"


def _connected(address: Address) -> socket.socket:
    if not address.socket:
        return socket.create_connection((address.host, address.port), timeout=PATIENCE)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    try:
        connection.connect(address.socket)
    except OSError:
        connection.close()
        raise
    return connection


def _heard(connection: socket.socket, address: Address) -> bytes:
    """Return the first message: of PostgreSQL whole, whose fifth field may be what counts; of Redis a line."""
    answer = b""
    while len(answer) < _ENOUGH:
        part = connection.recv(_ENOUGH)
        answer += part
        length = 1 + int.from_bytes(answer[1:5], "big") if len(answer) >= 5 else 5
        whole = b"\n" in answer if address.protocol is Protocol.REDIS else len(answer) >= min(length, _ENOUGH)
        if not part or whole:
            break
    return answer
