"""PDM, driven for real against an index on loopback."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.doubles.managed import BUILD, PACKAGES, PROJECT, Workshop, names, output, python_of
from tests.doubles.package_index import Index

from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.project.model import Manager

pytestmark = pytest.mark.integration

SOURCE = '[[tool.pdm.source]]\nname = "pypi"\nurl = "INDEX"\nverify_ssl = false\n'
TEXT = PROJECT + BUILD + SOURCE


@pytest.fixture(scope="module")
def index() -> Generator[Index]:
    with Index(PACKAGES) as found:
        yield found


@pytest.fixture(scope="module")
def lock(index: Index, tmp_path_factory: pytest.TempPathFactory) -> str:
    workshop = Workshop(tmp_path_factory.mktemp("pdm"), index.url)
    folder = workshop.project("shop", {"pyproject.toml": TEXT})
    driver = workshop.driver(folder, Manager.PDM)
    driver.make_venv()
    driver.run(["lock", "-G:all"], "locking")
    return (folder / "pdm.lock").read_text()


@pytest.fixture
def workshop(index: Index, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, index.url)


def project(workshop: Workshop, lock: str, text: str = TEXT) -> Path:
    return workshop.project("shop", {"pyproject.toml": text, "pdm.lock": lock})


def test_third_party_code_first_and_the_project_after(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock)
    driver = workshop.driver(folder, Manager.PDM, extras=("paint",))
    assert driver.check_lock() is None
    driver.install()
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", "checker": "3.0", "colours": "0.9"}
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"
    assert driver.local == {"shop"}
    assert not (folder / ".pdm-python").exists(), "nothing is left in the project but the environment"


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_the_interpreter_is_the_one_that_was_resolved(workshop: Workshop, lock: str, version: str) -> None:
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} here: pyenv install brings it")
    folder = project(workshop, lock)
    workshop.driver(folder, Manager.PDM, python=python).install()
    assert output(folder, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version
    assert output(folder, "greet") == "greet 1.1"


def test_an_older_interpreter_needs_an_older_pdm(workshop: Workshop, lock: str) -> None:
    python = python_of("3.8")
    if python is None:
        pytest.skip("no Python 3.8 here: pyenv install brings it")
    folder = project(workshop, lock)
    with pytest.raises(BadInput, match=r"installs for Python 3\.10 and newer, this is 3\.8.*manager-version"):
        workshop.driver(folder, Manager.PDM, python=python).install()


def test_a_drifted_lock_is_told_in_the_words_of_pdm(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock, TEXT.replace('["greet"]', '["greet<1.1"]'))
    drift = workshop.driver(folder, Manager.PDM).check_lock()
    assert drift is not None
    assert drift.mend == "pdm lock"
    assert "doesn't satisfy the project requirements" in drift.words


def test_a_drifted_lock_is_brought_up_to_date_where_that_is_preferred(workshop: Workshop, lock: str) -> None:
    folder = project(workshop, lock, TEXT.replace('["greet"]', '["greet<1.1"]'))
    workshop.driver(folder, Manager.PDM, lock_policy="prefer").install()
    assert names(folder)["greet"] == "1.0"


def test_offline_is_refused_at_once(workshop: Workshop, lock: str, index: Index) -> None:
    folder = project(workshop, lock)
    asked = index.asked
    with pytest.raises(Unavailable, match="offline is set"):
        workshop.driver(folder, Manager.PDM, offline=True).install()
    assert index.asked == asked


def test_an_index_that_is_away_is_no_fault_of_the_project(tmp_path: Path) -> None:
    with Index(PACKAGES) as short_lived:
        workshop = Workshop(tmp_path, short_lived.url.replace("://", "://someone:secret@"))
        folder = workshop.project("shop", {"pyproject.toml": TEXT})
        workshop.driver(folder, Manager.PDM).lock()
    with pytest.raises(Unavailable) as told:
        workshop.driver(folder, Manager.PDM, environ={"PDM_CACHE_DIR": str(tmp_path / "empty")}).install()
    assert "Is the package index up" in told.value.advice
    assert "secret" not in told.value.message + "".join(workshop.said)
