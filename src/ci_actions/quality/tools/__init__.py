"""The tools, one module each. Adding one is a module here, and its name in `config.TOOLS`."""

from __future__ import annotations

from importlib import import_module

from ci_actions.quality.config import TOOLS
from ci_actions.quality.detection import HOOK_FILES
from ci_actions.quality.tool import Tool


def load(name: str) -> Tool:
    """Return a tool by its name: `ruff-check` is the module `ruff_check`."""
    made: Tool = import_module(f"{__name__}.{name.replace('-', '_')}").TOOL
    return made


def config_files() -> frozenset[str]:
    """Return the names of all files that may configure a tool."""
    places = (place.file for name in TOOLS for place in load(name).places)
    return frozenset({"pyproject.toml", *HOOK_FILES, *places})
