"""Edge: asks an endpoint whether it answers."""

from __future__ import annotations

import socket

from ci_actions.kit.endpoints import Endpoint

#: Seconds that one try may take.
PATIENCE = 3.0


def complaint(endpoint: Endpoint) -> str:
    """Return what is wrong with the answer of an endpoint, empty for the one that is waited for."""
    try:
        if endpoint.scheme == "tcp":
            socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE).close()
            return ""
        status = _status(endpoint)
    except OSError as wrong:
        return wrong.strerror or str(wrong) or type(wrong).__name__
    except ValueError as wrong:
        return f"it is no server of HTTP ({type(wrong).__name__})"
    return "" if endpoint.is_met_by(status) else f"it answers with {status}"


def _status(endpoint: Endpoint) -> int:
    """Return the status of one answer; no proxy is asked, and no redirect is followed."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    kind = HTTPSConnection if endpoint.scheme == "https" else HTTPConnection
    connection = kind(endpoint.host, endpoint.port, timeout=PATIENCE)
    try:
        connection.request("GET", endpoint.path, headers={"User-Agent": "ci-actions"})
        return connection.getresponse().status
    except HTTPException as wrong:
        raise ValueError(str(wrong)) from wrong
    finally:
        connection.close()
