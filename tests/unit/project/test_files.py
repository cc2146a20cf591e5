"""The working directory as a value."""

from __future__ import annotations

import pytest
from tests.unit.project.conftest import Project

from ci_actions.kit.errors import BadInput
from ci_actions.project.files import is_pylock, matters


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("pyproject.toml", True),
        ("uv.lock", True),
        ("poetry.lock", True),
        ("Pipfile", True),
        (".python-version", True),
        (".mise.toml", True),
        ("runtime.txt", True),
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("pylock.a.b.toml", False),
        ("requirements.txt", True),
        ("requirements-dev.txt", True),
        ("dev-Requirements.TXT", True),
        ("requirements.in", True),
        ("constraints.txt", True),
        ("requirements/dev.txt", True),
        ("requirements/notes.md", False),
        ("docs/requirements.txt", False),
        ("notes.txt", False),
        ("README.md", False),
        ("Cargo.lock", False),
    ],
)
def test_what_matters(name: str, does: bool) -> None:
    assert matters(name) is does


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("pylock.a.b.toml", False),
        ("pylock..toml", False),
        ("xpylock.toml", False),
    ],
)
def test_names_of_pep_751(name: str, may: bool) -> None:
    assert is_pylock(name) is may


def test_names_are_shown_from_the_git_root(project: Project) -> None:
    assert project({}, "svc/api").shown("uv.lock") == "svc/api/uv.lock"
    assert project({}, "svc/api").shown("../../uv.lock") == "uv.lock"
    assert project({}).shown("uv.lock") == "uv.lock"


def test_tables(project: Project) -> None:
    files = project({"pyproject.toml": "[tool.uv]\nx = 1\n[tool]\nlist = []\n"})
    assert files.table("pyproject.toml", "tool", "uv") == {"x": 1}
    assert files.table("pyproject.toml", "tool", "list") == {}
    assert files.table("pyproject.toml", "tool", "uv", "x", "y") == {}
    assert files.toml("uv.toml") == {}


def test_order_of_requirements_files(project: Project) -> None:
    files = project(
        dict.fromkeys(
            (
                "requirements/b.txt",
                "requirements/constraints.txt",
                "requirements-a.txt",
                "requirements.txt",
                "constraints.txt",
            ),
            "",
        )
    )
    assert files.requirement_files() == ("requirements.txt", "requirements-a.txt", "requirements/b.txt")
    assert files.requirement_files(".in") == ()


def test_a_pointer_is_no_file(project: Project) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n"
    with pytest.raises(BadInput, match=r"^svc/poetry\.lock is a Git LFS pointer"):
        project({"poetry.lock": pointer}, "svc").toml("poetry.lock")
    # A file that only begins like one is what it is.
    assert (
        project({"requirements.txt": pointer + "#" * 1024}).bytes("requirements.txt").startswith(b"version")
    )


CONFLICT = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"


@pytest.mark.parametrize(
    "text", [CONFLICT, CONFLICT.replace("\n", "\r\n"), CONFLICT.replace("=", "||||||| base\n=", 1)]
)
def test_what_git_could_not_merge_is_no_content(project: Project, text: str) -> None:
    """Locks are looked through as text: the parser that would complain is not always called."""
    files = project({"uv.lock": text}, "svc")
    with pytest.raises(BadInput, match=r"^svc/uv\.lock has the marks of a merge conflict \(line 2\)"):
        files.text("uv.lock")


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", "# <<<<<<< a\n=======\n>>>>>>> b\n", "Title\n=======\n"])
def test_what_only_resembles_a_conflict_is_content(project: Project, text: str) -> None:
    assert project({"requirements.txt": text}).text("requirements.txt") == text


def test_what_is_nested_without_end_is_an_error(project: Project) -> None:
    with pytest.raises(BadInput, match=r"pyproject\.toml is nested too deeply"):
        project({"pyproject.toml": "a = " + "[" * 100_000}).toml("pyproject.toml")
