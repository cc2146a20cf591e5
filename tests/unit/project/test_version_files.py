"""Version files: which wishes stand in them, and where."""

from __future__ import annotations

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.project.version_files import Pin, pins


@pytest.mark.parametrize(
    ("name", "text", "wishes"),
    [
        (".python-version", "3.12\n", ["3.12"]),
        (".python-version", "# for pyenv\r\n3.12.4\r\n", ["3.12.4"]),
        (".python-version", "3.12.4 # pinned\n\n3.11.9\n", ["3.12.4", "3.11.9"]),
        (".python-version", "3.12.4 3.11.9", ["3.12.4", "3.11.9"]),
        (".python-version", ">= 3.10, < 3.13 # uv\n3.9\n", [">= 3.10, < 3.13", "3.9"]),
        (".python-version", "3.10/envs/shop\n", ["3.10"]),
        (".python-version", "\ufeff3.13t", ["3.13t"]),
        (".python-version", "pypy3.10-7.3.19\nsystem\n", ["pypy3.10-7.3.19", "system"]),
        (".python-version", "# nothing\n\n", []),
        (".tool-versions", "nodejs 20.1.0\npython 3.12.1 3.11.4 system\n", ["3.12.1", "3.11.4", "system"]),
        (".tool-versions", "python ref:v3.12.1 # built here\n", ["ref:v3.12.1"]),
        (".tool-versions", "python path:~/src/python\r\n", ["path:~/src/python"]),
        (".tool-versions", "python latest:3.12\n", ["3.12"]),
        (".tool-versions", "pythonic 3.12\n", []),
        ("runtime.txt", "python-3.11.9\n", ["3.11.9"]),
        ("runtime.txt", "3.11.9", ["3.11.9"]),
        ("mise.toml", '[tools]\npython = "3.12"\n', ["3.12"]),
        (".mise.toml", '[tools]\npython = ["3.12", "3.11"]\n', ["3.12", "3.11"]),
        ("mise.toml", '[tools]\npython = {version = "prefix:3.12", virtualenv = ".venv"}\n', ["3.12"]),
        ("mise.toml", '[tools]\nnode = "20"\n', []),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.11"\n', []),
    ],
)
def test_wishes(name: str, text: str, wishes: list[str]) -> None:
    assert [pin.text for pin in pins(name, text.encode(), name)] == wishes


def test_a_wish_says_where_it_stands() -> None:
    (_, second) = pins(".python-version", b"3.12\n3.11\n", "svc/.python-version")
    assert second == Pin("3.11", "svc/.python-version line 2")
    (only,) = pins("mise.toml", b'[tools]\npython = "3.12"', "mise.toml")
    assert only.where == "mise.toml [tools] python"


@pytest.mark.parametrize(
    ("text", "is_version"),
    [("3.12", True), ("system", False), ("ref:main", False), ("path:/opt/python", False), ("pypy3.10", True)],
)
def test_what_is_a_version(text: str, is_version: bool) -> None:
    assert Pin(text, "").is_version is is_version


@pytest.mark.parametrize(("name", "content"), [("mise.toml", b"[tools"), (".python-version", b"3.12 \xff")])
def test_what_cannot_be_read(name: str, content: bytes) -> None:
    with pytest.raises(BadInput, match="svc/"):
        pins(name, content, f"svc/{name}")
