"""The folder that act takes for our repository: ours alone, and whole before it counts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci_actions import home, vendoring
from ci_actions.commands.act import tree
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.publish.tree import EXECUTABLE, File

FILES = {"actions/x/action.yml": File(b"a"), "actions/x/start.sh": File(b"b", EXECUTABLE)}
ABOUT = {"ref": "v1"}


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "a folder"


def test_written_and_left_alone_and_written_anew(to: Path) -> None:
    place, written = tree.write(FILES, to, ABOUT)
    assert (place, written) == (to / "tree", True)
    assert (place / "actions/x/action.yml").read_bytes() == b"a"
    assert os.access(place / "actions/x/start.sh", os.X_OK) or sys.platform == "win32"
    assert (to / ".gitignore").read_text() == "*\n"
    before = place.stat().st_ino
    assert tree.write(FILES, to, ABOUT) == (place, False)
    assert place.stat().st_ino == before
    (to / "cache").mkdir()
    assert tree.write({"actions/y": File(b"c")}, to, ABOUT) == (place, True)
    assert [each.relative_to(place).as_posix() for each in place.rglob("*")] == ["actions", "actions/y"]
    assert sorted(each.name for each in to.iterdir()) == [
        ".ci-actions-act.json",
        ".gitignore",
        "cache",
        "tree",
    ]


def test_for_jobs_on_this_machine_the_program_lies_apart(to: Path) -> None:
    files = {
        "actions/x/action.yml": File(b"a"),
        "actions/x/start.sh": File(b'echo "$0 said $*"', EXECUTABLE),
        ".github/workflows/w.yml": File(b"w"),
        "src/ci_actions/a.py": File(b"p"),
    }
    place, written = tree.write(files, to, ABOUT, apart=True)
    assert written
    assert {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()} == {
        "actions/x/action.yml", "actions/x/start.sh", ".github/workflows/w.yml"
    }  # fmt: skip
    door = ["bash", str(place / "actions/x/start.sh"), "a", "b c"]
    said = subprocess.run(door, capture_output=True, text=True, check=True).stdout
    assert said == f"{to}/program/actions/x/start.sh said a b c\n"
    bytecode = to / "program" / "src" / "ci_actions" / "__pycache__"
    bytecode.mkdir()
    (bytecode / "a.pyc").touch()
    assert tree.write(files, to, ABOUT, apart=True) == (place, False)
    (to / "program" / "actions/x/start.sh").unlink()
    gone = subprocess.run(door, capture_output=True, text=True, check=False)
    assert (gone.returncode, gone.stdout) == (4, "")
    assert "Make one with --docker" in gone.stderr
    assert tree.write(files, to, ABOUT, apart=True) == (place, True)


@pytest.mark.parametrize("change", ["content", "more", "less"])
def test_a_tree_that_somebody_changed_is_written_anew(to: Path, change: str) -> None:
    place, _ = tree.write(FILES, to, ABOUT)
    if change == "content":
        (place / "actions/x/action.yml").write_bytes(b"z")
    elif change == "more":
        (place / "new").write_bytes(b"")
    else:
        (place / "actions/x/start.sh").unlink()
    assert tree.write(FILES, to, ABOUT) == (place, True)
    assert {each.name for each in place.rglob("*") if each.is_file()} == {"action.yml", "start.sh"}


@pytest.mark.parametrize("kind", ["file", "full", "link-to-full", "link-to-nowhere"])
def test_what_is_somebody_elses_is_never_touched(tmp_path: Path, kind: str) -> None:
    to, other = tmp_path / "to", tmp_path / "other"
    other.mkdir()
    (other / "mine").write_text("precious")
    if kind == "file":
        to.write_text("precious")
    elif kind == "full":
        other.rename(to)
    else:
        to.symlink_to(other if kind == "link-to-full" else tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput, match=r"--to .* (is no folder|holds something that)"):
        tree.refuse_others(to)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    tree.refuse_others(tmp_path)
    assert tree.write(FILES, tmp_path, ABOUT)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        tree.write(FILES, tmp_path / "file" / "to", ABOUT)


def test_the_program_is_all_that_a_job_needs() -> None:
    # The folder that a source tree makes at its first start; most tests of the command have made it already.
    root = home.root()
    vendor = Path(home.vendor_folder(root, os.environ))
    if not vendor.is_dir():
        vendoring.build(Path(root, "requirements", "runtime.txt"), vendor, sys.executable)
    files = tree.program(os.environ)
    for path in (
        "src/ci_actions/cli.py",
        "src/ci_actions/kit/page.css",
        "vendor/yaml/__init__.py",
        "requirements/runtime.txt",
        ".github/workflows/code-scanning.yml",
        "action.yml",
        "actions/coverage-gate/action.yml",
    ):
        assert path in files
    assert files["coverage-gate/start.sh"] == files["actions/coverage-gate/start.sh"]
    assert files["coverage-gate/start.sh"].mode == EXECUTABLE
    assert not [path for path in files if "__pycache__" in path or path.startswith(("tests/", ".git/"))]
