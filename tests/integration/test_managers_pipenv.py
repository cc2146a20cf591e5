"""Pipenv, driven for real against an index on loopback."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.doubles.managed import BUILD, PACKAGES, PROJECT, Workshop, names, output, python_of
from tests.doubles.package_index import Index

from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.project.model import Manager

pytestmark = pytest.mark.integration

PIPFILE = """\
[[source]]
url = "INDEX"
verify_ssl = false
name = "loopback"
[packages]
greet = "*"
[dev-packages]
checker = "*"
[paint]
colours = "*"
"""


@pytest.fixture(scope="module")
def index() -> Generator[Index]:
    with Index(PACKAGES) as found:
        yield found


@pytest.fixture(scope="module")
def lock(index: Index, tmp_path_factory: pytest.TempPathFactory) -> str:
    workshop = Workshop(tmp_path_factory.mktemp("pipenv"), index.url)
    folder = workshop.project("shop", {"Pipfile": PIPFILE})
    workshop.driver(folder, Manager.PIPENV).lock()
    return (folder / "Pipfile.lock").read_text()


@pytest.fixture
def workshop(index: Index, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, index.url)


def project(workshop: Workshop, lock: str, text: str = PIPFILE) -> Path:
    return workshop.project("shop", {"Pipfile": text, "Pipfile.lock": lock})


@pytest.mark.parametrize(
    ("groups", "more"),
    [
        ((), {}),
        (("dev",), {"checker": "3.0"}),
        (("dev", "paint"), {"checker": "3.0", "colours": "0.9"}),
    ],
    ids=["default", "dev", "categories"],
)
def test_groups(workshop: Workshop, lock: str, groups: tuple[str, ...], more: dict[str, str]) -> None:
    folder = project(workshop, lock)
    driver = workshop.driver(folder, Manager.PIPENV, groups=groups)
    assert driver.check_lock() is None
    driver.install()
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", **more}
    assert output(folder, "greet") == "greet 1.1"


def test_the_project_is_installed_in_place(workshop: Workshop) -> None:
    folder = workshop.project(
        "shop",
        {
            "Pipfile": PIPFILE.replace("greet =", 'shop = { path = ".", editable = true }\ngreet ='),
            "pyproject.toml": PROJECT + BUILD,
        },
    )
    driver = workshop.driver(folder, Manager.PIPENV)
    driver.lock()
    driver = workshop.driver(folder, Manager.PIPENV)
    driver.install()
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"
    assert driver.local == {"shop"}


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_the_interpreter_is_the_one_that_was_resolved(workshop: Workshop, lock: str, version: str) -> None:
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} here: pyenv install brings it")
    folder = project(workshop, lock)
    workshop.driver(folder, Manager.PIPENV, python=python).install()
    assert output(folder, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version
    assert output(folder, "greet") == "greet 1.1"


def test_an_older_interpreter_needs_an_older_pipenv(workshop: Workshop, lock: str) -> None:
    python = python_of("3.8")
    if python is None:
        pytest.skip("no Python 3.8 here: pyenv install brings it")
    folder = project(workshop, lock)
    with pytest.raises(BadInput, match=r"installs for Python 3\.10 and newer, this is 3\.8.*manager-version"):
        workshop.driver(folder, Manager.PIPENV, python=python).install()


def test_a_drifted_lock_is_told_in_the_words_of_pipenv(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock, PIPFILE.replace('greet = "*"', 'greet = "<1.1"'))
    drift = workshop.driver(folder, Manager.PIPENV).check_lock()
    assert drift is not None
    assert drift.mend == "pipenv lock"
    assert "out-of-date" in drift.words


def test_a_drifted_lock_is_brought_up_to_date_where_that_is_preferred(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock, PIPFILE.replace('greet = "*"', 'greet = "<1.1"'))
    workshop.driver(folder, Manager.PIPENV, lock_policy="prefer").install()
    assert names(folder)["greet"] == "1.0"


def test_offline_touches_no_index(workshop: Workshop, lock: str, index: Index) -> None:
    folder = project(workshop, lock)
    asked = index.asked
    with pytest.raises(Unavailable) as told:
        workshop.driver(folder, Manager.PIPENV, offline=True).install()
    assert "offline is set" in told.value.advice
    assert index.asked == asked


def test_offline_takes_what_lies_in_a_folder(
    workshop: Workshop, lock: str, index: Index, tmp_path: Path
) -> None:
    folder = project(workshop, lock)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for each in PACKAGES:
        (wheels / each.file_name).write_bytes(each.built())
    asked = index.asked
    driver = workshop.driver(folder, Manager.PIPENV, offline=True, environ={"PIP_FIND_LINKS": str(wheels)})
    driver.install()
    assert index.asked == asked
    assert output(folder, "greet") == "greet 1.1"
