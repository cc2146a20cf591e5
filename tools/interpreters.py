#!/usr/bin/env python3
"""Lists the CPython interpreters of this machine, one of each minor version: `3.12 /path/to/python`.

    tools/interpreters.py [MINIMUM [MAXIMUM]]      for example: tools/interpreters.py 3.11 3.13

Looks at `python3.X` on PATH, pyenv's versions and the runner's tool cache, and believes only what starts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

Version = tuple[int, int]

NEWEST_MINOR = 20
PROBE = """
import platform, sys
print(platform.python_implementation())
print("%d.%d" % sys.version_info[:2])
print(sys.executable)
"""


def find(
    minimum: Version = (3, 0), maximum: Version = (3, 99), environ: Mapping[str, str] = os.environ
) -> dict[Version, Path]:
    """Return one interpreter for each minor version from `minimum` to `maximum`, oldest first."""
    found: dict[Version, Path] = {}
    for candidate in candidates(environ):
        version = version_in_name(candidate)
        if version is not None and (version in found or not minimum <= version <= maximum):
            continue  # its name says enough: it need not be started
        answer = ask(candidate)
        if answer is not None and minimum <= answer[0] <= maximum:
            found.setdefault(*answer)
    return dict(sorted(found.items()))


def candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield what may be an interpreter: installed ones before the shims that only point at them."""
    home = environ.get("HOME", "")
    pyenv = environ.get("PYENV_ROOT") or (str(Path(home, ".pyenv")) if home else "")
    if pyenv:
        yield from newest_first(Path(pyenv, "versions"), "*/bin/python")
    if environ.get("RUNNER_TOOL_CACHE"):
        yield from newest_first(Path(environ["RUNNER_TOOL_CACHE"], "Python"), "*/*/bin/python")
    for major, minor in [(3, number) for number in range(NEWEST_MINOR, 5, -1)] + [(2, 7)]:
        named = shutil.which(f"python{major}.{minor}", path=environ.get("PATH", ""))
        if named:
            yield Path(named)
    for name in ("python3", "python"):
        plain = shutil.which(name, path=environ.get("PATH", ""))
        if plain:
            yield Path(plain)


def newest_first(folder: Path, pattern: str) -> list[Path]:
    """Return the matches of `pattern` under `folder`, the highest version number first."""
    return sorted(folder.glob(pattern), key=numbers, reverse=True)


def numbers(path: Path) -> list[int]:
    """Return the numbers in a path, to order 3.9 before 3.10."""
    return [int(number) for number in re.findall(r"\d+", str(path))]


def version_in_name(python: Path) -> Version | None:
    """Return (3, 12) for `…/3.12.1/bin/python` and for `python3.12`, None where no name says it."""
    match = re.search(r"(?:^|/)(?:python)?(\d)\.(\d+)(?:\.\d+)?(?:/|$)", python.as_posix())
    return (int(match[1]), int(match[2])) if match else None


def ask(python: Path) -> tuple[Version, Path] | None:
    """Return version and real path of a CPython that starts, else None."""
    try:
        done = subprocess.run(
            [python, "-S", "-c", PROBE], capture_output=True, text=True, timeout=30, check=False
        )
        implementation, version, executable = done.stdout.splitlines()
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return (parse(version), Path(executable)) if implementation == "CPython" else None


def parse(text: str) -> Version:
    """Return (3, 11) for "3.11"."""
    major, minor = text.split(".")
    return int(major), int(minor)


def main(arguments: list[str]) -> int:
    """Print the interpreters within the asked range."""
    minimum = parse(arguments[0]) if arguments else (3, 0)
    maximum = parse(arguments[1]) if arguments[1:] else (3, 99)
    for (major, minor), python in find(minimum, maximum).items():
        print(f"{major}.{minor} {python}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
