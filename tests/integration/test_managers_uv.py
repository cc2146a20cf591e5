"""uv and `pylock.toml`, driven for real against an index on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.doubles.managed import BUILD, PACKAGES, PROJECT, Workshop, names, output, python_of, tool_of
from tests.doubles.package_index import Index

from ci_actions import home
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.process import Process
from ci_actions.project.contents import listing
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.provide import choose, provide

pytestmark = pytest.mark.integration

NEAR = '[project]\nname = "greet"\nversion = "7"\n' + BUILD
AWAY = "http://127.0.0.1:9/simple/"


@pytest.fixture(scope="module")
def index() -> Generator[Index]:
    with Index(PACKAGES) as found:
        yield found


@pytest.fixture
def workshop(index: Index, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, index.url)


def locked(workshop: Workshop, text: str = PROJECT + BUILD, **files: str) -> Path:
    folder = workshop.project("shop", {"pyproject.toml": text, **files})
    done = subprocess.run(
        [*tool_of(Manager.UV).argv, "lock"],
        cwd=folder,
        env=workshop.environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_third_party_code_first_and_the_project_after(workshop: Workshop) -> None:
    folder = locked(workshop)
    driver = workshop.driver(folder, Manager.UV, extras=("paint",))
    assert driver.check_lock() is None
    driver.install()
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", "checker": "3.0", "colours": "0.9"}
    assert driver.has_project
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"
    assert driver.local == {"shop"}
    assert any("installing: " in line and line.endswith(" s") for line in workshop.said)


def test_what_is_no_package_leaves_nothing_to_install(workshop: Workshop) -> None:
    folder = locked(workshop, PROJECT)
    driver = workshop.driver(folder, Manager.UV)
    driver.install()
    assert not driver.has_project
    before = listing(str(folder / ".venv"))
    driver.install_project()
    assert listing(str(folder / ".venv")) == before
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", "checker": "3.0"}


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("[tool.uv]\npackage = true\n", {}),
        ('[tool.uv.sources]\ngreet = { path = "near" }\n', {"near/pyproject.toml": NEAR}),
        ('[tool.uv.sources]\ngreet = { path = "near", editable = true }\n', {"near/pyproject.toml": NEAR}),
        ('[tool.uv.workspace]\nmembers = ["near"]\n[tool.uv.sources]\ngreet = { workspace = true }\n',
         {"near/pyproject.toml": NEAR}),
    ],
    ids=["a package by the word of uv", "a folder", "a folder in place", "a workspace"],
)  # fmt: skip
def test_what_lies_beside_it_is_installed_with_the_project(
    workshop: Workshop, table: str, more: dict[str, str]
) -> None:
    folder = locked(workshop, PROJECT + table, **more)
    assert workshop.driver(folder, Manager.UV).has_project


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_the_interpreter_is_the_one_that_was_resolved(workshop: Workshop, version: str) -> None:
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} here: pyenv install brings it")
    folder = locked(workshop)
    driver = workshop.driver(folder, Manager.UV, python=python)
    driver.install()
    assert output(folder, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version
    assert output(folder, "greet") == "greet 1.1"


def test_a_drifted_lock_is_told_in_the_words_of_uv(workshop: Workshop) -> None:
    folder = locked(workshop)
    (folder / "pyproject.toml").write_text((PROJECT + BUILD).replace('["greet"]', '["greet", "colours<0.9"]'))
    drift = workshop.driver(folder, Manager.UV).check_lock()
    assert drift is not None
    assert drift.mend == "uv lock"
    assert "needs to be updated" in drift.words


def test_a_drifted_lock_is_brought_up_to_date_where_that_is_preferred(workshop: Workshop) -> None:
    folder = locked(workshop)
    (folder / "pyproject.toml").write_text((PROJECT + BUILD).replace('["greet"]', '["greet", "colours<0.9"]'))
    before = (folder / "uv.lock").read_bytes()
    workshop.driver(folder, Manager.UV, lock_policy="prefer").install()
    assert names(folder)["colours"] == "0.8"
    assert (folder / "uv.lock").read_bytes() != before


def test_a_lock_that_is_ignored_is_left_as_it_was(workshop: Workshop) -> None:
    folder = locked(workshop, (PROJECT + BUILD).replace('["greet"]', '["greet<1.1"]'))
    (folder / "pyproject.toml").write_text(PROJECT + BUILD)
    before = (folder / "uv.lock").read_bytes()
    driver = workshop.driver(folder, Manager.UV, lock_policy="ignore")
    driver.install()
    assert names(folder)["greet"] == "1.1"
    # A phase of its own: the project takes nothing back to what the lock names.
    driver.install_project()
    assert {"greet": "1.1", "shop": "0.1"}.items() <= names(folder).items()
    assert (folder / "uv.lock").read_bytes() == before


def test_offline_works_from_a_pruned_cache_and_only_from_it(workshop: Workshop, index: Index) -> None:
    folder = locked(workshop)
    driver = workshop.driver(folder, Manager.UV)
    # Of another project, so that there is something to drop.
    subprocess.run(
        [
            *tool_of(Manager.UV).argv,
            "pip",
            "install",
            "--target",
            str(workshop.folder / "other"),
            "greet==1.0",
            "colours",
        ],
        env=workshop.environ,
        check=True,
        capture_output=True,
    )
    driver.install()
    (cache,) = driver.download_caches()
    assert {"1.0-py3-none-any", "1.1-py3-none-any"} <= entries(cache, "greet")
    driver.prune()
    assert not any(each.startswith("1.0") for each in entries(cache, "greet"))
    subprocess.run(["rm", "-rf", folder / ".venv"], check=True)
    asked = index.asked
    away = workshop.driver(folder, Manager.UV, offline=True)
    away.install()
    away.install_project()
    assert index.asked == asked
    assert output(folder, "shop") == "greet 1.1\nshop"


def entries(cache: Path, package: str) -> set[str]:
    return {
        each.name
        for bucket in cache.glob("wheels-v*/index/*")
        if (bucket / package).is_dir()
        for each in (bucket / package).iterdir()
    }


def test_offline_with_an_empty_cache_says_so(workshop: Workshop, index: Index) -> None:
    folder = locked(workshop)
    elsewhere = {"UV_CACHE_DIR": str(workshop.folder / "empty")}
    asked = index.asked
    with pytest.raises(Unavailable, match=r"wasn't found\s+in the cache") as told:
        workshop.driver(folder, Manager.UV, offline=True, environ=elsewhere).install()
    assert "offline is set" in told.value.advice
    assert index.asked == asked


def test_an_index_that_is_away_is_no_fault_of_the_project(workshop: Workshop) -> None:
    folder = locked(workshop)
    lock = (folder / "uv.lock").read_text().replace(workshop.index, AWAY)
    lock = lock.replace(workshop.index.removesuffix("simple/"), "http://someone:secret@127.0.0.1:9/")
    (folder / "uv.lock").write_text(lock)
    elsewhere = {"UV_CACHE_DIR": str(workshop.folder / "empty"), "UV_HTTP_RETRIES": "0"}
    with pytest.raises(Unavailable, match="Connection refused") as told:
        workshop.driver(folder, Manager.UV, environ=elsewhere).install()
    assert "Is the package index up" in told.value.advice
    assert "secret" not in told.value.message + "".join(workshop.said)


def test_a_wrong_argument_is_told_with_the_end_of_uvs_words(workshop: Workshop) -> None:
    folder = locked(workshop)
    with pytest.raises(CannotJudge, match="unexpected argument '--no-such'"):
        workshop.driver(folder, Manager.UV, arguments=("--no-such",)).install()


# --- pylock.toml ---------------------------------------------------------------------------------


def with_pylock(workshop: Workshop) -> Path:
    folder = locked(workshop)
    uv = tool_of(Manager.UV).argv
    words = [*uv, "export", "--format", "pylock.toml", "--no-emit-project", "-o", "pylock.toml"]
    subprocess.run(words, cwd=folder, env=workshop.environ, check=True, capture_output=True)
    (folder / "uv.lock").unlink()
    return folder


def test_a_standard_lock_is_installed_as_it_is(workshop: Workshop) -> None:
    folder = with_pylock(workshop)
    driver = workshop.driver(folder, Manager.PYLOCK)
    driver.install()
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", "checker": "3.0"}
    driver.install_project()
    assert output(folder, "shop") == "greet 1.1\nshop"


def test_a_standard_lock_cannot_be_renewed(workshop: Workshop) -> None:
    folder = with_pylock(workshop)
    with pytest.raises(BadInput, match="nothing but the lock"):
        workshop.driver(folder, Manager.PYLOCK, lock_policy="ignore").install()


def test_real_packages_of_the_configured_index(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, "")
    text = (
        PROJECT.replace('"greet"', '"itsdangerous"')
        .replace("colours", "blinker")
        .replace("checker", "iniconfig")
    )
    folder = workshop.project("real", {"pyproject.toml": text})
    environ = {name: value for name, value in workshop.environ.items() if value}
    subprocess.run(
        [*tool_of(Manager.UV).argv, "lock"], cwd=folder, env=environ, check=True, capture_output=True
    )
    driver = workshop.driver(folder, Manager.UV, environ={"UV_DEFAULT_INDEX": ""})
    driver.install()
    assert set(names(folder)) == {"itsdangerous", "iniconfig"}


def test_a_version_that_is_asked_for_is_installed_as_it_is(workshop: Workshop) -> None:
    process = Process(os.environ)
    choice = choose(Manager.UV, asked="0.9.5", wanted="", which=lambda _: None, process=process)
    assert "not hash-locked" in choice.why
    tool = provide(
        choice,
        python=sys.executable,
        cache=Path(home.cache_home(os.environ)),
        process=process,
        environ=os.environ,
        progress=workshop.said.append,
    )
    assert tool.version == "0.9.5"
    folder = locked(workshop)
    driver = workshop.driver(folder, Manager.UV)
    driver.tool = tool
    driver.install()
    assert names(folder) == {"greet": "1.1", "polite-words": "1.2", "checker": "3.0"}
