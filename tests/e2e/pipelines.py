"""A consumer whose CI is one call of `ci.yml`, and what act says of every job of it.

Third-party actions are stand-ins on GitHub's own client libraries (tools/stand-ins): checkout is act's own, cache, artifacts and
the interpreters' tool cache are real services of act's. Packages come from where this machine fetches them.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.acting import Job, Repository, World, note

from ci_actions.commands.act.tree import PROGRAM, doors
from ci_actions.publish import act_tree
from ci_actions.publish.tree import read_folder, write

ROOT = Path(__file__).resolve().parents[2]
ORDERS = ROOT / "examples" / "orders"
CI = "org/ci-actions/.github/workflows/ci.yml@v1"
MINOR = ".".join(platform.python_version_tuple()[:2])
EVENTS = ("push", "pull_request", "merge_group", "schedule", "workflow_dispatch")
#: Of the scanners those that need no database of advisories.
SCANNERS = "bandit, detect-secrets"
#: What a caller of these tests gives: one interpreter, as the machine may have no other.
GIVEN = {"groups": "dev", "python-versions": MINOR, "security-tools": SCANNERS}


@dataclass(frozen=True)
class Pipeline:
    """One run of act: its exit code, its text, and the jobs by caller and name, like `ci / quality`."""

    code: int
    text: str
    jobs: Mapping[str, Job]

    def result(self, name: str) -> str:
        """How a job ended; "skipped" for one that was asked not to run."""
        return self.jobs[name].result if name in self.jobs else "skipped"

    def results(self, caller: str = "ci") -> dict[str, str]:
        """How the jobs of one call ended; those that were skipped are not in it."""
        prefix = f"{caller} / "
        return {
            name.removeprefix(prefix): job.result
            for name, job in self.jobs.items()
            if name.startswith(prefix)
        }

    def verdict(self, caller: str = "ci") -> str:
        """The summary of the job all-green."""
        return self.jobs[f"{caller} / all-green"].summaries["verdict"]

    def plan(self, caller: str = "ci", job: str = "plan") -> dict[str, Any]:
        """What was planned."""
        found: dict[str, Any] = json.loads(self.jobs[f"{caller} / {job}"].outputs["plan"]["jobs-json"])
        return found


def pipeline(code: int, text: str) -> Pipeline:
    """Read act's log. A job that act skipped because no runner has its label fails the test: act exits 0 for it."""
    assert "Skipping unsupported platform" not in text, text
    jobs: dict[str, Job] = {}
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if "jobID" in entry:
            note(jobs.setdefault(name_of(entry["job"]), Job()), entry)
    return Pipeline(code, text, jobs)


def name_of(job: str) -> str:
    """Return `orders / test 3.11 (1/2)` for what act calls `orders/ci/test 3.11 (1/2)-1`.

    Of a called job act gives the caller's and the called workflow's name first, of another its own workflow's; the jobs of a
    matrix are numbered.
    """
    first, second, *called = (part.strip() for part in re.sub(r"-\d+ *$", "", job).split("/", 2))
    return f"{first} / {called[0]}" if called else second


def call(uses: str = CI, **given: str | Mapping[str, str]) -> dict[str, Any]:
    """Return a job that calls a workflow; `python_versions="3.12"` is its input python-versions."""
    inputs = {
        **GIVEN,
        **{name.replace("_", "-"): value for name, value in given.items() if isinstance(value, str)},
    }
    secrets = given.get("secrets")
    return {
        "uses": uses,
        "permissions": {"contents": "read"},
        "with": {name: value for name, value in inputs.items() if value},
        **({"secrets": secrets} if secrets else {}),
    }


def workflow(jobs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the caller's workflow, for every event that the tests use; JSON is YAML."""
    on: dict[str, Any] = {event: {} for event in EVENTS}
    on["schedule"] = [{"cron": "0 3 * * *"}]
    return json.dumps({"name": "ci", "on": on, "jobs": jobs}, indent=1)


@dataclass(frozen=True)
class Consumer:
    """The repository of `examples/orders`, with caches that outlive a run."""

    world: World
    repository: Repository
    folder: Path
    stand_ins: Mapping[str, Path]
    tree: Path

    def add(self, files: Mapping[str, str], message: str = "a change") -> str:
        """Write files and commit them on the branch `feature`; return the commit."""
        self.repository.write(files)
        return self.repository.commit(message, "feature")

    def run(
        self,
        jobs: Mapping[str, Mapping[str, Any]] | None = None,
        event: str = "push",
        *,
        payload: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        caches: bool = True,
    ) -> Pipeline:
        """Run the caller's workflow; without `jobs` it is one call with what `GIVEN` says."""
        file = self.repository.path / ".github" / "workflows" / "ci.yml"
        wanted = workflow(jobs or {"ci": call()})
        if not file.exists() or file.read_text() != wanted:
            self.repository.write({".github/workflows/ci.yml": wanted})
            self.repository.commit("the caller", self.repository.git("branch", "--show-current"))
        artifacts = self.folder / "artifacts"
        shutil.rmtree(artifacts, ignore_errors=True)
        done = self.world.run(
            self.repository.path,
            event,
            payload=payload,
            env={**self.environ(), **(env or {})},
            stand_ins=self.stand_ins,
            caches=self.folder / "caches" if caches else None,
            artifacts=artifacts,
            secrets=secrets,
            tree=self.tree,
        )
        return pipeline(done.code, done.text)

    def environ(self) -> dict[str, str]:
        """Return the variables of every job."""
        return {
            "HOME": str(self.folder / "home"),
            "XDG_CACHE_HOME": str(self.world.cache),
            **{
                name: value
                for name, value in os.environ.items()
                if name.startswith(("PIP_", "SSL_", "UV_", "NPM_"))
            },
            # As on a runner that keeps what it has downloaded: how long that takes is not what is tested.
            "PIP_CACHE_DIR": str(Path(os.environ["XDG_CACHE_HOME"], "ci-actions", "pip")),
        }

    def artifacts(self) -> set[str]:
        """Names of the artifacts of the last run."""
        return {
            path.parent.name if path.is_file() else path.name
            for path in (self.folder / "artifacts").glob("*/*")
        }


def orders(repository: Repository, folder: str = ".", rates: str = "") -> None:
    """Make the repository that of `examples/orders`, on `main` and on the branch `feature`, both pushed.

    `folder` is where the service goes, `rates` where the one in Go does.
    """
    repository.git("checkout", "--quiet", "main")
    repository.git("rm", "-r", "--quiet", ".")
    _copy(ORDERS, repository.path / folder, ("src", "tests", ".gitignore"))
    repository.write({f"{folder}/pyproject.toml": settings()})
    if rates:
        _copy(ORDERS.parent / "rates", repository.path / rates, ("go.mod", "rates.go", "rates_test.go"))
    readme = "# orders\n\nTakes [orders](src/orders/app.py).\n"
    repository.write({f"{folder}/.python-version": f"{MINOR}\n", **({} if rates else {"README.md": readme})})
    repository.write({".github/workflows/ci.yml": workflow({"ci": call()})})
    repository.commit("orders", "main")
    repository.git("checkout", "--quiet", "-B", "feature")
    repository.git("push", "--quiet", "--force", "origin", "feature")


def settings() -> str:
    """Return the settings of `examples/orders` with one linter: how long others take to install is not what is tested."""
    text = (ORDERS / "pyproject.toml").read_text()
    return re.sub(r"(?s)\[tool\.mypy\].*?\n\n", "", text.replace('"mypy>=1.18", ', ""))


def _copy(source: Path, target: Path, names: tuple[str, ...]) -> None:
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source)
        if file.is_file() and name.parts[0] in names and "__pycache__" not in name.parts:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / name)


def for_act(released: Path, target: Path) -> Path:
    """Write a tree as act understands it, and the program beside it, as `ci-actions act` does for consumers."""
    program = target.with_name(PROGRAM)
    files = act_tree.for_act(read_folder(released), "v1")
    write(files, program, 0)
    write(doors(files, program), target, 0)
    return target


def pull_request(base: str, head: str, *, fork: bool = False) -> dict[str, Any]:
    """Return the event of a pull request from `feature`, of this repository or of a fork, into `main`."""
    event: dict[str, Any] = json.loads(
        (ROOT / "tests" / "events" / ("pull_request_fork.json" if fork else "pull_request.json")).read_text()
    )
    for side, ref, sha in (("base", "main", base), ("head", "feature", head)):
        event["pull_request"][side] |= {"ref": ref, "sha": sha}
    event["repository"] |= {"full_name": "acme/shop", "name": "shop"}
    event["pull_request"]["base"]["repo"] |= {"full_name": "acme/shop", "name": "shop"}
    return event


def interpreter() -> dict[str, str]:
    """Return the interpreter of these tests, as `tool_cache` takes it."""
    return {platform.python_version(): sys.base_prefix}
