"""How long a warm set-up takes: a proved environment, against what others do with warm caches.

    python benchmarks/setup.py [--runs 5] [--slow-runs 2]

One project with real packages from the configured index, locked once. Ours proves every file of an environment that lies
there as a cache restored it, at the same path and at another one. The peers fill an empty environment from their
warm caches of downloads.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from measure import Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
DIRECT = [
    "boto3",
    "celery",
    "django",
    "fastapi",
    "httpx",
    "jupyterlab",
    "pandas",
    "pytest",
    "scikit-learn",
    "sqlalchemy",
]
PROVE = """
import os, sys
from pathlib import Path
from ci_actions.kit.process import Process
from ci_actions.project import environments, interpreters, relocation
from ci_actions.project.locks import read_lock
from ci_actions.project.marker import Origin
folder, python, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
process = Process(os.environ)
interpreter = interpreters.probe(python, process)
origin = Origin(manager="uv", manager_version="benchmark")
if how == "record":
    environments.record(folder / ".venv", interpreter=interpreter, origin=origin)
    sys.exit()
locked = {}
for each in read_lock("uv.lock", (folder / "uv.lock").read_bytes()).packages:
    locked.setdefault(each.name, set()).add(each.version)
found = environments.verify(
    folder / ".venv", interpreter=interpreter, origin=origin, locked=locked, process=process
)
if how == "move" and isinstance(found, environments.Verified):
    assert found.moved
    found = relocation.relocate(found, process)
if not isinstance(found, environments.Verified):
    sys.exit(found.reason)
"""

ACTION = """
import os, subprocess, sys, tempfile
from pathlib import Path
project, start, python = map(Path, sys.argv[1:])
matched = os.environ.get("MATCHED", "")
with tempfile.TemporaryDirectory() as scratch:
    # As actions/setup-python leaves a job: its interpreter is the first on PATH.
    left = {
        "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]), "pythonLocation": str(python.parents[1]),
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "RUNNER_TEMP": scratch,
        "GITHUB_WORKSPACE": str(project), "INPUT_CACHE": "venv",
    }
    for phase in ("plan", "key", "install", "finish"):
        output = Path(scratch, phase)
        environ = {**os.environ, **left, "GITHUB_OUTPUT": str(output)}
        subprocess.run(
            ["bash", start, "python-setup-with-cache", phase], cwd=project, env=environ, check=True, capture_output=True
        )
        lines = output.read_text().splitlines()
        values = {line.partition("<<")[0]: lines[at + 1] for at, line in enumerate(lines) if "<<" in line}
        left["CI_ACTIONS_" + phase.upper()] = values["report"]
        if phase == "key":
            left |= {"CI_ACTIONS_RESTORE_OUTCOME": "success", "CI_ACTIONS_MATCHED_KEY": values["cache-key"]}
    if matched and values["install-skipped"] != "true":
        sys.exit("the environment was not proved, but installed anew")
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.make()
        ours, uv = bench.action(), bench.uv()
        print(table(measure([ours, bench.ours(), bench.ours_moved(), uv], asked.runs), uv.name))
        slow = [ours, bench.pip(), *bench.poetry()]
        print("\n" + table(measure(slow, asked.slow_runs), ours.name))
    return 0


class Bench:
    """The project and the managers, in a folder of their own with caches of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.python = os.path.realpath(Path(sys.base_prefix, "bin", "python3"))
        self.env = {
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "PIP_CACHE_DIR": str(folder / "pip-cache"),
            "POETRY_CACHE_DIR": str(folder / "poetry-cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        }
        self.our_env = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)])}

    def make(self) -> None:
        """Lock the project, fill the environment that ours proves, and note it."""
        self.project.mkdir()
        head = f'[project]\nname = "bench"\nversion = "0"\nrequires-python = "=={_minor()}.*"\n'
        (self.project / "pyproject.toml").write_text(f"{head}dependencies = {DIRECT}\n", encoding="utf-8")
        self.run([self.program("uv"), "--quiet", "lock", "--python", self.python])
        words = "export --quiet --frozen --no-hashes --no-header --no-annotate --no-emit-project -o requirements.txt"
        self.run([self.program("uv"), *words.split()])
        self.run([self.program("uv"), "--quiet", "sync", "--frozen", "--python", self.python])
        self.run([*self._prove(self.project, "record")], env=self.our_env)
        found = list((self.project / ".venv").glob("lib/python3*/site-packages/*.dist-info"))
        files = sum(len(names) for _, _, names in os.walk(self.project / ".venv"))
        print(f"\nPython {sys.version.split()[0]}, {len(found)} distributions, {files} files\n")

    def action(self) -> Candidate:
        """Run the whole action, all four phases as a job starts them, on an environment that lies there."""
        project = self.folder / "action"
        project.mkdir()
        for name in ("pyproject.toml", "uv.lock"):
            shutil.copy(self.project / name, project)
        start = ROOT / "actions" / "python-setup-with-cache" / "start.sh"
        words: list[str | Path] = [sys.executable, "-I", "-S", "-c", ACTION, project, start, self.python]
        self.run(words)
        env = {**self.env, "MATCHED": "true"}
        return Candidate("ours: the whole action, its four phases", words, env=env)

    def ours(self) -> Candidate:
        """Prove what lies there."""
        return Candidate(
            "ours: a restored environment, proved", self._prove(self.project, "prove"), env=self.our_env
        )

    def ours_moved(self) -> Candidate:
        """Prove what lies at another path, and make it work there."""
        other = self.folder / "another" / "place"

        def fresh() -> None:
            shutil.rmtree(other, ignore_errors=True)
            shutil.copytree(self.project, other, symlinks=True)

        name = "ours: restored at another path, proved and moved"
        return Candidate(name, self._prove(other, "move"), env=self.our_env, prepare=fresh)

    def _prove(self, project: Path, how: str) -> Sequence[str | Path]:
        return [sys.executable, "-c", PROVE, project, self.python, how]

    def uv(self) -> Candidate:
        """`uv sync` into an empty environment."""
        venv = self.folder / "uv-venv"
        words: list[str | Path] = [self.program("uv"), "sync", "--quiet", "--frozen", "--python", self.python]
        env = {**self.env, "UV_PROJECT_ENVIRONMENT": str(venv)}
        return self._filling("`uv sync`, warm cache, empty environment", words, venv, env)

    def pip(self) -> Candidate:
        """`pip install -r` into an empty environment."""
        venv = self.folder / "pip-venv"
        words: list[str | Path] = [
            self.program("pip"),
            "--python",
            venv / "bin" / "python",
            "install",
            "--quiet",
            "--no-deps",
        ]
        return self._filling(
            "`pip install -r`, warm download cache",
            [*words, "-r", "requirements.txt"],
            venv,
            self.env,
            made=True,
        )

    def poetry(self) -> list[Candidate]:
        """`poetry install` into an empty environment; its lock names the same versions."""
        home = self.folder / "poetry"
        home.mkdir()
        pins = (self.project / "requirements.txt").read_text(encoding="utf-8").splitlines()
        wanted = [line.partition(";")[0].strip() for line in pins if "==" in line and _applies(line)]
        text = (self.project / "pyproject.toml").read_text(encoding="utf-8")
        # The very interpreter: Poetry wants each package to fit every Python that the project says it supports.
        exact = f'"=={sys.version.split()[0]}"'
        head = text[: text.index("dependencies")].replace(f'"=={_minor()}.*"', exact)
        source = f'[[tool.poetry.source]]\nname = "index"\nurl = "{_index()}"\npriority = "primary"\n'
        package = "[tool.poetry]\npackage-mode = false\n"
        (home / "pyproject.toml").write_text(
            f"{head}dependencies = {wanted}\n{package}{source}", encoding="utf-8"
        )
        self.run([self.program("poetry"), "lock", "--no-ansi"], cwd=home)
        words: list[str | Path] = [self.program("poetry"), "install", "--quiet", "--no-root"]
        return [
            self._filling(
                "`poetry install`, warm cache", words, home / ".venv", self.env, cwd=home, made=True
            )
        ]

    def _filling(
        self,
        name: str,
        words: Sequence[str | Path],
        venv: Path,
        env: Mapping[str, str],
        *,
        cwd: Path | None = None,
        made: bool = False,
    ) -> Candidate:
        def empty() -> None:
            shutil.rmtree(venv, ignore_errors=True)
            if made:
                self.run([self.python, "-I", "-m", "venv", "--without-pip", venv])

        return Candidate(name, words, cwd=cwd or self.project, env=env, prepare=empty)

    def program(self, name: str) -> Path:
        """Return a manager from the set that this release pins."""
        from ci_actions import home
        from ci_actions.kit.process import Process
        from ci_actions.supply.environments import locked_environment

        scripts: Callable[..., Path] = locked_environment
        return (
            scripts(
                ROOT / "requirements" / "managers" / f"{name}.txt",
                python=self.python,
                cache=Path(home.cache_home(os.environ)),
                process=Process(os.environ),
                environ=os.environ,
                progress=print,
            )
            / name
        )

    def run(
        self, words: Sequence[str | Path], cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Run what prepares."""
        done = subprocess.run(
            words,
            cwd=cwd or self.project,
            env={**os.environ, **self.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{words[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _minor() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _applies(line: str) -> bool:
    from packaging.markers import Marker

    _, _, marker = line.partition(";")
    return not marker.strip() or Marker(marker).evaluate()


def _index() -> str:
    """Return the index that pip is configured for: Poetry does not read that."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    )
    return os.environ.get("PIP_INDEX_URL") or asked.stdout.strip() or "https://" + "pypi" + ".org/simple"


if __name__ == "__main__":
    sys.exit(main())
