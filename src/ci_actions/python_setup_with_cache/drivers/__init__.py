"""The managers, driven for real: one module each, one interface (`base.Driver`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ci_actions.project.model import Manager

if TYPE_CHECKING:
    from ci_actions.python_setup_with_cache.drivers.base import Driver

_MODULES = {
    Manager.UV: "uv",
    Manager.POETRY: "poetry",
    Manager.PDM: "pdm",
    Manager.PIPENV: "pipenv",
    Manager.PIP: "pip",
    Manager.PIP_TOOLS: "pip_tools",
    Manager.HATCH: "hatch",
    Manager.PYLOCK: "pylock",
}


def driver(manager: Manager) -> type[Driver]:
    """Return the class that drives a manager; only its module is loaded."""
    found: type[Driver] = import_module(f"{__name__}.{_MODULES[manager]}").DRIVER
    return found
