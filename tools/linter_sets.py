#!/usr/bin/env python3
"""Makes the environments with real linters that tests and benchmarks run: `tools/linters/<name>.txt` says what is in one.

    tools/linter_sets.py [NAME…]      makes them now, and prints the interpreter of each

Each is made once a machine, below the cache folder, named by what is in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import interpreters

FOLDER = Path(__file__).resolve().parent / "linters"
#: Well-known projects with settings of their own, as their source distributions have them.
PROJECTS = Path(__file__).resolve().parent / "linter_projects.txt"
#: The interpreters that may carry a set, the preferred one first: old versions of tools do not run on new ones.
PYTHONS = {"old": ((3, 9), (3, 8), (3, 10))}


class NoInterpreter(Exception):
    """The machine has no Python that this set runs on; the message names those that would do."""


def python_for(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the interpreter that a set is made with. Raises NoInterpreter."""
    if name not in PYTHONS:
        return Path(os.path.realpath(sys.executable))
    found = interpreters.find((3, 8), (3, 10), environ)
    for version in PYTHONS[name]:
        if version in found:
            return found[version]
    raise NoInterpreter("no " + ", ".join(f"Python {major}.{minor}" for major, minor in PYTHONS[name]))


def make(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the interpreter of the environment with a set, which is made if it is not there yet."""
    wanted = FOLDER / f"{name}.txt"
    base = python_for(name, environ)
    digest = sha256(wanted.read_bytes() + os.fsencode(base)).hexdigest()[:16]
    folder = cache(environ) / "ci-actions" / "linters" / f"{name}-{digest}"
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        if not (folder / "made").exists():
            _run([str(base), "-m", "venv", "--clear", str(folder)])
            _run(
                [
                    str(python),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                    str(wanted),
                ]
            )
            (folder / "made").touch()
    return python


def project(name: str, target: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return a repository below `target` that holds the source distribution of a project of `PROJECTS`."""
    (pinned,) = [line for line in PROJECTS.read_text().split() if line.startswith(f"{name}==")]
    folder = cache(environ) / "ci-actions" / "linters" / "projects"
    stem = f"{name}-{pinned.partition('==')[2]}"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / f"{stem}.lock"):
        if not (folder / f"{stem}.tar.gz").exists():
            download = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
            ]
            _run([*download, "--no-binary", ":all:", "--dest", str(folder), pinned])
    with tarfile.open(folder / f"{stem}.tar.gz") as archive:
        archive.extractall(target, filter="data")
    made = target / stem
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    for words in (["init", "--quiet"], ["add", "--all", "--force"], [*who, "commit", "--quiet", "-m", stem]):
        _run(["git", "-C", str(made), *words])
    return made


def cache(environ: Mapping[str, str]) -> Path:
    """Return the user's cache folder."""
    return Path(environ.get("XDG_CACHE_HOME") or Path(environ["HOME"], ".cache"))


class _alone:  # noqa: N801 - reads like the function it could be
    """Keeps others out while a set is made: two workers of one test run ask for the same one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        import fcntl

        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _run(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:]}")


def main(names: list[str]) -> int:
    """Make the sets that are named, all without any."""
    for name in names or sorted(path.stem for path in FOLDER.glob("*.txt")):
        try:
            print(name, make(name))
        except NoInterpreter as none:
            print(name, none)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
