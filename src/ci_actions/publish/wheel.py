"""The wheel of a released tree: the package, and as its data all that surrounds it in the tree (`hatch_build.py`).

Built by the same backend that `pip install git+…` and `uvx --from git+…` call, so that all of them give the same
files; without isolation, from the locked environment of `make setup`, and without a network.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ci_actions.kit.errors import CannotJudge, Unavailable
from ci_actions.kit.process import Process
from ci_actions.publish import tree
from ci_actions.publish.tree import Files

_BUILD_SECONDS = 300.0


def build(files: Files, time: int, process: Process, python: str) -> tuple[str, bytes]:
    """Return the name and the bytes of the wheel of a tree; `python` has hatchling.

    Raises Unavailable when it has not, CannotJudge when the build fails.
    """
    with tempfile.TemporaryDirectory(prefix="ci-actions-wheel-") as scratch:
        folder, target = Path(scratch, "tree"), Path(scratch, "dist")
        tree.write(files, folder, time)
        done = process.run(
            [python, "-I", "-B", "-m", "hatchling", "build", "--target", "wheel", "--directory", target],
            cwd=folder,
            env={"SOURCE_DATE_EPOCH": str(time), "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=_BUILD_SECONDS,
        )
        if b"No module named hatchling" in done.stderr:
            raise Unavailable(
                f"{python} has no hatchling.", advice="Run `make setup`, then .venv/bin/ci-actions."
            )
        made = sorted(target.glob("*.whl")) if done.ok else []
        if len(made) != 1:
            raise CannotJudge(f"The wheel could not be built: {done.complaint}")
        return made[0].name, made[0].read_bytes()
