"""pip, pip-tools and hatch, driven for real against an index on loopback."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.managed import BACKEND, BUILD, PACKAGES, PROJECT, Workshop, names, output, python_of
from tests.doubles.package_index import Index
from tests.sampling import sampled

from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.run import Edges
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache import apply, decide, facts
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import Finished, Installed

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def index() -> Generator[Index]:
    with Index(PACKAGES) as found:
        yield found


@pytest.fixture
def workshop(index: Index, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, index.url)


# --- pip -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "job", "expected"),
    [
        ({"requirements.txt": "greet==1.0\n"}, {}, {"greet": "1.0", "polite-words": "1.2"}),
        (
            {"requirements.txt": "polite-words\n", "requirements-dev.txt": "checker\n"},
            {"groups": ("dev",)},
            {"polite-words": "1.2", "checker": "3.0"},
        ),
        ({"pyproject.toml": PROJECT}, {}, {"greet": "1.1", "polite-words": "1.2"}),
        (
            {"pyproject.toml": PROJECT, "requirements-dev.txt": "checker\n"},
            {},
            {"greet": "1.1", "polite-words": "1.2", "checker": "3.0"},
        ),
        (
            {"pyproject.toml": PROJECT, "requirements.txt": "greet==1.0\n"},
            {},
            {"greet": "1.0", "polite-words": "1.2"},
        ),
        (
            {"pyproject.toml": PROJECT},
            {"groups": ("dev",), "extras": ("paint",)},
            {"greet": "1.1", "polite-words": "1.2", "checker": "3.0", "colours": "0.9"},
        ),
    ],
    ids=[
        "requirements",
        "requirements of a group",
        "pyproject",
        "requirements beside the project's own",
        "requirements that pin the project's own",
        "dependency group and extra",
    ],
)
def test_what_pip_is_asked_for(
    workshop: Workshop, files: dict[str, str], job: dict[str, Any], expected: dict[str, str]
) -> None:
    folder = workshop.project("shop", files)
    workshop.driver(folder, Manager.PIP, **job).install()
    assert names(folder) == expected


def test_the_project_is_installed_in_place(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"pyproject.toml": PROJECT + BUILD})
    driver = workshop.driver(folder, Manager.PIP)
    driver.install()
    assert "shop" not in names(folder)
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"
    assert driver.local == {"shop"}


def test_what_says_not_how_it_is_built_is_no_package(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"pyproject.toml": PROJECT})
    driver = workshop.driver(folder, Manager.PIP)
    driver.install()
    assert not driver.has_project
    assert workshop.driver(
        workshop.project("built", {"pyproject.toml": PROJECT + BUILD}), Manager.PIP
    ).has_project


@pytest.mark.parametrize("version", sampled(("3.6", "3.8", "3.13"), {"3.6"}))
def test_old_interpreters_bring_the_pip_that_can_do_it(workshop: Workshop, version: str) -> None:
    """Slow together: each downloads and runs a pip of its own."""
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} here: pyenv install brings it")
    folder = workshop.project("shop", {"requirements.txt": "greet\n"})
    workshop.driver(folder, Manager.PIP, python=python).install()
    assert output(folder, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version
    assert output(folder, "greet") == "greet 1.1"


def test_an_unknown_extra_is_named(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"pyproject.toml": PROJECT})
    with pytest.raises(BadInput, match=r"'prints' is not in .* \(paint\)"):
        workshop.driver(folder, Manager.PIP, extras=("prints",)).install()


def test_extras_without_a_project_that_has_them_are_no_silence(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"requirements.txt": "greet\n"})
    with pytest.raises(
        BadInput, match=r"'paint' is not in \[project.optional-dependencies\] \(there are none\)"
    ):
        workshop.driver(folder, Manager.PIP, extras=("paint",)).install()


def that_tells(*metadata: str) -> dict[str, str]:
    """Return a project of which nothing but its build tells these metadata."""
    told = "".join(f"{each}\\n" for each in ("Version: 0.1", *metadata))
    return {"pyproject.toml": BUILD, "backend.py": BACKEND.replace("Version: 0.1\\n", told)}


def test_extras_that_only_a_build_tells_of(workshop: Workshop) -> None:
    told = "Provides-Extra: paint", "Requires-Dist: colours; extra == 'paint'"
    folder = workshop.project("shop", {"requirements.txt": "greet\n", **that_tells(*told)})
    driver = workshop.driver(folder, Manager.PIP, extras=("paint",))
    driver.install()
    assert "colours" not in names(folder)
    driver.install_project()
    assert names(folder)["colours"] == "0.9"


def test_a_project_brings_what_its_requirements_files_leave_out(workshop: Workshop) -> None:
    told = "Requires-Dist: colours"
    folder = workshop.project("shop", {"requirements-dev.txt": "checker\n", **that_tells(told)})
    driver = workshop.driver(folder, Manager.PIP)
    driver.install()
    driver.install_project()
    assert set(names(folder)) == {"checker", "colours", "shop"}


def test_a_setup_cfg_alone_is_nothing_that_pip_installs(workshop: Workshop) -> None:
    text = "[metadata]\nname = shop\n[options]\ninstall_requires = greet\n"
    folder = workshop.project("shop", {"setup.cfg": text})
    with pytest.raises(BadInput, match=r"^setup\.cfg alone makes no project"):
        workshop.driver(folder, Manager.PIP, asked="auto").install()


def test_requirements_with_hashes_name_all_there_is(workshop: Workshop) -> None:
    """With a hash in one file pip takes nothing without: https://pip.pypa.io/en/stable/topics/secure-installs/."""
    polite = next(each for each in PACKAGES if each.name == "polite-words")
    digest = hashlib.sha256(polite.built()).hexdigest()
    text = f"polite-words==1.2 --hash=sha256:{digest}\n"
    folder = workshop.project("shop", {"pyproject.toml": PROJECT, "requirements.txt": text})
    workshop.driver(folder, Manager.PIP).install()
    assert names(folder) == {"polite-words": "1.2"}


def test_a_wrong_hash_is_the_projects_fault(workshop: Workshop) -> None:
    text = f"polite-words==1.2 --hash=sha256:{'0' * 64}\n"
    folder = workshop.project("shop", {"requirements.txt": text})
    with pytest.raises(CannotJudge, match="THESE PACKAGES DO NOT MATCH THE HASHES"):
        workshop.driver(folder, Manager.PIP).install()


def test_an_index_that_is_away_is_no_fault_of_the_project(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"requirements.txt": "greet\n"})
    away = {"PIP_INDEX_URL": "http://someone:secret@127.0.0.1:9/simple/", "PIP_RETRIES": "1"}
    with pytest.raises(Unavailable) as told:
        workshop.driver(folder, Manager.PIP, environ=away).install()
    assert "Is the package index up" in told.value.advice
    assert "secret" not in told.value.message + "".join(workshop.said)


def test_offline_takes_what_lies_in_a_folder_and_nothing_else(
    workshop: Workshop, index: Index, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for each in PACKAGES[:3]:
        (wheels / each.file_name).write_bytes(each.built())
    folder = workshop.project("shop", {"requirements.txt": "greet\n"})
    asked = index.asked
    found = {"PIP_FIND_LINKS": str(wheels)}
    workshop.driver(folder, Manager.PIP, offline=True, environ=found).install()
    assert output(folder, "greet") == "greet 1.1"
    (folder / "requirements.txt").write_text("checker\n")
    with pytest.raises(Unavailable) as told:
        workshop.driver(folder, Manager.PIP, offline=True, environ=found).install()
    assert "offline is set" in told.value.advice
    assert index.asked == asked


#: A package of one module, which a wheel copies: its folder may say something else later.
COPIED = BACKEND.replace("shop", "words").replace(
    '"_words.pth": os.path.join(os.getcwd(), "src") + "\\n"', '"words.py": open("words.py").read()'
)


@pytest.mark.slow
def test_what_was_copied_from_a_folder_is_not_what_an_earlier_run_copied(
    index: Index, tmp_path: Path
) -> None:
    """Slow: the whole action twice, with builds. test_what_came_from_a_folder_is_told_and_dropped samples it."""
    workshop = Workshop(tmp_path, index.url)
    folder = workshop.project(
        "shop",
        {
            "requirements.txt": "greet\n../words\n",
            ".python-version": platform.python_version(),
            "../words/pyproject.toml": BUILD,
            "../words/backend.py": COPIED,
            "../words/words.py": "SAYS = 'first'\n",
        },
    )

    def set_up() -> Installed:
        config = Config()
        edges = Edges[Config](
            root=tmp_path,
            directory=folder,
            environ={**workshop.environ, "pythonLocation": sys.base_prefix},
            clock=Clock(),
            progress=lambda _: None,
            token="",
            config_at=lambda _git, _revision: None,
        )
        done = apply.here(config, decide.plan(config, facts.for_plan(config, edges)), edges)
        assert isinstance(done, Finished)
        assert done.facts.installed
        return done.facts.installed

    says = ("python", "-c", "import words; print(words.SAYS)")
    assert set_up().installed
    assert output(folder, *says) == "first"
    (tmp_path / "words" / "words.py").write_text("SAYS = 'second'\n")
    again = set_up()
    assert (again.installed, again.rejected) == (False, "")
    assert output(folder, *says) == "second"


# --- pip-tools -----------------------------------------------------------------------------------


def test_a_compiled_file_is_installed_with_its_hashes_and_compiled_anew(workshop: Workshop) -> None:
    folder = workshop.project(
        "shop", {"requirements.in": "greet<1.1\n", "requirements.txt": "greet==1.0 # x\n"}
    )
    workshop.driver(folder, Manager.PIP_TOOLS).install()
    assert names(folder)["greet"] == "1.0"
    (folder / "requirements.in").write_text("greet\n")
    workshop.driver(folder, Manager.PIP_TOOLS, lock_policy="ignore").install()
    assert names(folder)["greet"] == "1.1"
    assert (folder / "requirements.txt").read_text() == "greet==1.0 # x\n"


# --- hatch ---------------------------------------------------------------------------------------

HATCH = (
    PROJECT
    + BUILD
    + '[tool.hatch.envs.default]\ndependencies = ["checker"]\n[tool.hatch.envs.paint]\nfeatures = ["paint"]\n'
)


def test_an_environment_of_hatch_lies_where_others_do(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"pyproject.toml": HATCH})
    driver = workshop.driver(folder, Manager.HATCH)
    driver.install()
    assert set(names(folder)) == {"greet", "polite-words", "checker", "shop"}
    assert driver.local == {"shop"}
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"


def test_a_group_names_another_environment(workshop: Workshop) -> None:
    folder = workshop.project("shop", {"pyproject.toml": HATCH})
    workshop.driver(folder, Manager.HATCH, groups=("paint",)).install()
    # It inherits from the default one.
    assert set(names(folder)) == {"greet", "polite-words", "colours", "checker", "shop"}
