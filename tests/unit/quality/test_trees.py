from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.quality import trees
from ci_actions.quality.trees import Tree

FILES = {"a.py": "A = 1\n", "sub/b.py": "B = 1\n", ".gitignore": "/ignored\n", "tool.sh": "#!/bin/sh\n"}


def git(project: Any) -> Git:
    return Git(Process(os.environ), project.path)


def test_a_laptop_before_the_commit_and_a_runner_after_it_see_the_same_tree(repository: Any) -> None:
    repository.commit(FILES)
    repository.write({"a.py": "A = 2\n", "c.py": "C = 1\n", "ignored": "x"})
    (repository.path / "sub" / "b.py").unlink()
    (repository.path / "tool.sh").chmod(0o755)
    (repository.path / "link").symlink_to("a.py")
    before = trees.of_work_tree(git(repository))
    assert set(before.files) == {"a.py", "c.py", ".gitignore", "tool.sh", "link"}
    (repository.path / "link").unlink()
    unlinked = trees.of_work_tree(git(repository))
    repository.commit()
    after = trees.of_work_tree(git(repository))
    assert after.digest == unlinked.digest
    assert after.digest != before.digest


@pytest.mark.parametrize(
    "entries",
    [
        {"a.py": "100644 aa"},
        {"a.py": "100755 bb"},
        {"b.py": "100644 bb"},
        {"a.py": "100644 bb", "c.py": "100644 aa"},
    ],
)
def test_name_mode_and_content_make_the_digest(entries: Mapping[str, str]) -> None:
    assert Tree("/x", entries).digest != Tree("/x", {"a.py": "100644 bb"}).digest


def test_strange_names(repository: Any) -> None:
    names = ["a\nb.py", '"quoted".py', "-rf.py", "%0A,.py"]
    repository.write(dict.fromkeys(names, "X = 1\n"))
    (repository.path / os.fsdecode(b"\xe9.py")).write_text("Y = 1\n")
    assert set(trees.of_work_tree(git(repository)).files) == {*names, os.fsdecode(b"\xe9.py")}


def test_what_a_sparse_checkout_leaves_out_is_counted_and_no_part(repository: Any) -> None:
    repository.commit(FILES)
    repository.git("sparse-checkout", "set", "other")
    tree = trees.of_work_tree(git(repository))
    assert ("sub/b.py" in tree.files, "a.py" in tree.files, tree.absent) == (False, True, 1)
    repository.write({"sub/b.py": "B = 2\n"})
    assert trees.of_work_tree(git(repository)).absent == 0


def test_a_copy_has_what_is_not_committed_and_writing_there_touches_nothing(
    repository: Any, tmp_path: Path
) -> None:
    repository.commit(FILES)
    repository.git("switch", "--quiet", "--create", "feature")
    repository.write({"a.py": "A = 2\n", "c.py": "C = 1\n"})
    (repository.path / "sub" / "b.py").unlink()
    before = repository.git("status", "--porcelain")
    tree = trees.of_work_tree(git(repository))
    copy = trees.copy_of(git(repository), tree, tmp_path / "copy")
    inside = Path(copy.root)
    assert (inside / "a.py").read_text() == "A = 2\n"
    assert not (inside / "sub" / "b.py").exists()
    assert trees.difference(git(repository), inside) == ""
    (inside / "a.py").write_text("A = 3\n")
    assert "+A = 3" in trees.difference(git(repository), inside)
    other = Git(Process(os.environ), inside)
    assert (other.branch(), other.head()) == ("feature", repository.commits[-1])
    assert set(other.tracked()) == {"a.py", "c.py", ".gitignore", "tool.sh"}
    assert repository.git("status", "--porcelain") == before
    assert (repository.path / "a.py").read_text() == "A = 2\n"


def test_a_copy_has_modes_links_and_folders_of_submodules(repository: Any, tmp_path: Path) -> None:
    repository.write(FILES)
    (repository.path / "tool.sh").chmod(0o755)
    (repository.path / "link").symlink_to("a.py")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},inner")
    (repository.path / "inner").mkdir()
    repository.commit()
    copy = trees.copy_of(git(repository), trees.of_work_tree(git(repository)), tmp_path / "copy")
    inside = Git(Process(os.environ), Path(copy.root))
    assert inside.run("status", "--porcelain").text == ""
    assert inside.run("ls-files", "-s").text == repository.git("ls-files", "-s")
    assert str((tmp_path / "copy" / "link").readlink()) == "a.py"


def test_a_file_in_conflict_is_what_lies_there(repository: Any) -> None:
    repository.commit({"a.py": "A = 1\n"})
    for name, content in (("one", "A = 2\n"), ("other", "A = 3\n")):
        repository.git("switch", "--quiet", "--create", name, repository.commits[0])
        repository.commit({"a.py": content})
    done = Git(Process(os.environ), repository.path).run("merge", "one")
    assert done.code == 1
    tree = trees.of_work_tree(git(repository))
    assert tree.files == ("a.py",)
    repository.git("add", "a.py")
    assert trees.of_work_tree(git(repository)).digest == tree.digest


def test_a_copy_of_a_repository_without_a_commit(repository: Any, tmp_path: Path) -> None:
    repository.write({"a.py": "A = 1\n"})
    copy = trees.copy_of(git(repository), trees.of_work_tree(git(repository)), tmp_path / "copy")
    assert Path(copy.root, "a.py").read_text() == "A = 1\n"


def test_the_tree_of_a_commit(repository: Any, tmp_path: Path) -> None:
    first = repository.commit(FILES)
    repository.commit({"a.py": "A = 2\n"})
    tree = trees.checkout_of(git(repository), first, tmp_path / "base")
    assert tree.content("a.py") == b"A = 1\n"
    assert tree.content("gone.py") is None
    assert tree.source("a.py").lines == ("A = 1", "")
    changed = trees.overlaid(tree, {"a.py": b"A = 9\n", "sub/b.py": None, "new/x.toml": b"x"})
    assert (changed.content("a.py"), changed.content("sub/b.py"), changed.content("new/x.toml")) == (
        b"A = 9\n",
        None,
        b"x",
    )
    assert changed.digest != tree.digest
    assert repository.git("status", "--porcelain") == ""
    # Nothing was registered with the original.
    assert "base" not in repository.git("worktree", "list")


def test_a_commit_that_is_not_there(repository: Any, tmp_path: Path) -> None:
    repository.commit(FILES)
    with pytest.raises(CannotJudge, match="checkout failed"):
        trees.checkout_of(git(repository), "0" * 40, tmp_path / "base")


def test_a_repository_in_the_repository_is_none_of_its_files(repository: Any) -> None:
    repository.commit(FILES)
    inner = repository.path / "inner"
    inner.mkdir()
    (inner / "x.py").write_text("X = 1\n")
    from tests.conftest import Repository

    nested = Repository(inner)
    nested.git("init", "--quiet")
    nested.commit()
    assert "inner/x.py" not in trees.of_work_tree(git(repository)).files
    repository.git("add", "inner")
    assert trees.of_work_tree(git(repository)).submodules == ("inner",)
