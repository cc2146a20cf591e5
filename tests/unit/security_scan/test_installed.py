from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_actions.security_scan.installed import with_environment
from ci_actions.security_scan.scanners import Tree


def environment(folder: Path, *packages: str, own: str = "") -> Path:
    site = folder / "lib" / "python3.12" / "site-packages"
    for name in (*packages, *([own] if own else [])):
        (site / f"{name}.dist-info").mkdir(parents=True)
    if own:
        direct = {"url": "file:///work", "dir_info": {"editable": True}}
        (site / f"{own}.dist-info" / "direct_url.json").write_text(json.dumps(direct))
    (folder / "pyvenv.cfg").write_text("")
    return folder


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_what_is_installed_but_not_the_project_itself(tmp_path: Path, name: str) -> None:
    environment(tmp_path / name, "flask-0.5", "zope_interface-7.0.dev1", own="app-0.1.0")
    found = with_environment(Tree(), tmp_path, {})
    assert found.installed == (("flask", "0.5"), ("zope_interface", "7.0.dev1"))
    assert found.environment == name


def test_the_activated_environment_comes_first(tmp_path: Path) -> None:
    environment(tmp_path / ".venv", "flask-0.5")
    active = environment(tmp_path / "active", "flask-1.0")
    assert with_environment(Tree(), tmp_path, {"VIRTUAL_ENV": str(active)}).installed == (("flask", "1.0"),)


def test_a_folder_that_is_no_environment(tmp_path: Path) -> None:
    (environment(tmp_path / ".venv", "flask-0.5") / "pyvenv.cfg").unlink()
    assert with_environment(Tree(), tmp_path, {}).installed == ()
