"""Small projects for every manager, and the managers themselves, brought as the action brings them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.doubles.package_index import Package

from ci_actions import home
from ci_actions.kit.clock import Clock
from ci_actions.kit.process import Process
from ci_actions.project import environments, interpreters
from ci_actions.project.files import ProjectFiles
from ci_actions.project.managers import detect
from ci_actions.project.marker import Origin
from ci_actions.project.model import Interpreter, Manager
from ci_actions.python_setup_with_cache.drivers import driver
from ci_actions.python_setup_with_cache.drivers.base import Driver, Job
from ci_actions.python_setup_with_cache.drivers.provide import Tool, choose, provide

GREET = [
    Package(name="greet", version=each, scripts={"greet": "greet:main"}, requires=["polite-words>=1"])
    for each in ("1.0", "1.1")
]
PACKAGES = [
    *GREET,
    Package(name="polite-words", version="1.2", files={"polite_words/data.txt": "please\n"}),
    Package(name="checker", version="3.0", scripts={"checker": "checker:main"}),
    Package(name="colours", version="0.9"),
    Package(name="colours", version="0.8"),
]

#: A build backend that needs nothing: an editable wheel is a `.pth` file and some metadata.
BACKEND = """
import os, zipfile

def get_requires_for_build_editable(config_settings=None):
    return []

get_requires_for_build_wheel = get_requires_for_build_editable

def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "shop-0.1.dist-info"
    files = {
        "_shop.pth": os.path.join(os.getcwd(), "src") + "\\n",
        info + "/METADATA": "Metadata-Version: 2.1\\nName: shop\\nVersion: 0.1\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "/entry_points.txt": "[console_scripts]\\nshop = shop:main\\n",
    }
    files[info + "/RECORD"] = "".join(name + ",,\\n" for name in [*files, info + "/RECORD"])
    name = "shop-0.1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name

build_wheel = build_editable
"""
BUILD = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
SHOP = "import greet\n\n\ndef main():\n    greet.main()\n    print('shop')\n"
PROJECT = """\
[project]
name = "shop"
version = "0.1"
requires-python = ">=3.8"
dependencies = ["greet"]
[project.optional-dependencies]
paint = ["colours"]
[dependency-groups]
dev = ["checker"]
"""


def python_of(version: str) -> Path | None:
    """Return an interpreter of this machine by its minor version."""
    root = Path(os.environ.get("PYENV_ROOT", "/nowhere"), "versions")
    found = sorted(root.glob(f"{version}.*/bin/python")) if root.is_dir() else []
    return found[-1] if found else None


@dataclass
class Workshop:
    """A folder for projects, an index to install from, and what a run says."""

    folder: Path
    index: str
    said: list[str] = field(default_factory=list)
    python: str = sys.executable

    @property
    def process(self) -> Process:
        return Process(self.environ)

    @property
    def environ(self) -> dict[str, str]:
        caches = {
            f"{name}_CACHE_DIR": str(self.folder / f"{name}-cache") for name in ("UV", "PIP", "POETRY", "PDM")
        }
        return {
            **os.environ,
            **caches,
            "PIPENV_CACHE_DIR": str(self.folder / "PIP-cache"),
            "PIP_INDEX_URL": self.index,
            "PIPENV_PYPI_MIRROR": self.index,
            "PDM_PYPI_URL": self.index,
            "UV_DEFAULT_INDEX": self.index,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": "",
        }

    def project(self, name: str, files: dict[str, str]) -> Path:
        """Write a project and return its folder."""
        folder = self.folder / name
        contents = {"backend.py": BACKEND, "src/shop/__init__.py": SHOP, **files}
        for path, text in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text.replace("INDEX", self.index), encoding="utf-8")
        return folder

    def interpreter(self, python: str | Path | None = None) -> Interpreter:
        """Return what an interpreter says, below any environment."""
        found = interpreters.probe(python or self.python, self.process)
        if found.prefix != found.base_prefix or python is None:
            below = Path(found.base_prefix, "bin", f"python{found.version}")
            found = interpreters.probe(below, self.process)
        return found

    def driver(
        self, folder: Path, manager: Manager, *, python: str | Path | None = None, **job: Any
    ) -> Driver:
        """Return the manager, ready for this project; `asked` is what the user wrote after `manager:`."""
        contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and ".venv" not in path.parts
        }
        files = ProjectFiles(names=frozenset(each for each in contents if "/" not in each), content=contents)
        made = Job(
            directory=folder,
            interpreter=self.interpreter(python),
            files=files,
            detected=detect(files, job.pop("asked", str(manager))),
            environ={**self.environ, **job.pop("environ", {})},
            progress=self.said.append,
            clock=Clock(),
            **job,
        )
        return driver(manager)(made, tool_of(manager))


def tool_of(manager: Manager) -> Tool:
    """Return the manager that this release pins, from its hash-locked set; installed once per machine."""
    process = Process(os.environ)
    choice = choose(manager, asked="", wanted="", which=lambda _: None, process=process)
    cache = Path(home.cache_home(os.environ))
    return provide(
        choice,
        python=sys.executable,
        cache=cache,
        process=process,
        environ=dict(os.environ),
        progress=lambda _: None,
    )


def names(folder: Path) -> dict[str, str]:
    """Return what is installed in the environment of a project, by name, without what `venv` brings."""
    found = environments.installed(environments.read(folder / ".venv"))
    return {each.name: each.version for each in found if each.name not in environments.SEEDS}


def output(folder: Path, program: str, *words: str) -> str:
    """Return what a program of the environment prints."""
    done = subprocess.run(
        [folder / ".venv" / "bin" / program, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def origin(**more: Any) -> Origin:
    """Return what an environment of a test was made of."""
    return replace(Origin(manager="uv", manager_version="1"), **more)


def moved(folder: Path, to: Path) -> Path:
    """Bring a project elsewhere, as a restored cache does: packed and unpacked, the first place gone."""
    to.parent.mkdir(parents=True, exist_ok=True)
    packed = to.parent / "packed.tar"
    run(["tar", "-cf", packed, "-C", folder, "."])
    shutil.rmtree(folder)
    to.mkdir()
    run(["tar", "-xf", packed, "-C", to])
    return to


def run(words: Sequence[str | Path]) -> None:
    """Run a program that must succeed."""
    subprocess.run(words, check=True, capture_output=True)
