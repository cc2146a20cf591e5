"""Private environments, made by the real pip from a folder of wheels that the test makes."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ci_actions.kit.errors import Unavailable
from ci_actions.kit.process import Process
from ci_actions.supply.environments import locked_environment

pytestmark = pytest.mark.integration

CODE = "def main():\n    print('hello')\n"


def wheel(folder: Path) -> Path:
    """Make a wheel with one command, `greet`."""
    about = "greet-1.0.dist-info"
    files = {
        "greet.py": CODE,
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "[console_scripts]\ngreet = greet:main\n",
    }
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text)}")
    made = folder / "greet-1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
        packed.writestr(f"{about}/RECORD", "\n".join([*lines, f"{about}/RECORD,,"]) + "\n")
    return made


class Given:
    """A lock, a folder of wheels and a cache."""

    def __init__(self, folder: Path) -> None:
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        self.cache = folder / "cache"
        self.lock = folder / "greet.txt"
        digest = hashlib.sha256(wheel(self.wheels).read_bytes()).hexdigest()
        self.lock.write_text(f"greet==1.0 --hash=sha256:{digest}\n")
        self.said: list[str] = []

    @property
    def environ(self) -> Mapping[str, str]:
        return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}

    def make(self) -> Path:
        return locked_environment(
            self.lock,
            python=sys.executable,
            cache=self.cache,
            process=Process(self.environ),
            environ=self.environ,
            progress=self.said.append,
        )


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


def greeting(scripts: Path, environ: Mapping[str, str]) -> str:
    done = Process(environ).run([scripts / "greet"])
    assert done.ok, done.complaint
    return done.text


def test_the_program_starts_and_the_environment_is_made_once(given: Given) -> None:
    first = given.make()
    assert greeting(first, given.environ) == "hello\n"
    assert given.make() == first
    assert len(given.said) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda site: (site / "greet.py").write_text(CODE.replace("hello", "harm!!")),
        lambda site: (site / "greet.py").unlink(),
        lambda site: (site / "extra.pth").write_text("import os\n"),
    ],
    ids=["changed", "removed", "added"],
)
def test_an_environment_that_was_touched_is_made_anew(given: Given, change: object) -> None:
    first = given.make()
    (site,) = first.parent.glob("[lL]ib/**/site-packages")
    change(site)  # type: ignore[operator]
    second = given.make()
    assert second != first
    assert greeting(second, given.environ) == "hello\n"


def test_an_interrupted_making_is_not_taken_for_an_environment(given: Given) -> None:
    first = given.make()
    (first.parent / "made-of.json").unlink()
    assert given.make() != first


def test_a_wheel_with_another_hash_is_refused_in_words(given: Given) -> None:
    given.lock.write_text("greet==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(Unavailable, match=r"pip failed while installing what greet\.txt locks"):
        given.make()
    with pytest.raises(Unavailable):
        given.make()


def test_an_interpreter_that_does_not_start_is_named(given: Given) -> None:
    broken = given.lock.with_name("python")
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(Unavailable, match="python does not start"):
        locked_environment(
            given.lock,
            python=str(broken),
            cache=given.cache,
            process=Process(given.environ),
            environ=given.environ,
            progress=given.said.append,
        )
