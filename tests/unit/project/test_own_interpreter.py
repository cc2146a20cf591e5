"""The interpreter that a project has of its own: the first of the places where one is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.process import Process
from ci_actions.project import own_interpreter
from ci_actions.project.own_interpreter import Found


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("venvs") / "one"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project" / "sub").mkdir(parents=True)
    return tmp_path / "project"


def find(directory: Path, root: Path, asked: str = "", path: str = "", **environ: str) -> Found:
    from shutil import which

    return own_interpreter.find(
        asked,
        directory,
        root,
        environ,
        Process(os.environ),
        lambda name: which(name, path=path or "/nowhere"),
    )


def test_the_order_of_the_places(project: Path, venv: Path) -> None:
    (project / ".venv").symlink_to(venv)
    (project / "mine").symlink_to(venv)
    assert find(project / "sub", project).how == "../.venv"
    assert find(project, project, VIRTUAL_ENV=str(venv)).how == f"VIRTUAL_ENV={venv}"
    assert find(project, project, UV_PROJECT_ENVIRONMENT="mine").how == "UV_PROJECT_ENVIRONMENT=mine"
    assert find(project, project, CONDA_PREFIX="/conda").how == ".venv"
    assert find(project, project, "mine/bin/python", VIRTUAL_ENV=str(venv)).how == "input python"
    # One that is gone is none.
    assert find(project, project, VIRTUAL_ENV="/gone").how == ".venv"


def test_the_environment_that_it_belongs_to(project: Path, venv: Path) -> None:
    (project / ".venv").symlink_to(venv)
    found = find(project, project)
    assert found.python == str(project / ".venv" / "bin" / "python"), (
        "links are kept: behind them lies another one"
    )
    assert found.prefix == project / ".venv"
    assert Found("/usr/bin/python3", "").prefix is None


def test_what_conda_pdm_and_poetry_say(project: Path, venv: Path, tmp_path: Path) -> None:
    assert find(project, project, CONDA_PREFIX=str(venv)).how == f"CONDA_PREFIX={venv}"
    (project / ".pdm-python").write_text(f"{venv}/bin/python\n")
    assert find(project, project).how == ".pdm-python"
    (project / ".pdm-python").unlink()
    (project / "pyproject.toml").write_text("[tool.poetry]\n")
    (tmp_path / "bin").mkdir()
    poetry = tmp_path / "bin" / "poetry"
    poetry.write_text(f"#!/bin/sh\necho warning\necho {venv}\n")
    poetry.chmod(0o755)
    assert find(project, project, path=str(tmp_path / "bin")).how == "poetry env info"


def test_path_is_the_last_resort_and_says_so(project: Path) -> None:
    found = find(project, project, path=str(Path(sys.executable).parent))
    assert "on PATH: there is no VIRTUAL_ENV and no .venv" in found.how


def test_what_there_is_not(project: Path, venv: Path) -> None:
    (project.parent / ".venv").symlink_to(venv)
    with pytest.raises(CannotJudge, match="no Python environment"):
        find(project, project)
    with pytest.raises(BadInput, match=r"'python3\.99', which is no interpreter"):
        find(project, project, "python3.99")
