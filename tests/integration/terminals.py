"""A real terminal, driven from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60


def until(what: Callable[[], Any]) -> Any:
    """Return what is true at last."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)
    return found


class Terminal:
    """tmux, driven from outside: keys go in, the screen comes out."""

    def __init__(self, folder: Path, here: Path, columns: int, lines: int) -> None:
        self._socket = str(folder / "tmux")
        self("new-session", "-d", "-x", str(columns), "-y", str(lines), "-c", str(here), "env PS1='$ ' sh")
        until(lambda: "$" in self.screen())

    def __call__(self, *words: str) -> str:
        environ = {**os.environ, "LC_ALL": "C.UTF-8"}
        environ.pop("TMUX", None)
        done = subprocess.run(
            ["tmux", "-u", "-f", os.devnull, "-S", self._socket, *words],
            env=environ,
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def type(self, text: str) -> None:
        self("send-keys", "-l", text)
        self("send-keys", "Enter")

    def key(self, name: str) -> None:
        self("send-keys", name)

    def screen(self, *, colours: bool = False) -> str:
        """Return everything that can be seen, and what has scrolled away."""
        return self("capture-pane", "-p", "-S", "-200", *(["-e"] if colours else []))

    def shows(self, *texts: str) -> str:
        """Return the screen once it shows all of the texts."""
        shown = ""

        def found() -> bool:
            nonlocal shown
            shown = self.screen()
            return all(text in shown for text in texts)

        try:
            until(found)
        except AssertionError:
            pytest.fail(f"the terminal never shows {texts}; it shows:\n{shown}")
        return shown

    def resize(self, columns: int, lines: int) -> None:
        self("resize-window", "-x", str(columns), "-y", str(lines))


def terminals(folder: Path, here: Path) -> Iterator[Callable[[int, int], Terminal]]:
    """Yield what makes terminals of some columns and lines in a folder, and end them afterwards."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is missing: apt-get install tmux, or brew install tmux")
    made: list[Terminal] = []

    def make(columns: int, lines: int) -> Terminal:
        made.append(Terminal(folder, here, columns, lines))
        return made[-1]

    yield make
    for each in made:
        each("kill-server")
