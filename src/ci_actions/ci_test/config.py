"""The inputs of ci-test, declared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, TEXT, Common, Kind, declare, one_of, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "shard-file": "Path of `shard.json`: what was collected, and what became of each test of this shard.",
    "junit-file": "Path of the JUnit XML that pytest wrote; empty if it wrote none.",
    "durations-file": "Path of the seconds of each test of this shard, in the format of pytest-split.",
    "tests": "How many tests this shard had to run.",
    "failed": "How many of them failed or had an error.",
    "skipped": "How many of them were skipped.",
    "flaky": "How many of them passed only when they were run again.",
    "coverage-measured": "`true` if the run left coverage.py data files, or files that coverage-files means.",
    "report-dir": "Folder with everything above, and `coverage/` with the files that coverage-files means.",
}

_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class Shard:
    """Which part of how many, from 1."""

    index: int
    total: int

    def __str__(self) -> str:
        """Return it as it is written: `2/3`."""
        return f"{self.index}/{self.total}"


def _shard(text: str) -> Shard:
    found = _SHARD.fullmatch(text)
    if not found or int(found[1]) > int(found[2]):
        raise ValueError
    return Shard(int(found[1]), int(found[2]))


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise ValueError
    return text


def _identifier(text: str) -> str:
    if text and not _ID.fullmatch(text):
        raise ValueError
    return text


def _arguments(text: str) -> tuple[str, ...]:
    import shlex

    try:
        return tuple(shlex.split(text))
    except ValueError as wrong:
        raise ValueError(f"cannot be split into words as a shell would: {wrong}") from wrong


SHARD: Kind[Shard] = Kind("a part of a whole, like '2/3'", _shard)
VARIABLE: Kind[str] = Kind("the name of a variable, like 'DATABASE_URL'", _variable)
IDENTIFIER: Kind[str] = Kind("letters, digits, '.', '_' and '-', at most 100, like '3.12-1'", _identifier)
ARGUMENTS: Kind[tuple[str, ...]] = Kind("arguments, quoted as in a shell", _arguments)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which tests run, in which environment, and what they find there."""

    python: str = declare(
        TEXT,
        default="",
        help="Interpreter of the environment that has the project and pytest; without it VIRTUAL_ENV, .venv, the "
        "manager's own, or the job's decides.",
    )
    runner: str = declare(
        one_of("auto", "pytest", "command"),
        default="auto",
        help="What runs the tests: pytest, or the command of the input command if there is one (auto).",
    )
    command: str = declare(
        TEXT, default="", help="Shell command that runs the tests instead of pytest, by `bash -eo pipefail`."
    )
    args: tuple[str, ...] = declare(
        ARGUMENTS, default=(), help="More arguments for pytest, quoted as in a shell."
    )
    shard: Shard = declare(
        SHARD,
        default=Shard(1, 1),
        in_settings=False,
        help="Which part of the tests runs here, like `2/3`; all parts together are the whole.",
    )
    id: str = declare(
        IDENTIFIER,
        default="",
        in_settings=False,
        help="Name of this shard in messages and in the record; without it the Python and the part, like `3.12-1`.",
    )
    durations: str = declare(
        PATH,
        default="",
        help="File with the seconds of each test, by which the parts are made equally long; without it "
        "`.test_durations`, as pytest-split writes it. One that is not there is none.",
    )
    coverage: str = declare(
        one_of("auto", "true", "false"),
        default="auto",
        help="Whether coverage is measured: if the environment has coverage.py, always, never.",
    )
    coverage_files: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of coverage reports that the tests leave (LCOV, Cobertura, …); each must match, and what matches "
        "is copied to `coverage/` in the folder for reports.",
    )
    test_env: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Variables for the tests alone, as lines of a dotenv file; every value is masked.",
    )
    database_url: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Address of the database that the tests use; they start when it answers.",
    )
    database_variable: str = declare(
        VARIABLE, default="DATABASE_URL", help="Variable in which the tests find database-url."
    )
    redis_url: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Address of the Redis that the tests use; they start when it answers.",
    )
    redis_variable: str = declare(
        VARIABLE, default="REDIS_URL", help="Variable in which the tests find redis-url."
    )
    wait_seconds: int = declare(
        whole(0, 3600), default=60, help="Seconds that database and Redis have to answer."
    )
    retries: int = declare(
        whole(0, 5),
        default=0,
        in_settings=False,
        help="How often tests that failed are run again; one that passes then is reported as flaky, and keeps "
        "nothing from being green.",
    )
    timeout: int = declare(whole(1, 1440), default=60, help="Minutes that the tests may take.")
    annotations: int = declare(
        whole(0, 50), default=10, help="How many failed tests are annotated where they failed."
    )
    junit: bool = declare(BOOLEAN, default=True, help="Whether pytest writes JUnit XML.")
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    @property
    def by_command(self) -> bool:
        """Whether a command of the user's runs the tests, and not pytest."""
        return self.runner == "command" or (self.runner == "auto" and bool(self.command))

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if self.runner == "command" and not self.command:
            yield "input 'runner' is 'command', but input 'command' names none"
        if self.runner == "pytest" and self.command:
            yield "input 'runner' is 'pytest', but there is a command, too; give one of them"
        if self.by_command and self.shard.total > 1:
            yield (
                f"input 'shard' is '{self.shard}', but a command cannot be divided: it would run all tests in each "
                "part; use 1/1"
            )
        if self.by_command and self.args:
            yield "input 'args' is for pytest; write the arguments into input 'command'"
        if self.by_command and self.retries:
            yield f"input 'retries' is {self.retries}, but what a command runs are no tests that we could run again one by one"
        if self.database_variable == self.redis_variable:
            yield f"inputs 'database-variable' and 'redis-variable' are both '{self.redis_variable}'"
