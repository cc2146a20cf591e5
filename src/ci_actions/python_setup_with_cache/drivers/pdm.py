"""Edge: PDM. https://pdm-project.org/en/latest/reference/cli/"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.base import Drifted, Driver


class Pdm(Driver):
    """PDM, running on its own Python; the environment is shown to it as the activated one."""

    manager = Manager.PDM
    goes_by_lock = True
    oldest = (3, 10)
    for_older = ("2.26.9", "3.8")
    settings: ClassVar[Mapping[str, str]] = {
        "PDM_CHECK_UPDATE": "false",
        "PDM_IGNORE_SAVED_PYTHON": "1",
        "PDM_NON_INTERACTIVE": "1",
        "PDM_USE_VENV": "true",
        "NO_COLOR": "1",
    }

    def own_settings(self) -> Mapping[str, str]:
        """Return where the environment is."""
        return {"VIRTUAL_ENV": str(self.job.venv)}

    def check_lock(self) -> Drifted | None:
        """Ask `pdm lock --check`, which compares digests and needs no network."""
        self.make_venv()
        done = self.ask(["lock", "--check"])
        if done.ok:
            return None
        said = done.stdout + done.stderr
        if b"Lock file" in said or b"lock file" in said or b"Lockfile" in said or b"lockfile" in said:
            return self.drifted(done)
        raise self.failure(done, "checking the lock")

    def lock(self) -> None:
        """Run `pdm lock`, which keeps the versions that still fit."""
        self.make_venv()
        self.run(["lock", "--update-reuse"], "locking")

    def sync(self) -> None:
        """Run `pdm sync` without the project."""
        self.refuse_offline()
        self.make_venv()
        self.run(["sync", "--clean", "--no-self", *self._chosen()], "installing")

    def sync_project(self) -> None:
        """Run `pdm sync`: what is left over is the project."""
        self.run(["sync", *self._chosen()], "installing the project")

    def _chosen(self) -> list[str]:
        """Return the groups and extras, which PDM calls groups too."""
        job = self.job
        return [*(word for each in (*job.groups, *job.extras) for word in ("-G", each)), *job.arguments]

    def download_caches(self) -> tuple[Path, ...]:
        """Ask PDM for its cache."""
        done = self.ask(["config", "cache_dir"])
        return (Path(done.text.strip()),) if done.ok and done.text.strip() else ()


DRIVER = Pdm
