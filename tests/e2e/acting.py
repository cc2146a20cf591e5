"""Real act: a consumer repository, workflows made of small jobs, and what act says of them as values.

Known traps of act 0.2.89, each of which a test would mistake for success, and what is done about it here:

* a `runs-on` that no `-P` maps is skipped with exit code 0: `Run.job` insists that the job came to an end;
* the whole environment of the host is inherited: act starts with the few variables of `World.environ`;
* the workspace is a new, empty folder until `actions/checkout` (act's own emulation), which leaves out what
  git ignores: coverage data is made inside the job;
* parallel jobs share an unguarded map of local repositories (nektos/act#2390): one job at a time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ci_actions import home, vendoring
from ci_actions.publish.tree import PLAIN, File, export_ignored

RUNNER = "ubuntu-latest"
RELEASED = "org/ci-actions/coverage-gate@v1"
IN_SOURCE = "org/ci-actions/actions/coverage-gate@v1"
MEASURE = "python3 -m coverage run --branch --source=src tests/run.py"

Step = dict[str, Any]


@dataclass(frozen=True)
class Annotation:
    """An annotation as act logs it."""

    level: str
    message: str
    title: str
    file: str
    line: str


@dataclass
class Job:
    """What one job of a run left in the log."""

    result: str = ""
    log: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    annotations: list[Annotation] = field(default_factory=list)
    summaries: dict[str, str] = field(default_factory=dict)
    exit_codes: dict[str, int] = field(default_factory=dict)

    @property
    def gate(self) -> dict[str, str]:
        """Outputs of the step with the id `gate`."""
        return self.outputs["gate"]

    @property
    def summary(self) -> str:
        """Summary of the step with the id `gate`."""
        return self.summaries["gate"]

    @property
    def exit_code(self) -> int:
        """Exit code of the step with the id `gate`; act mentions only those that are not 0."""
        assert self.steps["gate"] in ("success", "failure")
        return self.exit_codes.get("gate", 0 if self.steps["gate"] == "success" else -1)

    def said(self, level: str) -> list[str]:
        """Messages of the annotations of one level."""
        return [each.message for each in self.annotations if each.level == level]


@dataclass(frozen=True)
class Run:
    """One run of act."""

    code: int
    jobs: Mapping[str, Job]
    text: str

    def job(self, name: str) -> Job:
        """The job, which must have come to an end."""
        assert name in self.jobs, f"act did not run {name}:\n{self.text}"
        found = self.jobs[name]
        assert found.result, f"{name} came to no end:\n{self.text}"
        assert "Skipping unsupported platform" not in found.log
        return found


@dataclass(frozen=True)
class World:
    """The binary, the trees that stand for `org/ci-actions@v1`, and a place for caches."""

    act: Path
    released: Path
    source: Path
    cache: Path

    def environ(self) -> dict[str, str]:
        """Only what a job needs: the Python that runs these tests is the job's, as it has coverage."""
        folders = [Path(sys.executable).parent]
        folders += [
            Path(found).parent
            for name in ("git", "bash", "env", "cp", "node", "tar", "zstd", "go")
            if (found := shutil.which(name))
        ]
        return {
            "PATH": os.pathsep.join(dict.fromkeys(map(str, folders))),
            "HOME": str(self.cache),
            "XDG_CACHE_HOME": str(self.cache),
            "LANG": "C.UTF-8",
            # The repository under test decides, not the configuration of whoever runs the tests.
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def run(
        self,
        repository: Path,
        event: str = "push",
        *,
        workflow: str = "ci.yml",
        payload: Mapping[str, object] | None = None,
        tree: Path | None = None,
        env: Mapping[str, str] | None = None,
        stand_ins: Mapping[str, Path] | None = None,
        caches: Path | None = None,
        artifacts: Path | None = None,
        secrets: Mapping[str, str] | None = None,
        token: str = "",
    ) -> Run:
        """Run the jobs of a workflow for an event, offline, on this host.

        `stand_ins` are the folders that stand for others' actions (`actions/cache@<commit>`), `caches` is where act's
        cache server keeps its entries, `artifacts` where its server for artifacts does; without them there is none. `secrets` are
        those of the repository, `token` is what jobs get as `github.token`.
        """
        words = self.command(
            repository,
            event,
            workflow=workflow,
            payload=payload,
            tree=tree,
            env=env,
            stand_ins=stand_ins,
            caches=caches,
            artifacts=artifacts,
            secrets=secrets,
            token=token,
        )
        done = subprocess.run(
            words,
            cwd=repository,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Run(done.returncode, jobs_in(done.stdout), done.stdout + done.stderr)

    def command(
        self,
        repository: Path,
        event: str = "push",
        *,
        workflow: str = "ci.yml",
        payload: Mapping[str, object] | None = None,
        tree: Path | None = None,
        env: Mapping[str, str] | None = None,
        stand_ins: Mapping[str, Path] | None = None,
        caches: Path | None = None,
        artifacts: Path | None = None,
        secrets: Mapping[str, str] | None = None,
        token: str = "",
    ) -> list[str]:
        """Return the command of act that `run` runs."""
        words = [str(self.act), event, "--json", "-W", f".github/workflows/{workflow}"]
        words += [
            "-P",
            f"{RUNNER}=-self-hosted",
            "--action-offline-mode",
            "--pull=false",
        ]
        words += (
            ["--cache-server-path", str(caches), "--cache-server-addr", "127.0.0.1"]
            if caches
            else ["--no-cache-server"]
        )
        if artifacts:
            words += ["--artifact-server-path", str(artifacts), "--artifact-server-addr", "127.0.0.1"]
            words += ["--artifact-server-port", str(free_port())]
        words += ["--concurrent-jobs", "1", "--action-cache-path", str(self.cache / "act")]
        words += ["--local-repository", f"org/ci-actions@v1={tree or self.released}"]
        for action, folder in (stand_ins or {}).items():
            words += ["--local-repository", f"{action}={folder}"]
        for name, value in (env or {}).items():
            words += ["--env", f"{name}={value}"]
        for name, value in {**(secrets or {}), **({"GITHUB_TOKEN": token} if token else {})}.items():
            words += ["--secret", f"{name}={value}"]
        if payload is not None:
            file = repository.parent / f"{repository.name}-{event}.json"
            file.write_text(json.dumps(payload))
            words += ["-e", str(file)]
        return words


def make_world(act: Path, root: Path, folder: Path) -> World:
    """Make the trees that stand for `org/ci-actions@v1`: the sources of a checkout, and the release made of them."""
    vendor = Path(home.vendor_folder(str(root), os.environ))
    if not vendor.is_dir():
        vendoring.build(root / "requirements" / "runtime.txt", vendor, sys.executable)
    for name in ("source", "released"):
        copy_of_checkout(root, folder / name, archived=True)
    add_doors(folder / "released")
    shutil.copytree(vendor, folder / "released" / "vendor")
    cache = folder / "cache"
    # The job finds the folder that a source tree makes at its first start (tests/integration has that start).
    shutil.copytree(vendor, cache / "ci-actions" / "vendor" / vendor.name)
    return World(act, folder / "released", folder / "source", cache)


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def jobs_in(log: str) -> dict[str, Job]:
    """Return the jobs of a run by their ids, from act's JSON lines."""
    jobs: dict[str, Job] = {}
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if "jobID" in entry:
            note(jobs.setdefault(entry["jobID"], Job()), entry)
    return jobs


def note(job: Job, entry: Mapping[str, Any]) -> None:
    """Add one line of the log to what is known of its job.

    Inner steps of a composite have two ids; outputs and summaries come again for the outer one.
    """
    message, steps = entry.get("msg", ""), entry.get("stepID", [])
    outer = steps[0] if len(steps) == 1 else ""
    job.result = entry.get("jobResult", job.result)
    job.log += message if entry.get("raw_output") else f"{message}\n"
    command = entry.get("command", "")
    if command in ("error", "warning", "notice"):
        properties = entry.get("kvPairs") or {}
        parts = (properties.get(name, "") for name in ("title", "file", "line"))
        job.annotations.append(Annotation(command, entry["arg"], *parts))
    elif command == "set-output" and outer:
        job.outputs.setdefault(outer, {})[entry["name"]] = entry["arg"]
    elif command == "summary" and outer:
        job.summaries[outer] = entry["content"]
    if outer and entry.get("stage") == "Main" and "stepResult" in entry:
        job.steps[outer] = entry["stepResult"]
    if outer and (found := re.fullmatch(r"exit status (\d+)", message)):
        job.exit_codes[outer] = int(found[1])


# --- workflows -----------------------------------------------------------------------------------


def workflow(jobs: Mapping[str, Mapping[str, object]]) -> str:
    """Return a workflow for every event that the tests use; JSON is YAML."""
    events = ("push", "pull_request", "merge_group", "schedule", "workflow_dispatch")
    on: dict[str, object] = {event: {} for event in events}
    on["schedule"] = [{"cron": "0 3 * * *"}]
    return json.dumps({"on": on, "jobs": jobs}, indent=1)


def job(*steps: Step | str, **keys: object) -> dict[str, object]:
    """Return a job that checks the repository out and runs the steps; a text is a command."""
    made = [{"run": each} if isinstance(each, str) else each for each in steps]
    return {"runs-on": RUNNER, **keys, "steps": [{"uses": "actions/checkout@v4"}, *made]}


def gate(uses: str = RELEASED, id: str = "gate", **inputs: str) -> Step:
    """Return the step that calls the action; `min_overall="80"` is the input min-overall."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return {"id": id, "uses": uses, **({"with": given} if given else {})}


def always(command: str) -> Step:
    """Return a step that runs whatever happened before."""
    return {"if": "always()", "run": command}


# --- the consumer --------------------------------------------------------------------------------

MONEY = """\
def add(a, b):
    return a + b


def subtract(a, b):
    return a - b
"""
LEDGER = """\
def book(entries):
    total = 0
    for entry in entries:
        total += entry
    return total
"""
REFUND = """\
def refund(amount):
    if amount > 10:
        return "ask"
    return "paid"
"""
#: Tests without a test runner: fast, and the words choose what gets covered.
TESTS = """\
import sys

sys.path.insert(0, "src")
from pay import ledger, money

if "money" in sys.argv:
    assert money.add(1, 2) == 3
    assert money.subtract(1, 2) == -1
if "ledger" in sys.argv:
    assert ledger.book([1, 2]) == 3
    assert ledger.book([]) == 0
if "refund" in sys.argv:
    from pay import refund

    assert refund.refund(1) == "paid"
    assert refund.refund(11) == "ask"
"""


@dataclass(frozen=True)
class Repository:
    """A git repository with a remote `origin`, which act asks for the name `acme/shop`."""

    path: Path

    @classmethod
    def create(cls, folder: Path) -> Repository:
        """Make the consumer: `main` with money and ledger, `feature` adds refund; both are pushed."""
        origin = folder / "acme" / "shop.git"
        made = cls(folder / "shop")
        made.path.mkdir()
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin))
        made.git("remote", "add", "origin", str(origin))
        made.write(
            {
                "src/pay/__init__.py": "",
                "src/pay/money.py": MONEY,
                "src/pay/ledger.py": LEDGER,
                "tests/run.py": TESTS,
                ".gitignore": ".coverage\n.ci-actions/\n__pycache__/\n",
            }
        )
        made.commit("money and a ledger", "main")
        made.git("checkout", "--quiet", "-b", "feature")
        made.write({"src/pay/refund.py": REFUND})
        made.commit("refunds", "feature")
        return made

    def git(self, *words: str) -> str:
        """Run git, in the name of nobody in particular."""
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.com" for who in ("AUTHOR", "COMMITTER")},
        }
        done = subprocess.run(
            ["git", *words], cwd=self.path, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        """Write files below the work tree."""
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def commit(self, message: str, push: str = "") -> str:
        """Commit everything and return the commit; `push` names the branch to push it to."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        if push:
            self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{push}")
        return self.git("rev-parse", "HEAD")

    def with_workflow(
        self, jobs: Mapping[str, Mapping[str, object]], files: Mapping[str, str] | None = None
    ) -> None:
        """Commit a workflow, and what else its jobs need, on the branch that is checked out."""
        self.write({".github/workflows/ci.yml": workflow(jobs), **(files or {})})
        self.commit("a workflow")


# --- the trees that are called ---------------------------------------------------------------------


def copy_of_checkout(root: Path, target: Path, *, archived: bool = False) -> None:
    """Copy what git knows or would add: neither environments nor caches belong to a release.

    `archived` leaves out what the archives that runners download leave out; act copies the tree for every action.
    """
    attributes = File((root / ".gitattributes").read_bytes(), PLAIN)
    ignored = export_ignored({".gitattributes": attributes}) if archived else frozenset()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (root / name).is_file() and name.split("/", 1)[0] not in ignored:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def add_doors(tree: Path) -> Sequence[str]:
    """Make the root folders of a release, byte-equal to those below `actions/`; return their names."""
    doors = [each.name for each in sorted((tree / "actions").iterdir()) if not each.name.startswith("ci-")]
    for name in doors:
        shutil.copytree(tree / "actions" / name, tree / name)
    return doors
