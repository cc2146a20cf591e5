"""Tiny repositories, and what is called for them with which inputs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.unit.commands.init.trees import facts

from ci_actions.commands.init import looking
from ci_actions.commands.init.model import Project

TESTS = {"tests/test_a.py": "import a\n"}
HEAD = '[project]\nname = "a"\nrequires-python = ">=3.12,<3.14"\n'

#: The index that everybody has without asking; no file of ours names an index.
EVERYBODYS = "py{}.org".format("pi")


def one(files: Mapping[str, str]) -> Project:
    (found,) = looking.projects(facts(files))
    return found


def given(files: Mapping[str, str]) -> dict[str, str]:
    return {each.name: each.value for each in one(files).given}


def pyproject(more: str, tests: Mapping[str, str] = TESTS, /, **files: str) -> dict[str, str]:
    return {"pyproject.toml": HEAD + more, **tests, **files}


GROUPS = """
[dependency-groups]
tests = ["pytest", "freezegun"]
typing = ["mypy", "pytest", "pyright"]
lint = ["ruff"]
all = [{include-group = "tests"}, {include-group = "typing"}, {include-group = "lint"}]
"""
TOOLS = "\n[tool.mypy]\nstrict = true\n[tool.ruff]\n"
EXTRAS = '\n[project.optional-dependencies]\ntest = ["pytest"]\ncli = ["click>=8"]\nall = ["a[test,cli]"]\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            pyproject(
                '[dependency-groups]\nall = ["pytest", "x"]\nx = ["pytest"]\ntests = ["pytest", "y"]\n'
            ),
            {"groups": "tests"},
            id="the group whose name says it",
        ),
        pytest.param(
            pyproject(GROUPS + TOOLS),
            {"groups": "tests, lint, typing", "test-groups": "tests"},
            id="linters bring theirs",
        ),
        pytest.param(pyproject(GROUPS + TOOLS, {}), {"groups": "lint, typing"}, id="no tests, no pytest"),
        pytest.param(
            pyproject(
                '[dependency-groups]\ntest = ["pytest"]\nslow = ["pytest", "freezegun"]\n',
                {"tests/test_a.py": "from freezegun import x\n"},
            ),
            {"groups": "test, slow"},
            id="what tests import",
        ),
        pytest.param(
            {
                **pyproject('dependencies = ["flask"]\n'),
                "requirements/tests.txt": "pytest\n",
                "requirements/docs.txt": "flask\na\n",
                "src/a/__init__.py": "",
            },
            {"groups": "tests, docs"},
            id="what the project needs, but not itself",
        ),
        pytest.param(pyproject(EXTRAS), {"extras": "test"}, id="extras"),
        pytest.param(
            pyproject(EXTRAS, {"tests/test_a.py": "import click\n"}),
            {"extras": "test, cli"},
            id="an extra that tests import",
        ),
        pytest.param(
            pyproject('[project.optional-dependencies]\nall = ["a[inner]"]\ninner = ["pytest"]\n'),
            {"extras": "all"},
            id="an extra of the project's own name",
        ),
        pytest.param(
            pyproject(
                '[dependency-groups]\nchecks = ["Py.Test", "pytest_cov"]\nt = ["pytest"]\n'
                '[tool.pytest.ini_options]\naddopts = "--cov=a"\n'
            ),
            {"groups": "t, checks"},
            id="plugins of pytest",
        ),
        pytest.param(
            pyproject('[dependency-groups]\ndev = ["pytest"]\n', **{"uv.lock": "version = 1\n"}),
            {},
            id="uv installs dev itself",
        ),
        pytest.param(
            pyproject(
                '[dependency-groups]\ndev = ["pytest"]\n[tool.uv]\ndefault-groups = []\n',
                **{"uv.lock": "version = 1\n"},
            ),
            {"groups": "dev"},
            id="uv is told not to",
        ),
        pytest.param(
            pyproject('[tool.uv]\ndev-dependencies = ["pytest"]\n', **{"uv.lock": "version = 1\n"}),
            {},
            id="uv as it was",
        ),
        pytest.param(
            {
                "pyproject.toml": '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
                '[tool.poetry.group.test]\noptional = true\n[tool.poetry.group.test.dependencies]\npytest = "*"\n',
                "poetry.lock": "x",
                **TESTS,
            },
            {"groups": "test"},
            id="an optional group of Poetry",
        ),
        pytest.param(
            {
                "pyproject.toml": '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
                '[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
                "poetry.lock": "x",
                **TESTS,
            },
            {},
            id="a group of Poetry",
        ),
        pytest.param(
            {
                "Pipfile": '[dev-packages]\npytest = "*"\n[requires]\npython_version = "3.12"\n',
                "Pipfile.lock": "{}",
                **TESTS,
            },
            {"groups": "dev"},
            id="Pipenv",
        ),
        pytest.param(
            pyproject("[tool.pdm]\n[tool.pdm.dev-dependencies]\ntest = ['pytest']\n", **{"pdm.lock": "x"}),
            {},
            id="PDM installs all",
        ),
        pytest.param(
            pyproject(
                '[tool.hatch.envs.default]\ndependencies = ["mypy"]\n[tool.hatch.envs.test]\ndependencies = ["pytest"]\n'
            ),
            {"groups": "test"},
            id="an environment of Hatch",
        ),
        pytest.param(
            {
                "requirements.txt": "flask\n",
                "requirements/x.txt": "y\n",
                "requirements-dev.txt": "-r requirements.txt\npytest==8.0\n",
                ".python-version": "3.12\n",
                "app.py": "",
                **TESTS,
            },
            {"groups": "dev"},
            id="requirements files",
        ),
        pytest.param(
            {
                "requirements.txt": "-e .[cli]\npytest\n",
                **pyproject(
                    'dependencies = ["flask"]\n[project.optional-dependencies]\n'
                    'cli = ["click"]\nhttp2 = ["h2"]\n'
                ),
                "tests/test_a.py": "import click\nimport h2\n",
            },
            {"extras": "http2"},
            id="an extra that a requirements file names",
        ),
        pytest.param(
            {
                "setup.cfg": "[metadata]\nname = a\n[options]\npython_requires = >=3.12\n"
                "[options.extras_require]\ntesting =\n    pytest>=8\n    pytest-cov\n",
                **TESTS,
            },
            {"extras": "testing"},
            id="setup.cfg",
        ),
        pytest.param(
            {
                "pylock.toml": 'packages = [{name = "flask"}]\n',
                "pylock.dev.toml": 'packages = [{name = "pytest"}]\n',
                ".python-version": "3.12",
                **TESTS,
            },
            {"groups": "dev"},
            id="locks of PEP 751",
        ),
    ],
)
def test_tests_and_linters_get_what_they_need(files: Mapping[str, str], expected: Mapping[str, str]) -> None:
    assert given(files) == expected


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (pyproject(""), "pytest is named in no dependency group"),
        (
            pyproject(GROUPS + "[tool.black]\n"),
            "black is configured ([tool.black] in pyproject.toml) but nothing installs it",
        ),
        (pyproject(""), "no linter is configured, which quality takes for an error"),
        (pyproject("", **{"tox.ini": "[tox]\n"}), "tox.ini starts the tests too"),
        (pyproject("", Makefile="test:\n\tpytest\n"), "Makefile starts the tests too"),
        (pyproject("", **{".gitmodules": "[submodule]\n"}), "git submodules"),
        (pyproject("", **{".gitattributes": "*.bin filter=lfs\n"}), "Git LFS"),
        (
            pyproject('[[tool.uv.index]]\nurl = "https://me:secret@pkg.acme.dev/simple"\n'),
            "packages come from pkg.acme.dev, too",
        ),
        (
            {
                "requirements.txt": f"-i https://{EVERYBODYS}/simple\n--extra-index-url https://x.dev/\n",
                "a.py": "",
            },
            "come from x.dev, too",
        ),
        (
            {"requirements.txt": "pytest\n", **pyproject('dependencies = ["flask"]\n')},
            "the project needs flask, and no requirements file has it",
        ),
        (
            {
                "requirements.txt": "-c constraints.txt\nflask\n",
                "constraints.txt": "pytest==8\n",
                **TESTS,
            },
            "pytest is named in no dependency group",
        ),
        ({"main.go": "", "go.mod": "module x\n"}, "No Python project was found"),
    ],
)
def test_what_nobody_but_the_user_knows_is_a_note(files: Mapping[str, str], words: str) -> None:
    assert any(words in each for each in one(files).notes)


@pytest.mark.parametrize(
    "files",
    [
        pyproject("[tool.ruff]\n"),
        pyproject("", **{".pre-commit-config.yaml": "repos: [{repo: local, hooks: [{id: x}]}]\n"}),
        pyproject('[tool.ci-actions.quality]\ntools = ["mypy"]\n'),
    ],
    ids=["a linter", "hooks", "named for quality"],
)
def test_where_quality_has_something_to_run(files: Mapping[str, str]) -> None:
    assert not any("no linter is configured" in each for each in one(files).notes)


@pytest.mark.parametrize(
    "line", ["-e .", "--editable .[cli]", ".", "-e ./", "file:.", ".[cli] ; python_version > '3'"]
)
def test_a_requirements_file_that_names_the_project_brings_what_it_needs(line: str) -> None:
    files = {"requirements.txt": f"{line}\npytest\n", **pyproject('dependencies = ["flask"]\n'), **TESTS}
    assert not any("no requirements file has it" in each for each in one(files).notes)


@pytest.mark.parametrize(
    "files",
    [
        pyproject('[tool.sponsors]\nurl = "https://x.dev"\n[project.urls]\nurl = "https://x.dev"\n'),
        pyproject(f'[[tool.uv.index]]\nurl = "https://{EVERYBODYS}/simple"\n'),
    ],
)
def test_not_every_address_is_an_index(files: Mapping[str, str]) -> None:
    assert not [each for each in one(files).notes if "packages come from" in each]


@pytest.mark.parametrize(
    "files",
    [
        pyproject(GROUPS),
        pyproject("", Makefile="testing:\n\techo\n"),
        pyproject("", **{"tox.ini": "[flake8]\n"}),
    ],
)
def test_no_note_without_a_reason(files: Mapping[str, str]) -> None:
    assert not [each for each in one(files).notes if "starts the tests" in each or "submodules" in each]


COVERED = "[tool.coverage.run]\nbranch = true\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[dependency-groups]\ntest = ["pytest"]\ncov = ["coverage"]\n', {"groups": "test, cov"}),
        ('[dependency-groups]\ntest = ["pytest"]\nci = ["pytest-cov"]\n', {"groups": "test, ci"}),
        ('[dependency-groups]\ntest = ["pytest", "pytest-cov"]\n', {"groups": "test"}),
        ('[dependency-groups]\ntest = ["pytest"]\n', {"groups": "test", "coverage": "false"}),
    ],
)
def test_what_measures_is_installed_or_nothing_is_measured(text: str, expected: Mapping[str, str]) -> None:
    files = pyproject(text + COVERED)
    assert given(files) == expected
    assert [each.name for each in one(files).given if each.check] == [
        each for each in expected if each == "coverage"
    ]


def versions(files: Mapping[str, str]) -> tuple[tuple[str, ...], str, bool]:
    found = one(files)
    unsure = any(each.check for each in found.given)
    return found.versions, found.value("python-versions"), unsure


BARE = {"requirements.txt": "pytest\n", "app.py": "", **TESTS}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (pyproject(""), (("3.12", "3.13"), "", False)),
        ({**BARE, ".python-version": "3.11\n"}, (("3.11",), "", False)),
        (
            {**BARE, "tox.ini": "[tox]\nenvlist = py39,py310,py{311,312}-x\n"},
            (("3.9", "3.10", "3.11", "3.12"), "3.9, 3.10, 3.11, 3.12", True),
        ),
        (
            {**BARE, "noxfile.py": '@nox.session(python=["3.11", "3.12"])\n'},
            (("3.11", "3.12"), "3.11, 3.12", True),
        ),
        (
            {**BARE, ".github/workflows/t.yml": 'matrix: {python-version: ["3.10", "3.13"]}\nx: 3.14\n'},
            (("3.10", "3.13"), "3.10, 3.13", True),
        ),
    ],
)
def test_versions(files: Mapping[str, str], expected: tuple[tuple[str, ...], str, bool]) -> None:
    assert versions(files) == expected


def test_a_version_that_nothing_names_is_one_to_look_at() -> None:
    found, value, unsure = versions(BARE)
    assert found == (value,)
    assert unsure


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (pyproject("[tool.uv]\n[dependency-groups]\ndev = ['pytest']\n"), {"lock-policy": "prefer"}),
        (pyproject("[tool.uv]\n[dependency-groups]\ndev = ['pytest']\n", **{"uv.lock": "version = 1\n"}), {}),
        (pyproject("[dependency-groups]\ndev = ['pytest']\n"), {"groups": "dev"}),
    ],
    ids=["none", "one", "a manager without"],
)
def test_a_lock_that_is_missing_is_one_to_look_at(
    files: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    assert given(files) == expected


def test_two_locks_are_one_to_look_at() -> None:
    files = pyproject("[tool.poetry]\n", **{"uv.lock": "version = 1\n", "poetry.lock": "x\n"})
    (manager,) = [each for each in one(files).given if each.name == "manager"]
    assert (manager.value, bool(manager.check)) == ("poetry", True)


# --- several projects ----------------------------------------------------------------------------


def jobs(files: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {each.id: (each.directory, each.value("name")) for each in looking.projects(facts(files))}


def at(folder: str, *, tests: bool = True, text: str = HEAD) -> dict[str, str]:
    return {f"{folder}/pyproject.toml": text, **({f"{folder}/tests/test_x.py": ""} if tests else {})}


WORKSPACE = HEAD + '[dependency-groups]\ndev = ["pytest"]\n[tool.uv.workspace]\nmembers = ["packages/*"]\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(pyproject(""), {"ci": ("", "")}, id="one"),
        pytest.param(at("backend"), {"ci": ("backend", "ci")}, id="one in a folder"),
        pytest.param(
            {**at("services/orders"), **at("services/rates", tests=False)},
            {"orders": ("services/orders", "orders"), "rates": ("services/rates", "rates")},
            id="no project at the root",
        ),
        pytest.param(
            {**at("a/api"), **at("b/api"), **at("9 lives")},
            {"api": ("a/api", "api"), "b-api": ("b/api", "b-api"), "p-9-lives": ("9 lives", "p-9-lives")},
            id="the same name, and one that is no id",
        ),
        pytest.param(
            {**pyproject(""), **at("libs/x"), **at("libs/y", tests=False)},
            {"ci": ("", "ci"), "x": ("libs/x", "x")},
            id="below a project only with tests",
        ),
        pytest.param(
            {
                **pyproject(""),
                **at("docs"),
                **at("examples/x"),
                **at("tests/fixtures/y"),
                **at("{{cookiecutter.x}}"),
            },
            {"ci": ("", "")},
            id="beside the project",
        ),
        pytest.param(
            {"pyproject.toml": WORKSPACE, "uv.lock": "version = 1\n", **at("packages/x"), **at("packages/y")},
            {"ci": ("", "")},
            id="a workspace tested from its root",
        ),
        pytest.param(
            {
                "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
                "uv.lock": "version = 1\n",
                **at("packages/x", text=HEAD + '[dependency-groups]\ndev = ["pytest"]\n'),
                **at("packages/y"),
            },
            {"x": ("packages/x", "x"), "y": ("packages/y", "y")},
            id="a workspace tested in its members",
        ),
        pytest.param(
            {
                **pyproject(""),
                "src/a/skeleton/pyproject.toml": "name = {{ x }}",
                "src/a/skeleton/test_x.py": "",
            },
            {"ci": ("", "")},
            id="a template",
        ),
        pytest.param({"setup.cfg": "[flake8]\n", "a.js": ""}, {"ci": ("", "")}, id="no Python"),
    ],
)
def test_projects(files: Mapping[str, str], expected: Mapping[str, tuple[str, str]]) -> None:
    assert jobs(files) == expected


def test_a_workspace_installs_its_members() -> None:
    files = {"pyproject.toml": WORKSPACE, "uv.lock": "version = 1\n", **at("packages/x")}
    assert given(files) == {"install-args": "--all-packages"}


# --- services, packages of the system, frontends ----------------------------------------------------

DJANGO = '[project]\nname = "a"\nrequires-python = ">=3.12"\ndependencies = ["psycopg[binary]", "redis"]\n'
WITH = {"pyproject.toml": DJANGO + '[dependency-groups]\ntest = ["pytest"]\n', **TESTS}
COMPOSE = "services:\n  db:\n    image: postgres:16.4\n  cache:\n    image: 'valkey/valkey:8'\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (WITH, {"postgres-image": "postgres:17-alpine", "redis-image": "redis:8-alpine"}),
        (
            {**WITH, "compose.yaml": COMPOSE},
            {"postgres-image": "postgres:16.4", "redis-image": "valkey/valkey:8"},
        ),
        (
            {**WITH, "docker-compose.yml": "services: {}\n", "docker-compose.test.yml": COMPOSE},
            {"postgres-image": "postgres:16.4", "redis-image": "valkey/valkey:8"},
        ),
        (
            {**WITH, "compose.yaml": COMPOSE.replace("16.4", "${VERSION}")},
            {"postgres-image": "postgres:17-alpine", "redis-image": "valkey/valkey:8"},
        ),
        (
            {
                **WITH,
                "a/settings.py": 'X = os.environ["POSTGRES_DSN"]\n',
                ".env.example": "BROKER_URL=redis://\n",
            },
            {
                "postgres-image": "postgres:17-alpine",
                "database-variable": "POSTGRES_DSN",
                "redis-image": "redis:8-alpine",
                "redis-variable": "BROKER_URL",
            },
        ),
        (
            {**WITH, "a/settings.py": 'X = os.getenv("DATABASE_URL", os.getenv("PG_URL"))\n'},
            {"postgres-image": "postgres:17-alpine", "redis-image": "redis:8-alpine"},
        ),
        ({"pyproject.toml": DJANGO}, {}),
        (
            pyproject('[project.optional-dependencies]\ndb = ["psycopg"]\ntest = ["pytest"]\n'),
            {"extras": "test"},
        ),
    ],
    ids=[
        "drivers",
        "compose",
        "compose for tests",
        "a variable image",
        "variables",
        "the usual",
        "no tests",
        "an extra",
    ],
)
def test_services(files: Mapping[str, str], expected: Mapping[str, str]) -> None:
    assert {name: text for name, text in given(files).items() if name != "groups"} == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"compose.yml": COMPOSE}, {}),
        ({"tests/integration/test_x.py": ""}, {}),
        (
            {"compose.yml": COMPOSE, "tests/integration/db/test_x.py": ""},
            {"compose-file": "compose.yml", "integration-command": "python -m pytest tests/integration"},
        ),
        ({"compose.yml": COMPOSE, "tests/integration/data.py": ""}, {}),
    ],
    ids=["neither", "no tests", "no services", "both", "no test among them"],
)
def test_tests_against_services_are_for_the_night(
    more: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    found = one({**pyproject(GROUPS), **more})
    assert {each.name: each.value for each in found.nightly} == expected
    noted = any("give nightly.yml compose-file" in each for each in found.notes)
    assert noted is ("compose.yml" in more and not expected)


def test_what_is_built_gets_its_headers() -> None:
    files = pyproject('dependencies = ["psycopg2", "mysqlclient"]\n', {})
    assert given(files) == {
        "before-install": "sudo apt-get update && sudo apt-get install --yes default-libmysqlclient-dev libpq-dev pkg-config"
    }
    assert not given(pyproject('dependencies = ["psycopg2-binary"]\n', {}))


PACKAGE = (
    '{"scripts": {"build": "x", "test": "y"}, "devDependencies": {"vite": "7"}, "engines": {"node": "^22.1"}}'
)
VITE = {"frontend/package.json": PACKAGE, "frontend/package-lock.json": "{}"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            VITE,
            {
                "frontend-directory": "frontend",
                "frontend-outputs": "dist/**",
                "frontend-test": "npm test",
                "node-version": "22",
            },
        ),
        (
            {**VITE, "frontend/vite.config.ts": "build: { outDir: 'public/app' }", ".nvmrc": "v20.1.0\n"},
            {
                "frontend-directory": "frontend",
                "frontend-outputs": "public/app/**",
                "frontend-test": "npm test",
                "node-version": "20.1.0",
            },
        ),
        (
            {"package.json": '{"scripts": {"build": "x"}}', "package-lock.json": "{}"},
            {"frontend-directory": ".", "frontend-outputs": "dist/**"},
        ),
        ({"package.json": '{"devDependencies": {"prettier": "3"}}', "package-lock.json": "{}"}, {}),
        ({"package.json": PACKAGE, "yarn.lock": ""}, {}),
        ({"package.json": "no json", "package-lock.json": "{}"}, {}),
    ],
    ids=["vite", "as configured", "unknown", "nothing to build", "another manager", "broken"],
)
def test_frontends(files: Mapping[str, str], expected: Mapping[str, str]) -> None:
    assert given({**pyproject("", {}), **files}) == expected


def test_what_a_build_leaves_is_one_to_look_at() -> None:
    files = {"package.json": '{"scripts": {"build": "x"}}', "package-lock.json": "{}"}
    assert [each.name for each in one({**pyproject("", {}), **files}).given if each.check] == [
        "frontend-outputs"
    ]


def test_a_frontend_beside_the_project() -> None:
    assert given({**at("backend", tests=False), **VITE})["frontend-directory"] == "../frontend"


def test_a_frontend_belongs_to_one_of_several_projects() -> None:
    files = {
        **at("shop"),
        **at("rates"),
        "shop/web/package.json": PACKAGE,
        "shop/web/package-lock.json": "{}",
    }
    found = {each.id: each.value("frontend-directory") for each in looking.projects(facts(files))}
    assert found == {"shop": "web", "rates": ""}
