from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.process import Process
from ci_actions.quality import environment
from ci_actions.quality.model import Environment
from ci_actions.quality.tool import Program


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("venvs") / "one"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    (site,) = made.glob("lib/python*/site-packages")
    for name in ("My_Tool-1.2.dist-info", "other.name-3.0.dist-info", "old-4.5-py3.9.egg-info"):
        (site / name).mkdir()
    return made


def find(directory: Path, root: Path, asked: str = "", path: str = "", **environ: str) -> Environment:
    from shutil import which

    return environment.find(
        asked,
        directory,
        root,
        environ,
        Process(os.environ),
        lambda name: which(name, path=path or "/nowhere"),
    ).found()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project" / "sub").mkdir(parents=True)
    return tmp_path / "project"


def test_what_the_environment_has(project: Path, venv: Path) -> None:
    (project / ".venv").symlink_to(venv)
    found = find(project / "sub", project)
    assert found.how == "../.venv"
    assert {name: found.versions[name] for name in ("my-tool", "other-name", "old")} == {
        "my-tool": "1.2",
        "other-name": "3.0",
        "old": "4.5",
    }
    assert found.venv
    assert not found.movable
    assert found.release >= (3, 11)


def test_the_order_of_the_places(project: Path, venv: Path) -> None:
    (project / ".venv").symlink_to(venv)
    (project / "mine").symlink_to(venv)
    assert find(project, project, VIRTUAL_ENV=str(venv)).how == f"VIRTUAL_ENV={venv}"
    assert find(project, project, UV_PROJECT_ENVIRONMENT="mine").how == "UV_PROJECT_ENVIRONMENT=mine"
    assert find(project, project, "mine/bin/python", VIRTUAL_ENV=str(venv)).how == "input python"
    # One that is gone is none.
    assert find(project, project, VIRTUAL_ENV="/gone").how == ".venv"


def test_what_pdm_and_poetry_say(project: Path, venv: Path, tmp_path: Path) -> None:
    (project / ".pdm-python").write_text(f"{venv}/bin/python\n")
    assert find(project, project).how == ".pdm-python"
    (project / ".pdm-python").unlink()
    (project / "pyproject.toml").write_text("[tool.poetry]\n")
    (tmp_path / "bin").mkdir()
    poetry = tmp_path / "bin" / "poetry"
    poetry.write_text(f"#!/bin/sh\necho warning\necho {venv}\n")
    poetry.chmod(0o755)
    assert find(project, project, path=str(tmp_path / "bin")).how == "poetry env info"


def test_the_job_s_own_is_the_last_resort_and_says_so(project: Path) -> None:
    found = find(project, project, path=str(Path(sys.executable).parent))
    assert "on PATH: there is no VIRTUAL_ENV and no .venv" in found.how


def test_an_environment_above_the_git_root_is_not_the_projects(project: Path, venv: Path) -> None:
    (project.parent / ".venv").symlink_to(venv)
    with pytest.raises(CannotJudge, match="no Python environment"):
        find(project, project)


def test_an_interpreter_that_is_none(project: Path) -> None:
    with pytest.raises(BadInput, match=r"'python3\.99', which is no interpreter"):
        find(project, project, "python3.99")
    broken = project / ".venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(CannotJudge, match="does not start"):
        find(project, project)


def test_an_editable_installation_may_change_without_a_new_version(project: Path, venv: Path) -> None:
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "mine-1.dist-info").mkdir()
    about = site / "mine-1.dist-info" / "direct_url.json"
    about.write_text('{"url": "file:///elsewhere", "dir_info": {"editable": true}}')
    try:
        assert find(project, project, VIRTUAL_ENV=str(venv)).movable
        about.write_text(f'{{"url": "{project.as_uri()}", "dir_info": {{"editable": true}}}}')
        # The project itself: its files are part of the tree.
        assert not find(project / "sub", project, VIRTUAL_ENV=str(venv)).movable
    finally:
        about.unlink()
        about.parent.rmdir()


def made(**more: object) -> Environment:
    values: dict[str, object] = {
        "python": "/env/bin/python", "version": "3.13.1", "prefix": "/env", "scripts": "/env/bin", "how": "x", "versions": {},
    }  # fmt: skip
    return Environment(**{**values, **more})  # type: ignore[arg-type]


def test_nothing_of_the_user_reaches_a_tool() -> None:
    leaking = {
        "HOME": "/home/me", "XDG_CONFIG_HOME": "/home/me/.config", "RUFF_OUTPUT_FILE": "x", "PYLINTRC": "x", "MYPY_X": "x",
        "GITHUB_ACTIONS": "true", "FORCE_COLOR": "1", "SKIP": "lint", "PYTHONWARNINGS": "error", "VIRTUAL_ENV": "/other",
        "PATH": "/usr/bin", "LANG": "C", "PREK_HOME": "/cache/prek", "MYPYPATH": "x", "CI": "true",
        "GIT_DIR": "/p/.git", "GIT_INDEX_FILE": "/p/.git/index.lock", "GIT_CONFIG_COUNT": "0",
    }  # fmt: skip
    given = environment.neutral(leaking, made(), Path("/scratch/home"), Path("/cache"))
    assert {"HOME", "XDG_CONFIG_HOME"} <= given.keys()
    assert given["HOME"] == "/scratch/home"
    assert given["XDG_CACHE_HOME"] == "/home/me/.cache"
    assert given["PATH"] == "/env/bin:/usr/bin"
    assert given["VIRTUAL_ENV"] == "/env"
    assert given["PREK_HOME"] == "/cache/prek"
    assert given["LANG"] == "C"
    for name in (
        "RUFF_OUTPUT_FILE",
        "PYLINTRC",
        "MYPY_X",
        "GITHUB_ACTIONS",
        "FORCE_COLOR",
        "SKIP",
        "MYPYPATH",
        "CI",
        "GIT_DIR",
        "GIT_INDEX_FILE",
    ):
        assert name not in given, name


def test_bytecode_goes_nowhere_or_to_the_cache() -> None:
    kept = environment.neutral({}, made(), Path("/h"), Path("/c"))
    fresh = environment.neutral({}, made(compiled=False), Path("/h"), Path("/c"))
    assert kept["PYTHONDONTWRITEBYTECODE"] == "1"
    assert (fresh.get("PYTHONDONTWRITEBYTECODE"), fresh["PYTHONPYCACHEPREFIX"]) == (None, "/c/pyc")


def test_the_script_of_the_environment_or_its_module_without_the_working_directory(tmp_path: Path) -> None:
    program = Program("pre-commit", "pre-commit", "pre_commit")
    here = made(scripts=str(tmp_path))
    assert environment.launcher(here, program) == ("/env/bin/python", "-P", "-m", "pre_commit")
    old = made(scripts=str(tmp_path), version="3.9.18")
    assert environment.launcher(old, program) == ("/env/bin/python", "-I", "-m", "pre_commit")
    (tmp_path / "pre-commit").touch()
    assert environment.launcher(here, program) == (str(tmp_path / "pre-commit"),)
