"""Real git."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ci_actions.commands.check.files import changed, not_staged, snapshot
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process


@pytest.fixture
def git(repository: Any) -> Git:
    repository.commit({"a.py": "a\n", "b.py": "b\n", ".gitignore": "*.log\n"})
    return Git(Process(os.environ), repository.path, environ=os.environ)


def test_a_change_is_seen_and_what_git_ignores_is_not(git: Git, repository: Any) -> None:
    before = snapshot(git)
    assert set(before) == {"a.py", "b.py", ".gitignore"}
    assert changed(before, snapshot(git)) == ()
    repository.write({"a.py": "longer\n", "new.py": "", "x.log": "x"})
    (repository.path / "b.py").unlink()
    assert changed(before, snapshot(git)) == ("a.py", "b.py", "new.py")


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_seen(git: Git, repository: Any) -> None:
    before = snapshot(git)
    path = repository.path / "a.py"
    state = path.stat()
    repository.write({"other.log": "z\n"})
    (repository.path / "other.log").replace(path)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert changed(before, snapshot(git)) == ("a.py",)


def test_what_is_not_staged(git: Git, repository: Any) -> None:
    assert not_staged(git) == set()
    repository.write({"a.py": "staged\n", "b.py": "not\n", "untracked.py": ""})
    repository.git("add", "a.py")
    (repository.path / ".gitignore").unlink()
    assert not_staged(git) == {"b.py", ".gitignore"}
    # Touched is not edited.
    os.utime(repository.path / "a.py")
    assert not_staged(git) == {"b.py", ".gitignore"}
