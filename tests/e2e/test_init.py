"""`ci-actions init` on sources of real projects, and real act on what it wrote: the run is the one that was promised.

The sources are source distributions of the package index, pinned by version. They say more than this machine can run: each one's
`requires-python` is narrowed to the interpreter of these tests, and the scanners to those that need no advisories.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.e2e.acting import Repository, World
from tests.e2e.pipelines import MINOR, Consumer, Pipeline, pipeline
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

from ci_actions.cli import COMMANDS
from ci_actions.workflows import reading
from ci_actions.workflows.document import Scalar

pytestmark = pytest.mark.e2e

#: What is not init's: scanners that need advisories, what today's linters say of yesterday's code, linters that nothing installs.
SETTINGS = """
[tool.ci-actions.security-scan]
tools = ["bandit", "detect-secrets"]
fail-on = "critical"
[tool.ci-actions.quality]
scope = "new"
tools = ["auto", {}]
"""
ALWAYS = {"plan", "quality", "docs", "security", f"test {MINOR}", "build", "all-green"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source distribution, what is left out of it or put in before init looks at it, and what init must find and promise.

    `edit` is a text of pyproject.toml and what stands in its place, as init's notes ask for it. `without` are linters that
    are configured and not to run here.
    """

    name: str
    version: str
    requires: str
    drop: tuple[str, ...] = ()
    add: Mapping[str, str] = field(default_factory=dict)
    edit: tuple[str, str] = ("", "")
    without: str = ""
    manager: str
    given: Mapping[str, str]
    jobs: Collection[str]


SOURCES = (
    Source(
        name="itsdangerous",
        version="2.2.0",
        requires='requires-python = ">=3.8"',
        without='"-ruff", "-pyright"',
        manager="pip-tools, from requirements/build.txt",
        given={"groups": "tests, typing", "test-groups": "tests", "coverage": "false"},
        jobs=ALWAYS,
    ),
    Source(
        name="iniconfig",
        version="2.3.1",
        requires='requires-python = ">=3.10"',
        drop=("uv.lock", ".github"),
        edit=('"pytest-xdist>=3.8",', '"pytest-xdist>=3.8", "mypy",'),
        without='"-ruff"',
        manager="pip, from pyproject.toml",
        given={"groups": "dev"},
        jobs=ALWAYS,
    ),
    Source(
        name="h11",
        version="0.16.0",
        requires='python_requires=">=3.8"',
        drop=("docs",),
        add={"requirements.txt": "", "requirements-dev.txt": "pytest\npytest-cov\nmypy\n"},
        without='"-pyright"',
        manager="pip, from requirements.txt",
        given={"groups": "dev"},
        jobs={*ALWAYS, "coverage"},
    ),
)


def unpacked(source: Source, folder: Path) -> Path:
    """Return the folder of a source distribution, fetched once into the cache."""
    cache = Path(os.environ["XDG_CACHE_HOME"], "ci-actions", "sources")
    archive = cache / f"{source.name}-{source.version}.tar.gz"
    if not archive.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        wanted = f"{source.name}=={source.version}"
        words = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            f"--no-binary={source.name}",
        ]
        done = subprocess.run(
            [*words, f"--dest={cache}", wanted], capture_output=True, text=True, check=False
        )
        if not archive.is_file():
            pytest.skip(
                f"{wanted} cannot be fetched; run: pip download --no-deps --no-binary={source.name} {wanted}\n{done.stderr}"
            )
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / f"{source.name}-{source.version}"


def adopt(repository: Repository, source: Source, folder: Path) -> None:
    """Make the repository that of a project."""
    repository.git("checkout", "--quiet", "main")
    repository.git("rm", "-r", "--quiet", ".")
    shutil.copytree(unpacked(source, folder), repository.path, dirs_exist_ok=True)
    for each in source.drop:
        place = repository.path / each
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    narrowed = []
    for name in ("pyproject.toml", "setup.py"):
        file = repository.path / name
        if file.is_file() and source.requires in (text := file.read_text()):
            file.write_text(text.replace(source.requires, re.sub(r'".*"', f'"=={MINOR}.*"', source.requires)))
            narrowed.append(name)
    assert len(narrowed) == 1, narrowed
    more = SETTINGS.format(source.without)
    file = repository.path / "pyproject.toml"
    text = file.read_text() if file.exists() else ""
    assert source.edit[0] in text
    file.write_text((text.replace(*source.edit) if source.edit[0] else text) + more)
    repository.write({".gitignore": ".venv/\n.ci-actions/\n__pycache__/\n", **source.add})
    repository.commit("as it was published", "main")


def command(consumer: Consumer, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where nobody can be asked."""
    return subprocess.run(
        [sys.executable, "-m", "ci_actions", *words],
        cwd=consumer.repository.path,
        env=consumer.world.environ(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def run(consumer: Consumer) -> Pipeline:
    """Run what was written, as a push."""
    done = consumer.world.run(
        consumer.repository.path,
        "push",
        env=consumer.environ(),
        stand_ins=consumer.stand_ins,
        caches=consumer.folder / "caches",
        artifacts=consumer.folder / "artifacts",
        tree=consumer.tree,
    )
    return pipeline(done.code, done.text)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_real_project_adopts_it(
    machine: tuple[World, Path],
    new_repository: Callable[[], Repository],
    tmp_path: Path,
    source: Source,
) -> None:
    """Slow: the whole CI of a real project; sampled by the golden files of what is written, and by `test_ci.py`."""
    world, tree = machine
    consumer = Consumer(world, new_repository(), tmp_path, stands_for(stand_ins_or_skip()), tree)
    adopt(consumer.repository, source, tmp_path / "source")

    done = command(consumer, "init", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{source.manager}" in done.stdout
    (versions,) = re.findall(r"^  Python +(\S+), from", done.stdout, re.MULTILINE)
    written = reading.workflow((consumer.repository.path / ".github/workflows/ci.yml").read_bytes())
    given = {name: node.text for name, node in written.jobs["ci"].given.items() if isinstance(node, Scalar)}
    assert given == source.given

    again = command(consumer, "init")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "Nothing is to be done.")
    if "doctor" in COMMANDS:
        found = command(consumer, "doctor")
        assert found.returncode == 0, found.stdout + found.stderr

    consumer.repository.commit("adopt the CI", "main")
    made = run(consumer)
    assert made.code == 0, made.text
    assert made.results() == dict.fromkeys(source.jobs, "success")
    assert {each["python"] for each in made.plan()["test"]["shards"]} == {versions} == {MINOR}
    assert made.result("code-scanning / upload") == "success"
