"""What a project asks for, by the files of every manager."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.ci_outdated.wanted import wanted
from ci_actions.kit.errors import BadInput
from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager

M = Manager
PROJECT = """\
[project]
name = "x"
dependencies = ["Requests>=2,<3", "attrs", "six==1.16.0"]
optional-dependencies = {fast = ["orjson~=3.9"]}
[dependency-groups]
dev = ["pytest>=8", {include-group = "lint"}]
lint = ["ruff"]
[tool.pdm.dev-dependencies]
old = ["mypy<2"]
"""
POETRY = """\
[tool.poetry.dependencies]
python = "^3.11"
requests = "^2.31"
django = {version = "~4.2", extras = ["x"]}
numpy = [{version = "<2", python = "<3.12"}, {version = ">=2", python = ">=3.12"}]
here = {path = "../here"}
any = "*"
[tool.poetry.group.dev.dependencies]
pytest = ">=8 || ^7.4"
[tool.poetry.dev-dependencies]
black = "24.1.0"
"""
UV_LOCK = """\
version = 1
[manifest]
members = ["a", "b"]
[manifest.dependency-groups]
dev = [{ name = "ruff", specifier = ">=0.6" }]
[[package]]
name = "a"
source = { editable = "." }
[package.metadata]
requires-dist = [{ name = "requests", specifier = ">=2,<3" }, { name = "b", editable = "b" }]
[package.metadata.requires-dev]
dev = [{ name = "pytest" }]
[[package]]
name = "b"
source = { virtual = "b" }
[package.metadata]
requires-dist = [{ name = "requests", specifier = "!=2.30" }]
[[package]]
name = "requests"
version = "2.31"
source = { registry = "https://a.example/simple" }
"""
PIPFILE = """\
[[source]]
url = "https://a.example/simple"
name = "pypi"
[packages]
requests = "~=2.31"
django = {version = ">=4", extras = ["x"]}
any = "*"
[dev-packages]
pytest = "==8.1.0"
[requires]
python_version = "3.11"
"""


def project(files: Mapping[str, str]) -> ProjectFiles:
    content = {name: text.encode() for name, text in files.items()}
    return ProjectFiles(names=frozenset(content), content=content)


@pytest.mark.parametrize(
    ("manager", "files", "expected"),
    [
        pytest.param(
            M.HATCH,
            {"pyproject.toml": PROJECT},
            {"requests": (("<3,>=2",),), "attrs": (), "six": (("==1.16.0",),), "orjson": (("~=3.9",),),
             "pytest": ((">=8",),), "ruff": (), "mypy": (("<2",),)},
            id="pyproject.toml",
        ),
        pytest.param(
            M.POETRY,
            {"pyproject.toml": POETRY},
            {"requests": ((">=2.31,<3",),), "django": ((">=4.2,<4.3",),), "numpy": (("<2", ">=2"),), "here": (), "any": (),
             "pytest": ((">=8", ">=7.4,<8"),), "black": (("==24.1.0",),)},
            id="Poetry",
        ),
        pytest.param(
            M.UV,
            {"uv.lock": UV_LOCK, "pyproject.toml": PROJECT},
            {"ruff": ((">=0.6",),), "requests": ((">=2,<3",), ("!=2.30",)), "b": (), "pytest": ()},
            id="uv, by its lock",
        ),
        pytest.param(
            M.PIPENV,
            {"Pipfile": PIPFILE},
            {"requests": (("~=2.31",),), "django": ((">=4",),), "any": (), "pytest": (("==8.1.0",),)},
            id="Pipenv",
        ),
        pytest.param(
            M.PIP,
            {"requirements.txt": "six==1.16.0\nattrs>=20,<30 --hash=sha256:0\n-e .\n-r other.txt\n./x.whl\n",
             "requirements-dev.txt": "pytest\n"},
            {"six": (), "attrs": (("<30,>=20",),), "pytest": ()},
            id="requirements.txt of a person",
        ),
        pytest.param(
            M.PIP_TOOLS,
            {"requirements.in": "six<2\n", "requirements.txt": "six==1.16.0\nidna==3\n"},
            {"six": (("<2",),)},
            id="compiled from requirements.in",
        ),
        pytest.param(M.PIP_TOOLS, {"requirements.txt": "six==1.16.0\n"}, None, id="compiled from what is not here"),
    ],
)  # fmt: skip
def test_what_is_asked_for(
    manager: Manager, files: dict[str, str], expected: dict[str, tuple[tuple[str, ...], ...]] | None
) -> None:
    found = wanted(project(files), manager, ["uv.lock"] if manager is M.UV else [])
    if found is None or expected is None:
        assert found is expected
        return
    assert {name: {tuple(sorted(each)) for each in several} for name, several in normal(found).items()} == {
        name: {tuple(sorted(each)) for each in several} for name, several in normal(expected).items()
    }


def normal(found: dict[str, tuple[tuple[str, ...], ...]]) -> dict[str, list[list[str]]]:
    """Return ranges whose clauses stand in one order."""
    return {
        name: [[",".join(sorted(each.split(","))) for each in alternatives] for alternatives in several]
        for name, several in found.items()
    }


def test_what_is_no_requirement_is_an_error() -> None:
    with pytest.raises(BadInput, match="'a b' is no requirement"):
        wanted(project({"pyproject.toml": '[project]\ndependencies = ["a b"]\n'}), M.HATCH, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\ndependencies = 3\n",
        "[tool.poetry]\ndependencies = 3\n",
        "[dependency-groups]\na = 3\n",
        "tool = 1\n",
    ],
)
def test_files_of_another_shape_ask_for_nothing(text: str) -> None:
    assert wanted(project({"pyproject.toml": text}), M.POETRY, ()) == {}
