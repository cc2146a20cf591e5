"""Real environments with pytest and the plugins that people use, each made once and kept in the cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

import interpreters
import pytest

#: What is in each, by the minor version of Python: the last versions that run there, and every major version of pytest.
SETS = {
    "3.6": "pytest==6.2.5 pytest-xdist==2.5.0 pytest-cov==4.0.0 coverage==6.2 pytest-rerunfailures==10.3 "
    "pytest-randomly==3.10.3",
    "3.7": "pytest==7.0.1 pytest-xdist==3.5.0 pytest-cov==4.1.0 coverage==7.2.7 pytest-rerunfailures==13.0 "
    "pytest-randomly==3.12.0",
    "3.8": "pytest==7.4.4 pytest-xdist==3.5.0 pytest-cov==5.0.0 coverage==7.6.1 pytest-rerunfailures==14.0 "
    "pytest-randomly==3.15.0 pytest-asyncio==0.23.8",
    "3.9": "pytest==8.4.2 pytest-xdist==3.8.0 pytest-cov==7.0.0 coverage==7.10.7 pytest-rerunfailures==15.1 "
    "pytest-randomly==4.0.1 pytest-asyncio==1.2.0",
    "3.10": "pytest==8.3.2 pytest-xdist==3.6.1 pytest-cov==5.0.0 coverage==7.6.1 pytest-rerunfailures==14.0 "
    "pytest-randomly==3.15.0 pytest-asyncio==0.24.0",
    "3.11": "pytest==8.0.0 pytest-xdist==3.5.0 pytest-cov==4.1.0 coverage==7.4.0 pytest-rerunfailures==13.0 "
    "pytest-randomly==3.15.0",
    "3.12": "pytest==9.0.1 pytest-xdist==3.8.0 pytest-cov==7.0.0 coverage==7.11.3 pytest-rerunfailures==16.1 "
    "pytest-randomly==4.0.1",
    "3.13": "pytest==9.0.1 pytest-xdist==3.8.0 pytest-cov==7.0.0 coverage==7.13.0 pytest-rerunfailures==16.1 "
    "pytest-randomly==4.0.1 pytest-asyncio==1.3.0 hypothesis pytest-timeout==2.4.0",
    # Without coverage, and without any plugin.
    "bare": "pytest==9.0.1",
}
#: Which Python the others are made with.
BARE = (3, 13)


def python_of(name: str) -> Path:
    """Return the interpreter of an environment; skips where its Python, or its packages, cannot be had."""
    version = BARE if name == "bare" else interpreters.parse(name)
    found = interpreters.find(version, version)
    if not found:
        pytest.skip(f"this machine has no Python {version[0]}.{version[1]}")
    (base,) = found.values()
    wanted = SETS[name]
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "ci-actions-tests" / "pytests"
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(f"{base} {wanted}".encode()).hexdigest()[:16]
    folder = cache / f"{name}-{digest}"
    python = folder / "bin" / "python"
    with (cache / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            run([str(base), "-m", "venv", "--clear", str(folder)], wanted)
            # The runner of the tests may have a path of its own; these have none.
            run([str(python), "-m", "pip", "install", "--quiet", *wanted.split()], wanted)
            (folder / "made").touch()
    return python


def run(words: list[str], wanted: str) -> None:
    """Run a command; skips with what would bring the environment when it fails."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(words, capture_output=True, text=True, env=environ, check=False)
    if done.returncode:
        pytest.skip(f"`pip install {wanted}` brings the environment, but: {done.stderr[-300:]}")
