"""Edge: `pylock.toml` (PEP 751), installed by uv. https://packaging.python.org/specifications/pylock-toml/"""

from __future__ import annotations

from ci_actions.kit.errors import BadInput
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.uv import Uv


class Pylock(Uv):
    """`uv pip sync` of one lock; a lock of another name is chosen by a group of that name (`pylock.dev.toml`: `dev`)."""

    manager = Manager.PYLOCK
    renews_folders = False

    def check_lock(self) -> None:
        """Tell nothing: the lock is by nobody in particular, and says not what it was made of."""
        return

    def lock(self) -> None:
        """Refuse: nobody knows what wrote it."""
        raise BadInput(f"lock-policy '{self.job.lock_policy}': there is nothing but the lock to install from")

    def sync(self) -> None:
        """Make the environment hold what the lock names."""
        self.make_venv()
        chosen = [word for each in self.job.extras for word in ("--extra", each)]
        words = ["pip", "sync", "--python", str(self.job.venv_python), "--allow-empty-requirements"]
        self.run([*words, *chosen, *self.job.arguments, self._file()], "installing")

    @property
    def has_project(self) -> bool:
        """Whether the project is a package."""
        return self.is_package

    def sync_project(self) -> None:
        """Install the project in place."""
        words = ["pip", "install", "--python", str(self.job.venv_python), "--no-deps", "--editable", "."]
        self.run(words, "installing the project")

    def _file(self) -> str:
        locks = self.job.detected.locks
        wanted = [f"pylock.{each}.toml" for each in self.job.groups] or ["pylock.toml"]
        found = [each for each in wanted if each in locks]
        if len(wanted) == 1 and found:
            return found[0]
        if not self.job.groups and len(locks) == 1:
            return locks[0]
        raise BadInput(f"groups: name one of {', '.join(locks)}: 'dev' is pylock.dev.toml")


DRIVER = Pylock
