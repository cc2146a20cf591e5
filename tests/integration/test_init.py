"""`ci-actions init` in a real terminal: the difference in colours, the question, and the answers."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.terminals import PATIENCE, Terminal, terminals

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells and signals"),
]

COMMAND = f"{shlex.quote(sys.executable)} -m ci_actions init --only=ci,badge"
WRITTEN = Path(".github/workflows/ci.yml")


@pytest.fixture
def shop(repository: Any) -> Any:
    repository.git("remote", "add", "origin", "git@github.com:acme/shop.git")
    repository.commit(
        {
            "pyproject.toml": '[project]\nname = "shop"\nrequires-python = ">=3.12"\n[dependency-groups]\ndev = ["pytest"]\n',
            "tests/test_shop.py": "",
            "README.md": "# shop\n",
        }
    )
    return repository


@pytest.fixture
def terminal(shop: Any, tmp_path: Path) -> Iterator[Callable[[int, int], Terminal]]:
    yield from terminals(tmp_path, shop.path)


def test_it_shows_asks_and_writes(shop: Any, terminal: Callable[[int, int], Terminal]) -> None:
    shell = terminal(160, 50)
    shell.type(f"{COMMAND}; echo ended with $?")
    shell.shows("Write these 2 files? [y/N]")
    coloured = shell.screen(colours=True)
    assert "\x1b[32m+# Written by `ci-actions init`" in coloured, "what is added is green"
    assert not (shop.path / WRITTEN).exists(), "nothing before the answer"
    shell.type("y")
    shown = shell.shows("ended with 0")
    assert "2 files written." in shown
    assert "require in branch protection of main: ci / all-green" in shown
    assert (shop.path / WRITTEN).is_file()
    assert "acme/shop/actions/workflows/ci.yml/badge.svg" in (shop.path / "README.md").read_text()
    shell.type(f"clear; {COMMAND}; echo again $?")
    assert "Nothing is to be done." in shell.shows("again 0")


@pytest.mark.parametrize("key", ["Enter", "C-d", "n"])
def test_anything_but_a_yes_writes_nothing(
    shop: Any, terminal: Callable[[int, int], Terminal], key: str
) -> None:
    shell = terminal(160, 50)
    shell.type(f"{COMMAND}; echo ended with $?")
    shell.shows("[y/N]")
    shell.key(key)
    if key == "n":
        shell.key("Enter")
    assert "Nothing was written." in shell.shows("ended with 0")
    assert shop.git("status", "--porcelain") == ""


def test_ctrl_c_writes_nothing(shop: Any, terminal: Callable[[int, int], Terminal]) -> None:
    shell = terminal(160, 50)
    shell.type(f"{COMMAND}; echo ended with $?")
    shell.shows("[y/N]")
    shell.key("C-c")
    assert "Traceback" not in shell.shows("ended with 130")
    assert shop.git("status", "--porcelain") == ""


@pytest.mark.parametrize("setting", ["NO_COLOR=1", "TERM=dumb"])
def test_what_a_terminal_is_told_not_to_do(
    shop: Any, terminal: Callable[[int, int], Terminal], setting: str
) -> None:
    shell = terminal(160, 50)
    shell.type(f"env {setting} {COMMAND} --dry-run; echo ended with $?")
    shell.shows("ended with 0")
    assert "\x1b[32m" not in shell.screen(colours=True)


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--dry-run",), 0), (("--yes",), 0)])
def test_without_a_terminal(shop: Any, words: tuple[str, ...], code: int) -> None:
    done = subprocess.run(
        [*shlex.split(COMMAND), *words],
        cwd=shop.path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "\x1b[" not in done.stdout
    assert (shop.path / WRITTEN).exists() is ("--yes" in words)
