"""The cache service and the interpreter, by the events as GitHub sends them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ci_actions.kit.clock import Clock
from ci_actions.kit.run import Edges
from ci_actions.project.managers import detect
from ci_actions.project.reading import read_project
from ci_actions.python_setup_with_cache import facts
from ci_actions.python_setup_with_cache.config import Config

EVENTS = Path(__file__).resolve().parents[2] / "events"


def edges(here: Path, environ: Mapping[str, str]) -> Edges[Config]:
    return Edges(
        root=here,
        directory=here,
        environ=environ,
        clock=Clock(),
        progress=lambda _: None,
        token="",
        config_at=lambda _git, _revision: None,
    )


def sent(name: str, **more: str) -> dict[str, str]:
    lines = (EVENTS / f"{name}.env").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {**found, "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(EVENTS / f"{name}.json"), **more}


TAG = {"GITHUB_REF": "refs/tags/v1.2.3", "GITHUB_REF_NAME": "v1.2.3"}


@pytest.mark.parametrize(
    ("environ", "config", "restore", "save", "why"),
    [
        (sent("push"), {}, True, True, ""),
        (sent("pull_request"), {}, True, True, ""),
        (sent("merge_group"), {}, True, True, ""),
        (sent("pull_request_fork"), {}, True, False, "fork"),
        (sent("push", **TAG), {}, False, False, "a tag"),
        (sent("push", GITHUB_EVENT_NAME="release"), {}, False, False, "event release"),
        (
            sent("pull_request", GITHUB_EVENT_NAME="pull_request_target"),
            {},
            False,
            False,
            "pull_request_target",
        ),
        (sent("push", GITHUB_EVENT_NAME="workflow_run"), {}, False, False, "workflow_run"),
        (sent("push", **TAG), {"restore_cache": "true"}, True, False, "a tag"),
        (sent("push"), {"save_cache": "false"}, True, False, ""),
        (sent("push"), {"offline": True}, False, False, "offline"),
        (sent("push", ACTIONS_CACHE_MODE="read"), {}, True, False, "cache-mode: read"),
        (
            sent("push", ACTIONS_CACHE_MODE="none"),
            {"restore_cache": "true"},
            False,
            False,
            "cache-mode: none",
        ),
        (sent("push", ACTIONS_CACHE_MODE="write-only"), {}, False, True, "cache-mode: write-only"),
        ({}, {}, False, False, "laptop"),
    ],
)
def test_what_a_run_may_do_with_the_cache(
    tmp_path: Path, environ: dict[str, str], config: dict[str, Any], restore: bool, save: bool, why: str
) -> None:
    found = facts.service(Config(**config), edges(tmp_path, environ))
    assert (found.restore, found.save) == (restore, save)
    assert why in found.why
    assert bool(why) is bool(found.why)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"pyproject.toml": '[tool.uv]\nrequired-version = ">=0.5"\n', "uv.lock": "version = 1\n"}, ">=0.5"),
        ({"uv.toml": 'required-version = "0.6.1"\n', "uv.lock": "version = 1\n"}, "0.6.1"),
        ({"pyproject.toml": '[tool.poetry]\nrequires-poetry = ">=2.0"\n', "poetry.lock": "# x\n"}, ">=2.0"),
        ({"uv.lock": "version = 1\n"}, ""),
    ],
)
def test_the_version_of_the_manager_that_a_project_wants(
    tmp_path: Path, files: dict[str, str], wanted: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    project = read_project(tmp_path, tmp_path)
    assert facts.wanted_version(project, detect(project).manager) == wanted


def test_sizes_do_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "kept" / "inner").mkdir(parents=True)
    (tmp_path / "kept" / "inner" / "a").write_bytes(b"12345")
    (tmp_path / "kept" / "up").symlink_to(tmp_path)
    assert 5 <= facts.size(tmp_path / "kept") < 5 + len(str(tmp_path)) + 1
    assert facts.size(tmp_path / "nowhere") == 0
