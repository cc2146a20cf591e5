"""What stands in a wheel, and how its command finds it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ci_actions import home
from ci_actions.kit.errors import CannotJudge, Unavailable
from ci_actions.kit.process import Process
from ci_actions.publish import tree, wheel
from ci_actions.publish.tree import File, Files, Source

ROOT = Path(__file__).resolve().parents[3]
TIME = 1_700_000_000


def released() -> Files:
    """A release of the real build configuration and the real start, and little else."""
    names = ("pyproject.toml", "hatch_build.py", "LICENSE", "src/ci_actions/__init__.py", "src/ci_actions/home.py",
             "src/ci_actions/__main__.py", "src/ci_actions/bootstrap.py", "src/ci_actions/vendoring.py")  # fmt: skip
    main = {name: File((ROOT / name).read_bytes()) for name in names} | {
        "actions/gate/action.yml": File(b"name: gate"),
        "requirements/runtime.txt": File(b"six==1\n"),
        ".github/workflows/ci.yml": File(b"on: workflow_call"),
        ".github/workflows/_release.yml": File(b"on: push"),
        "tests/test_a.py": File(b""),
        "src/ci_actions/cli.py": File(
            b"def main():\n    import six\n    print(six.__file__)\n    return 5\n"
        ),
    }
    vendor = {"vendor/six.py": File(b""), "vendor/six-1.dist-info/METADATA": File(b"Name: six")}
    return tree.make(Source("c" * 40, TIME, main), "1.2.3", vendor).files


@pytest.fixture(scope="module")
def built() -> tuple[str, bytes]:
    return wheel.build(released(), TIME, Process(os.environ), sys.executable)


def unpacked(built: tuple[str, bytes], folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(built[1])) as archive:
        archive.extractall(folder)
    return folder


def test_it_has_the_version_and_holds_the_tree_as_data(built: tuple[str, bytes]) -> None:
    name, data = built
    assert name == "ci_actions-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
    inside = {each.removeprefix("ci_actions/_release/") for each in names if "/_release/" in each}
    assert inside == {
        "release.json", "requirements/runtime.txt", "actions/gate/action.yml", ".github/workflows/ci.yml",
        "vendor/six.py", "vendor/six-1.dist-info/METADATA",
    }  # fmt: skip
    assert not {each.split("/")[0] for each in names} - {"ci_actions", "ci_actions-1.2.3.dist-info"}


def test_it_is_the_same_every_time(built: tuple[str, bytes]) -> None:
    assert wheel.build(released(), TIME, Process(os.environ), sys.executable) == built


def test_its_command_puts_the_dependencies_on_the_path_of_its_own_process(
    built: tuple[str, bytes], tmp_path: Path
) -> None:
    folder = unpacked(built, tmp_path / "site")
    started = (
        "import sys; sys.path.insert(0, sys.argv[1]); from ci_actions.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", started, folder], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(folder / "ci_actions" / "_release" / "vendor" / "six.py"), done.stderr
    assert done.returncode == 5
    assert not (folder / "six.py").exists()


def test_the_version_is_that_of_the_release_around_it(built: tuple[str, bytes], tmp_path: Path) -> None:
    tree.write(released(), tmp_path / "tree", TIME)
    installed = unpacked(built, tmp_path / "site") / "ci_actions"
    code = "import runpy, sys; made = runpy.run_path(sys.argv[1]); print(made['version'](), made['root']())"
    for file, root in (
        (tmp_path / "tree" / "src" / "ci_actions" / "home.py", tmp_path / "tree"),
        (installed / "home.py", installed / "_release"),
    ):
        done = subprocess.run(
            [sys.executable, "-I", "-c", code, file], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["1.2.3", str(root)]


def test_this_checkout_is_no_release() -> None:
    assert home.version() == home.UNRELEASED
    assert Path(home.root()) == ROOT


def test_a_build_that_fails_says_why() -> None:
    broken = {**released(), "hatch_build.py": File(b"raise RuntimeError('on purpose')\n")}
    with pytest.raises(CannotJudge, match="on purpose"):
        wheel.build(broken, TIME, Process(os.environ), sys.executable)


def test_an_environment_without_the_backend_says_what_to_run(tmp_path: Path) -> None:
    made = [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")]
    subprocess.run(made, check=True)
    (python,) = (found for found in (tmp_path / "bare").glob("*/python*") if found.stem == "python")
    assert shutil.which(str(python))
    with pytest.raises(Unavailable, match="has no hatchling"):
        wheel.build(released(), TIME, Process(os.environ), str(python))
