from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from ci_actions.coverage_gate.config import FORMATS, Config, NamedGate, PathRule, path_rule
from ci_actions.coverage_gate.formats import Format
from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import Settings, declared, read


def of(toml: str = "", **options: str) -> Config:
    settings = Settings(
        tomllib.loads(toml, parse_float=Decimal), "pyproject.toml", "tool.ci-actions.coverage-gate"
    )
    given = {name.replace("_", "-"): [value] for name, value in options.items()}
    return read(Config, options=given, environ={}, settings=settings)


def problem(toml: str = "", **options: str) -> str:
    with pytest.raises(BadInput) as refused:
        of(toml, **options)
    (said,) = refused.value.problems
    return said


def test_the_defaults_of_the_issue() -> None:
    config = of()
    assert [config.min_overall, config.min_critical, config.min_new_code] == [
        Decimal(80),
        Decimal(90),
        Decimal(85),
    ]
    assert config.on_unmeasured_file == "fail"
    assert not config.allow_empty_critical
    assert not config.dry_run
    assert config.baseline_tolerance == 0
    assert config.config_from == "head"
    assert of(fail_under="70").min_overall == 70


@pytest.mark.parametrize("baseline", ["none", "artifact", "file:a/b.json", "branch:main", "branch:a/b"])
def test_baselines(baseline: str) -> None:
    assert of(baseline=baseline).baseline == baseline


@pytest.mark.parametrize(
    "baseline",
    ["file", "file:", "branch:", "branch:-x", "branch", "artifact:x", "none:", "x", "File:a", "http://x"],
)
def test_what_is_no_baseline(baseline: str) -> None:
    assert problem(baseline=baseline) == (
        f"input 'baseline' is '{baseline}' but must be none, artifact, file:<path> or branch:<name>"
    )


@pytest.mark.parametrize(
    ("given", "number"),
    [("4", True), ("linux, windows", False), ("py3.11", False), ("²", False), ("", False)],
)
def test_expected_reports_are_a_number_or_names(given: str, number: bool) -> None:
    assert of(expect_reports=given).expects_number is number


def test_both_is_neither() -> None:
    assert (
        problem(expect_reports="2, linux")
        == "input 'expect-reports' must be one number or a list of shard names, not both"
    )


@pytest.mark.parametrize(
    ("deepen", "good"), [("auto", True), ("never", True), ("500", True), ("5x", False), ("²", False)]
)
def test_deepen(deepen: str, good: bool) -> None:
    if good:
        assert of(deepen=deepen).deepen == deepen
    else:
        said = f"input 'deepen' is '{deepen}' but must be auto, never or a number of commits, like '500'"
        assert problem(deepen=deepen) == said


OFF: dict[str, Any] = {"min_overall": "off", "min_new_code": "off"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"critical_paths": "a", "min_critical": "off"},
        {"min_overall": "0"},
        {"min_new_code": "0"},
        {"min_critical": "0", "critical_paths": "a"},
    ],
)
def test_a_gate_that_gates_nothing_is_refused(options: dict[str, str]) -> None:
    assert problem(**{**OFF, **options}).startswith("every gate is off: set min-overall, min-new-code, ")


def test_a_gate_of_nothing_is_no_gate() -> None:
    assert problem('[[gate]]\nname = "x"\nmin = 0', **OFF).startswith("every gate is off")


@pytest.mark.parametrize(
    ("toml", "options"),
    [
        ("", {"critical_paths": "a"}),
        ("", {"min_overall": "1"}),
        ("", {"min_new_code": "1"}),
        ("", {"baseline": "artifact"}),
        ("", {"collect": "out.json"}),
        ('[[gate]]\nname = "x"\nmin = 1', {}),
    ],
)
def test_one_gate_is_enough(toml: str, options: dict[str, str]) -> None:
    of(toml, **{**OFF, **options})


def test_named_gates() -> None:
    toml = '[[gate]]\nname = "domain"\nmin = 95.5\npaths = ["src/domain"]\nscope = "per-file"\nmetric = "branches"'
    assert of(toml).gate == (
        NamedGate(
            name="domain", min=Decimal("95.5"), paths=("src/domain",), scope="per-file", metric="branches"
        ),
    )
    twice = '[[gate]]\nname = "a"\nmin = 1\n[[gate]]\nname = "a"\nmin = 2'
    assert problem(twice) == "two gates are called 'a'; each needs a name of its own"
    assert "'min': 0.95 looks like a fraction. Thresholds are percentages; write 95" in problem(
        '[[gate]]\nname = "a"\nmin = 0.95'
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("/app/src => src", PathRule("/app/src", "src")),
        ("C:\\w=>.", PathRule("C:\\w", ".")),
        ("/app => ", PathRule("/app", "")),
        ("a => b => c", PathRule("a", "b => c")),
    ],
)
def test_path_rules(text: str, rule: PathRule) -> None:
    assert path_rule(text) == rule


@pytest.mark.parametrize("text", ["/app src", "=> src", " => ", "/app = src"])
def test_what_is_no_path_rule(text: str) -> None:
    with pytest.raises(ValueError, match="must be written 'pattern => replacement', like '/app/src => src'"):
        path_rule(text)


def test_several_rules_with_commas_in_them() -> None:
    assert of(path_map="/a,b => src\n/c => .").path_map == (PathRule("/a,b", "src"), PathRule("/c", "."))


def test_formats_are_those_that_are_read() -> None:
    assert set(FORMATS) == {"auto", *(each.value for each in Format)}


def test_only_the_token_is_secret() -> None:
    assert [each.name for each in declared(Config) if each.secret] == ["github-token"]
