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

#: What is installed for each, exactly. `locked` are PDM's own pins: newer releases of what it stands on break it.
PINNED = {
    "poetry": ("poetry==2.5.1",),
    "poetry-1": ("poetry==1.8.5",),
    "pdm": ("pdm[locked]==2.29.3",),
    "pipenv": ("pipenv==2026.10.3",),
    "pip-tools": ("pip-tools==7.6.2",),
}
UV = Path(sys.executable).with_name("uv")


def environment_of(name: str) -> Path:
    """Return the folder with the commands of a manager; skips where it cannot be brought."""
    if name == "uv":
        return UV.parent
    wanted = PINNED[name]
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "ci-actions-tests" / "managers"
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(f"{sys.executable} {sys.version} {wanted}".encode()).hexdigest()[:16]
    folder = cache / f"{name}-{digest}"
    with (cache / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            made = run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder])
            made += run([UV, "pip", "install", "--quiet", "--python", folder, *wanted])
            if made:
                pytest.skip(
                    f"{name} cannot be installed; `uv pip install {wanted[0]}` says why: {made[-300:]}"
                )
            (folder / "made").touch()
    return folder / "bin"


def run(argv: Sequence[str | Path]) -> str:
    """Return what a command complains of, empty when it succeeds."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stderr or "failed" if done.returncode else ""
