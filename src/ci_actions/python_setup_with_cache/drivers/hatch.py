"""Edge: Hatch. https://hatch.pypa.io/latest/environment/"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ci_actions.kit.errors import BadInput
from ci_actions.project.environments import installed_from
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.base import Driver


class Hatch(Driver):
    """One environment of Hatch, made where every other manager makes its own; a group names it (`default`)."""

    manager = Manager.HATCH
    settings: ClassVar[Mapping[str, str]] = {"NO_COLOR": "1", "HATCH_NO_COLOR": "1", "HATCH_INTERACTIVE": "0"}

    def own_settings(self) -> Mapping[str, str]:
        """Return where the environment is, and with which interpreter it is made."""
        return {
            "HATCH_ENV_TYPE_VIRTUAL_PATH": str(self.job.venv),
            "HATCH_PYTHON": self.job.interpreter.path,
        }

    @property
    def _name(self) -> str:
        if len(self.job.groups) > 1:
            raise BadInput("groups: Hatch makes one environment at a time; name one of them")
        return self.job.groups[0] if self.job.groups else "default"

    def sync(self) -> None:
        """Run `hatch env create`, or bring an environment that is there up to date."""
        self.refuse_offline()
        if self.job.extras:
            raise BadInput("extras: Hatch names them in the environment itself (features = […])")
        if self.job.venv_python.exists():
            self.run(["env", "run", "-e", self._name, "--", "python", "-c", ""], "installing")
        else:
            self.run(["env", "create", self._name, *self.job.arguments], "installing")

    @property
    def has_project(self) -> bool:
        """Whether the environment is one that has the project."""
        return bool(installed_from(self.job.venv, self.job.directory))

    def sync_project(self) -> None:
        """Install the project in place again."""
        # Hatch depends on uv: it lies beside it.
        uv = Path(self.tool.argv[0]).with_name("uv.exe" if os.name == "nt" else "uv")
        words = [
            str(uv),
            "pip",
            "install",
            "--python",
            str(self.job.venv_python),
            "--no-deps",
            "--editable",
            ".",
        ]
        self.follow(words, "installing the project")


DRIVER = Hatch
