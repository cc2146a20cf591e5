"""Reading a working directory, on real files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.project import reading
from ci_actions.project.reading import read_matching, read_project

Write = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, folders included, and returns the folder of all."""

    def all_of(files: Mapping[str, str | bytes]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path

    return all_of


def test_what_is_read(write: Write) -> None:
    root = write(
        {
            "pyproject.toml": "[project]",
            "README.md": "#",
            "requirements.txt": "-r deps/more.txt\n-c https://example.com/x.txt\n",
            "deps/more.txt": "-c ../limits/all.txt\n",
            "limits/all.txt": "six<2\n",
            "requirements/dev.txt": "pytest\n",
            "requirements/notes.md": "",
            "src/requirements.txt": "no\n",
        }
    )
    files = read_project(root, root)
    assert files.directory == "."
    assert files.names == {
        "pyproject.toml", "README.md", "requirements.txt", "requirements/dev.txt", "requirements/notes.md",
    }  # fmt: skip
    assert set(files.content) == {
        "pyproject.toml", "requirements.txt", "requirements/dev.txt", "deps/more.txt", "limits/all.txt",
    }  # fmt: skip


def test_the_folders_above_up_to_the_git_root(write: Write) -> None:
    root = write(
        {
            "repo/svc/api/pyproject.toml": "",
            "repo/svc/uv.lock": "a",
            "repo/pyproject.toml": "b",
            "pyproject.toml": "c",
        }
    )
    files = read_project(root / "repo/svc/api", root / "repo")
    assert files.directory == "svc/api"
    assert files.content == {"pyproject.toml": b"", "../uv.lock": b"a", "../../pyproject.toml": b"b"}


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_project(tmp_path / "svc", tmp_path)
    assert caught.value.message == (
        "working-directory 'svc' cannot be read: No such file or directory. "
        "Is it spelled right, and did actions/checkout run before?"
    )


def test_a_file_that_is_included_and_missing(write: Write) -> None:
    root = write({"svc/requirements.txt": "six\n-r dev.txt\n"})
    with pytest.raises(BadInput, match=r"requirements\.txt:2 includes 'dev\.txt', which does not exist\."):
        read_project(root / "svc", root)


def test_a_file_that_is_too_large(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"poetry.lock": "x" * 2048})
    monkeypatch.setattr(reading, "LARGEST", 1024)
    with pytest.raises(BadInput, match=r"^poetry\.lock has 0 MiB; dependency files have at most 0\."):
        read_project(root, root)


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_links_are_followed_out_of_the_repository_too(write: Write) -> None:
    root = write({"elsewhere/requirements.txt": "six\n", "repo/pyproject.toml": ""})
    (root / "repo/requirements.txt").symlink_to(root / "elsewhere/requirements.txt")
    (root / "repo/dangling.txt").symlink_to(root / "nothing")
    files = read_project(root / "repo", root / "repo")
    assert files.content["requirements.txt"] == b"six\n"
    assert "dangling.txt" not in files.names


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="this system has no file that its owner cannot read"
)
def test_a_file_that_may_not_be_read(write: Write) -> None:
    root = write({"uv.lock": "version = 1"})
    (root / "uv.lock").chmod(0)
    with pytest.raises(BadInput, match=r"uv\.lock cannot be read: Permission denied"):
        read_project(root, root)


def test_globs(write: Write) -> None:
    root = write(
        {
            "svc/requirements.txt": "a",
            "svc/lib/requirements.txt": "b",
            "svc/.venv/requirements.txt": "no",
            "svc/node_modules/x/requirements.txt": "no",
            "svc/lib/setup.cfg": "c",
            "other/requirements.txt": "no",
        }
    )
    found = read_matching(root / "svc", root, ["**/requirements.txt", "lib/*.cfg"])
    assert found == {
        "svc/requirements.txt": b"a",
        "svc/lib/requirements.txt": b"b",
        "svc/lib/setup.cfg": b"c",
    }


def test_a_glob_that_matches_nothing_is_a_mistake(write: Write) -> None:
    root = write({"svc/requirements.txt": "a"})
    with pytest.raises(BadInput) as caught:
        read_matching(root / "svc", root, ["requirements.txt", "uv.lock", "*.toml"])
    assert caught.value.problems == (
        "cache-dependency-path: 'uv.lock' matches no file below 'svc'.",
        "cache-dependency-path: '*.toml' matches no file below 'svc'.",
    )


def test_links_that_lead_in_a_circle_are_no_files(write: Write) -> None:
    root = write({"requirements.txt": "six\n", "requirements/dev.txt": "attrs\n"})
    for name in ("latest", "requirements/test.txt"):
        (root / name).symlink_to(Path(name).name)
    assert read_project(root, root).names == {"requirements.txt", "requirements/dev.txt"}
