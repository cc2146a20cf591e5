"""The key: what changes it, what does not, what it may look like, and what is never in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ci_actions.project.model import Interpreter, Manager
from ci_actions.python_setup_with_cache.key import LONGEST, Material, Mode, key

INTERPRETER = Interpreter(
    path="/opt/python/3.12.4/bin/python3",
    implementation="cpython",
    version="3.12",
    full_version="3.12.4",
    free_threaded=False,
    prefix="/opt/python/3.12.4",
    base_prefix="/opt/python/3.12.4",
    platform="linux",
    os_version="ubuntu-24.04",
    libc="glibc-2.39",
    machine="x86_64",
)
MATERIAL = Material(
    interpreter=INTERPRETER,
    manager=Manager.UV,
    manager_version="0.13.9",
    mode=Mode.VENV,
    files={"svc/uv.lock": b"version = 1\n"},
    is_locked=True,
    today=date(2026, 11, 21),
)
START = "ca-setup-v1-linux-ubuntu-24.04-glibc-2.39-x86_64-cpython3.12.4-uv0.13.9-venv-"


def test_what_it_looks_like() -> None:
    made = key(MATERIAL)
    assert made.text == START + made.digest
    assert re.fullmatch(r"[0-9a-f]{32}", made.digest)
    assert key(replace(MATERIAL, suffix="nightly")).text.startswith(START)
    assert key(replace(MATERIAL, suffix="nightly")).text.endswith("-nightly")
    free = replace(INTERPRETER, full_version="3.13.1", free_threaded=True, libc="", os_version="")
    assert key(replace(MATERIAL, interpreter=free)).text.startswith(
        "ca-setup-v1-linux-any-none-x86_64-cpython3.13.1t-uv"
    )


CHANGES: dict[str, dict[str, Any]] = {
    "another patch of the interpreter": {"interpreter": replace(INTERPRETER, full_version="3.12.5")},
    "another place of the interpreter": {"interpreter": replace(INTERPRETER, path="/usr/bin/python3")},
    "free threads": {"interpreter": replace(INTERPRETER, free_threaded=True)},
    "another system": {"interpreter": replace(INTERPRETER, os_version="ubuntu-26.04")},
    "another C library": {"interpreter": replace(INTERPRETER, libc="musl-1.2")},
    "another processor": {"interpreter": replace(INTERPRETER, machine="aarch64")},
    "another implementation": {"interpreter": replace(INTERPRETER, implementation="pypy")},
    "another manager": {"manager": Manager.POETRY},
    "another version of it": {"manager_version": "0.14.0"},
    "another mode": {"mode": Mode.BOTH},
    "another content": {"files": {"svc/uv.lock": b"version = 2\n"}},
    "another line end": {"files": {"svc/uv.lock": b"version = 1\r\n"}},
    "another path": {"files": {"uv.lock": b"version = 1\n"}},
    "one more file": {"files": {"svc/uv.lock": b"version = 1\n", "x": b""}},
    "a group": {"groups": ("dev",)},
    "an extra": {"extras": ("dev",)},
    "an argument": {"arguments": ("dev",)},
    "an index": {"index_urls": ("https://example.com/simple",)},
    "nothing locked": {"is_locked": False},
    "the version of the cache": {"version": "2"},
    "a suffix": {"suffix": "x"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_it(change: dict[str, Any]) -> None:
    assert key(replace(MATERIAL, **change)).text != key(MATERIAL).text


def test_no_two_changes_give_one_key() -> None:
    assert len({key(replace(MATERIAL, **change)).text for change in CHANGES.values()}) == len(CHANGES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"groups": ("a", "b")}, {"groups": ("b", "a", "a")}),
        ({"extras": ("a", "b")}, {"extras": ("b", "a")}),
        ({"index_urls": ("https://u:one@example.com/s",)}, {"index_urls": ("https://v:two@example.com/s",)}),
        ({"files": {"a": b"1", "b": b"2"}}, {"files": {"b": b"2", "a": b"1"}}),
        ({"files": {"svc/a": b"1"}}, {"files": {"svc\\a": b"1"}}),
        ({"today": date(2026, 11, 21)}, {"today": date(2030, 1, 1)}),
    ],
)
def test_what_does_not_change_it(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert key(replace(MATERIAL, **one)).text == key(replace(MATERIAL, **other)).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"groups": ("a", "b")}, {"groups": ("ab",)}),
        ({"groups": ("a",), "extras": ()}, {"groups": (), "extras": ("a",)}),
        ({"files": {"a": b"bc"}}, {"files": {"ab": b"c"}}),
        ({"files": {"a": b"", "b": b"x"}}, {"files": {"a": b"x", "b": b""}}),
        ({"arguments": ("--a", "b")}, {"arguments": ("b", "--a")}),
        ({"manager_version": "1", "suffix": "2"}, {"manager_version": "12"}),
    ],
)
def test_nothing_shifts_from_one_part_to_the_next(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert key(replace(MATERIAL, **one)).text != key(replace(MATERIAL, **other)).text


def test_unlocked_versions_are_looked_for_anew_each_week() -> None:
    def of(day: date) -> str:
        return key(replace(MATERIAL, is_locked=False, today=day)).text

    assert of(date(2026, 11, 16)) == of(date(2026, 11, 22))
    assert of(date(2026, 11, 22)) != of(date(2026, 11, 23))
    # The last days of a year belong to the first week of the next one, and no week comes twice.
    assert of(date(2025, 12, 29)) == of(date(2026, 1, 4))
    assert of(date(2025, 1, 1)) != of(date(2026, 1, 1))
    parts = dict(key(replace(MATERIAL, is_locked=False)).parts)
    assert parts["week"] == "2026-W47: nothing is locked, so versions are looked for anew each week"
    assert "week" not in dict(key(MATERIAL).parts)


def test_only_downloads_may_begin_with_another_lock() -> None:
    downloads = replace(MATERIAL, mode=Mode.DOWNLOADS)
    (prefix,) = key(downloads).restore_prefixes
    assert prefix == START.replace("venv-", "downloads-")
    assert key(replace(downloads, files={"uv.lock": b"other"})).text.startswith(prefix)
    assert key(downloads).text.startswith(prefix)
    assert key(MATERIAL).restore_prefixes == key(replace(MATERIAL, mode=Mode.BOTH)).restore_prefixes == ()
    # Where the interpreter stands does not matter to wheels.
    moved = replace(downloads, interpreter=replace(INTERPRETER, path="/usr/bin/python3"))
    assert key(moved).text == key(downloads).text


def test_parts_for_the_summary() -> None:
    full = replace(
        MATERIAL,
        groups=("dev",),
        extras=("web",),
        arguments=("--pre", "--no-binary=x"),
        index_urls=("https://u:p@a.b/TOKEN", "./wheels"),
    )
    made = key(full)
    assert made.parts == (
        ("system", "linux ubuntu-24.04 glibc-2.39 x86_64"),
        ("interpreter", "cpython 3.12.4"),
        ("manager", "uv 0.13.9"),
        ("keeps", "venv"),
        ("files", "svc/uv.lock"),
        ("groups", "dev"),
        ("extras", "web"),
        ("install arguments", "2, in the digest"),
        ("indexes", "a.b, a folder"),
        ("digest", made.digest),
    )


anything = st.text(max_size=700)


@given(suffix=anything, os_version=anything, version=anything, libc=anything, machine=anything)
def test_any_cache_service_takes_it(
    suffix: str, os_version: str, version: str, libc: str, machine: str
) -> None:
    who = replace(
        INTERPRETER,
        os_version=os_version,
        libc=libc,
        machine=machine,
        platform=os_version,
        full_version=version,
    )
    text = key(replace(MATERIAL, suffix=suffix, interpreter=who, manager_version=version)).text
    assert len(text) <= LONGEST
    assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", text)


@given(one=anything, other=anything)
def test_two_suffixes_are_two_keys(one: str, other: str) -> None:
    assert (key(replace(MATERIAL, suffix=one)).text == key(replace(MATERIAL, suffix=other)).text) is (
        one == other
    )


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30)


WHERE = (
    "https://user:{}@example.com/simple", "https://{}@example.com", "https://example.com/{}/simple", "{}",
    "https://example.com/?token={}", "git+https://{}@example.com/r@v1", "--token={}",
)  # fmt: skip
FORGOTTEN = (
    "https://user:{}@example.com/simple", "--index-url=https://u:{}@example.com/s", "https://example.com/s?token={}",
)  # fmt: skip


@given(secret=secrets, shape=st.sampled_from(WHERE))
def test_no_password_is_in_it(secret: str, shape: str) -> None:
    """Neither in the key nor in what the summary prints, wherever a user writes it."""
    assume(not any(secret in text for text in ("example.com", *(value for _, value in key(MATERIAL).parts))))
    made = key(replace(MATERIAL, arguments=(shape.format(secret),), index_urls=(shape.format(secret),)))
    assert secret not in made.text
    assert not any(secret in name or secret in value for name, value in made.parts)


@given(one=secrets, other=secrets, shape=st.sampled_from(FORGOTTEN))
def test_a_new_password_is_no_new_key(one: str, other: str, shape: str) -> None:
    assume("#" not in one + other or "?" not in shape)
    assume("@" not in one + other or "?" not in shape)
    made = [key(replace(MATERIAL, arguments=(shape.format(each),))).text for each in (one, other)]
    assert made[0] == made[1]
