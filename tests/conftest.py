"""What every test stands on: a machine of nobody's, strict skips in CI, and hypothesis without a stopwatch.

See README.md beside this file for the kinds of tests and their rules.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

CI = os.environ.get("CI") == "true"

#: What a run on GitHub brings, and what would change what is under test.
LEAKING = (
    "ACTIONS_", "ACT", "CI_ACTIONS_", "COVERAGE_", "FORCE_COLOR", "GH_", "GIT_", "GITHUB_",
    "INPUT_", "NO_COLOR", "RUNNER_TEMP", "RUNNER_WORKSPACE", "VIRTUAL_ENV", "XDG_",
)  # fmt: skip
#: Reasons for a skip that no command on this machine can mend: these are no failure in CI.
ELSEWHERE = re.compile(
    r"another operating system|Windows|macOS|POSIX|win32|darwin|Linux only|this system has no"
    r"|Python 3\.\d+",
    re.IGNORECASE,
)

settings.register_profile("laptop", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if CI else "laptop")

_BEFORE: dict[str, str] = {}
_MACHINE = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


# --- the machine -------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Replace the environment before any fixture of any scope can read it."""
    _BEFORE.update(os.environ)
    machine = tempfile.TemporaryDirectory(prefix="ci-actions-tests-")
    config.stash[_MACHINE] = machine
    environ = isolated(os.environ, Path(machine.name))
    os.environ.clear()
    os.environ.update(environ)
    # What a shell runs in the background may be deaf to signals (`&` without job control, `nohup`), and its children too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.name == "posix" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the environment back."""
    os.environ.clear()
    os.environ.update(_BEFORE)
    config.stash[_MACHINE].cleanup()


def isolated(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user is left, except where downloads come from.

    Kept are the cache folder (it holds only what is named by its digest, and the built peers), the settings of
    pip, npm and Go (which say from where, never what), and where pyenv has its interpreters.
    """
    made = {name: value for name, value in environ.items() if not name.upper().startswith(LEAKING)}
    home = Path(environ.get("HOME") or folder)
    made["HOME"] = str(folder / "home")
    (folder / "home").mkdir()
    made["GIT_CONFIG_GLOBAL"] = str(folder / "gitconfig")
    (folder / "gitconfig").write_text(
        "[user]\n\tname = Somebody\n\temail = somebody@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    made["GIT_CONFIG_NOSYSTEM"] = "1"
    made["GIT_CONFIG_SYSTEM"] = os.devnull
    made["XDG_CONFIG_HOME"] = str(folder / "home" / ".config")
    made["XDG_CACHE_HOME"] = environ.get("XDG_CACHE_HOME") or str(home / ".cache")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    kept = {
        "PIP_CONFIG_FILE": config / "pip" / "pip.conf",
        "NPM_CONFIG_USERCONFIG": home / ".npmrc",
        "GOENV": config / "go" / "env",
        "GOPATH": home / "go",
        "PYENV_ROOT": home / ".pyenv",
    }
    for name, path in kept.items():
        if path.exists():
            made.setdefault(name, str(path))
    return made


@pytest.fixture(autouse=True)
def _nothing_leaks() -> Generator[None]:
    """End a test with the environment it began with."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


# --- skips -------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _strict(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into a failure in CI."""
    report = yield
    if report.skipped:
        _strict(report)
    return report


def _strict(report: Any) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if CI and forbidden(reason):
        report.outcome = "failed"
        report.longrepr = f"In CI a skip is a failure (tests/README.md). {reason}"


def forbidden(reason: str) -> bool:
    """Whether CI may not skip for this reason: what it lacks can be brought."""
    return not ELSEWHERE.search(reason)


# --- repositories ------------------------------------------------------------------------------


@dataclass
class Repository:
    """A real repository under real git, in a folder of its own."""

    path: Path
    commits: list[str] = field(default_factory=list)

    def git(self, *words: str) -> str:
        """Return what git says; a failure of git fails the test."""
        done = subprocess.run(
            ["git", *words], cwd=self.path, check=False, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, folders included."""
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")

    def commit(self, files: Mapping[str, str] | None = None, message: str = "a change") -> str:
        """Write files, commit everything, and return the commit."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.commits.append(self.git("rev-parse", "HEAD").strip())
        return self.commits[-1]


@pytest.fixture
def new_repository(tmp_path: Path) -> Callable[[], Repository]:
    """Makes empty repositories."""
    made: list[Repository] = []

    def make() -> Repository:
        repository = Repository(tmp_path / f"repository{len(made)}")
        repository.path.mkdir()
        repository.git("init", "--quiet", "--initial-branch=main")
        made.append(repository)
        return repository

    return make


@pytest.fixture
def repository(new_repository: Callable[[], Repository]) -> Repository:
    """One empty repository."""
    return new_repository()
