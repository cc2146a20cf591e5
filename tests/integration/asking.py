"""One call of a capability, as a user makes it: shared by the tests beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a run said: exit code, JSON report, and everything for people."""

    code: int
    report: Any
    said: str

    @property
    def messages(self) -> str:
        """All annotations, one a line."""
        return "\n".join(f"{each['level']}: {each['message']}" for each in self.report["annotations"])

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs."""
        found: Mapping[str, str] = self.report["outputs"]
        return found


def ask(name: str, directory: Path, *options: str, env: Mapping[str, str] | None = None) -> Answer:
    """Run `ci-actions NAME --json` in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "ci_actions", name, "--json", *options],
        cwd=directory,
        env={**os.environ, **(env or {})},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.stdout, done.stderr
    return Answer(done.returncode, json.loads(done.stdout), done.stderr)
