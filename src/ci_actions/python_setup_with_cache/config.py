"""The inputs of python-setup-with-cache, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import ARGUMENT, BOOLEAN, LIST, PATH, TEXT, Common, declare, one_of

MANAGERS = ("uv", "poetry", "pdm", "pipenv", "pylock", "hatch", "pip-tools", "pip")
SWITCH = ("auto", "true", "false")

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "python-version": "Full version of the interpreter, like `3.12.6`.",
    "python-path": "Path of the interpreter that the environment was made with.",
    "manager": "The package manager: `uv`, `poetry`, `pdm`, `pipenv`, `pylock`, `hatch`, `pip-tools`, `pip` or `none`.",
    "manager-version": "Version of the manager that was used.",
    "venv-path": "Path of the environment.",
    "cache-hit": "`true` when the cache held exactly this key, else `false`.",
    "cache-partial": "`true` when an older cache of downloads was restored instead, else `false`.",
    "cache-key": "The key, empty where no cache is used.",
    "cache-matched-key": "The key of what was restored, empty when nothing was.",
    "cache-saved": "`true` when a new cache was handed to the cache service, else `false`.",
    "install-skipped": "`true` when the restored environment was proved and nothing had to be installed, else `false`.",
    "lock-hash": "Digest of the files that decide what is installed.",
    "versions": "The supported Python versions as a JSON array for `strategy.matrix`, oldest first.",
    "version-min": "The oldest supported Python version.",
    "version-max": "The newest supported Python version.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which interpreter, which manager, what is installed, and what is kept between runs."""

    mode: str = declare(
        one_of("setup", "matrix"),
        default="setup",
        help="What to do: `setup` makes the environment; `matrix` only says which Python versions the project supports.",
    )
    python_version: str = declare(
        TEXT,
        default="",
        help="An exact version, a range (PEP 440), `min`, `max` or `default`. Without it: python-version-file, "
        ".python-version, then requires-python. With `mode: matrix` a range that narrows what the project supports.",
    )
    python_version_file: str = declare(
        PATH,
        default="",
        help="File that names the version: .python-version, .tool-versions, pyproject.toml, Pipfile, runtime.txt, mise.toml.",
    )
    allow_prereleases: bool = declare(
        BOOLEAN, default=False, help="Whether a version that is not released yet may be chosen."
    )
    freethreaded: bool = declare(
        BOOLEAN, default=False, help="Whether the free-threaded build is meant, as with `3.13t`."
    )
    architecture: str = declare(
        ARGUMENT, default="", help="Architecture of the interpreter; the runner's without it."
    )
    check_latest: bool = declare(
        BOOLEAN, default=False, help="Whether a newer patch version is looked for than the runner has."
    )
    update_environment: bool = declare(
        BOOLEAN, default=True, help="Whether later steps find the interpreter on PATH."
    )
    manager: str = declare(
        one_of("auto", *MANAGERS, "none"),
        default="auto",
        help="The package manager; `auto` finds it by the project's files, `none` sets up the interpreter only.",
    )
    manager_version: str = declare(
        ARGUMENT,
        default="",
        help="Version of the manager, exact or a range. Without it what the project asks for, else the one this release pins.",
    )
    install: bool = declare(BOOLEAN, default=True, help="Whether the dependencies are installed.")
    groups: tuple[str, ...] = declare(
        LIST, default=(), help="Dependency groups to install, beside what the manager installs by itself."
    )
    extras: tuple[str, ...] = declare(LIST, default=(), help="Extras of the project to install.")
    install_args: str = declare(
        TEXT, default="", help="More arguments for the manager's install command, quoted as in a shell."
    )
    lock_policy: str = declare(
        one_of("frozen", "prefer", "ignore"),
        default="frozen",
        help="What the lock means. `frozen`: it must match the project; `prefer`: an outdated lock is brought up to date; "
        "`ignore`: without a lock.",
    )
    cache: str = declare(
        one_of("auto", "venv", "downloads", "both", "off"),
        default="auto",
        help="What is kept between runs: the environment, the manager's downloads, or both. `auto`: uv's downloads, the "
        "others' environment, and nothing in runs that publish or that strangers can start.",
    )
    cache_dependency_path: tuple[str, ...] = declare(
        LIST,
        default=(),
        aliases=("cache-dependency-glob",),
        help="Globs of more files that the cache depends on.",
    )
    cache_suffix: str = declare(TEXT, default="", help="A part of the key of your own.")
    cache_version: str = declare(
        TEXT, default="1", help="A part of the key; another value starts with an empty cache."
    )
    restore_cache: str = declare(
        one_of(*SWITCH),
        default="auto",
        help="Whether a cache is restored; `auto`: not in runs that publish or that strangers can start.",
    )
    save_cache: str = declare(
        one_of(*SWITCH),
        default="auto",
        help="Whether a new cache is saved; `auto`: as restore-cache, and not with a read-only token.",
    )
    prune: bool = declare(
        BOOLEAN,
        default=True,
        help="Whether what the lock does not name is dropped before the cache is saved.",
    )
    offline: bool = declare(
        BOOLEAN,
        default=False,
        help="Whether to fail rather than touch the network, the cache service included.",
    )
    activate: bool = declare(
        BOOLEAN,
        default=True,
        help="Whether later steps find the environment's programs and the manager on PATH.",
    )
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if self.mode == "matrix" and self.python_version in ("min", "max", "default"):
            yield f"input 'python-version' is '{self.python_version}', which is one version, but mode is matrix"
        if self.manager == "none" and (self.groups or self.extras):
            yield "inputs 'groups' and 'extras' need a manager that installs them, but manager is none"
        yield from _problems_of_arguments(self.install_args)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments for the manager, split as a shell does."""
        import shlex

        return tuple(shlex.split(self.install_args))


def _problems_of_arguments(text: str) -> Iterable[str]:
    import shlex

    from ci_actions.project.credentials import strip_credentials

    try:
        words = shlex.split(text)
    except ValueError as wrong:
        yield f"input 'install-args' cannot be split into arguments: {wrong}"
        return
    for word in words:
        # A query may stay: what is in it is no password by its place.
        escaped = word.replace("?", "%3F")
        if strip_credentials(escaped) != escaped:
            # They would stand in the plan of the run, in the manager's messages and in a process list.
            yield (
                "input 'install-args' holds an address with credentials; give those in the job's environment "
                "(PIP_INDEX_URL, UV_INDEX_<NAME>_PASSWORD, POETRY_HTTP_BASIC_<NAME>_PASSWORD) or in ~/.netrc"
            )
