"""The inputs of ci-plan, declared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import LIST, PATH, TEXT, ChangeInputs, Kind, declare, one_of, whole
from ci_actions.workflows.jobs import ALL_JOBS, PIPELINES, Pipeline

SWITCH = ("auto", "true", "false")
#: GitHub refuses a matrix with more: https://docs.github.com/actions/reference/limits
MOST_SHARDS = 256
AUTO = 0

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "jobs-json": "What was decided, for ci-aggregate: a JSON object with `run` and `why` of each job, and the shards of `test`.",
    **dict.fromkeys(ALL_JOBS, "Whether the job runs: `true` or `false`."),
    "python": "The Python of jobs that need one only, in the words of actions/setup-python; empty without a Python project.",
    "python-project": "`true` when there is a Python project in the working directory, else `false`.",
    "versions": "The versions of Python that are tested, as a JSON array.",
    "test-matrix": "The matrix of the job `test` as JSON: `include` with `name`, `id`, `python` and `shard` of each entry.",
    "expect-reports": "The ids of the shards that must each bring a report, one a line.",
    "durations-used": "`true` when all shards must go by the file of the input durations, else `false`.",
    "frontend-directory": "Folder of package.json, relative to the git root; empty when the job `frontend` does not run.",
    "name": "What the names of artifacts and caches begin with.",
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _shards(text: str) -> int:
    if text == "auto":
        return AUTO
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_SHARDS:
        raise ValueError
    return int(text)


SHARDS: Kind[int] = Kind(f"auto or a whole number from 1 to {MOST_SHARDS}", _shards, ("auto",))


def _switch(job: str, what: str) -> str:
    """Declare the switch of a job."""
    return declare(
        one_of(*SWITCH),
        default="auto",
        help=f"Whether {job} runs; `auto`: {what}; `true`: whatever changed, and it is an error where it cannot.",
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(ChangeInputs):
    """What may run, what counts as this project, and how tests are shared out."""

    workflow: str = declare(
        one_of(*PIPELINES),
        default="ci",
        in_settings=False,
        help="Which workflow is planned: `ci`, where a change decides, or `nightly`, which runs everything without one.",
    )
    python_versions: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Versions of Python to test: a list, or a range (PEP 440). Without it what requires-python allows.",
    )
    python_version: str = declare(
        TEXT,
        default="",
        help="The Python of the jobs that need one only. Without it what .python-version says, else the newest supported one.",
    )
    shards: int = declare(
        SHARDS,
        default=1,
        help="Into how many jobs the tests of a version are split; `auto`: as many as recorded durations ask for.",
    )
    shard_minutes: int = declare(
        whole(1, 360), default=5, help="With `shards: auto`, how many minutes of tests one shard takes."
    )
    max_shards: int = declare(
        whole(1, MOST_SHARDS), default=8, help="With `shards: auto`, how many shards there are at most."
    )
    durations: str = declare(
        PATH,
        default="",
        help="File with the seconds of each test, as an earlier run recorded them; without it `.test_durations` of the project.",
    )
    layout: str = declare(
        one_of("jobs", "single"),
        default="jobs",
        help="Which shape the run has. `jobs`: a job for each task; `single`: all of them in one, with one Python and one shard.",
    )
    quality: str = _switch("quality", "in a Python project, unless only documentation changed")
    test: str = _switch("test", "where there are tests, unless only documentation changed")
    coverage: str = _switch("coverage", "with the tests, where the project measures coverage")
    security: str = _switch("security", "with every change of the project")
    build: str = _switch("build", "where the project is a package, unless only documentation changed")
    frontend: str = _switch("frontend", "with frontend-directory, unless only documentation changed")
    docs: str = _switch("docs", "where there are documents, with every change of the project")
    test_command: str = declare(
        TEXT, default="", help="A command that tests instead of pytest; it runs as one shard."
    )
    coverage_files: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of the coverage reports that test-command leaves; without any it measures nothing.",
    )
    frontend_directory: str = declare(PATH, default="", help="Folder of the package.json to build.")
    compose_file: str = declare(
        PATH, default="", help="With `workflow: nightly`, the Compose file to test against; none without it."
    )
    locust_file: str = declare(
        PATH, default="", help="With `workflow: nightly`, the locustfile of the load test; none without it."
    )
    docs_globs: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of the project's files that are documentation only. Without any: `*.md`, `*.rst`, `*.adoc`, texts and "
        "pictures in docs folders, LICENSE and its like, unless they lie in a package or among tests. Never what decides "
        "what is installed.",
    )
    paths: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs, relative to the git root, of files elsewhere that count as this project, like `libs/common/**`.",
    )
    name: str = declare(
        TEXT,
        default="",
        help="What the names of artifacts and caches begin with. Without it made of working-directory, `ci` for the git root.",
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if self.name and not _NAME.fullmatch(self.name):
            yield (
                f"input 'name' is '{self.name}' but must be at most 100 letters, digits, dots, dashes and underscores, "
                "and begin with a letter or digit"
            )
        if self.deepen not in ("auto", "never") and not (self.deepen.isascii() and self.deepen.isdigit()):
            yield f"input 'deepen' is '{self.deepen}' but must be auto, never or a number of commits, like '500'"
        if self.shards > 1 and self.test_command:
            yield f"input 'shards' is {self.shards}, but only pytest can be split, and test-command is given"
        if self.shards > 1 and self.layout == "single":
            yield f"input 'shards' is {self.shards}, but layout: single has one job"
        for each in self.paths:
            if ".." in each.split("/"):
                # It would match nothing, so that what it means to watch could change without a test.
                yield f"input 'paths' has '{each}' but must be globs relative to the git root, like 'libs/common/**'"
        if self.coverage_files and not self.test_command:
            yield "input 'coverage-files' needs test-command: pytest's own coverage is found without it"
        if self.coverage == "true" and self.test == "false":
            yield "input 'coverage' is true, but test is false: nothing would be measured"
        if not any(map(self._may_run, self.pipeline.jobs)):
            yield "every job is false, so that the run would be green whatever the code does"

    @property
    def pipeline(self) -> Pipeline:
        """The workflow that is planned."""
        return PIPELINES[self.workflow]

    def switch(self, job: str) -> str:
        """Return what was said about a job: `auto`, `true` or `false`; `auto` of one that has no switch."""
        said: str = getattr(self, job, "auto")
        return said

    def _may_run(self, job: str) -> bool:
        """Whether the inputs let a job run that can be red by itself; `flaky` says what the tests say."""
        wanted = {"integration": bool(self.compose_file), "load": bool(self.locust_file), "flaky": False}
        return wanted.get(job, self.switch(job) != "false")
