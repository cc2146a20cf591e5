"""The threshold that a project has already becomes a setting, and the file keeps every byte."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.commands.init.trees import facts

from ci_actions.commands.init import settings
from ci_actions.commands.init.settings import Setting

SET = (Setting("min-overall = 95", "As it was."),)
TOML = "[project]\nname = 'a'\n"


def wanted(**files: str) -> tuple[str, list[str], str]:
    found = settings.wanted(facts({name.replace("__", "."): text for name, text in files.items()}), "")
    return (
        found.path,
        [each.line for each in found.settings],
        (found.settings[0].why if found.settings else found.why),
    )


@pytest.mark.parametrize(
    ("files", "path", "line", "why"),
    [
        (
            {"pyproject__toml": f"{TOML}[tool.coverage.report]\nfail_under = 95\n"},
            "pyproject.toml",
            "min-overall = 95",
            "[tool.coverage.report]",
        ),
        (
            {"pyproject__toml": f"{TOML}[tool.coverage.report]\nfail_under = 92.50\n"},
            "pyproject.toml",
            "min-overall = 92.5",
            "says",
        ),
        (
            {"pyproject__toml": f"{TOML}[tool.coverage.report]\nfail_under = 100\n"},
            "pyproject.toml",
            "min-overall = 100",
            "says",
        ),
        (
            {
                "pyproject__toml": f"{TOML}[tool.coverage.report]\nfail_under = 95\n",
                "__coveragerc": "[report]\nfail_under = 70\n",
            },
            "pyproject.toml",
            "min-overall = 70",
            ".coveragerc",
        ),
        (
            {"setup__cfg": "[coverage:report]\nfail_under=60\n"},
            "ci-actions.toml",
            "min-overall = 60",
            "setup.cfg",
        ),
        (
            {"tox__ini": "[coverage:report]\nfail_under = 60\n"},
            "ci-actions.toml",
            "min-overall = 60",
            "tox.ini",
        ),
        (
            {
                "pyproject__toml": f"{TOML}[tool.pytest.ini_options]\naddopts = ['--cov', '--cov-fail-under=88.5']\n",
                "__coveragerc": "[report]\nfail_under=1\n",
            },
            "pyproject.toml",
            "min-overall = 88.5",
            "--cov-fail-under in pyproject.toml",
        ),
        (
            {"pytest__ini": "[pytest]\naddopts = --cov-fail-under 77\n", "pyproject__toml": TOML},
            "pyproject.toml",
            "min-overall = 77",
            "pytest.ini",
        ),
        (
            {"pyproject__toml": TOML, "ci-actions__toml": "", "__coveragerc": "[report]\nfail_under=70\n"},
            "ci-actions.toml",
            "min-overall = 70",
            "",
        ),
    ],
)
def test_the_threshold_is_found(files: dict[str, str], path: str, line: str, why: str) -> None:
    found = wanted(**files)
    assert found[:2] == (path, [line])
    assert why in found[2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TOML, "the gate asks for 80 %"),
        (
            f"{TOML}[tool.ci-actions.coverage-gate]\nmin-overall = 90\n",
            "settings of coverage-gate, which stay",
        ),
        (f"{TOML}[tool.ci-actions.quality]\n", "the gate asks for 80 %"),
        (f"{TOML}[tool.coverage.report]\nfail_under = 80\n", "is what the gate asks for without settings"),
        (f"{TOML}[tool.coverage.report]\nfail_under = 0\n", "nothing says"),
        (f"{TOML}[tool.coverage.report]\nfail_under = 'x'\n", "nothing says"),
        (f"{TOML}[tool.coverage.report]\nfail_under = nan\n", "nothing says"),
        (f"{TOML}[tool.coverage.report]\nfail_under = 101\n", "nothing says"),
        ("no toml", "nothing says"),
    ],
)
def test_no_setting_without_a_difference(text: str, why: str) -> None:
    _, lines, said = wanted(pyproject__toml=text)
    assert not lines
    assert why in said


def test_what_is_there_is_the_users() -> None:
    assert settings.is_there(b"[tool.ci-actions.coverage-gate]\nmin-overall = 1\n", "pyproject.toml")
    assert settings.is_there(b"[coverage-gate]\n", "ci-actions.toml")
    assert not settings.is_there(b"[tool.ci-actions.quality]\n", "pyproject.toml")
    assert settings.are_any(b"[tool.ci-actions.quality]\nscope = 'new'\n", "pyproject.toml")


@pytest.mark.parametrize(
    "text",
    [
        "[tool]\nci-actions = {}\n",
        "tool = {x = 1}\n",
        "[tool.ci-actions]\ncoverage-gate = {min-overall = 1}\n",
        "[tool.ci-actions.coverage-gate]\n",
        "[[tool.ci-actions]]\n",
        "not toml",
        "a = '''\n",
        "",
    ],
)
def test_where_no_place_can_be_told(text: str) -> None:
    assert settings.inserted(text.encode(), "pyproject.toml", SET) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "text",
    [
        "[tool.x]\na = 1",
        "[tool.x]\na = 1\n\n\n",
        "\ufeffa = 1\n",
        "[tool.ci-actions.quality]\nscope = 'new'\n",
        "a = 1 # c",
    ],
)
def test_as_a_table_of_its_own(text: str, end: str) -> None:
    content = text.replace("\n", end).encode()
    after = settings.inserted(content, "pyproject.toml", SET)
    assert after is not None
    assert after.startswith(content)
    added = after[len(content) :].decode()
    assert added.strip().splitlines() == [
        "[tool.ci-actions.coverage-gate]",
        "# As it was.",
        "min-overall = 95",
    ]
    assert after.decode().count("\n") == after.decode().count(end if "\n" in text else "\n")


KEYS = st.text("abcxyz-_0123456789", min_size=1, max_size=6)
VALUES = st.integers(-9, 9) | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)


def toml(name: str, table: dict[str, Any], comment: str) -> str:
    import json

    lines = [f"[{name}] {comment}".rstrip()]
    for key, value in table.items():
        shown = (
            str(value).lower()
            if isinstance(value, bool)
            else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        )
        lines.append(f'"{key}" = {shown} {comment}'.rstrip())
    return "\n".join(lines) + "\n"


@given(
    st.dictionaries(
        st.sampled_from(["project", "tool.ruff", "tool.coverage.report", "tool.ci-actions.quality"]),
        TABLES,
        min_size=1,
    ),
    st.sampled_from(["", "# a comment", "# [tool.ci-actions.coverage-gate]"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_file_keeps_every_byte(
    tables: dict[str, dict[str, Any]], comment: str, end: str, ended: bool
) -> None:
    text = "\n".join(toml(name, table, comment) for name, table in tables.items())
    content = (text if ended else text.rstrip("\n")).replace("\n", end).encode("utf-8", "replace")
    before = tomllib.loads(content.decode())
    after = settings.inserted(content, "pyproject.toml", SET)
    assert after is not None
    assert after.startswith(content)
    now = tomllib.loads(after.decode())
    assert now["tool"]["ci-actions"].pop("coverage-gate") == {"min-overall": 95}
    assert now.get("project") == before.get("project")
    left = {name: each for name, each in now["tool"].items() if each or name in before.get("tool", {})}
    assert left == before.get("tool", {})
    assert settings.is_there(after, "pyproject.toml")
