from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from ci_actions.quality import loosened
from ci_actions.quality.config import Config

STRICT = Config(
    on_missing="fail",
    version_drift="fail",
    new_suppressions="fail",
    pre_commit="true",
    severity="low",
    config_from="base",
    require=("mypy",),
    exclude=("a",),
    paths=("src",),
)
#: Settings that say how a run goes, or what it leaves behind, and never what counts.
NEUTRAL = {
    "working_directory", "base", "deepen", "github_token", "python", "jobs", "timeout", "cache", "fix", "sarif", "summary",
    "html", "comment_id", "report_dir",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"scope": "new"}, "scope goes from all to new"),
        ({"on_missing": "warn"}, "on-missing goes from fail to warn"),
        ({"version_drift": "ignore"}, "version-drift goes from fail to ignore"),
        ({"new_suppressions": "report"}, "new-suppressions goes from fail to report"),
        ({"pre_commit": "false"}, "pre-commit goes from true to false"),
        ({"severity": "tool"}, "severity goes from low to tool"),
        ({"config_from": "head"}, "config-from goes from base to head"),
        ({"dry_run": True}, "dry-run goes from false to true"),
        ({"tools": ("auto", "-mypy", "-black")}, "tools loses 'black', 'mypy'"),
        ({"require": ()}, "require loses 'mypy'"),
        ({"exclude": ("a", "b")}, "exclude gains 'b'"),
        ({"paths": ()}, "paths goes from src to everything"),
    ],
)
def test_a_milder_setting_is_named(changed: dict[str, Any], expected: str) -> None:
    assert list(loosened.settings(STRICT, replace(STRICT, **changed))) == [expected]
    # The other way round it asks for more.
    stricter = list(loosened.settings(replace(STRICT, **changed), STRICT))
    assert stricter == [] or list(changed) == ["paths"]


def test_every_setting_is_classed() -> None:
    classed = {*loosened._MILDER, "tools", "require", "exclude", "paths"}
    assert {each.name for each in fields(Config)} == classed | NEUTRAL
    assert not classed & NEUTRAL


def said(path: str, before: str, after: str) -> list[str]:
    return list(loosened.tool_settings(path, before.encode(), after.encode()))


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        (
            "pyproject.toml",
            "[tool.ruff.lint]\nselect = ['E', 'F']\n",
            "[tool.ruff.lint]\nselect = ['E']\nignore = ['E501']\n",
            [
                "pyproject.toml [tool.ruff.lint]: select loses 'F'",
                "pyproject.toml [tool.ruff.lint]: ignore gains 'E501'",
            ],
        ),
        (
            "pyproject.toml",
            "[tool.ruff.lint.per-file-ignores]\n'a.py' = ['E1']\n",
            "[tool.ruff.lint.per-file-ignores]\n'a.py' = ['E1', 'E2']\n",
            ["pyproject.toml [tool.ruff.lint]: per-file-ignores gains 'a.py: E2'"],
        ),
        (
            "pyproject.toml",
            "[tool.mypy]\nstrict = true\n",
            "[tool.mypy]\nstrict = true\n[[tool.mypy.overrides]]\nmodule = 'x.*'\nignore_errors = true\n",
            ["pyproject.toml [tool.mypy.overrides x.*]: ignore_errors goes from unset to true"],
        ),
        (
            "pyproject.toml",
            "[tool.mypy]\nstrict = true\n",
            "[tool.black]\n",
            ["pyproject.toml loses [tool.mypy]"],
        ),
        (
            "mypy.ini",
            "[mypy]\nstrict = True\n",
            "[mypy]\n",
            ["mypy.ini [mypy]: strict goes from True to unset"],
        ),
        (
            "pyproject.toml",
            "[tool.pyright]\ntypeCheckingMode = 'strict'\nreportX = 'error'\n",
            "[tool.pyright]\ntypeCheckingMode = 'basic'\nreportX = 'none'\n",
            [
                "pyproject.toml [tool.pyright]: typeCheckingMode goes from strict to basic",
                "pyproject.toml [tool.pyright]: reportX goes from error to none",
            ],
        ),
        (
            ".flake8",
            "[flake8]\n",
            "[flake8]\nextend-ignore = E1,\n  E2\n",
            [".flake8 [flake8]: extend-ignore gains 'E1', 'E2'"],
        ),
        (
            ".pylintrc",
            "[MAIN]\nfail-under=9.5\n",
            "[MAIN]\nfail-under=8\n",
            [".pylintrc [MAIN]: fail-under goes from 9.5 to 8"],
        ),
        (
            "ruff.toml",
            "line-length = 88\n",
            "line-length = 120\n",
            ["ruff.toml [ruff.toml]: line-length goes from 88 to 120"],
        ),
        (
            ".pre-commit-config.yaml",
            "repos:\n- repo: x\n  hooks: [{id: a}, {id: b}]\n",
            "repos:\n- repo: x\n  hooks: [{id: a}]\n",
            [".pre-commit-config.yaml loses hook 'b'"],
        ),
    ],
)
def test_milder_settings_of_tools(path: str, before: str, after: str, expected: list[str]) -> None:
    assert said(path, before, after) == expected
    assert [each for each in said(path, after, before) if "loses [" not in each] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[tool.ruff]\n", "[tool.ruff]\n[tool.pytest]\nignore = ['x']\n"),
        ("[tool.coverage.run]\nexclude = []\n", "[tool.coverage.run]\nexclude = ['x']\n"),
        ("[tool.ruff]\n", "not = = toml"),
    ],
)
def test_settings_of_others_are_none_of_ours(before: str, after: str) -> None:
    assert [each for each in said("pyproject.toml", before, after) if "loses [tool.ruff]" not in each] == []


@pytest.mark.parametrize(
    ("before", "expected"),
    [(None, []), (b"", ["pk/ruff.toml [ruff.toml.lint]: ignore gains 'ALL'"])],
    ids=["a new tool", "what counted for the folder before"],
)
def test_a_new_file_is_milder_only_where_it_replaces_something(
    before: bytes | None, expected: list[str]
) -> None:
    assert list(loosened.tool_settings("pk/ruff.toml", before, b"[lint]\nignore = ['ALL']\n")) == expected
