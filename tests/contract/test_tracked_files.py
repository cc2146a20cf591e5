"""Nothing of one machine, and no registry's address, in any tracked file: locks say what, never from where."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: A bracket in each, so that this file passes.
REGISTRIES = re.compile(
    r"py[p]i\.org|[f]iles\.pythonhosted\.org|registry\.(?:[n]pmjs\.org|[y]arnpkg\.com)|(?:proxy|sum)\.[g]olang\.org"
    r"|(?:index|registry-1)\.[d]ocker\.io|repo1\.[m]aven\.org|[c]rates\.io/api",
    re.IGNORECASE,
)
INDEX_OPTIONS = re.compile(r"^\s*--(?:extra-)?index-url\b|^\s*--find-links\b", re.MULTILINE)
HOME = re.compile(r"(?<![\w.*/:-])/(?:root|work|mnt)/|/home/(?!runner\b|me\b)\w+|/Users/(?!runner\b)\w+")


@cache
def tracked() -> tuple[str, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    return tuple(name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file())


@cache
def text(name: str) -> str:
    content = (ROOT / name).read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", "replace")


def test_the_files_are_listed() -> None:
    assert "pyproject.toml" in tracked()
    assert len(tracked()) > 60


@pytest.mark.parametrize(
    "rule", [REGISTRIES, INDEX_OPTIONS, HOME], ids=["registries", "index options", "machine paths"]
)
def test_no_address_and_no_machine_path(rule: re.Pattern[str]) -> None:
    found = [
        f"{name}:{text(name).count(chr(10), 0, hit.start()) + 1}: {hit[0]}"
        for name in tracked()
        for hit in rule.finditer(text(name))
    ]
    assert not found, f"use the user's own configuration, or a path relative to the repository: {found}"


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (REGISTRIES, "https://py" + "pi.org/simple"),
        (REGISTRIES, "https://files.python" + "hosted.org/packages/x.whl"),
        (INDEX_OPTIONS, "--index" + "-url https://example.com/simple"),
        (HOME, "/ro" + "ot/.cache/x"),
        (HOME, "path=/ho" + "me/somebody/x"),
    ],
)
def test_the_rules_can_fail(rule: re.Pattern[str], line: str) -> None:
    assert rule.search(line)


@pytest.mark.parametrize(
    "name", [name for name in tracked() if name.endswith((".sh", ".yml", ".toml", ".md", ".py"))]
)
def test_line_ends_are_unix_and_the_last_line_ends(name: str) -> None:
    content = (ROOT / name).read_bytes()
    assert b"\r\n" not in content, f"{name}: git config core.autocrlf false"
    assert not content or content.endswith(b"\n"), f"{name} lacks its last line end"


def test_nothing_is_a_symbolic_link() -> None:
    """A release is a tree that Windows checks out too."""
    listed = subprocess.run(
        ["git", "ls-files", "-s", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    assert [entry for entry in listed.split("\0") if entry.startswith("120000")] == []
