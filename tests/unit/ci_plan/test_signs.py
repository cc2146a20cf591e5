from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.ci_plan.signs import MORE_FILES, is_test, measures_coverage, signs
from ci_actions.kit.errors import BadInput
from ci_actions.project.files import ProjectFiles, matters


def project(
    files: Mapping[str, str], directory: str = "."
) -> tuple[ProjectFiles, list[str], dict[str, bytes]]:
    content = {name: text.encode() for name, text in files.items()}
    names = frozenset(name for name in files if "/" not in name or name.startswith("requirements/"))
    read = {name: text for name, text in content.items() if name in names and matters(name)}
    more = {name: text for name, text in content.items() if name in MORE_FILES}
    return ProjectFiles(directory=directory, names=names, content=read), list(files), more


def found(files: Mapping[str, str], *, asked: bool = False) -> dict[str, object]:
    made = signs(*project(files), asked=asked)
    parts = ("python", "tests", "coverage", "package", "documents", "tested_documents", "readme")
    return {name: value for name in parts if (value := getattr(made, name))}


@pytest.mark.parametrize(
    ("files", "evidence"),
    [
        ({"pyproject.toml": "[project]\nname = 'a'"}, "[project] in pyproject.toml"),
        ({"pyproject.toml": "[build-system]\nrequires = []"}, "[build-system] in pyproject.toml"),
        ({"pyproject.toml": "[tool.poetry]\nname = 'a'"}, "[tool.poetry] in pyproject.toml"),
        ({"pyproject.toml": "[dependency-groups]\ndev = []"}, "[dependency-groups] in pyproject.toml"),
        ({"setup.py": ""}, "setup.py"),
        ({"setup.cfg": "[metadata]\nname = a"}, "setup.cfg"),
        ({"Pipfile": ""}, "Pipfile"),
        ({"uv.lock": ""}, "uv.lock"),
        ({"pylock.dev.toml": ""}, "pylock.dev.toml"),
        ({"requirements.txt": ""}, "requirements.txt"),
        ({"requirements/base.in": ""}, "requirements/base.in"),
    ],
)
def test_a_python_project(files: Mapping[str, str], evidence: str) -> None:
    assert found(files)["python"] == evidence


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "", "package.json": "{}"},
        {"pyproject.toml": "[tool.ruff]\nline-length = 100"},
        {"pyproject.toml": "[tool.ci-actions.ci-plan]\nshards = 2"},
        {"setup.cfg": "[flake8]\nmax-line-length = 100"},
        {"docs-requirements.txt": "sphinx"},
        {"scripts/a.py": ""},
    ],
)
def test_no_python_project(files: Mapping[str, str]) -> None:
    assert "python" not in found(files)


def test_scripts_are_a_project_where_a_version_is_asked_for() -> None:
    assert found({"scripts/a.py": "", "b.md": ""}, asked=True)["python"] == "scripts/a.py"
    assert "python" not in found({"b.md": ""}, asked=True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("test_a.py", True),
        ("src/pkg/tests/test_a.py", True),
        ("a_test.py", True),
        ("shop/tests.py", True),
        ("conftest.py", False),
        ("tests/__init__.py", False),
        ("testing.py", False),
        ("test_a.txt", False),
        ("tests/test_a/data.json", False),
    ],
)
def test_files_with_tests(path: str, *, expected: bool) -> None:
    assert is_test(path) is expected


@pytest.mark.parametrize(
    ("files", "evidence"),
    [
        ({"tests/test_b.py": "", "tests/test_a.py": ""}, "tests/test_a.py"),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\npython_files = ['check_*.py']"},
            "[tool.pytest.ini_options] in pyproject.toml",
        ),
        ({"pyproject.toml": "[tool.pytest]\nminversion = '9'"}, "[tool.pytest] in pyproject.toml"),
        ({"pytest.ini": ""}, "pytest.ini"),
        ({"tox.ini": "[tox]\n[pytest]\n"}, "[pytest] in tox.ini"),
        ({"setup.cfg": "[tool:pytest]\n"}, "[tool:pytest] in setup.cfg"),
    ],
)
def test_tests(files: Mapping[str, str], evidence: str) -> None:
    assert found(files)["tests"] == evidence


@pytest.mark.parametrize(
    "files", [{}, {"tox.ini": "[tox]\n"}, {"src/a.py": ""}, {"setup.cfg": "[metadata]\n"}]
)
def test_no_tests(files: Mapping[str, str]) -> None:
    assert "tests" not in found(files)


@pytest.mark.parametrize(
    ("name", "text", "evidence"),
    [
        (".coveragerc", "", ".coveragerc"),
        ("pyproject.toml", "[tool.coverage.run]\nbranch = true", "[tool.coverage] in pyproject.toml"),
        ("pyproject.toml", "[tool.ci-actions.coverage-gate]\n", "[tool.ci-actions.coverage-gate] in pyproject.toml"),
        ("pyproject.toml", "[[tool.ci-actions.coverage-gate.gate]]\n", "[tool.ci-actions.coverage-gate] in pyproject.toml"),
        ("ci-actions.toml", "[coverage-gate]\n", "[coverage-gate] in ci-actions.toml"),
        ("setup.cfg", "[coverage:run]\n", "[coverage:] in setup.cfg"),
        ("pyproject.toml", 'dev = ["pytest", "pytest-cov>=5"]', "pytest-cov in pyproject.toml"),
        ("pyproject.toml", "dev = [\n  'Coverage[toml]',\n]", "Coverage[toml] in pyproject.toml"),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\npytest-cov = "^5"', "pytest-cov in pyproject.toml"),
        ("pyproject.toml", 'addopts = "-ra --cov=src"', "--cov in pyproject.toml"),
        ("requirements.txt", "pytest\ncoverage==7.6.1 \\\n  --hash=sha256:0\n", "coverage in requirements.txt"),
        ("requirements-dev.txt", "pytest_cov\r\npytest\r\n", "pytest_cov in requirements-dev.txt"),
        ("requirements/dev.in", "coverage  # the gate", "coverage in requirements/dev.in"),
        ("uv.lock", '[[package]]\nname = "coverage"\n', "coverage in uv.lock"),
        ("../requirements/dev.txt", "coverage", "coverage in ../requirements/dev.txt"),
        ("Pipfile.lock", '{"develop": {"coverage": {"hashes": []}}}', "coverage in Pipfile.lock"),
    ],
)  # fmt: skip
def test_coverage_is_measured(name: str, text: str, evidence: str) -> None:
    assert measures_coverage({name: text.encode()}) == evidence


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", 'description = "coverage of the earth"\n[tool.mypy]\n'),
        ("pyproject.toml", "# coverage would be nice\n"),
        ("pyproject.toml", 'dependencies = ["discover-coverage", "coverage-badge"]'),
        ("requirements.txt", "covdefaults\ndjango-coverage-plugin\n# coverage\n"),
        ("tox.ini", "[tox]\n"),
        # Of a workspace, whose other members may measure theirs.
        ("../../uv.lock", '[[package]]\nname = "coverage"\n'),
        ("../pyproject.toml", 'dev = ["pytest-cov"]'),
    ],
)
def test_coverage_is_not_measured(name: str, text: str) -> None:
    assert not measures_coverage({name: text.encode()})


@pytest.mark.parametrize(
    ("files", "evidence"),
    [
        ({"pyproject.toml": "[build-system]\nrequires = []\n"}, "[build-system] in pyproject.toml"),
        ({"setup.py": ""}, "setup.py"),
        ({"pyproject.toml": "[project]\nname = 'a'"}, None),
        ({"pyproject.toml": "[build-system]\nrequires = []\n[tool.uv]\npackage = false"}, None),
        ({"pyproject.toml": "[build-system]\nrequires = []\n[tool.poetry]\npackage-mode = false"}, None),
        ({"requirements.txt": ""}, None),
    ],
)
def test_a_package(files: Mapping[str, str], evidence: str | None) -> None:
    assert found(files).get("package") == evidence


def test_documents() -> None:
    assert found({"a.py": "", "docs/b.rst": "", "c.MD": ""})["documents"] == "c.MD"
    assert "documents" not in found({"a.txt": "", "b.py": ""})


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        ("readme = 'README.md'", {"services/a/README.md"}),
        ("readme = {file = 'docs/about.md', content-type = 'text/markdown'}", {"services/a/docs/about.md"}),
        ("readme = {text = 'hello'}", set()),
        ("readme = '../../README.md'", {"README.md"}),
        ("", set()),
    ],
)
def test_the_readme_of_the_package(readme: str, expected: set[str]) -> None:
    files, names, more = project({"pyproject.toml": f"[project]\nname = 'a'\n{readme}"}, "services/a")
    assert signs(files, names, more).readme == expected


def test_tests_of_documents() -> None:
    text = "[tool.pytest.ini_options]\naddopts = '--doctest-glob=*.md'"
    assert found({"pyproject.toml": text})["tested_documents"] == "pyproject.toml"
    assert found({"pytest.ini": "[pytest]\naddopts = --markdown-docs"})["tested_documents"] == "pytest.ini"
    assert "tested_documents" not in found({"pytest.ini": "[pytest]\naddopts = --doctest-modules"})


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(BadInput, match=r"pyproject\.toml is not valid TOML"):
        found({"pyproject.toml": "[project"})
