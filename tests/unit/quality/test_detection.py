from __future__ import annotations

import pytest

from ci_actions.quality import drift, tools
from ci_actions.quality.config import TOOLS
from ci_actions.quality.detection import (
    HOOK_TOOLS,
    Project,
    extended,
    normalised,
    read_tables,
    requirement_name,
)


def project(prefix: str = "", **configs: str) -> Project:
    named = {path.replace("__", "/").replace("_dot_", "."): text.encode() for path, text in configs.items()}
    return Project(prefix=prefix, files=("a.py",), configs=named)


def reasons(of: Project) -> dict[str, str]:
    found = {name: tools.load(name).detect(of) for name in TOOLS}
    return {name: each.reason for name, each in found.items() if each}


@pytest.mark.parametrize(
    ("path", "text", "tool", "reason"),
    [
        ("pyproject.toml", "[tool.ruff]", "ruff-check", "[tool.ruff] in pyproject.toml"),
        ("ruff.toml", "", "ruff-check", "ruff.toml"),
        ("pyproject.toml", "[tool.black]", "black", "[tool.black] in pyproject.toml"),
        ("setup.cfg", "[isort]\nprofile=black", "isort", "[isort] in setup.cfg"),
        ("setup.cfg", "[tool:isort]\nprofile=black", "isort", "[isort] in setup.cfg"),
        ("tox.ini", "[flake8]\nmax-line-length=100", "flake8", "[flake8] in tox.ini"),
        ("pylintrc", "[MAIN]\n", "pylint", "pylintrc"),
        ("setup.cfg", "[pylint.MASTER]\n", "pylint", "[pylint] in setup.cfg"),
        ("setup.cfg", "[pylint.DESIGN]\n", "pylint", "[pylint] in setup.cfg"),
        ("tox.ini", "[pylint.basic]\n", "pylint", "[pylint] in tox.ini"),
        ("setup.cfg", "[mypy]\n", "mypy", "[mypy] in setup.cfg"),
        ("pyrightconfig.json", "{}", "pyright", "pyrightconfig.json"),
        (".djlintrc", "{}", "djlint", ".djlintrc"),
        (".pre-commit-config.yaml", "repos: []", "hooks", ".pre-commit-config.yaml"),
        (
            "pyproject.toml",
            "[dependency-groups]\ndev=['Black>=1']",
            "black",
            "named in dependency group dev of pyproject.toml",
        ),
        (
            "pyproject.toml",
            "[project]\noptional-dependencies.x=['mypy[a]']",
            "mypy",
            "named in extra x of pyproject.toml",
        ),
        (
            "pyproject.toml",
            "[tool.poetry.group.d.dependencies]\nflake8='*'",
            "flake8",
            "named in poetry's group d of pyproject.toml",
        ),
        (
            "pyproject.toml",
            "[tool.uv]\ndev-dependencies=['isort']",
            "isort",
            "named in uv's dev-dependencies of pyproject.toml",
        ),
        (
            "pyproject.toml",
            "[tool.pdm.dev-dependencies]\nx=['pylint']",
            "pylint",
            "named in pdm's group x of pyproject.toml",
        ),
        ("requirements-dev.txt", "-r x\npyright==1 # y\n", "pyright", "named in requirements-dev.txt"),
    ],
)
def test_why_a_tool_runs(path: str, text: str, tool: str, reason: str) -> None:
    found = Project(prefix="", files=("a.py",), configs={path: text.encode()})
    assert reasons(found)[tool] == reason


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\n"),
        ("setup.cfg", "[metadata]\nname=x"),
        ("setup.cfg", "[pylint_odoo]\n"),
        ("tox.ini", "[tox]\n"),
        ("pyproject.toml", "[dependency-groups]\ndev=['pytest', {include-group='x'}]"),
        ("poetry.lock", "[[package]]\nname='mypy'"),
    ],
)
def test_nothing_names_a_tool(path: str, text: str) -> None:
    assert reasons(Project(prefix="", files=("a.py",), configs={path: text.encode()})) == {}


def test_the_nearest_settings_count_and_the_order_is_the_tools_own() -> None:
    configs = {
        "pyproject.toml": b"[tool.mypy]\n",
        "svc/setup.cfg": b"[mypy]\n",
        "svc/mypy.ini": b"[mypy]\n",
    }
    found = tools.load("mypy").detect(Project(prefix="svc", files=(), configs=configs))
    assert found is not None
    assert found.config == "svc/mypy.ini"
    found = tools.load("mypy").detect(Project(prefix="other", files=(), configs=configs))
    assert found is not None
    assert found.config == "pyproject.toml"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[tool.mypy]\nx = = 1"),
        ("mypy.ini", "[mypy]\nno setting\n"),
        ("setup.cfg", "[mypy]\n[mypy]\n"),
    ],
)
def test_settings_that_cannot_be_read_count_and_are_a_problem(path: str, text: str) -> None:
    found = tools.load("mypy").detect(Project(prefix="", files=(), configs={path: text.encode()}))
    assert found is not None
    assert found.problem.startswith(f"{path} is not valid")


def test_only_a_hook_names_it() -> None:
    hooks = "repos:\n- repo: https://github.com/psf/black\n  rev: 24.1.0\n  hooks:\n  - id: black\n"
    found = tools.load("black").detect(project(_dot_pre_dot_commit="", **{".pre-commit-config.yaml": hooks}))
    assert found is not None
    assert found.only_hook


@pytest.mark.parametrize("text", ["", "repos: 3", "- a", "{", "repos: [{hooks: [{}]}]", "a: &a [*a]", "\t"])
def test_a_hook_file_that_is_none_has_no_hooks(text: str) -> None:
    assert Project(prefix="", files=(), configs={".pre-commit-config.yaml": text.encode()}).hooks == ()


@pytest.mark.parametrize(
    ("repo", "identity", "rev", "expected"),
    [
        ("https://github.com/astral-sh/ruff-pre-commit", "ruff", "v0.12.0", ["ruff 0.17.5 v0.12.0"]),
        ("https://github.com/astral-sh/ruff-pre-commit", "ruff-format", "v0.17.5", []),
        ("https://github.com/psf/black", "black", "26.1", []),
        ("https://github.com/psf/black", "black", "stable", []),
        ("https://github.com/pre-commit/mirrors-mypy", "mypy", "v1.0", []),
        ("local", "ruff", "v0.12.0", []),
    ],
)
def test_drift(repo: str, identity: str, rev: str, expected: list[str]) -> None:
    hooks = f"repos:\n- repo: {repo}\n  rev: {rev}\n  hooks:\n  - id: {identity}\n"
    found = drift.drift(
        Project(prefix="", files=(), configs={".pre-commit-config.yaml": hooks.encode()}),
        {"ruff": "0.17.5", "black": "26.1.0"},
    )
    assert [f"{each.tool} {each.here} {each.hook}" for each in found] == expected


def test_hooks_are_of_tools_that_there_are() -> None:
    assert set(HOOK_TOOLS.values()) <= set(TOOLS)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ruff", "ruff"),
        ("Py_Lint>=3", "py-lint"),
        ("mypy[x] ; a", "mypy"),
        ("-r x", ""),
        ("# ruff", ""),
        ("git+https://x", ""),
    ],
)
def test_requirement_names(line: str, name: str) -> None:
    assert requirement_name(line) == name
    assert normalised("A__b..C") == "a-b-c"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("{}", True),
        ('{ // a "b"\n "a": "x // y", /* c\n */ "b": [1,], }', True),
        ('{"a": "\\"//"}', True),
        ("{ 'a': 1 }", False),
        ("{", False),
    ],
)
def test_json_with_comments(text: str, valid: bool) -> None:
    assert (read_tables("pyrightconfig.json", text.encode()) is None) is valid


@pytest.mark.parametrize(
    ("configs", "files", "found"),
    [
        ({"ruff.toml": "extend = 'cfg/a.toml'"}, {"cfg/a.toml": ""}, {"cfg/a.toml"}),
        (
            {"x/pyproject.toml": "[tool.ruff]\nextend = '../cfg/a.toml'"},
            {"cfg/a.toml": "extend = 'b.toml'", "cfg/b.toml": "extend = 'a.toml'"},
            {"cfg/a.toml", "cfg/b.toml"},
        ),
        ({"a/ruff.toml": "extend = '../ruff.toml'", "ruff.toml": ""}, {"ruff.toml": ""}, set()),
        ({"ruff.toml": "extend = '~/ruff.toml'"}, {}, set()),
        ({"ruff.toml": "extend = ["}, {}, set()),
        ({"mypy.ini": "[mypy]\nextend = a.toml"}, {"a.toml": ""}, set()),
    ],
    ids=["one", "in a circle", "known", "of the user", "not valid", "not ruff's"],
)
def test_what_settings_of_ruff_extend(
    configs: dict[str, str], files: dict[str, str], found: set[str]
) -> None:
    def read(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    given = {path: text.encode() for path, text in configs.items()}
    assert set(extended(given, read)) == found


def test_settings_of_ruff_in_a_folder_make_it_run() -> None:
    files = {"packages/b/ruff.toml": b"", "packages/a/pyproject.toml": b"[tool.ruff]\n"}
    found = tools.load("ruff-check").detect(Project(prefix="", files=("a.py",), configs={}, below=files))
    assert found is not None
    # Of an example, say: that ruff is not installed is then no failure.
    assert (found.reason, found.config, found.only_hook) == ("packages/a/pyproject.toml", "", True)
