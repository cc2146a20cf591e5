"""Edge: where the project's environment lies. PATH is never searched for a tool, and for Python only as the last resort."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.process import Process, Running
from ci_actions.project import own_interpreter
from ci_actions.quality.model import Environment
from ci_actions.quality.tool import Program

AGENT = Path(__file__).with_name("agent.py")
_WINDOWS = os.name == "nt"
#: Seconds for a question to an interpreter.
PATIENCE = 60.0


def find(
    asked: str,
    directory: Path,
    root: Path,
    environ: Mapping[str, str],
    process: Process,
    which: Callable[[str], str | None],
) -> Probe:
    """Return what asks the environment that has the project's tools: the first of the places that there is.

    Raises BadInput for a `python` that is none, CannotJudge where there is no interpreter at all.
    """
    found = own_interpreter.find(asked, directory, root, environ, process, which)
    return Probe(process, found.python, found.how, root)


class Probe:
    """The question to an interpreter what is installed for it; it answers while others work."""

    def __init__(self, process: Process, python: str, how: str, root: Path) -> None:
        self._python = python
        self._how = how
        self._root = root
        self._asked: Running | None = None
        with suppress(OSError):
            self._asked = process.start([python, "-I", AGENT, "probe"])

    def found(self) -> Environment:
        """Return the environment. Raises CannotJudge where the interpreter does not start."""
        done = None if self._asked is None else self._asked.wait(PATIENCE)
        try:
            said = json.loads(done.stdout) if done and done.ok else None
        except ValueError:
            said = None
        if not isinstance(said, dict):
            why = f": {done.complaint.splitlines()[-1]}" if done and done.complaint else ""
            raise CannotJudge(
                f"The interpreter {self._python} ({self._how}) does not start{why}.",
                advice="Make the environment anew, or name another interpreter with the input python.",
            )
        return Environment(
            python=said["python"] or self._python,
            version=said["version"],
            prefix=said["prefix"],
            scripts=said["scripts"],
            how=self._how,
            versions=said["versions"],
            movable=not all(_within(url, self._root) for url in said["editable"]),
            compiled=said["compiled"],
            venv=said["prefix"] != said["base"],
        )


def _within(url: str, root: Path) -> bool:
    """Whether an editable installation is part of the repository: then its files are part of the tree."""
    from urllib.parse import unquote, urlsplit

    path = Path(os.path.realpath(unquote(urlsplit(url).path)))
    return Path(os.path.realpath(root)) in (path, *path.parents)


def launcher(environment: Environment, program: Program) -> tuple[str, ...]:
    """Return how a program of the environment is started.

    Its console script, else its module without the working directory on the path: with a `types.py` in the root,
    plain `python -m` makes flake8, pylint, mypy, black and isort exit 0 on anything.
    """
    path = os.path.join(environment.scripts, program.script + (".exe" if _WINDOWS else ""))
    if os.path.isfile(path):
        return (path,)
    if environment.release >= (3, 11):
        return (environment.python, "-P", "-m", program.module)
    return (environment.python, "-I", "-m", program.module)


def neutral(environ: Mapping[str, str], environment: Environment, home: Path, cache: Path) -> dict[str, str]:
    """Return the variables of a tool: nothing of the user's that would change what it finds.

    User-level configuration (HOME, XDG_CONFIG_HOME), the tools' own variables, colours, and GITHUB_ACTIONS, which
    changes what djLint prints. The caches of managers stay where they are.
    """
    made = {
        name: value
        for name, value in environ.items()
        if name in _KEPT or (name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES))
    }
    made["XDG_CACHE_HOME"] = environ.get("XDG_CACHE_HOME") or str(
        Path(environ.get("HOME") or home) / ".cache"
    )
    made["HOME"] = made["USERPROFILE"] = str(home)
    made["XDG_CONFIG_HOME"] = str(home / ".config")
    made["APPDATA"] = str(home / "AppData")
    made["PATH"] = os.pathsep.join(filter(None, (environment.scripts, environ.get("PATH", ""))))
    if environment.venv:
        made["VIRTUAL_ENV"] = environment.prefix
    made |= {
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "400",
        "PYTHONUTF8": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }
    # No tool leaves bytecode in the tree or in the environment. Where the installer compiled none (uv), each start
    # would compile all of it again.
    made |= (
        {"PYTHONDONTWRITEBYTECODE": "1"}
        if environment.compiled
        else {"PYTHONPYCACHEPREFIX": str(cache / "pyc")}
    )
    return made


#: Say where caches are, which holds what was fetched already.
_KEPT = frozenset({"PREK_HOME", "PYRIGHT_PYTHON_CACHE_DIR", "PYRIGHT_PYTHON_ENV_DIR"})


_DROPPED = frozenset(
    {
        "BLACK_CACHE_DIR", "BLACK_NUM_WORKERS", "CI", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "FORCE_COLOR",
        "GITHUB_ACTIONS", "ISORT_SETTINGS_PATH", "MYPYPATH", "PREK_COLOR",
        "PRE_COMMIT_ALLOW_NO_CONFIG", "PRE_COMMIT_COLOR", "PYLINTHOME", "PYLINTRC",
        "PYTHONHOME", "PYTHONINSPECT", "PYTHONOPTIMIZE", "PYTHONSTARTUP", "PYTHONVERBOSE", "PYTHONWARNINGS",
        "PY_COLORS", "SKIP", "VIRTUAL_ENV", "CONDA_PREFIX",
        # Of a git hook that started us: in a throw-away copy they lead back to the original.
        "GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_WORK_TREE",
    }
)  # fmt: skip
_DROPPED_PREFIXES = ("RUFF_", "MYPY_", "PYRIGHT_PYTHON_", "PREK_", "FLAKE8_", "DJLINT_")
