"""Edge: what all managers have in common: how they are run, what their words mean, and the environment they fill."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput, CannotJudge, CiActionsError, Unavailable
from ci_actions.kit.process import Completed, Process
from ci_actions.project.credentials import strip_credentials
from ci_actions.project.files import ProjectFiles
from ci_actions.project.managers import Detected, mends
from ci_actions.project.model import Interpreter, Manager
from ci_actions.python_setup_with_cache.drivers.provide import Tool

if TYPE_CHECKING:
    from ci_actions.project.locks import Scanned

INSTALL_LIMIT_SECONDS = 3600
VENV = ".venv"

#: What would lead a manager to another environment, or its installer to another place, than the one we name.
MISLEADING = frozenset(
    "VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV PYTHONHOME PYTHONPATH POETRY_ACTIVE PIPENV_ACTIVE PDM_PROJECT_ROOT "
    "UV_SYSTEM_PYTHON UV_PROJECT UV_WORKING_DIRECTORY UV_NO_EDITABLE UV_FROZEN UV_LOCKED UV_PYTHON HATCH_ENV HATCH_PYTHON "
    "PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_REQUIRE_VIRTUALENV PIP_PYTHON PIP_DRY_RUN PIP_REQUIREMENT".split()
)

#: Nothing listens on this port: whoever asks for a network gets a refusal at once, whatever its own options are.
_DISCARD = "http://127.0.0.1:9"
NOWHERE = {
    **dict.fromkeys(
        ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _DISCARD
    ),
    "no_proxy": "",
    "NO_PROXY": "",
    "PIP_NO_INDEX": "1",
    "UV_OFFLINE": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}

#: Signs, in lower case, that something outside of this machine did not answer, in the words of uv, pip, requests and httpx.
_UNREACHABLE = re.compile(
    r"connection (?:refused|reset|aborted|error)|connecterror|connectionerror|failed to establish a new connection"
    r"|name resolution|dns error"
    r"|failed to lookup address|nodename nor servname|network is unreachable|no route to host|max retries exceeded"
    r"|error sending request|client error \(connect\)|tcp connect error"
    r"|(?:read|connect|request|operation) timed out|timeouterror"
    r"|tunnel connection failed|certificate verify failed|all attempts to connect|proxyerror"
    r"|\b50[234] (?:server error|bad gateway|service)"
)
_DENIED = re.compile(
    r"\b(?:401|403)\b.{0,60}(?:unauthorized|forbidden|client error)|\b(?:unauthorized|forbidden)\b"
)

#: Where a project's name stands.
_NAMED = (("project",), ("tool", "poetry"))

#: `user:password@host`, as some messages write an address.
_BARE_CREDENTIALS = re.compile(r"(?<![\w/.:@-])[^\s/:@'\"]+:[^\s/@'\"]+@(?=[\w\[])")
_SHORTEST_SECRET = 4

#: How much of a manager's last words are told.
_LAST_LINES = 12


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be installed, for which interpreter and where. `arguments` go to the manager's install command."""

    directory: Path
    interpreter: Interpreter
    files: ProjectFiles
    detected: Detected
    environ: Mapping[str, str]
    progress: Callable[[str], None]
    clock: Clock
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    lock_policy: str = "frozen"
    offline: bool = False

    @property
    def venv(self) -> Path:
        """Return where the environment is made: beside the project, so that caches and editors find it."""
        return self.directory / VENV

    @property
    def venv_python(self) -> Path:
        """Return the interpreter of the environment."""
        if os.name == "nt":
            return self.venv / "Scripts" / "python.exe"
        return self.venv / "bin" / "python"


@dataclass(frozen=True)
class Drifted:
    """The lock does not say what the project asks for; the manager's own words, and the command that mends it."""

    words: str
    mend: str


@dataclass
class Driver:
    """One manager at work on one job.

    Order: `check_lock`, then `install` (third-party code only), `prune`, and `install_project`.
    """

    job: Job
    tool: Tool
    process: Process = field(init=False)
    secrets: tuple[str, ...] = field(init=False, repr=False)

    manager: ClassVar[Manager]
    #: The oldest Python that the pinned version installs for; for older ones, another version and what it reaches to.
    oldest: ClassVar[tuple[int, int]] = (3, 6)
    for_older: ClassVar[tuple[str, str]] = ("", "")
    #: Whether installing the project brings everything else to what the lock names, too.
    goes_by_lock: ClassVar[bool] = False
    #: Whether it brings up to date, too, what lies in other folders and is installed already.
    renews_folders: ClassVar[bool] = False
    #: Environment variables for every run of the manager.
    settings: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        kept = {name: value for name, value in self.job.environ.items() if name not in MISLEADING}
        offline = NOWHERE if self.job.offline else {}
        self.secrets = secrets_in(self.job.environ)
        self.process = Process({**kept, **self.settings, **self.own_settings(), **offline})

    # --- what each manager says for itself ---

    def own_settings(self) -> Mapping[str, str]:
        """Return environment variables that follow from the job."""
        return {}

    def check_lock(self) -> Drifted | None:
        """Return how the lock differs from the project, by the manager's own check; None when it does not.

        Raises CannotJudge when the manager cannot tell.
        """
        return None

    def lock(self) -> None:
        """Write the lock anew from what the project asks for."""
        raise BadInput(f"lock-policy '{self.job.lock_policy}': {self.manager} writes no lock")

    def install(self) -> None:
        """Install what others wrote into the environment, in place if there is one; not the project itself.

        By the lock policy `frozen` exactly what the lock names, by `prefer` after it was brought up to date, by
        `ignore` what is the newest now. Raises Unavailable for what cannot be fetched, BadInput for an interpreter that
        this version of the manager knows no more, CannotJudge for all else.
        """
        self._check_interpreter()
        if self.job.lock_policy == "ignore" and self.job.detected.locks:
            with self._locks_aside():
                self.lock()
                self.sync()
            return
        if self.job.lock_policy == "prefer" and (not self.job.detected.locks or self.check_lock()):
            self.say(f"bringing the lock up to date ({mends(self.manager)})")
            self.lock()
        self.sync()

    def sync(self) -> None:
        """Install from the lock as it is."""
        raise NotImplementedError

    @property
    def has_project(self) -> bool:
        """Whether `install_project` may have something to do, now that everything else is installed."""
        return True

    def install_project(self) -> None:
        """Install the project itself and what lies beside it, nothing else. Only called where that `has_project`.

        Of others it leaves what is there, which by the lock policy `ignore` is newer than what the lock names.
        """
        if self.job.lock_policy == "ignore" and self.job.detected.locks and self.goes_by_lock:
            with self._locks_aside():
                self.lock()
                self.sync_project()
            return
        self.sync_project()

    def sync_project(self) -> None:
        """Install the project, by the lock as it is where that `goes_by_lock`."""
        raise NotImplementedError

    def download_caches(self) -> tuple[Path, ...]:
        """Return where the manager keeps what it downloaded."""
        return ()

    def prune(self) -> None:
        """Drop what the next run does not need from the manager's downloads."""

    # --- what they share ---

    def _check_interpreter(self) -> None:
        from ci_actions.python_setup_with_cache.drivers.provide import pinned

        if self.interpreter_release < self.oldest and self.tool.version == pinned(self.manager):
            oldest = ".".join(map(str, self.oldest))
            version, reach = self.for_older
            raise BadInput(
                f"{self.manager} {self.tool.version} installs for Python {oldest} and newer, this is "
                f"{self.job.interpreter.version}. Set manager-version: {version} for Python {reach} and newer; "
                "uv, Poetry and pip install for Python 3.6 and newer."
            )

    @property
    def locked_packages(self) -> Mapping[str, frozenset[str]]:
        """Return the versions that the locks of the project name, by name."""
        found: dict[str, set[str]] = {}
        for each in self._scanned():
            found.setdefault(each.name, set()).add(each.version)
        return {name: frozenset(versions) for name, versions in found.items()}

    def _scanned(self) -> Iterator[Scanned]:
        """Yield what the locks hold now: by some policies they are written anew while we work."""
        from ci_actions.project.locks import scan

        for name in self.job.detected.locks:
            yield from scan(name, (self.job.directory / name).read_bytes())

    def say(self, line: str) -> None:
        """Say one line about what is being done."""
        self.job.progress(f"{self.manager}: {redacted(line, self.secrets)}")

    def run(
        self, words: Sequence[str | os.PathLike[str]], doing: str, env: Mapping[str, str] | None = None
    ) -> Completed:
        """Run the manager to its end and show what it prints. Raises Unavailable or CannotJudge with its last words."""
        return self.follow([*self.tool.argv, *words], doing, env)

    def follow(
        self, argv: Sequence[str | os.PathLike[str]], doing: str, env: Mapping[str, str] | None = None
    ) -> Completed:
        """Run any program like `run`."""
        clock = self.job.clock
        self.say(f"{doing} …")
        started = clock.monotonic()
        try:
            done = self.process.follow(
                argv,
                lambda line: self.job.progress("  " + redacted(line, self.secrets)) if line.strip() else None,
                cwd=self.job.directory,
                env=env,
                timeout=INSTALL_LIMIT_SECONDS,
            )
        except OSError as wrong:
            raise CannotJudge(f"{argv[0]} cannot be started: {wrong.strerror or wrong}.") from wrong
        if not done.ok:
            raise self.failure(done, doing)
        self.say(f"{doing}: {clock.monotonic() - started:.1f} s")
        return done

    def ask(self, words: Sequence[str | os.PathLike[str]], env: Mapping[str, str] | None = None) -> Completed:
        """Run the manager in silence and return how it went."""
        try:
            return self.process.run(
                [*self.tool.argv, *words], cwd=self.job.directory, env=env, timeout=INSTALL_LIMIT_SECONDS
            )
        except OSError as wrong:
            raise CannotJudge(f"{self.tool.argv[0]} cannot be started: {wrong.strerror or wrong}.") from wrong

    def failure(self, done: Completed, doing: str) -> CiActionsError:
        """Return what a failed run of the manager means: something outside is away, or the project is at fault."""
        words = last_words(done, self.secrets)
        how = f"took longer than {INSTALL_LIMIT_SECONDS} s" if done.code is None else f"failed ({done.code})"
        message = f"{self.manager} {self.tool.version} {how} while {doing}:\n{words}"
        everything = (done.stdout + done.stderr).decode("utf-8", "replace").lower()
        if self.job.offline:
            return Unavailable(
                message, advice="offline is set: what is not in the cache of downloads cannot be had."
            )
        if _UNREACHABLE.search(everything):
            return Unavailable(message, advice="Is the package index up, and reachable from here?")
        if _DENIED.search(everything):
            return Unavailable(
                message, advice="Does this job have the credentials of the index (secrets, netrc)?"
            )
        return CannotJudge(message)

    def drifted(self, done: Completed) -> Drifted:
        """Return the drift that a failed check of the manager tells of."""
        return Drifted(last_words(done, self.secrets), mends(self.manager))

    def make_venv(self, *, with_pip: bool = False) -> None:
        """Make the environment with the interpreter's own `venv`, if it is not there. Raises CannotJudge."""
        if self.job.venv_python.exists():
            return
        words = [self.job.interpreter.path, "-I", "-m", "venv", str(self.job.venv)]
        done = self.process.run([*words, *([] if with_pip else ["--without-pip"])], timeout=600)
        if not done.ok:
            raise CannotJudge(
                f"{self.job.interpreter.path} cannot make an environment:\n{last_words(done, self.secrets)}",
                advice="On Debian and Ubuntu: apt-get install python3-venv." if with_pip else "",
            )

    def refuse_offline(self) -> None:
        """Raise Unavailable when offline is set: this manager installs nothing without its index."""
        if self.job.offline:
            raise Unavailable(
                f"offline is set, and {self.manager} {self.tool.version} asks its index for every installation.",
                advice="Let a run with a network keep the environment (cache: venv): a proved one needs no installation.",
            )

    @property
    def interpreter_release(self) -> tuple[int, int]:
        """Return major and minor version of the interpreter that things are installed for."""
        major, minor = self.job.interpreter.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def is_package(self) -> bool:
        """Whether the project says how it is built; what does not is no package, and is run from where it lies."""
        return self.job.files.is_package

    @property
    def local(self) -> frozenset[str]:
        """Return the names of the project and of what lies beside it, as its files say: it is installed anew each time."""
        return self.own_names.union(each.name for each in self._scanned() if each.is_local)

    @property
    def own_names(self) -> frozenset[str]:
        """Return the names of the project itself, as indexes compare them."""
        from ci_actions.project.locks import normalised

        names = {str(self.job.files.table("pyproject.toml", *path).get("name", "")) for path in _NAMED}
        return frozenset(normalised(each) for each in names if each)

    @contextmanager
    def _locks_aside(self) -> Iterator[None]:
        """Work without the project's locks, and put them back whatever happens."""
        kept = {name: (self.job.directory / name).read_bytes() for name in self.job.detected.locks}
        for name in kept:
            (self.job.directory / name).unlink()
        try:
            yield
        finally:
            for name, data in kept.items():
                (self.job.directory / name).write_bytes(data)


def redacted(text: str, secrets: Sequence[str] = ()) -> str:
    """Return what a program said without credentials: those in addresses, with or without a scheme, and the known ones."""
    for each in secrets:
        text = text.replace(each, "***")
    return _BARE_CREDENTIALS.sub("", strip_credentials(text))


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the passwords that the environment gives to package managers, the longer first."""
    from urllib.parse import unquote

    found = set()
    for name, value in environ.items():
        if name.endswith(("_PASSWORD", "_TOKEN", "_PASS")):
            found.add(value)
        elif "://" in value:
            for word in value.split():
                user, at, _ = word.partition("://")[2].rpartition("@")
                if at and ":" in user:
                    password = user.partition(":")[2]
                    found |= {password, unquote(password)}
    # Shorter ones would tear ordinary words apart, and are no secrets.
    return tuple(sorted((each for each in found if len(each) >= _SHORTEST_SECRET), key=len, reverse=True))


def last_words(done: Completed, secrets: Sequence[str] = ()) -> str:
    """Return the end of what a program said, without colours and credentials."""
    said = done.stderr if done.stderr == done.stdout else done.stdout + b"\n" + done.stderr
    text = re.sub(r"\x1b\[[0-9;]*m", "", said.decode("utf-8", "replace"))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return redacted("\n".join(lines[-_LAST_LINES:]), secrets) or "(it said nothing)"
