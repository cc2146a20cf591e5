"""Facts of a project that has everything, for the tests of this folder to take away from."""

from __future__ import annotations

from typing import Any

from ci_actions.ci_plan.belonging import Belonging
from ci_actions.ci_plan.model import Facts, Frontend, Recorded, Signs
from ci_actions.project.files import ProjectFiles

PYPROJECT = b"[project]\nname = 'a'\nrequires-python = '>=3.11,<3.14'\n[build-system]\nrequires = []\n"
WHOLE = Signs(
    python="[project] in pyproject.toml",
    tests="tests/test_a.py",
    coverage=".coveragerc",
    package="[build-system] in pyproject.toml",
    documents="README.md",
    readme=frozenset({"README.md"}),
)
FILES = ProjectFiles(names=frozenset({"pyproject.toml"}), content={"pyproject.toml": PYPROJECT})


def facts(*changed: str, **given: Any) -> Facts:
    """Return facts of a change of these files; of one that is empty without any."""
    values: dict[str, Any] = {
        "directory": "",
        "files": FILES,
        "signs": WHOLE,
        "belonging": Belonging(directory=given.get("directory", "")),
        "changed": frozenset(changed),
        "base": "1" * 40,
        "base_how": "first parent 1111111 of the merge commit 2222222",
        "frontend": Frontend(folder="web", missing=False),
        "recorded": Recorded(seconds=None, why="no durations are recorded yet"),
    }
    return Facts(**(values | given))
