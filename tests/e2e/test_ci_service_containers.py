"""The service containers of `ci.yml` on a real Docker engine, with images of this machine's own PostgreSQL and Redis.

Shown: which services start, with what variables and ports; that ci-test waits for them at the addresses that the expressions of
ci.yml come to; that clients write to them there. The engine is Docker's, the evaluator of expressions is GitHub's own
(`@actions/expressions`), and real act runs the whole of it once more.

Not shown: GitHub's runner, which cannot be had here. `Runner` does with services what its sources do
(https://github.com/actions/runner/blob/main/src/Runner.Worker/ContainerOperationProvider.cs). act knows no `job.services`, so in
its run a step of the caller's asks the engine for the ports. No image comes from a registry: the official ones are not tried.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.doubles.bundles import bundled_or_skip
from tests.e2e.acting import RUNNER as LABEL
from tests.e2e.acting import Repository, World
from tests.e2e.engine import Engine, engine_or_skip
from tests.e2e.pipelines import call, pipeline, workflow
from tests.e2e.service_images import BROKEN, POSTGRES, REDIS, RUNNER, load, load_runner
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for
from tests.integration import servers

from ci_actions.commands.act.tree import PROGRAM

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SINGLE = {"test": "", "all-green": "single"}
#: The tests of the project write with the servers' own clients, and read with another connection.
TESTS = """\
psql "$DATABASE_URL" -qc 'CREATE TABLE shelf (book text)' -c "INSERT INTO shelf VALUES ('Emma')"
test "$(psql "$DATABASE_URL" -Atc 'SELECT book FROM shelf')" = Emma
redis-cli -u "$REDIS_URL" SET Emma lent
test "$(redis-cli -u "$REDIS_URL" GET Emma)" = lent
echo both kept
"""


def in_job(job: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the services of a job of ci.yml, and the inputs of its step `test`."""
    about = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"][job]
    step = next(each for each in about["steps"] if each.get("id") == "test")
    return about["services"], step["with"]


def evaluated(texts: list[str], contexts: Mapping[str, object]) -> list[str]:
    """Return what GitHub's own evaluator makes of values of a workflow."""
    program = bundled_or_skip(ROOT / "tools" / "workflow-parser") / "expressions" / "index.js"
    done = subprocess.run(
        ["node", program],
        input=json.dumps({"expressions": texts, "contexts": contexts}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@dataclass
class Runner:
    """What GitHub's runner does with the services of a job, step by step."""

    engine: Engine
    inputs: Mapping[str, str]
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    containers: list[str] = field(default_factory=list)
    network: str = "github_network_of_the_job"

    def start(self, services: Mapping[str, Mapping[str, Any]]) -> None:
        """Start those that have an image, and learn their ports."""
        self.engine.docker("network", "create", self.network)
        for name, about in services.items():
            (image,) = evaluated([about["image"]], {"inputs": self.inputs})
            if image:
                self.services[name] = self.started(name, image, about)

    def started(self, name: str, image: str, about: Mapping[str, Any]) -> dict[str, Any]:
        """Start one container; return what becomes of it in the context `job`."""
        assert set(about) <= {"image", "env", "ports"}, (
            "the runner does more with a service than is done here"
        )
        words = ["--network", self.network, "--network-alias", name]
        words += [word for port in about["ports"] for word in ("-p", port)]
        words += [word for name, value in about.get("env", {}).items() for word in ("-e", f"{name}={value}")]
        container = self.engine.docker("create", *words, "-e", "GITHUB_ACTIONS=true", "-e", "CI=true", image)
        self.containers.append(container)
        self.engine.docker("start", container)
        return {"id": container, "network": self.network, "ports": self.ports(container)}

    def ports(self, container: str) -> dict[str, str]:
        """Return where the ports of a container are; one that has ended has none."""
        said = self.engine.docker("port", container)
        return dict(re.findall(r"^(\d+)/\w+ -> .*:(\d+)$", said, re.MULTILINE))

    def urls(self, given: Mapping[str, str]) -> tuple[str, str]:
        """Return the addresses that ci-test gets: where no service is, those of the secrets."""
        secrets = {"database-url": "postgresql://kept.example/db", "redis-url": "redis://kept.example/1"}
        contexts = {"inputs": self.inputs, "job": {"services": self.services}, "secrets": secrets}
        database, redis = evaluated([given["database-url"], given["redis-url"]], contexts)
        return database, redis

    def stop(self) -> None:
        """Remove what was started."""
        for container in self.containers:
            self.engine.docker("rm", "--force", container)
        self.engine.docker("network", "rm", self.network)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine that has the images."""
    servers.postgresql_programs()
    servers.redis_program()
    with engine_or_skip() as made:
        load(made)
        yield made


@pytest.fixture
def runner(engine: Engine) -> Iterator[Callable[..., Runner]]:
    """Makes a runner; what it starts is gone afterwards."""
    made: list[Runner] = []

    def make(**inputs: str) -> Runner:
        known = {"layout": "", "postgres-image": "", "redis-image": ""}
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        made.append(Runner(engine, {**known, **given}))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def ci_test(engine: Engine, folder: Path, database: str, redis: str, *words: str) -> tuple[int, str]:
    """Run ci-test with the addresses, where the ports are published; return its exit code and what it said."""
    (folder / ".git").mkdir()
    programs = os.pathsep.join((str(servers.postgresql_programs()), os.environ["PATH"]))
    command = [sys.executable, "-m", "ci_actions", "ci-test", "--json", f"--command={TESTS}", *words]
    done = subprocess.run(
        engine.inside(command),
        cwd=folder,
        env={**os.environ, "PATH": programs, "INPUT_DATABASE_URL": database, "INPUT_REDIS_URL": redis},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["exit-code"] == done.returncode
    return done.returncode, done.stderr


@pytest.mark.parametrize(("job", "layout"), SINGLE.items(), ids=["jobs", "single"])
def test_services_start_are_waited_for_and_kept(
    runner: Callable[..., Runner], tmp_path: Path, job: str, layout: str
) -> None:
    """PostgreSQL makes its database first, and the engine answers for it meanwhile."""
    services, given = in_job(job)
    started = runner(layout=layout, postgres_image=POSTGRES, redis_image=REDIS)
    started.start(services)
    database, redis = started.urls(given)
    ports = {name: about["ports"] for name, about in started.services.items()}
    assert database == f"postgresql://test:test@localhost:{ports['postgres']['5432']}/test"
    assert redis == f"redis://localhost:{ports['redis']['6379']}/0"
    code, said = ci_test(started.engine, tmp_path, database, redis)
    assert code == 0, said
    assert f"database-url: localhost:{ports['postgres']['5432']} answers after " in said
    assert f"redis-url: localhost:{ports['redis']['6379']} answers after " in said
    assert "both kept" in said


@pytest.mark.parametrize(("job", "layout"), SINGLE.items(), ids=["jobs", "single"])
def test_a_service_without_an_image_is_the_one_of_the_secret(
    runner: Callable[..., Runner], job: str, layout: str
) -> None:
    services, given = in_job(job)
    neither, one = runner(layout=layout), runner(layout=layout, redis_image=REDIS)
    one.network = "github_network_of_another_job"
    neither.start(services)
    one.start(services)
    assert (neither.containers, list(one.services)) == ([], ["redis"])
    assert neither.urls(given) == ("postgresql://kept.example/db", "redis://kept.example/1")
    assert one.urls(given)[0] == "postgresql://kept.example/db"
    assert one.urls(given)[1].startswith("redis://localhost:")


def test_the_job_all_green_starts_none_beside_the_job_test(runner: Callable[..., Runner]) -> None:
    services, _ = in_job("all-green")
    idle = runner(layout="jobs", postgres_image=POSTGRES, redis_image=REDIS)
    idle.start(services)
    assert idle.containers == []


def test_a_service_that_ended_at_once_is_not_taken_for_another(
    runner: Callable[..., Runner], tmp_path: Path
) -> None:
    """The runner only warns, and knows no port: the usual one may be somebody else's database."""
    services, given = in_job("test")
    broken = runner(postgres_image=BROKEN)
    broken.start(services)
    (container,) = broken.containers
    assert broken.engine.docker("wait", container) == "3"
    broken.services["postgres"]["ports"] = broken.ports(container)
    assert broken.services["postgres"]["ports"] == {}
    database, _ = broken.urls(given)
    code, said = ci_test(broken.engine, tmp_path, database, "", "--wait-seconds=0")
    assert code == 4
    assert "input 'database-url': localhost:0 did not answer as PostgreSQL does" in said


# --- act -----------------------------------------------------------------------------------------

#: What act does not have: the ports of services, which GitHub's runner knows as `job.services`.
PORT = re.compile(r"job\.services\.(\w+)\.ports\['(\d+)'\]")
#: A step of the caller's that asks the engine for them instead.
ASK = """\
python3 - >>"$GITHUB_ENV" <<'END'
import http.client, json, socket
engine = http.client.HTTPConnection("localhost")
engine.sock = socket.socket(socket.AF_UNIX)
engine.sock.connect("/var/run/docker.sock")
engine.request("GET", "/containers/json")
for each in json.load(engine.getresponse()):
    for port in each["Ports"]:
        if "PublicPort" in port:
            print("PORT_%s=%s" % (port["PrivatePort"], port["PublicPort"]))
END
"""


@pytest.mark.slow
def test_act_starts_the_services_of_a_caller(
    engine: Engine,
    machine: tuple[World, Path],
    new_repository: Callable[[], Repository],
    tmp_path: Path,
) -> None:
    """Slow: two calls whose every job is a container; sampled by the tests above, which start the same services.

    One call names images, the other none; act itself is in the engine's network, its servers are found from the jobs.
    """
    world, doors = machine
    # A container sees none of this machine's folders: it gets the whole program, as with `ci-actions act --docker`.
    tree = doors.with_name(PROGRAM)
    called = tree / ".github" / "workflows" / "ci.yml"
    before = called.read_text()
    after, count = PORT.subn(r"env.PORT_\2", before)
    assert count == 4
    nothing_else = dict.fromkeys(("quality", "docs", "security", "coverage", "build"), "false")
    given = {**nothing_else, "groups": "", "python-versions": "", "security-tools": ""}
    images = {"postgres-image": POSTGRES, "redis-image": REDIS, "before-install": ASK}
    callers = {
        "with": call(name="with", **given, **images, **{"test-command": "bash -e test.sh"}),
        "without": call(
            name="without",
            **given,
            **{"test-command": 'test -z "$DATABASE_URL$REDIS_URL" && echo none there'},
        ),
    }
    repository = new_repository()
    repository.git("rm", "-r", "--quiet", ".")
    repository.write({"test.sh": TESTS, ".github/workflows/ci.yml": workflow(callers)})
    repository.commit("a shelf", "main")
    options = load_runner(engine)
    words = world.command(
        repository.path, stand_ins=stands_for(stand_ins_or_skip()), caches=tmp_path / "caches",
        artifacts=tmp_path / "artifacts", tree=tree,
    )  # fmt: skip
    words[words.index(f"{LABEL}=-self-hosted")] = f"{LABEL}={RUNNER}"
    try:
        called.write_text(after)
        done = subprocess.run(
            engine.inside([*words, "--container-options", " ".join(options)]),
            cwd=repository.path,
            env={**world.environ(), "DOCKER_HOST": engine.host},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    finally:
        called.write_text(before)
    run = pipeline(done.returncode, done.stdout + done.stderr)
    assert run.code == 0, run.text
    expected = dict.fromkeys(("plan", "test tests", "all-green"), "success")
    assert run.results("with") == run.results("without") == expected
    for name, job in run.jobs.items():
        started = {image for image in (POSTGRES, REDIS) if f"docker run image={image} " in job.log}
        assert started == ({POSTGRES, REDIS} if name == "with / test tests" else set()), name
    assert "both kept" in run.jobs["with / test tests"].log
    without = run.jobs["without / test tests"].log
    assert "none there" in without
    for service in ("postgres", "redis"):
        assert f"The service '{service}' will not be started" in without
