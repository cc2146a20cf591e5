"""What the floor below set-up and scanners knows of a Python project: values, and the words they are called by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Manager(Enum):
    """Who installs a project's dependencies. The values are what users write after `manager:`."""

    UV = "uv"
    POETRY = "poetry"
    PDM = "pdm"
    PIPENV = "pipenv"
    PIP_TOOLS = "pip-tools"
    PIP = "pip"
    HATCH = "hatch"
    PYLOCK = "pylock"
    NONE = "none"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """One interpreter, as it says of itself.

    `version` is the minor (`3.12`), `full_version` all of it (`3.12.4`, `3.15.0rc1`); an implementation with a
    version of its own appends it (`3.10.16-7.3.19` is PyPy 7.3.19). `prefix` is where it installs to, `base_prefix`
    differs in a virtual environment. `platform` is `linux`, `darwin` or `win32`; `os_version` names the image
    (`ubuntu-24.04`), `libc` the C library (`glibc-2.39`, empty where there is no choice), `machine` the processor.
    """

    path: str
    implementation: str
    version: str
    full_version: str
    free_threaded: bool
    prefix: str
    base_prefix: str
    platform: str
    os_version: str
    libc: str
    machine: str
