"""The command on real repositories: what is written, what is left, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ci_actions.commands.init.command import Ask, init
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable

PYPROJECT = """\
[project]
name = "shop"
version = "1.0.0"
requires-python = ">=3.11,<3.14"

[dependency-groups]
tests = ["pytest>=8", "pytest-cov"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "src/shop/__init__.py": "",
    "tests/test_shop.py": "import shop\n",
    "README.md": "# shop\n\nSells.\n",
}
WORKFLOWS = Path(".github/workflows")


def run(here: Path, *words: str, ask: Ask | None = None) -> tuple[int, str]:
    out = StringIO()
    code = init(list(words), os.environ, here=here, out=out, program=Path("/nowhere"), ask=ask)
    return code, out.getvalue()


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


@pytest.fixture
def shop(repository: Any) -> Path:
    repository.commit(FILES)
    path: Path = repository.path
    return path


def test_what_is_missing_is_shown_and_written_once(shop: Path) -> None:
    code, said = run(shop, "--yes")
    assert code == 0
    assert "groups     tests  (the group tests has pytest, coverage)" in said
    assert "\n+++ b/.github/workflows/ci.yml\n" in said
    assert "require in branch protection of main: ci / all-green" in said
    text = (shop / WORKFLOWS / "ci.yml").read_text()
    assert "      groups: tests\n" in text
    assert "    branches: [main]\n" in text
    before = tree(shop)
    code, said = run(shop, "--yes")
    assert (code, tree(shop)) == (0, before)
    assert said.endswith("Nothing is to be done.\n")
    assert "\n+++" not in said


@pytest.mark.parametrize(
    ("words", "answer", "code", "said"),
    [
        (("--dry-run",), None, 0, "would be written"),
        (("--dry-run", "--yes"), "y", 0, "would be written"),
        ((), None, 2, "nobody can be asked here: --yes writes, --dry-run only shows"),
        ((), "", 0, "Nothing was written."),
        ((), "nope", 0, "Nothing was written."),
    ],
)
def test_nothing_is_written_without_a_yes(
    shop: Path, words: tuple[str, ...], answer: str | None, code: int, said: str
) -> None:
    before = tree(shop)
    ask = None if answer is None else lambda _: answer or ""
    found = run(shop, *words, ask=ask)
    assert found[0] == code
    assert said in found[1].splitlines()[-1]
    assert tree(shop) == before


@pytest.mark.parametrize("answer", ["y", " YES "])
def test_a_yes_writes(shop: Path, answer: str) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answer

    code, said = run(shop, "--only=ci,comment", ask=ask)
    assert (code, asked) == (0, ["Write these 2 files? [y/N] "])
    assert "2 files written." in said


def test_an_end_of_the_input_is_a_no(shop: Path) -> None:
    def ask(_: str) -> str:
        raise EOFError

    assert run(shop, ask=ask)[0] == 0
    assert not (shop / ".github").exists()


def test_only_what_is_asked_for(shop: Path) -> None:
    run(shop, "--yes", "--only", "ci")
    assert sorted(path.name for path in (shop / WORKFLOWS).iterdir()) == ["ci.yml"]


def test_one_of_ours_that_nobody_edited_is_brought_up_to_date(shop: Path) -> None:
    run(shop, "--yes", "--only=ci")
    file = shop / WORKFLOWS / "ci.yml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    (shop / "pyproject.toml").write_text(PYPROJECT.replace("tests = ", "checks = "))
    code, said = run(shop, "--yes", "--only=ci")
    assert code == 0
    assert "changed: init wrote it, nobody edited it" in said
    assert "-      groups: tests\n+      groups: checks\n" in said
    data = file.read_bytes()
    assert b"      groups: checks\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n"), "the line ends are those that were there"


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("groups: tests", "groups: other"),
        lambda text: text.rstrip("\n"),
        lambda text: text.partition("\n")[2].replace("tests", "mine"),
        lambda _: "name: ci\non: push\njobs: {}\n",
    ],
    ids=["edited", "no last line end", "another's", "foreign"],
)
def test_an_edited_or_foreign_one_is_left_and_forced(shop: Path, edit: Callable[[str], str]) -> None:
    run(shop, "--yes", "--only=ci")
    file = shop / WORKFLOWS / "ci.yml"
    wanted = file.read_text()
    file.write_text(edit(wanted))
    before = file.read_bytes()
    code, said = run(shop, "--yes", "--only=ci")
    assert (code, file.read_bytes()) == (1, before)
    assert "left as it is: init did not write it, or somebody edited it" in said
    assert "\n+++ b/.github/workflows/ci.yml\n" in said
    assert "--force" in said
    assert run(shop, "--dry-run", "--only=ci")[0] == 0
    assert run(shop, "--yes", "--only=ci", "--force")[0] == 0
    assert file.read_text() == wanted


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ci.yaml", "name: other\non: push\njobs: {}\n", "ci.yaml is a workflow `other` already"),
        ("tests.yml", "name: CI\non: push\njobs: {}\n", "tests.yml is a workflow `CI` already"),
        (
            "tests.yml",
            "on: push\njobs: {a: {uses: Org/ci-actions/.github/workflows/ci.yml@main}}\n",
            "tests.yml calls our ci.yml already",
        ),
    ],
)
def test_a_second_one_of_its_kind_is_not_written(shop: Path, name: str, text: str, said: str) -> None:
    (shop / WORKFLOWS).mkdir(parents=True)
    (shop / WORKFLOWS / name).write_text(text)
    code, shown = run(shop, "--yes", "--only=ci,comment")
    assert code == 1
    assert said in shown
    assert not (shop / WORKFLOWS / "ci.yml").exists()
    assert not (shop / WORKFLOWS / "comment.yml").exists(), "it would follow another workflow"
    assert run(shop, "--yes", "--only=ci", "--force")[0] == 0
    assert (shop / WORKFLOWS / "ci.yml").exists()


def test_links_are_never_written_through(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (shop / ".github").symlink_to(tmp_path / "elsewhere")
    code, said = run(shop, "--yes", "--only=ci", "--force")
    assert code == 1
    assert "Put a file in the place of the link .github" in said
    assert not list((tmp_path / "elsewhere").iterdir())


def test_in_a_folder_of_the_repository(shop: Path) -> None:
    code, said = run(shop / "tests", "--yes", "--only=ci")
    assert code == 0
    assert said.startswith(f"{shop} is the repository around this folder")
    assert (shop / WORKFLOWS / "ci.yml").is_file()


def test_edits_that_are_not_committed_stay(shop: Path) -> None:
    (shop / "pyproject.toml").write_text(PYPROJECT + "# an edit\n[tool.coverage.report]\nfail_under = 91\n")
    code, said = run(shop, "--yes", "--only=settings")
    assert code == 0
    assert "the edits in it that are not committed stay" in said
    assert "# an edit\n" in (shop / "pyproject.toml").read_text()
    assert (shop / "pyproject.toml").read_text().endswith("min-overall = 91\n")


def test_workflows_of_others_are_named(shop: Path) -> None:
    (shop / WORKFLOWS).mkdir(parents=True)
    (shop / WORKFLOWS / "tests.yml").write_text("on: [push]\njobs: {}\n")
    (shop / WORKFLOWS / "weekly.yml").write_text("on: {schedule: [{cron: '1 1 1 1 1'}]}\njobs: {}\n")
    said = run(shop, "--dry-run")[1]
    assert "NOTE: .github/workflows/tests.yml: for pushes or pull requests, too" in said
    assert "weekly" not in said.partition("\n+++")[0]


def test_a_file_without_a_safe_place_is_left_with_what_to_add(shop: Path) -> None:
    (shop / ".github").mkdir()
    (shop / ".github" / "dependabot.yml").write_text("version: 2\nupdates: []\n")
    code, said = run(shop, "--yes", "--only=dependabot")
    assert code == 1
    assert "Put this in yourself:\n" in said
    assert "- package-ecosystem: github-actions\n" in said
    assert (shop / ".github" / "dependabot.yml").read_text() == "version: 2\nupdates: []\n"


def test_renovate_is_left_its_work(shop: Path) -> None:
    (shop / "renovate.json").write_text("{}\n")
    code, said = run(shop, "--yes", "--only=dependabot")
    assert (code, "renovate.json says who updates the dependencies" in said) == (0, True)
    assert not (shop / ".github").exists()


def test_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge) as refused:
        run(tmp_path)
    assert "is in no git repository" in refused.value.message


def test_what_cannot_be_written_leaves_nothing(shop: Path) -> None:
    (shop / ".github").write_text("a file\n")
    before = tree(shop)
    with pytest.raises(Unavailable) as refused:
        run(shop, "--yes", "--only=ci,comment")
    assert "Nothing was written" in refused.value.problems[0]
    assert tree(shop) == before


def test_what_changed_meanwhile_is_not_overwritten(shop: Path) -> None:
    run(shop, "--yes", "--only=ci")
    file = shop / WORKFLOWS / "ci.yml"
    (shop / "pyproject.toml").write_text(PYPROJECT.replace("tests = ", "checks = "))

    def ask(_: str) -> str:
        file.write_text("name: mine\n")
        return "y"

    with pytest.raises(CannotJudge) as refused:
        run(shop, "--only=ci,comment", ask=ask)
    assert "has changed since it was shown" in refused.value.message
    assert file.read_text() == "name: mine\n"
    assert not (shop / WORKFLOWS / "comment.yml").exists()


def test_what_the_workflows_name_can_be_told(shop: Path) -> None:
    run(shop, "--yes", "--only=ci", "--repository=acme/our-ci", "--ref=main")
    assert "uses: acme/our-ci/.github/workflows/ci.yml@main\n" in (shop / WORKFLOWS / "ci.yml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only=cu",), "'cu', which is none of: ci, nightly"),
        (("--ref=a b",), "option '--ref' is 'a b' but must be a tag"),
        (("--repository=acme",), "option '--repository' is 'acme' but must be a repository"),
        (("ci",), "'ci' is not understood"),
    ],
)
def test_what_cannot_be_meant(shop: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        run(shop, *words)
    assert said in "\n".join(refused.value.problems)
