"""Runs a capability against the double of GitHub's API, with a clock that does not wait."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.doubles.github_api import Api, served
from tests.doubles.github_openapi import Description, description_or_skip

from ci_actions.capabilities import CAPABILITIES, INTERNAL
from ci_actions.kit import run as runner
from ci_actions.kit.clock import Clock
from ci_actions.kit.report import Report
from ci_actions.kit.run import Capability

REPOSITORY = "acme/app"
NOW = "2026-11-21T12:00:00Z"
#: Tokens of a job that reads, of one that may administrate, and of the two that keep house.
READER = "upkeep-reader"
ADMINISTRATOR = "upkeep-administrator"
HOUSEKEEPER = "upkeep-housekeeper"
SWEEPER = "upkeep-sweeper"
TOKENS: Mapping[str, Mapping[str, str]] = {
    READER: {"contents": "read", "metadata": "read"},
    ADMINISTRATOR: {"administration": "read", "metadata": "read"},
    HOUSEKEEPER: {"issues": "write", "pull_requests": "write", "metadata": "read"},
    SWEEPER: {"actions": "write", "contents": "read", "pull_requests": "read", "metadata": "read"},
}


class Noon(Clock):
    """Stands still at noon, and remembers for how long it should have waited."""

    def __init__(self, now: str = NOW) -> None:
        self.slept: list[float] = []
        self._now = datetime.fromisoformat(now).timestamp()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)


@cache
def _description() -> Description:
    return Description.load(description_or_skip())


@contextmanager
def upkeep_api(folder: Path) -> Iterator[Api]:
    """Serve the double for this repository with the tokens above."""
    bare = folder / "bare"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    with served(_description(), bare, REPOSITORY) as api:
        api.tokens |= TOKENS
        yield api


@dataclass
class Runner:
    """The job that runs a capability in a folder."""

    capability: Capability[Any]
    folder: Path
    api_url: str = "http://127.0.0.1:9"
    clock: Noon = field(default_factory=Noon)
    event: Mapping[str, Any] = field(default_factory=lambda: {"repository": {"default_branch": "main"}})
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, token: str = READER) -> Report:
        """Run the capability with options."""
        event = self.folder.parent / "event.json"
        event.write_text(json.dumps(self.event))
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": self.api_url,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_EVENT_NAME": "schedule",
            **({"INPUT_GITHUB_TOKEN": token} if hasattr(self.capability.config, "github_token") else {}),
            **self.env,
        }
        return runner.judge(
            self.capability,
            runner.parse_arguments(words, runner.flags(self.capability.config)),
            environ=environ,
            here=self.folder,
            sections=(*CAPABILITIES, *INTERNAL),
            progress=lambda line: None,
            clock=self.clock,
        )


def work_tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Return a folder with these files, under git."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder
