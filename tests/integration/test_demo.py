"""`make demo`, the part on examples/orders, and the tests of that example: what we show is what happens."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {"red": "1-too-few-tests", "green": "2-with-the-tests"}

pytestmark = pytest.mark.integration


def demo(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(ROOT / "tools" / "demo.sh"), "--example-only", str(folder)],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder, in a path with a space, and what it printed; with settings of git that would spoil it."""
    home = tmp_path_factory.mktemp("home")
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("*.py\n")
    (home / ".gitconfig").write_text(
        "[commit]\n\tgpgSign = true\n[core]\n\thooksPath = /nowhere\n\tautocrlf = true\n"
        "[diff]\n\tnoprefix = true\n\texternal = false\n\trenames = false\n[log]\n\tshowSignature = true\n"
    )
    folder = tmp_path_factory.mktemp("a folder") / "demo"
    done = demo(
        folder,
        HOME=str(home),
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        GITHUB_ACTIONS="true",
        GITHUB_EVENT_NAME="push",
        COVERAGE_FILE="/nowhere/.coverage",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def report(folder: Path, which: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "pages" / PAGES[which] / "report.json").read_text())
    return found


def test_too_few_tests_are_red(shown: tuple[Path, str]) -> None:
    folder, printed = shown
    found = report(folder, "red")
    assert (found["result"], found["exit-code"]) == ("failed", 1)
    assert found["outputs"]["failed-gates-json"] == '["new-code"]'  # type: ignore[index]
    assert "5 more lines are needed: src/orders/refunds.py:36-39, 41." in printed


def test_the_missing_tests_make_it_green(shown: tuple[Path, str]) -> None:
    found = report(shown[0], "green")
    assert (found["result"], found["exit-code"]) == ("passed", 0)
    assert found["outputs"]["new-code"] == "100.00"  # type: ignore[index]


def test_every_page_it_names_is_there(shown: tuple[Path, str]) -> None:
    folder, printed = shown
    for name in PAGES.values():
        page = folder / "pages" / name / "coverage.html"
        assert str(page) in printed
        assert "refunds.py" in page.read_text(encoding="utf-8")


def test_it_touches_no_folder_that_holds_anything(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = demo(tmp_path)
    assert (done.returncode, done.stderr) == (2, f"demo: {tmp_path} is not empty\n")
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_the_example_passes_its_own_tests() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=ROOT / "examples" / "orders", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
