"""Pure: does every lock of a project still say what the project asks for, as far as one sees without the manager?

`IN_STEP` is said only where the manager itself would say so. Where it takes the manager to know, the answer is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ci_actions.project import requirements
from ci_actions.project.answer import Answer, State
from ci_actions.project.credentials import strip_credentials
from ci_actions.project.files import ProjectFiles
from ci_actions.project.managers import Detected, mends
from ci_actions.project.model import Manager

#: What compares, by module and name: only the module of the manager is loaded.
_COMPARE = {
    Manager.UV: ("uv_lock", "compare"),
    Manager.POETRY: ("content_hashes", "of_poetry"),
    Manager.PDM: ("content_hashes", "of_pdm"),
    Manager.PIPENV: ("content_hashes", "of_pipenv"),
    Manager.PIP_TOOLS: ("compiled", "of_requirements"),
    Manager.PYLOCK: ("compiled", "of_pylock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What is known of one lock file, shown relative to the git root, and the command that mends it."""

    lock: str
    answer: Answer
    mend: str

    @property
    def state(self) -> State:
        """What is known."""
        return self.answer.state

    @property
    def message(self) -> str:
        """What to tell people of a drifted lock."""
        return (
            f"{self.lock} does not match {self.answer.reason}. "
            f"Run '{self.mend}' and commit, or set lock-policy: prefer."
        )


def check(files: ProjectFiles, detected: Detected) -> tuple[Drift, ...]:
    """Return what is known of each lock of the detected manager; nothing where there is no lock.

    Raises BadInput for a lock that cannot be read.
    """
    if detected.manager not in _COMPARE:
        return ()
    module, name = _COMPARE[detected.manager]
    compare: Callable[[ProjectFiles, str], Answer] = getattr(
        import_module(f"ci_actions.project.{module}"), name
    )
    return tuple(
        Drift(
            lock=files.shown(lock),
            answer=compare(files, lock),
            mend=_mend(files, detected.manager, lock),
        )
        for lock in detected.locks
    )


def _mend(files: ProjectFiles, manager: Manager, lock: str) -> str:
    """Return the command that writes the lock anew; compiled files say themselves how they were made."""
    if manager is Manager.PIP_TOOLS:
        author = requirements.author(files.text(lock))
        if author and author.command:
            return strip_credentials(author.command)
        if author and author.tool == "uv":
            return f"uv pip compile {lock.removesuffix('.txt')}.in -o {lock}"
        return f"pip-compile {lock.removesuffix('.txt')}.in"
    if manager is Manager.PYLOCK and files.toml(lock).get("created-by") == "uv":
        return f"uv export --format pylock.toml -o {lock}"
    if manager is Manager.POETRY:
        from ci_actions.project.content_hashes import is_poetry_1

        if is_poetry_1(files, lock):
            return "poetry lock --no-update"
    return mends(manager)
