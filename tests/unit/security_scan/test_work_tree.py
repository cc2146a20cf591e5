"""On real repositories: what is looked at, which commits, and the files of a base."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.doubles.scanning import config

from ci_actions.kit.base import Base
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.security_scan import work_tree
from ci_actions.security_scan.scanners import Tree, bandit


def git(folder: Path) -> Git:
    return Git(Process(os.environ), folder)


def tree(repository: Repository, prefix: str = "", **options: Any) -> Tree:
    names, known = work_tree.files_of(repository.path, prefix, git(repository.path))
    return work_tree.tree_of(config(None, **options), repository.path, prefix, names, git=known)


def files(repository: Repository, prefix: str = "", tool: str = "", **options: Any) -> set[str]:
    return set(work_tree.narrowed(config(**options), tool, tree(repository, prefix, **options)).files)


FILES = {
    "a.py": "",
    "lib/b.py": "",
    "vendor/c.py": "",
    "x/node_modules/d.js": "",
    "é ü.py": "",
    ".gitignore": "out/\n",
}


def test_vendored_and_ignored_files_are_not_looked_at_and_new_ones_are(repository: Repository) -> None:
    repository.commit(FILES)
    repository.write({"out/secret.py": "", "fresh.py": ""})
    assert files(repository) == {"a.py", "lib/b.py", "é ü.py", ".gitignore", "fresh.py"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"paths": "lib"}, {"lib/b.py"}),
        ({"exclude": "*.py"}, {".gitignore"}),
        ({"paths": "*.py", "exclude": "lib"}, {"a.py", "é ü.py"}),
    ],
)
def test_paths_and_exclude(repository: Repository, options: dict[str, str], expected: set[str]) -> None:
    repository.commit(FILES)
    assert files(repository, **options) == expected


@pytest.mark.parametrize(
    ("options", "names", "expected"),
    [
        pytest.param({"exclude": ["**"]}, ("a.py",), True, id="everything is excluded"),
        pytest.param({"exclude": ["lib"]}, ("lib/a.py", "b.txt"), True, id="all that it could look at"),
        pytest.param({"exclude": ["lib"]}, ("b.txt",), False, id="there was nothing before"),
        pytest.param({"tool": [{"name": "bandit", "exclude": ["*.py"]}]}, ("a.py",), True, id="its own"),
        pytest.param({"tool": [{"name": "zizmor", "exclude": ["*.py"]}]}, ("a.txt",), False, id="another's"),
    ],
)
def test_what_only_the_exclusion_takes_away(
    options: dict[str, Any], names: tuple[str, ...], expected: bool
) -> None:
    whole = Tree(files=names, everything=names)
    assert work_tree.emptied(config(options), bandit.SCANNER, whole) is expected


def test_settings_of_one_scanner_hold_for_it_alone(repository: Repository) -> None:
    repository.commit(FILES)
    own = config({"tool": [{"name": "bandit", "paths": ["lib"]}, {"name": "zizmor", "exclude": ["a.py"]}]})
    everything = tree(repository)
    assert work_tree.narrowed(own, "bandit", everything).files == ("lib/b.py",)
    assert "a.py" not in work_tree.narrowed(own, "zizmor", everything).files
    assert "a.py" in work_tree.narrowed(own, "gitleaks", everything).files


def test_below_the_working_directory_only(repository: Repository) -> None:
    repository.commit(FILES)
    assert files(repository, "lib") == {"lib/b.py"}
    assert files(repository, "lib", exclude="b.py") == set()


@pytest.mark.skipif(os.name != "posix", reason="Windows has links for administrators only")
def test_links_deleted_files_and_submodules_are_no_files(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"a.py": "", "gone.py": ""})
    (repository.path / "loop").symlink_to(".")
    (repository.path / "link.py").symlink_to("a.py")
    other = Repository(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "--quiet")
    other.commit({"z.py": ""})
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(other.path), "sub")
    repository.commit()
    (repository.path / "gone.py").unlink()
    assert files(repository) == {"a.py", ".gitmodules"}


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").write_text("")
    names, known = work_tree.files_of(tmp_path, "", git(tmp_path))
    assert (names, known) == (("a.py",), False)


def history(repository: Repository, base: Base | None = None, prefix: str = "", **options: Any) -> Tree:
    return work_tree.with_history(config(**options), tree(repository, prefix), git(repository.path), base)


def test_the_commits_of_the_change_else_all(repository: Repository) -> None:
    first = repository.commit({"a.py": "1"})
    repository.commit({"lib/b.py": "2"})
    repository.commit(message="empty")
    base = Base(sha=first, head=None, how="")
    assert (history(repository, base).revisions, history(repository, base).commits) == (
        (f"{first}..HEAD",),
        1,
    )
    assert (history(repository).revisions, history(repository).commits) == (("--all",), 2)
    assert history(repository, base, history="all").revisions == ("--all",)
    assert history(repository, prefix="lib").commits == 1


def test_only_commits_that_change_lines_are_to_be_read(repository: Repository) -> None:
    repository.commit({"a.py": "1\n", "b.py": "1\n", "gone.py": "1\n"})
    first = repository.commit({"a.py": "1\n2\n"})
    repository.git("mv", "a.py", "moved.py")
    repository.commit(message="renames")
    repository.git("rm", "-q", "gone.py")
    repository.commit(message="removes")
    repository.commit({"image.png": "\0" * 100, "empty.py": ""})
    assert history(repository).commits == 2
    assert history(repository, Base(sha=first, head=None, how="")).commits == 0
    repository.commit({"b.py": ""})
    assert history(repository, Base(sha=first, head=None, how="")).commits == 1


def test_a_repository_without_a_commit(repository: Repository) -> None:
    assert history(repository).commits == 0


def test_a_shallow_clone_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"a.py": "1"})
    repository.commit({"a.py": "2"})
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", repository.path.as_uri(), clone], check=True)
    assert "shallow" in history(Repository(clone)).cut_off
    assert history(repository).cut_off == ""


def test_the_files_of_a_base_without_touching_the_clone(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit({"a.py": "1", "lib/b.py": "2", "é.py": "3"})
    repository.commit({"a.py": "changed"})
    repository.write({"a.py": "not committed"})
    before = repository.git("status", "--porcelain=v2", "--branch")
    names = work_tree.checked_out(git(repository.path), first, "", tmp_path / "base")
    assert set(names) == {"a.py", "lib/b.py", "é.py"}
    assert (tmp_path / "base" / "a.py").read_text() == "1"
    assert repository.git("status", "--porcelain=v2", "--branch") == before
    assert work_tree.checked_out(git(repository.path), first, "lib", tmp_path / "part") == ("lib/b.py",)


def test_paths_that_no_file_fits_are_told_each_by_the_name_it_was_given_under(repository: Repository) -> None:
    repository.commit(FILES)
    settings = {"tool": [{"name": "bandit", "paths": ["lib", "libs"]}]}
    asked = config(settings, paths="a.py,scr/**", requirements="reqs.txt", suppressions="accepted.toml")
    told = list(work_tree.misspelt(asked, tree(repository)))
    assert [each.partition(", but")[0] for each in told] == [
        "input 'paths' is 'scr/**'",
        "input 'requirements' is 'reqs.txt'",
        "[[tool]] bandit: 'paths' is 'libs'",
        "input 'suppressions' is 'accepted.toml'",
    ]
    assert not list(work_tree.misspelt(config(), tree(repository)))
