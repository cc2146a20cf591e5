"""Edge: Pipenv. https://pipenv.pypa.io/en/latest/cli.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.base import Drifted, Driver


class Pipenv(Driver):
    """Pipenv, running on its own Python, with the environment beside the Pipfile."""

    manager = Manager.PIPENV
    goes_by_lock = True
    oldest = (3, 10)
    for_older = ("2024.4.1", "3.8")
    settings: ClassVar[Mapping[str, str]] = {
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_NOSPIN": "1",
        "PIPENV_YES": "1",
        "NO_COLOR": "1",
    }

    def own_settings(self) -> Mapping[str, str]:
        """Return which interpreter and which Pipfile, not one further up."""
        return {
            "PIPENV_DEFAULT_PYTHON_VERSION": self.job.interpreter.path,
            "PIPENV_PIPFILE": str(self.job.directory / "Pipfile"),
        }

    def check_lock(self) -> Drifted | None:
        """Ask `pipenv verify`, which compares digests and needs no network."""
        done = self.ask(["verify"])
        if done.ok:
            return None
        if b"out-of-date" in done.stdout + done.stderr or b"No Pipfile.lock" in done.stdout + done.stderr:
            return self.drifted(done)
        raise self.failure(done, "checking the lock")

    def lock(self) -> None:
        """Run `pipenv lock`."""
        self.make_venv()
        self.run(["lock"], "locking")

    def sync(self) -> None:
        """Run `pipenv sync`; offline it finds what is in the folders that PIP_FIND_LINKS names."""
        self.make_venv()
        self.run(["sync", *self._chosen()], "installing")

    @property
    def has_project(self) -> bool:
        """Whether the lock has folders."""
        return bool(self.local)

    def sync_project(self) -> None:
        """Run it again: folders are installed as they are now."""
        self.run(["sync", *self._chosen()], "installing the project")

    @property
    def local(self) -> frozenset[str]:
        """Return the names under which the lock has folders."""
        lock = self.job.directory / "Pipfile.lock"
        document = json.loads(lock.read_bytes()) if lock.is_file() else {}
        sections = [section for name, section in document.items() if name != "_meta"]
        named = {
            name for each in sections for name, entry in each.items() if "path" in entry or "file" in entry
        }
        return frozenset(named) | super().local

    def _chosen(self) -> list[str]:
        """Return the groups and extras, which Pipenv calls categories; `dev` has an option of its own."""
        job = self.job
        others = [each for each in (*job.groups, *job.extras) if each != "dev"]
        chosen = ["--dev"] if "dev" in job.groups and not others else []
        if others:
            wanted = ["packages", *(["dev-packages"] if "dev" in job.groups else []), *others]
            chosen = ["--categories", " ".join(wanted)]
        return [*chosen, *job.arguments]

    def download_caches(self) -> tuple[Path, ...]:
        """Return where pip, which Pipenv installs with, keeps what it downloaded."""
        done = self.process.run([self.job.venv_python, "-I", "-m", "pip", "cache", "dir"])
        return (Path(done.text.strip()),) if done.ok and done.text.strip() else ()


DRIVER = Pipenv
