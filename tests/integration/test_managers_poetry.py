"""Poetry, driven for real against an index on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.doubles.managed import PACKAGES, Workshop, names, output, python_of, tool_of
from tests.doubles.package_index import Index

from ci_actions.kit.errors import Unavailable
from ci_actions.project.model import Manager

pytestmark = pytest.mark.integration

PROJECT = """\
[tool.poetry]
name = "shop"
version = "0.1"
description = ""
authors = []
packages = [{ include = "shop", from = "src" }]
[tool.poetry.dependencies]
python = ">=3.6"
greet = "*"
colours = { version = "*", optional = true }
[tool.poetry.extras]
paint = ["colours"]
[tool.poetry.group.dev.dependencies]
checker = "*"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
colours = "*"
[tool.poetry.scripts]
shop = "shop:main"
[[tool.poetry.source]]
name = "loopback"
url = "INDEX"
priority = "primary"
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""


@pytest.fixture(scope="module")
def index() -> Generator[Index]:
    with Index(PACKAGES) as found:
        yield found


@pytest.fixture(scope="module")
def lock(index: Index, tmp_path_factory: pytest.TempPathFactory) -> str:
    workshop = Workshop(tmp_path_factory.mktemp("poetry"), index.url)
    folder = workshop.project("shop", {"pyproject.toml": PROJECT})
    words = [*tool_of(Manager.POETRY).argv, "lock", "--no-ansi"]
    done = subprocess.run(words, cwd=folder, env=workshop.environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "poetry.lock").read_text()


@pytest.fixture
def workshop(index: Index, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, index.url)


def project(workshop: Workshop, lock: str, text: str = PROJECT) -> Path:
    return workshop.project("shop", {"pyproject.toml": text, "poetry.lock": lock})


def test_third_party_code_first_and_the_project_after(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock)
    driver = workshop.driver(folder, Manager.POETRY, extras=("paint",))
    assert driver.check_lock() is None
    driver.install()
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", "checker": "3.0", "colours": "0.9"}
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"
    assert driver.local == {"shop"}


@pytest.mark.parametrize("version", ["3.6", "3.13"])
def test_the_interpreter_is_the_one_that_was_resolved(workshop: Workshop, lock: str, version: str) -> None:
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} here: pyenv install brings it")
    folder = project(workshop, lock)
    workshop.driver(folder, Manager.POETRY, python=python, groups=("docs",)).install()
    assert output(folder, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version
    assert output(folder, "greet") == "greet 1.1"
    assert "colours" in names(folder)


def test_a_drifted_lock_is_told_in_the_words_of_poetry(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock, PROJECT.replace('greet = "*"', 'greet = "<1.1"'))
    drift = workshop.driver(folder, Manager.POETRY).check_lock()
    assert drift is not None
    assert drift.mend == "poetry lock"
    assert "changed significantly" in drift.words


def test_a_drifted_lock_is_brought_up_to_date_where_that_is_preferred(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock, PROJECT.replace('greet = "*"', 'greet = "<1.1"'))
    workshop.driver(folder, Manager.POETRY, lock_policy="prefer").install()
    assert names(folder)["greet"] == "1.0"


def test_offline_is_refused_at_once(workshop: Workshop, lock: str, index: Index) -> None:
    folder = project(workshop, lock)
    asked = index.asked
    with pytest.raises(Unavailable, match="offline is set"):
        workshop.driver(folder, Manager.POETRY, offline=True).install()
    assert index.asked == asked


def test_an_index_that_is_away_is_no_fault_of_the_project(tmp_path: Path) -> None:
    with Index(PACKAGES) as short_lived:
        workshop = Workshop(tmp_path, short_lived.url.replace("://", "://someone:secret@"))
        folder = workshop.project("shop", {"pyproject.toml": PROJECT})
        workshop.driver(folder, Manager.POETRY, lock_policy="prefer").lock()
    with pytest.raises(Unavailable) as told:
        workshop.driver(
            folder, Manager.POETRY, environ={"POETRY_CACHE_DIR": str(tmp_path / "empty")}
        ).install()
    assert "Is the package index up" in told.value.advice
    assert "secret" not in told.value.message + "".join(workshop.said)
