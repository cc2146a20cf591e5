from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.process import Process
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.provide import (
    Choice,
    choose,
    environments_of,
    lock_of,
    pinned,
    provide,
    specifier,
)

MANAGERS = [each for each in Manager if each is not Manager.NONE]


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_every_manager_has_a_hash_locked_set(manager: Manager) -> None:
    text = lock_of(manager).read_text(encoding="utf-8")
    assert pinned(manager)[0].isdigit()
    assert text.count("--hash=sha256:") >= text.count("==") > 0
    assert "--index-url" not in text


def fake(folder: Path, version: str) -> str:
    program = folder / "poetry"
    program.write_text(f"#!/bin/sh\necho 'Poetry (version {version})'\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("there", "asked", "wanted", "version", "source"),
    [
        ("", "", "", None, "pinned"),
        ("1.8.3", "", "", "1.8.3", "path"),
        ("1.8.3", "", ">=1.8,<2", "1.8.3", "path"),
        ("1.8.3", "", ">=2", None, "pinned"),
        ("1.8.3", "2.0.0", ">=1.8,<2", "2.0.0", "asked"),
        ("", "", "<2", "<2", "asked"),
        ("2.0.0", "2.0", "", "2.0.0", "path"),
        ("broken", "", "", None, "pinned"),
    ],
    ids=[
        "nothing there",
        "any will do",
        "fits the project",
        "too old",
        "the input wins",
        "a range",
        "equal",
        "says nothing",
    ],
)
def test_which_one_is_used(
    tmp_path: Path, there: str, asked: str, wanted: str, version: str | None, source: str
) -> None:
    program = fake(tmp_path, there) if there else None
    choice = choose(
        Manager.POETRY, asked=asked, wanted=wanted, which=lambda _: program, process=Process(os.environ)
    )
    assert choice.version == (version or pinned(Manager.POETRY))
    assert (choice.program == program) == (source == "path") or not program
    assert choice.hash_locked == (source != "asked")
    assert ("not hash-locked" in choice.why) == (source == "asked")


def test_pip_on_path_belongs_to_somebody_else(tmp_path: Path) -> None:
    choice = choose(Manager.PIP, asked="", wanted="", which=lambda _: "/usr/bin/pip", process=Process({}))
    assert not choice.program


@pytest.mark.parametrize("text", ["latest", ">=", "1.x"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(BadInput, match="neither a version"):
        specifier(text, "manager-version")


@pytest.mark.parametrize(
    ("text", "version", "allowed"),
    [
        ("", "1.0", True),
        ("1.8.3", "1.8.3", True),
        ("1.8", "1.8.0", True),
        ("v1.8.3", "1.8.3", True),
        ("==1.8.3", "1.8.4", False),
        (">=1.8,<2", "2.0", False),
        ("~=1.8", "1.9", True),
    ],
)
def test_versions_and_ranges(text: str, version: str, allowed: bool) -> None:
    assert specifier(text, "x")(version) == allowed


def test_the_environments_of_one_manager_are_told_from_those_of_another() -> None:
    def named(manager: Manager, version: str, *, hash_locked: bool = True) -> str:
        return environments_of(Choice(manager=manager, version=version, why="", hash_locked=hash_locked))

    ours = named(Manager.PIP, "26.3")
    assert re.fullmatch(r"pip-[0-9a-f]{16}", ours)
    assert re.fullmatch(r"pip-[0-9a-f]{16}", named(Manager.PIP, "24.0", hash_locked=False))
    assert named(Manager.PIP, "24.0", hash_locked=False) != ours
    assert named(Manager.PIP_TOOLS, "7").startswith("pip-tools-")
    assert named(Manager.PYLOCK, "0.13").startswith("uv-")
    assert named(Manager.PDM, ">=2", hash_locked=False).startswith("pdm-")


def test_a_version_that_cannot_be_had_is_unavailable(tmp_path: Path) -> None:
    choice = Choice(manager=Manager.UV, version="0.0.0", why="", hash_locked=False)
    environ = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    with pytest.raises(Unavailable, match=r"installing uv==0\.0\.0"):
        provide(
            choice,
            python=sys.executable,
            cache=tmp_path,
            process=Process(environ),
            environ=environ,
            progress=lambda _: None,
        )
