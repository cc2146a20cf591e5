"""Edge: Poetry. https://python-poetry.org/docs/cli/"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.base import Drifted, Driver


class Poetry(Driver):
    """Poetry, running on its own Python: it fills the environment that is there, whatever interpreter that has."""

    manager = Manager.POETRY
    goes_by_lock = True
    settings: ClassVar[Mapping[str, str]] = {
        "POETRY_VIRTUALENVS_CREATE": "true",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_NO_INTERACTION": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }

    @property
    def _is_old(self) -> bool:
        """Whether this is Poetry 1, which has no `sync`, and a `lock` that updates everything."""
        return self.tool.version.startswith(("0.", "1."))

    def check_lock(self) -> Drifted | None:
        """Ask `poetry check --lock`, which compares digests and needs no network."""
        done = self.ask(["check", "--lock", "--no-ansi"])
        said = done.stdout + done.stderr
        if done.ok:
            return None
        if b"poetry lock" in said or b"poetry.lock was not found" in said or b"No poetry.lock" in said:
            return self.drifted(done)
        if b"Error:" in said and b"lock" not in said.lower():
            # Another complaint about pyproject.toml, which keeps nobody from installing.
            return None
        raise self.failure(done, "checking the lock")

    def lock(self) -> None:
        """Run `poetry lock`, which keeps the versions that still fit."""
        self.run(["lock", "--no-ansi", *(["--no-update"] if self._is_old else [])], "locking")

    def sync(self) -> None:
        """Run `poetry sync` without the project and without folders beside it."""
        self.refuse_offline()
        self.make_venv()
        command = ["install", "--sync"] if self._is_old else ["sync"]
        self.run([*command, "--no-root", "--no-directory", *self._chosen()], "installing")

    def sync_project(self) -> None:
        """Run `poetry install`: what is left over is the project and the folders beside it."""
        self.run(["install", *self._chosen()], "installing the project")

    def _chosen(self) -> list[str]:
        job = self.job
        chosen = [word for each in job.groups for word in ("--with", each)]
        chosen += [word for each in job.extras for word in ("--extras", each)]
        return ["--no-ansi", *chosen, *job.arguments]

    def download_caches(self) -> tuple[Path, ...]:
        """Ask Poetry for its cache."""
        done = self.ask(["config", "cache-dir", "--no-ansi"])
        return (Path(done.text.strip()),) if done.ok and done.text.strip() else ()


DRIVER = Poetry
