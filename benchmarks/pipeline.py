#!/usr/bin/env python3
"""The critical path of `ci.yml` on `examples/orders`, against the same checks one after the other, both under act.

Usage: benchmarks/pipeline.py [--runs N]

The usual way is one job: setup-python, `pip install` with a warm cache of downloads, then each tool in turn: ruff, mypy, the
tests with coverage and its threshold, bandit, detect-secrets, pip's own check, build and twine. Ours are the jobs of `ci.yml`, of
which a runner has one each: what a change waits for are plan, the slower of quality and docs, test, coverage and all-green.
Both run the same versions of the tools, with warm caches, in turn in one run; a job's time is that between act's first and last
line of it. `actions/cache`, `setup-python` and the artifacts are stand-ins on GitHub's client libraries, with act's servers.

- the critical path takes at most half of the usual way.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
# `tests` has no `__init__.py`: a package of that name which some distribution installs would come first.
sys.modules["tests"] = tests = ModuleType("tests")
tests.__path__ = [str(ROOT / "tests")]
os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))

from tests.e2e.acting import Repository, make_world  # noqa: E402
from tests.e2e.conftest import act_or_skip  # noqa: E402
from tests.e2e.pipelines import (  # noqa: E402
    MINOR,
    ORDERS,
    Consumer,
    call,
    for_act,
    interpreter,
    name_of,
    orders,
    workflow,
)  # fmt: skip
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for, tool_cache  # noqa: E402

SETUP_PYTHON = "actions/setup-python"
#: What a change waits for; of those in one group, which run side by side, the slowest.
PATH = (("plan",), ("quality", "docs"), (f"test {MINOR}",), ("coverage",), ("all-green",))
#: The group dev of `examples/orders`: the pip that a venv brings need not know groups.
LINTED = "coverage pytest mypy ruff"
TOOLS = "bandit detect-secrets build twine"
USUAL = (
    "ruff check .",
    "ruff format --check .",
    "mypy",
    "coverage run -m pytest",
    "coverage report --fail-under=80",
    "coverage xml",
    "bandit --quiet -ll --recursive src",
    "git ls-files -z | xargs -0 detect-secrets-hook",
    "python -m build",
    "twine check dist/*",
)


def main() -> int:
    """Run the benchmark and print its table; 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        consumer = make(Path(os.path.realpath(folder)))
        jobs = {"ours": {"ci": call(test_groups="test")}, "usual": {"usual": usual(consumer)}}
        for each in jobs.values():
            timed(consumer, each)  # fills the caches
        taken = {name: [timed(consumer, each) for _ in range(runs)] for name, each in jobs.items()}
    theirs = statistics.median(found["usual"] for found in taken["usual"])
    mine = statistics.median(
        sum(max(found[job] for job in group) for group in PATH) for found in taken["ours"]
    )
    print("| what | seconds |\n|---|--:|")
    for group in PATH:
        for job in group:
            print(f"| {job} | {statistics.median(found[job] for found in taken['ours']):.1f} |")
    print(f"| critical path of ci.yml | {mine:.1f} |\n| the usual way, one job | {theirs:.1f} |")
    print(f"\ncritical path: {mine / theirs:.2f} of the usual way (at most 0.50)")
    return int(mine > theirs / 2)


def make(folder: Path) -> Consumer:
    """Return the consumer, with all the tools that `examples/orders` configures."""
    world = make_world(act_or_skip(), ROOT, folder / "trees")
    tool_cache(world.cache / "act" / "tool_cache", interpreter())
    (folder / "consumer").mkdir()
    repository = Repository.create(folder / "consumer")
    orders(repository)
    repository.write({"pyproject.toml": (ORDERS / "pyproject.toml").read_text()})
    repository.commit("all tools", "main")
    kept = Path(os.environ["XDG_CACHE_HOME"], "ci-actions", "environments")
    kept.mkdir(parents=True, exist_ok=True)
    here = world.cache / "ci-actions" / "environments"
    here.mkdir()
    for each in kept.iterdir():
        # Scanners are there already; pip is what `python-setup-with-cache` brings and keeps: one, and not those of all tests.
        if not re.match("pip-[0-9a-f]", each.name):
            (here / each.name).symlink_to(each)
    (folder / "ci").mkdir()
    stand_ins = stands_for(stand_ins_or_skip())
    return Consumer(world, repository, folder / "ci", stand_ins, for_act(world.released, folder / "tree"))


def usual(consumer: Consumer) -> dict[str, object]:
    """Return the job that most projects have."""
    setup = next(each for each in consumer.stand_ins if each.startswith(SETUP_PYTHON))
    install = f"python -m venv .venv && .venv/bin/python -m pip install --quiet --editable . {LINTED} {TOOLS}"
    activate = 'echo "$PWD/.venv/bin" >> "$GITHUB_PATH"'
    return {
        "runs-on": "ubuntu-latest",
        "steps": [
            {"uses": "actions/checkout@v4"},
            {"uses": setup, "with": {"python-version": MINOR}},
            *({"run": each} for each in (install, activate, *USUAL)),
        ],
    }


def timed(consumer: Consumer, jobs: Mapping[str, Mapping[str, object]]) -> dict[str, float]:
    """Run the caller's workflow and return the seconds of each job; every one must be green."""
    consumer.repository.write({".github/workflows/ci.yml": workflow(jobs)})
    consumer.repository.commit("the caller")
    command = consumer.world.command(
        consumer.repository.path, env=consumer.environ(), stand_ins=consumer.stand_ins, tree=consumer.tree,
        caches=consumer.folder / "caches", artifacts=consumer.folder / "artifacts",
    )  # fmt: skip
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    log = []
    with subprocess.Popen(
        command, cwd=consumer.repository.path, env=consumer.world.environ(), stdout=subprocess.PIPE, text=True
    ) as act:
        assert act.stdout
        for line in act.stdout:
            now = time.perf_counter()
            log.append(line)
            entry = json.loads(line) if line.startswith("{") else {}
            name = name_of(entry.get("job", "/")).removeprefix("ci / ")
            if entry.get("msg", "").startswith("⭐ Run Set up job"):
                began[name] = now
            if "jobResult" in entry:
                ended[name] = now
                assert entry["jobResult"] == "success", "".join(log)
    assert act.returncode == 0, "".join(log)
    return {name: ended[name] - began[name] for name in ended}


if __name__ == "__main__":
    sys.exit(main())
