from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.ci_plan.belonging import Belonging, local_folders, workflows
from ci_actions.project.files import ProjectFiles


def project(directory: str, files: Mapping[str, str]) -> ProjectFiles:
    return ProjectFiles(
        directory=directory,
        names=frozenset(name for name in files if not name.startswith("..")),
        content={name: text.encode() for name, text in files.items()},
    )


A = Belonging(
    directory="services/a",
    folders=("libs/common",),
    globs=("schemas/*.json",),
    files=frozenset({"requirements/base.txt"}),
)


@pytest.mark.parametrize(
    "path",
    [
        "services/a/x.py",
        "services/a/deep/er/x.py",
        "libs/common/x.py",
        "libs/common",  # a submodule
        "schemas/order.json",
        "requirements/base.txt",
        "uv.lock",  # of the workspace above
        "services/conftest.py",
        ".pre-commit-config.yaml",
    ],
)
def test_what_belongs(path: str) -> None:
    assert A.of(frozenset({path, "elsewhere/x.py"})) == (path,)


@pytest.mark.parametrize(
    "path",
    [
        "services/ab/x.py",
        "services/b/x.py",
        "libs/common2/x.py",
        "libs/x.py",
        "schemas/deep/order.json",
        "requirements/dev.txt",
        "requirements/base.txt.orig",
        "other/services/a/x.py",
    ],
)
def test_what_does_not_belong(path: str) -> None:
    assert A.of(frozenset({path})) == ()


def test_everything_belongs_to_a_project_at_the_root() -> None:
    assert Belonging(directory="").of(frozenset({"b/x", "a"})) == ("a", "b/x")
    assert not Belonging(directory="").is_above("README.md")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("README.md", True), ("services/README.md", True), ("services/a/README.md", False), ("libs/x", False)],
)
def test_what_lies_above(path: str, *, expected: bool) -> None:
    assert A.is_above(path) is expected


def test_workflows_and_local_actions() -> None:
    paths = {
        ".github/workflows/ci.yml",
        ".github/actions/x/action.yml",
        ".github/CODEOWNERS",
        "a/.github/workflows/x.yml",
    }
    assert workflows(frozenset(paths)) == (".github/actions/x/action.yml", ".github/workflows/ci.yml")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": "[tool.uv.sources]\nx = {path = '../../libs/x', editable = true}"}, ["libs/x"]),
        ({"pyproject.toml": "[tool.poetry.dependencies]\nx = {path = '../x', develop = true}"}, ["services/x"]),
        ({"pyproject.toml": "[tool.poetry.group.dev.dependencies]\nx = {path = '../x'}"}, ["services/x"]),
        ({"pyproject.toml": "[project]\ndependencies = ['x @ file:///${PROJECT_ROOT}/../x']"}, ["services/x"]),
        ({"pyproject.toml": "[project]\ndependencies = ['x @ {root:uri}/../../x ; python_version > \"3\"']"}, ["x"]),
        ({"pyproject.toml": "[tool.pdm.dev-dependencies]\nd = ['-e file:///${PROJECT_ROOT}/../x']"}, ["services/x"]),
        ({"Pipfile": "[packages]\nx = {path = './../x', editable = true}"}, ["services/x"]),
        ({"requirements.txt": "-e ../x\n../../y[extra]\nrequests\n--editable=file:../../z\n"}, ["services/x", "y", "z"]),
        ({"requirements/dev.txt": "-e ../../libs/x  # ours\n"}, ["libs/x"]),
        ({"pyproject.toml": "[tool.uv.sources]\nx = {git = 'https://example.com/x'}"}, []),
        ({"pyproject.toml": "[tool.hatch.version]\npath = 'src/a/__init__.py'"}, []),
        ({"pyproject.toml": "[tool.uv.sources]\nx = {path = '../../../x'}"}, []),  # another repository
        ({"pyproject.toml": "[tool.uv.sources]\nx = {path = '.'}"}, []),
        ({"requirements.txt": "-e .\n-r base.txt\n"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_projects_installed_from_their_folders(files: Mapping[str, str], expected: list[str]) -> None:
    assert list(local_folders(project("services/a", files))) == expected


LOCK = """
[[package]]
name = "common-lib"
version = "0.1.0"
source = { editable = "libs/common" }

[[package]]
name = "requests"
version = "2.0"
source = { registry = "https://example.com/simple" }

[[package]]
name = "tool"
source = { virtual = "tools/tool" }

[[package]]
name = "unused"
version = "1"
source = { directory = "libs/unused" }
"""


def test_members_of_a_uv_workspace() -> None:
    files = {
        "pyproject.toml": "[tool.uv.sources]\nCommon_Lib = {workspace = true}\n"
        "tool = {workspace = true}\nrequests = {index = 'x'}",
        "../../uv.lock": LOCK,
        "../../pyproject.toml": "[tool.uv.workspace]\nmembers = ['libs/*']",
    }
    assert list(local_folders(project("services/a", files))) == ["libs/common", "tools/tool"]


def test_a_workspace_without_a_lock_counts_as_a_whole() -> None:
    files = {
        "pyproject.toml": "[tool.uv.sources]\nx = {workspace = true}",
        "../../pyproject.toml": "[tool.uv.workspace]\nmembers = ['libs/*', 'tools/x']",
    }
    assert list(local_folders(project("services/a", files))) == ["libs", "tools/x"]
