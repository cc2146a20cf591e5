from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ci_actions.ci_plan.config import Config
from ci_actions.ci_plan.loosened import settings

BEFORE = Config(
    test="true",
    python_versions=("3.11", "3.12"),
    paths=("libs/**",),
    docs_globs=("docs/**",),
    coverage_files=("lcov.info",),
    config_from="base",
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"test": "auto"}, "test goes from true to auto"),
        ({"test": "false"}, "test goes from true to false"),
        ({"security": "false"}, "security goes from auto to false"),
        ({"python_versions": ("3.12",)}, "python-versions goes from 3.11, 3.12 to 3.12"),
        ({"python_versions": ()}, "python-versions goes from 3.11, 3.12 to nothing"),
        ({"paths": ()}, "paths loses libs/**"),
        ({"docs_globs": ("docs/**", "**/*.py")}, "docs-globs gains **/*.py"),
        ({"coverage_files": ()}, "coverage-files loses lcov.info"),
        ({"test_command": "true"}, "test-command goes from pytest to 'true'"),
        ({"layout": "single"}, "layout goes from jobs to single, which tests one version"),
        ({"config_from": "head"}, "config-from goes from base to head"),
    ],
)
def test_what_lets_less_run_is_named(changes: dict[str, Any], said: str) -> None:
    assert list(settings(BEFORE, replace(BEFORE, **changes))) == [said]


def test_a_first_list_of_versions_is_named() -> None:
    assert list(settings(Config(), Config(python_versions=("3.12",)))) == [
        "python-versions goes from nothing to 3.12"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"security": "true"},
        {"python_versions": ("3.11", "3.12", "3.13")},
        {"paths": ("libs/**", "more/**")},
        {"docs_globs": ()},
        {"shards": 4},
        {"name": "x"},
    ],
)
def test_what_does_not_is_not(changes: dict[str, Any]) -> None:
    assert not list(settings(BEFORE, replace(BEFORE, **changes)))
