"""What is read of real repositories."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ci_actions.commands.init import facts
from ci_actions.commands.init.model import Facts
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process


def read(path: Path) -> Facts:
    return facts.gather(Git(Process(os.environ), path, environ=os.environ))


@pytest.mark.parametrize(
    ("url", "server", "slug"),
    [
        ("https://github.com/acme/shop.git", "https://github.com", "acme/shop"),
        ("https://github.com/acme/shop/", "https://github.com", "acme/shop"),
        ("https://token@github.com/acme/my.shop", "https://github.com", "acme/my.shop"),
        ("git@github.com:acme/shop.git", "https://github.com", "acme/shop"),
        ("git@github.com-work:acme/shop.git", "https://github.com", "acme/shop"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "https://github.com", "acme/shop"),
        ("ssh://git@ghe.acme.dev/acme/shop", "https://ghe.acme.dev", "acme/shop"),
        ("https://gitlab.com/acme/shop.git", "https://github.com", ""),
        ("/srv/git/acme/shop.git", "https://github.com", ""),
        ("../shop", "https://github.com", ""),
        ("", "https://github.com", ""),
    ],
)
def test_the_address_of_the_remote(url: str, server: str, slug: str) -> None:
    assert facts.address(url) == (server, slug)


def test_the_default_branch_is_that_of_the_remote(repository: Any, new_repository: Any) -> None:
    repository.git("checkout", "--quiet", "-b", "line")
    repository.commit({"a.py": ""})
    other = new_repository()
    other.git("remote", "add", "origin", str(repository.path))
    other.git("fetch", "--quiet", "origin")
    other.git("checkout", "--quiet", "-b", "feature", "origin/line")
    assert read(other.path).branch == "feature"
    other.git("remote", "set-head", "origin", "line")
    found = read(other.path)
    assert (found.branch, found.branch_why) == ("line", "the remote's default branch")


def test_the_default_branch_by_its_name(repository: Any) -> None:
    repository.git("checkout", "--quiet", "-b", "master")
    repository.commit({"a.py": ""})
    repository.git("checkout", "--quiet", "-b", "feature")
    assert read(repository.path).branch == "master"


def test_before_the_first_commit(repository: Any) -> None:
    repository.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    repository.write({"a.py": ""})
    found = read(repository.path)
    assert (found.branch, found.files, found.edited) == ("trunk", ("a.py",), frozenset())


def test_what_says_something_is_read(repository: Any) -> None:
    repository.commit(
        {
            ".gitignore": ".github/workflows/ci.yml\nbuild/\n",
            "pyproject.toml": "[project]\n",
            "gone.toml": "",
            "src/a/core.py": "import os\n",
            "src/a/settings.py": "import os\n",
            "tests/test_a.py": "import a\n",
            "web/package.json": "{}\n",
        }
    )
    (repository.path / "gone.toml").unlink()
    repository.write(
        {
            "pyproject.toml": "[project]\nname = 'a'\n",
            ".github/workflows/ci.yml": "name: x\n",
            "build/setup.py": "",
        }
    )
    (repository.path / ".github" / "dependabot.yml").symlink_to("nowhere")
    found = read(repository.path)
    assert set(found.content) == {
        ".github/workflows/ci.yml", "pyproject.toml", "src/a/settings.py", "tests/test_a.py", "web/package.json"
    }  # fmt: skip
    assert found.content["pyproject.toml"] == b"[project]\nname = 'a'\n"
    assert set(found.projects) == {""}
    assert "gone.toml" not in found.files
    assert found.edited == {"gone.toml", "pyproject.toml"}
    assert found.links == {".github/dependabot.yml"}
