"""What is done to the folder of the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci_actions.python_setup_with_cache import apply


def folder(venv: Path) -> None:
    (venv / "bin").mkdir(parents=True)


def link(venv: Path) -> None:
    kept = venv.with_name("kept")
    kept.mkdir()
    venv.symlink_to(kept)


def circle(venv: Path) -> None:
    venv.symlink_to(venv.name)


@pytest.mark.parametrize("make", [folder, link, circle, Path.touch, lambda _: None])
def test_whatever_lies_where_the_environment_is_made_goes(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / ".venv")
    apply._remove(tmp_path / ".venv")
    assert {each.name for each in tmp_path.iterdir()} <= {"kept"}
