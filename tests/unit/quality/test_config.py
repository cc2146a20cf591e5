from __future__ import annotations

import tomllib

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import Settings, read
from ci_actions.quality.config import TOOLS, Config, named


def of(toml: str = "", **options: str) -> Config:
    settings = Settings(tomllib.loads(toml), "pyproject.toml", "tool.ci-actions.quality")
    given = {name.replace("_", "-"): [value] for name, value in options.items()}
    return read(Config, options=given, environ={}, settings=settings)


@pytest.mark.parametrize(
    ("tools", "wanted"),
    [
        ("auto", TOOLS),
        ("-pylint", tuple(name for name in TOOLS if name != "pylint")),
        ("auto,-ruff", tuple(name for name in TOOLS if not name.startswith("ruff"))),
        ("mypy, black", ("black", "mypy")),
        ("ruff", ("ruff-check", "ruff-format")),
        ("pre-commit", ("hooks",)),
        ("auto,pylint", TOOLS),
    ],
)
def test_the_tools_that_may_run(tools: str, wanted: tuple[str, ...]) -> None:
    assert of(tools=tools).wanted() == wanted


def test_a_tool_that_is_named_runs_also_where_nothing_configures_it() -> None:
    assert of(tools="auto,pylint,-mypy").asked_for() == ("pylint",)
    # What is required must be configured: naming it there is no reason to run it.
    assert of(require="mypy").asked_for() == ()


def test_families_stand_for_their_tools() -> None:
    assert named(["hooks", "ruff", "ruff-check"]) == ("ruff-check", "ruff-format", "hooks")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tools": "pylnt"}, "input 'tools' names 'pylnt', which is no tool (did you mean 'pylint'?)"),
        ({"tools": "-auto"}, "input 'tools' names '-auto'"),
        ({"tools": "mypy,-mypy"}, "leaves no tool"),
        ({"require": "auto"}, "input 'require' names 'auto'"),
        ({"require": "mypy", "tools": "-mypy"}, "names mypy, which input 'tools' leaves out"),
        ({"scope": "new", "base": "file:x.patch"}, "base must name one, not a patch"),
        ({"deepen": "often"}, "input 'deepen' is 'often'"),
        ({"severity": "hihg"}, "did you mean 'high'"),
        ({"timeout": "0"}, "from 1 to 86400"),
    ],
)
def test_what_cannot_be_meant(options: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        of(**options)
    assert said in " ".join(refused.value.problems)


def test_what_writes_to_files_stands_in_no_settings() -> None:
    with pytest.raises(BadInput, match="cannot stand in a settings file"):
        of("fix = true")
