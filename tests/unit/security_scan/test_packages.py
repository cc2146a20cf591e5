from __future__ import annotations

import json

import pytest

from ci_actions.security_scan.packages import Packages, Unreadable, is_lock, packages


def named(path: str, text: str) -> tuple[list[tuple[str, str, int]], tuple[str, ...]]:
    found = packages(path, text.encode())
    return [(each.name, each.version, each.line) for each in found.pinned], found.unpinned


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True), ("a/requirements-dev.txt", True), ("requirements/prod.txt", True), ("uv.lock", True),
        ("x/poetry.lock", True), ("Pipfile.lock", True), ("pylock.toml", True), ("pylock.dev.toml", True),
        ("constraints.txt", True), ("requirements.in", False), ("notes.txt", False), ("package-lock.json", False),
        ("myuv.lock", False),
    ],
)  # fmt: skip
def test_is_lock(path: str, expected: bool) -> None:
    assert is_lock(path) is expected


@pytest.mark.parametrize(
    ("text", "pinned", "unpinned"),
    [
        pytest.param("Flask==0.5\n", [("flask", "0.5", 1)], (), id="one"),
        pytest.param("a===1.0\n", [("a", "1.0", 1)], (), id="arbitrary equality"),
        pytest.param("a[b,c]==1.0 ; python_version < '3'\n", [("a", "1.0", 1)], (), id="extras and a marker"),
        pytest.param(
            "# x\na==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n    # via b\nb==2  # why\n",
            [("a", "1", 2), ("b", "2", 6)],
            (),
            id="hashes and comments",
        ),
        pytest.param("a>=1\nb\nc==1.*\nd==1,!=2\n", [], ("a", "b", "c", "d"), id="no exact version"),
        pytest.param("-r other.txt\n--index-url https://x\n-c c.txt\n", [], (), id="options"),
        pytest.param("-e .\n./lib\n-e file:./x\n", [], (), id="of one's own"),
        pytest.param(
            "a @ https://user:pass@host/a.whl\ngit+https://u:p@h/x.git#egg=foo\nhttps://u:p@h/b.whl\n",
            [],
            ("a", "foo", "an address"),
            id="addresses, without what is in them",
        ),
        pytest.param("a==1 \\", [("a", "1", 1)], (), id="an open end"),
        pytest.param("", [], (), id="empty"),
    ],
)
def test_requirements(text: str, pinned: list[tuple[str, str, int]], unpinned: tuple[str, ...]) -> None:
    assert named("requirements.txt", text) == (pinned, unpinned)


def test_utf_16_as_windows_writes_it() -> None:
    found = packages("requirements.txt", "a==1\r\n".encode("utf-16"))
    assert [each.name for each in found.pinned] == ["a"]


UV = """version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "Flask"
version = "0.5"
source = { registry = "https://index.example/simple" }

[[package]]
name = "forked"
source = { git = "https://example.com/x" }
"""


def test_toml_locks() -> None:
    assert named("uv.lock", UV) == ([("flask", "0.5", 8)], ("forked",))
    poetry = '[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "a"\nversion = "2"\n[metadata]\nlock-version = "2.0"\n'
    assert named("poetry.lock", poetry) == ([("a", "1", 2), ("a", "2", 5)], ())
    assert named("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\n') == (
        [("a", "1", 3)],
        (),
    )


@pytest.mark.parametrize(
    ("path", "text"), [("uv.lock", "version = 1\n"), ("pylock.toml", 'lock-version = "1.0"\n')]
)
def test_a_lock_of_nothing(path: str, text: str) -> None:
    assert packages(path, text.encode()) == Packages()


def test_pipfile_lock() -> None:
    lock = {
        "default": {"flask": {"version": "==0.5"}, "mine": {"path": "."}, "loose": {"git": "https://x"}},
        "develop": {"pytest": {"version": "==8.0"}},
    }
    pinned, unpinned = named("Pipfile.lock", json.dumps(lock, indent=4))
    assert [each[:2] for each in pinned] == [("flask", "0.5"), ("pytest", "8.0")]
    assert pinned[0][2] == 3
    assert unpinned == ("loose",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", "[[package]\n"), ("uv.lock", "x = 1\n"), ("poetry.lock", "package = 3\n"), ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[]"), ("Pipfile.lock", '{"default": {"a": 1}}'), ("pylock.toml", "packages = [1]\n"),
    ],
)  # fmt: skip
def test_a_broken_lock_is_unreadable(path: str, text: str) -> None:
    with pytest.raises(Unreadable):
        packages(path, text.encode())


def test_bytes_that_are_no_text_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        packages("requirements.txt", b"a==\xe9\n")
