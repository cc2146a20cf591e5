"""The real managers, each in an environment of its own that is made once and kept in the cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

LOCKS = Path(__file__).resolve().parents[2] / "requirements" / "managers"
#: The last Poetry that knew `[tool.poetry]` only; the others are those that the action brings.
POETRY_1 = "poetry==1.8.5"
UV = Path(sys.executable).with_name("uv")


def environment_of(name: str) -> Path:
    """Return the folder with the commands of a manager; skips where it cannot be brought."""
    wanted = [POETRY_1] if name == "poetry-1" else ["--requirements", str(LOCKS / f"{name}.txt")]
    pinned = POETRY_1 if name == "poetry-1" else (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "ci-actions-tests" / "managers"
    cache.mkdir(parents=True, exist_ok=True)
    folder = (
        cache
        / f"{name}-{hashlib.sha256(f'{sys.executable} {sys.version} {pinned}'.encode()).hexdigest()[:16]}"
    )
    with (cache / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            complaint = run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder])
            complaint += run([UV, "pip", "install", "--quiet", "--python", folder, *wanted])
            if complaint:
                pytest.skip(
                    f"{name} is not here; `uv pip install {' '.join(wanted)}` brings it: {complaint[-300:]}"
                )
            (folder / "made").touch()
    return folder / "bin"


def run(argv: Sequence[str | Path]) -> str:
    """Return what a command complains of, empty when it succeeds."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stderr or "failed" if done.returncode else ""
