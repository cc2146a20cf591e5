"""Documents hold the files they show, byte for byte, and the command that writes them says so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ci_actions.capabilities import CAPABILITIES
from ci_actions.commands import docs

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "actions/*/README.md", "docs/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)


def test_check_is_clean() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ci_actions.commands.docs", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("name", DOCUMENTS)
def test_shown_files_are_the_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    shown = re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)\n?```", text, re.DOTALL)
    assert len(shown) == len(re.findall(r"^<!-- file: ", text, re.MULTILINE)), (
        f"{name}: a file marker without a block behind it"
    )
    for path, content in shown:
        assert (ROOT / path).is_file(), f"{name} shows {path}, which does not exist"
        assert content == (ROOT / path).read_text(encoding="utf-8").rstrip("\n"), (
            f"{name} shows an old {path}: run `make sync`"
        )


def test_the_root_readme_shows_a_workflow() -> None:
    assert "<!-- file: examples/workflows/" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CAPABILITIES)
def test_the_root_readme_names_every_action(name: str) -> None:
    assert f"org/ci-actions/{name}@v1" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_sections_are_replaced_and_nothing_else() -> None:
    text = "a\n<!-- inputs -->\nold\n\nmore\n<!-- end inputs -->\nb \\1"
    assert (
        docs.with_sections(text, {"inputs": "new \\1"})
        == "a\n<!-- inputs -->\nnew \\1\n<!-- end inputs -->\nb \\1"
    )
    assert docs.with_sections("nothing", {"inputs": "new"}) == "nothing"


def test_snippets_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("x: 1\n")
    for before in ("```yaml\nold\n```", "```yaml\n```", "```\nold\n\nmore\n```"):
        text = f"one\n<!-- file: a.yml -->\n{before}\ntwo"
        assert docs.snippets(tmp_path, text) == "one\n<!-- file: a.yml -->\n```yaml\nx: 1\n```\ntwo"
