"""Pure: what is kept between runs, in the words that actions/cache is to hear.

It tells entries apart by the letters of the paths it is given: an absolute path of a workspace, another one on the next
runner, would never be found again (https://github.com/actions/cache/blob/main/README.md#cache-version).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ci_actions.project.model import Manager

#: The variable that moves a manager's downloads, and where they lie below the user's caches otherwise.
_DOWNLOADS = {
    Manager.UV: ("UV_CACHE_DIR", "uv"),
    Manager.PYLOCK: ("UV_CACHE_DIR", "uv"),
    Manager.HATCH: ("UV_CACHE_DIR", "uv"),
    Manager.POETRY: ("POETRY_CACHE_DIR", "pypoetry"),
    Manager.PDM: ("PDM_CACHE_DIR", "pdm"),
    Manager.PIPENV: ("PIP_CACHE_DIR", "pip"),
    Manager.PIP: ("PIP_CACHE_DIR", "pip"),
    Manager.PIP_TOOLS: ("PIP_CACHE_DIR", "pip"),
}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where things lie here: `platform` as `sys.platform` says, absolute paths with `/`; `ours` is our own cache."""

    platform: str
    home: str
    workspace: str
    ours: str
    environ: Mapping[str, str]

    def spoken(self, path: str) -> str:
        """Return a path as the cache is to hear of it: relative to the workspace, below `~`, else as it is."""
        for start, short in ((self.workspace, ""), (self.home, "~/")):
            if start and path.startswith(f"{start.rstrip('/')}/"):
                return short + path[len(start.rstrip("/")) + 1 :]
        return path


def kept(machine: Machine, manager: Manager, keeps: str, environment: str, program: str) -> tuple[str, ...]:
    """Return the paths to keep for `venv`, `downloads` or `both`.

    `environment` is the path of the project's environment; `program` is how the folders begin of the one that brings
    the manager, empty where the manager was there already. It tells pip from pip-audit, and from a pip of another release.
    """
    return tuple(machine.spoken(path) for path in _kept(machine, manager, keeps, environment, program))


def _kept(machine: Machine, manager: Manager, keeps: str, environment: str, program: str) -> Iterator[str]:
    if keeps in ("venv", "both"):
        yield environment
    if keeps in ("downloads", "both"):
        yield downloads(machine, manager)
    if keeps and program:
        yield f"{machine.ours}/ci-actions/environments/{program}-*"


def downloads(machine: Machine, manager: Manager) -> str:
    """Return where a manager keeps what it downloaded."""
    variable, name = _DOWNLOADS[manager]
    if moved := machine.environ.get(variable):
        return moved.replace("\\", "/")
    if machine.platform == "win32":
        return f"{machine.environ.get('LOCALAPPDATA', machine.home).replace(chr(92), '/')}/{name}" + (
            "/cache" if name in ("uv", "pip") else ""
        )
    # uv alone follows the conventions of Linux on macOS too: https://docs.astral.sh/uv/concepts/cache/#cache-directory
    if machine.platform == "darwin" and name != "uv":
        return f"{machine.home}/Library/Caches/{name}"
    return f"{machine.environ.get('XDG_CACHE_HOME') or machine.home + '/.cache'}/{name}"
