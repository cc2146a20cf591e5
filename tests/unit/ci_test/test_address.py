"""Addresses of services: where they are, what they are asked, and what may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_test.address import Address, NotAnAddress, Protocol, State, parse, question, understood

SQL, REDIS, PLAIN = Protocol.POSTGRESQL, Protocol.REDIS, Protocol.CONNECTION


@pytest.mark.parametrize(
    ("url", "protocol", "shown"),
    [
        ("postgresql://u:p@db/name", SQL, "db:5432"),
        ("postgres://u:p@db:6000/name?sslmode=require", SQL, "db:6000"),
        ("postgresql+asyncpg://u@db/name", SQL, "db:5432"),
        ("postgis://db", SQL, "db:5432"),
        ("postgresql:///name", SQL, "localhost:5432"),
        ("postgresql://u:p@one:5433,two:5434/name", SQL, "one:5433"),
        ("postgresql:///name?host=/var/run/postgresql", SQL, "/var/run/postgresql/.s.PGSQL.5432"),
        ("postgresql://%2Ftmp%2Fsockets:5433/name", SQL, "/tmp/sockets/.s.PGSQL.5433"),
        ("postgresql://u@/name?host=db&port=7000", SQL, "db:7000"),
        ("postgresql://u:p%40ss@[::1]:5432/name", SQL, "[::1]:5432"),
        ("redis://:p@cache", REDIS, "cache:6379"),
        ("redis://cache:6380/3", REDIS, "cache:6380"),
        ("valkey://cache", REDIS, "cache:6379"),
        ("postgresql://u:p@localhost:0/name", SQL, "localhost:0"),
        ("unix:///tmp/redis.sock?db=1", REDIS, "/tmp/redis.sock"),
        ("rediss://cache", PLAIN, "cache:6379"),
        ("mysql+pymysql://u:p@db/name", PLAIN, "db:3306"),
        ("mongodb://db", PLAIN, "db:27017"),
        ("what-ever://db:99", PLAIN, "db:99"),
    ],
)
def test_where_a_service_is(url: str, protocol: Protocol, shown: str) -> None:
    found = parse(url)
    assert found.protocol is protocol
    assert found.shown == shown
    assert found.is_somewhere


def test_sqlite_is_nowhere() -> None:
    assert not parse("sqlite:///x.db").is_somewhere
    assert not parse("sqlite+aiosqlite://").is_somewhere


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("hunter2", "is no address"),
        ("postgresql:hunter2", "is no address"),
        ("://hunter2", "is no address"),
        ("what-ever://hunter2", "names no port"),
        ("postgresql://u:hunter2@db:hunter2/x", "is no address"),
        ("postgresql://db:99999/hunter2", "is no address"),
        ("postgresql://[hunter2/x", "is no address"),
        ("postgresql:///x?port=hunter2", "is no address"),
    ],
)
def test_what_is_no_address_is_not_shown(url: str, says: str) -> None:
    with pytest.raises(NotAnAddress, match=says) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("postgresql://u:p%40ss@db", {"p%40ss", "p@ss"}),
        ("postgresql://u:plain@db", {"plain"}),
        ("redis://:secret@cache", {"secret"}),
        ("postgresql://test:test@db", set()),
        ("postgresql://db", set()),
    ],
)
def test_the_password_is_secret_unless_it_is_the_name(url: str, secrets: set[str]) -> None:
    assert set(parse(url).secrets) == secrets


def test_what_is_asked() -> None:
    assert question(parse("redis://h")) == b"PING\r\n"
    assert question(parse("mysql://h")) == b""
    asked = question(parse("postgresql://someone@h"))
    assert asked == b"\0\0\0\x16\0\3\0\0user\0someone\0\0"
    assert int.from_bytes(asked[:4], "big") == len(asked)
    assert question(parse("postgresql://h")).endswith(b"user\0postgres\0\0")


@pytest.mark.parametrize(
    ("protocol", "answer", "state"),
    [
        (SQL, b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", State.READY),
        (SQL, b"E\0\0\0\x50SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0\0", State.READY),
        (SQL, b"E\0\0\0\x50SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0", State.NOT_YET),
        (SQL, b"HTTP/1.1 400 Bad Request\r\n", State.STRANGER),
        (SQL, b"Really not", State.STRANGER),
        (REDIS, b"+PONG\r\n", State.READY),
        (REDIS, b"-NOAUTH Authentication required.\r\n", State.READY),
        (REDIS, b"-LOADING Redis is loading the dataset in memory\r\n", State.NOT_YET),
        (REDIS, b"HTTP/1.1 400 Bad Request\r\n", State.STRANGER),
        (PLAIN, b"", State.READY),
    ],
)
def test_what_an_answer_says(protocol: Protocol, answer: bytes, state: State) -> None:
    assert understood(Address(protocol, "h", 1), answer) is state


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    try:
        found = parse(text)
    except NotAnAddress:
        return
    assert found.shown
    question(found)
