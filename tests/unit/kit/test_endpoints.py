from __future__ import annotations

import pytest

from ci_actions.kit.endpoints import Endpoint, NotAnEndpoint, parse


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("tcp://localhost:5432", Endpoint("tcp", "localhost", 5432), "tcp://localhost:5432"),
        ("tcp://[::1]:80", Endpoint("tcp", "::1", 80), "tcp://[::1]:80"),
        ("http://x", Endpoint("http", "x", 80), "http://x:80/"),
        ("https://x", Endpoint("https", "x", 443), "https://x:443/"),
        ("http://x:8000/health=204", Endpoint("http", "x", 8000, "/health", 204), "http://x:8000/health=204"),
        ("http://x/?a=1", Endpoint("http", "x", 80, "/?a=1"), "http://x:80/"),
        ("http://x/?a=1=200", Endpoint("http", "x", 80, "/?a=1", 200), "http://x:80/=200"),
    ],
)
def test_addresses(text: str, expected: Endpoint, shown: str) -> None:
    assert parse(text) == expected
    assert expected.shown == shown


@pytest.mark.parametrize(
    "text",
    ["", "x", "localhost:80", "tcp://x", "tcp://x:1/path", "tcp://x:1=200", "ftp://x", "http://", "http://x:99999",
     "http://me:secret@x", "tcp://:80"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(NotAnEndpoint):
        parse(text)


@pytest.mark.parametrize(
    ("wanted", "status", "is_met"),
    [
        (0, 200, True),
        (0, 404, True),
        (0, 500, False),
        (0, 503, False),
        (200, 200, True),
        (200, 404, False),
        (503, 503, True),
    ],
)
def test_what_counts_as_an_answer(wanted: int, status: int, *, is_met: bool) -> None:
    assert Endpoint("http", "x", 80, "/", wanted).is_met_by(status) is is_met
