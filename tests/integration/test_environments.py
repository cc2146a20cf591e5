"""Environments that real managers made: proved, moved, and caught when anything in them is not what it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.doubles.managed import (
    BUILD,
    PACKAGES,
    PROJECT,
    Workshop,
    moved,
    origin,
    output,
    python_of,
    tool_of,
)
from tests.doubles.package_index import Index
from tests.sampling import sampled

from ci_actions.kit.process import Process
from ci_actions.project import environments, interpreters, relocation
from ci_actions.project.environments import Rejected, Verified
from ci_actions.project.marker import NAME
from ci_actions.project.model import Interpreter, Manager

pytestmark = pytest.mark.integration

LOCKED = {"greet": {"1.1"}, "polite-words": {"1.2"}, "checker": {"3.0"}}


@pytest.fixture(scope="module")
def index() -> Generator[Index]:
    with Index(PACKAGES) as found:
        yield found


@pytest.fixture(scope="module")
def machine(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("environments"), index.url)


@pytest.fixture(scope="module")
def interpreter(machine: Workshop) -> Interpreter:
    return machine.interpreter()


@pytest.fixture(scope="module")
def pattern(machine: Workshop, interpreter: Interpreter) -> Path:
    """A project whose environment uv has made and we have noted."""
    folder = machine.project("pattern", {"pyproject.toml": PROJECT + BUILD})
    subprocess.run(
        [*tool_of(Manager.UV).argv, "lock"], cwd=folder, env=machine.environ, check=True, capture_output=True
    )
    machine.driver(folder, Manager.UV).install()
    environments.record(folder / ".venv", interpreter=interpreter, origin=origin())
    return folder


@pytest.fixture
def restored(pattern: Path, tmp_path: Path) -> Path:
    """A copy at another path, as act and self-hosted runners restore it."""
    shutil.copytree(pattern, tmp_path / "work" / "shop", symlinks=True)
    return tmp_path / "work" / "shop"


def verified(folder: Path, interpreter: Interpreter, **more: object) -> Verified | Rejected:
    asked: dict[str, object] = {"origin": origin(), "locked": LOCKED, **more}
    return environments.verify(
        folder / ".venv",
        interpreter=interpreter,
        process=Process(os.environ),
        **asked,  # type: ignore[arg-type]
    )


def site(folder: Path) -> Path:
    (found,) = folder.glob(".venv/lib/python3*/site-packages")
    return found


def settled(folder: Path, interpreter: Interpreter) -> Verified:
    """Return the environment, proved and made to work where it lies."""
    found = verified(folder, interpreter)
    assert isinstance(found, Verified), found
    if found.moved:
        after = relocation.relocate(found, Process(os.environ))
        assert isinstance(after, Verified), after
        found = after
    again = verified(folder, interpreter)
    assert isinstance(again, Verified), again
    assert not again.moved
    return again


# --- the same place ------------------------------------------------------------------------------


def test_what_was_recorded_is_proved(pattern: Path, interpreter: Interpreter) -> None:
    found = verified(pattern, interpreter)
    assert isinstance(found, Verified)
    assert not found.moved
    assert found.files > 15
    there = environments.read(pattern / ".venv")
    proved = [each for each in there.content.files if there.watched(each) and not each.endswith("/RECORD")]
    assert found.files == len(proved)
    assert found.size == sum((there.path / each).stat().st_size for each in proved)


def test_bytecode_is_no_part_of_the_proof(restored: Path, interpreter: Interpreter) -> None:
    cached = site(restored) / "greet" / "__pycache__"
    cached.mkdir()
    (cached / "evil.cpython-311.pyc").write_bytes(b"\0")
    assert isinstance(verified(restored, interpreter), Verified)
    assert environments.drop_bytecode(environments.read(restored / ".venv")) == 1
    assert not cached.exists()


def test_the_project_itself_is_no_part_of_the_proof(machine: Workshop, interpreter: Interpreter) -> None:
    folder = machine.project("local", {"pyproject.toml": PROJECT + BUILD})
    shutil.copy(machine.folder / "pattern" / "uv.lock", folder) if (
        machine.folder / "pattern"
    ).exists() else None
    driver = machine.driver(folder, Manager.UV, lock_policy="prefer")
    driver.install()
    environments.record(folder / ".venv", interpreter=interpreter, origin=origin())
    driver.install_project()
    assert driver.local == {"shop"}
    assert isinstance(verified(folder, interpreter, local=driver.local), Verified)
    assert isinstance(verified(folder, interpreter, project=folder), Verified)
    found = verified(folder, interpreter)
    assert isinstance(found, Rejected)
    assert "shop 0.1 was added" in found.reasons


def from_folder(folder: Path, name: str, place: Path, *others: str) -> None:
    """Put a distribution into an environment, as an installer does that takes it from a folder."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Name: {name}\nVersion: 1.0\n",
        f"{info}/direct_url.json": json.dumps({"url": place.as_uri(), "dir_info": {}}),
    }
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in [*files, *others, f"{info}/RECORD"])
    for path, text in files.items():
        (site(folder) / path).parent.mkdir(exist_ok=True)
        (site(folder) / path).write_text(text)


def test_what_came_from_a_folder_is_told_and_dropped(
    restored: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    settled(restored, interpreter)
    outside = tmp_path / "precious.py"
    outside.touch()
    away = os.path.relpath(outside, site(restored))
    from_folder(restored, "words", tmp_path / "words", away)
    environments.record(restored / ".venv", interpreter=interpreter, origin=origin(), project=restored)
    found = verified(restored, interpreter, project=restored)
    assert isinstance(found, Verified)
    assert found.folders == {"words"}
    environments.drop(found.environment, found.folders)
    assert not list(site(restored).glob("words*"))
    assert outside.exists()
    assert isinstance(verified(restored, interpreter, project=restored), Verified)


def test_what_was_added_from_a_folder_elsewhere_is_a_reason(
    restored: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    settled(restored, interpreter)
    from_folder(restored, "stranger", tmp_path / "elsewhere")
    found = verified(restored, interpreter, project=restored)
    assert isinstance(found, Rejected)
    assert "stranger 1.0 was added" in found.reasons


@pytest.fixture
def in_place(machine: Workshop, interpreter: Interpreter, tmp_path: Path) -> Path:
    """A project that is installed in place and kept with its environment, which was recorded with it."""
    folder = machine.project(f"kept-{tmp_path.name}", {"pyproject.toml": PROJECT + BUILD})
    driver = machine.driver(folder, Manager.UV, lock_policy="prefer")
    driver.install()
    driver.install_project()
    environments.record(
        folder / ".venv", interpreter=interpreter, origin=origin(), local=driver.local, project=folder,
        in_place={"shop": "as it is"},
    )  # fmt: skip
    return folder


def kept(folder: Path, interpreter: Interpreter, digest: str = "as it is") -> Verified | Rejected:
    return verified(folder, interpreter, local={"shop"}, project=folder, in_place={"shop": digest})


def test_a_project_that_is_kept_is_part_of_the_proof(in_place: Path, interpreter: Interpreter) -> None:
    found = kept(in_place, interpreter)
    assert isinstance(found, Verified)
    assert found.in_place == {"shop"}
    (path_file,) = site(in_place).glob("*shop*.pth")
    path_file.write_text(f"{path_file.read_text()}import os\n")
    after = kept(in_place, interpreter)
    assert isinstance(after, Rejected)
    assert after.reason == f"{path_file.name} was changed"


def test_a_project_that_depends_on_something_else_now_is_none_of_it(
    in_place: Path, interpreter: Interpreter
) -> None:
    for found in (kept(in_place, interpreter, "another"), verified(in_place, interpreter, local={"shop"})):
        assert isinstance(found, Verified)
        assert not found.in_place
        assert "shop" not in found.marker.distributions


def test_a_project_that_is_kept_leads_to_the_new_place(
    in_place: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    there = moved(in_place, tmp_path / "moved" / "shop")
    found = kept(there, interpreter)
    assert isinstance(found, Verified)
    assert isinstance(relocation.relocate(found, Process(os.environ)), Verified)
    again = kept(there, interpreter)
    assert isinstance(again, Verified)
    assert again.in_place == {"shop"}
    assert not again.moved
    assert output(there, "shop") == "greet 1.1\nshop"


# --- another place -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    ["elsewhere", "with a space", "x" * 150],
    ids=["short", "a space", "longer than a first line may be"],
)
def test_moved_and_made_to_work(restored: Path, interpreter: Interpreter, tmp_path: Path, where: str) -> None:
    there = moved(restored, tmp_path / where / "shop")
    settled(there, interpreter)
    assert output(there, "greet") == "greet 1.1"
    assert output(there, "checker") == "checker 3.0"
    shell = subprocess.run(
        ["sh", "-c", ". .venv/bin/activate && command -v greet && greet"],
        cwd=there,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == f"{there}/.venv/bin/greet\ngreet 1.1\n"


def test_moved_twice(restored: Path, interpreter: Interpreter, tmp_path: Path) -> None:
    first = moved(restored, tmp_path / "a b" / "shop")
    settled(first, interpreter)
    second = moved(first, tmp_path / "c" / "shop")
    settled(second, interpreter)
    assert output(second, "greet") == "greet 1.1"
    left = subprocess.run(
        ["grep", "-rl", "/a b/", second / ".venv"], capture_output=True, text=True, check=False
    )
    assert left.stdout == ""


@pytest.mark.parametrize("version", sampled(("3.6", "3.8", "3.13"), {"3.13"}))
def test_what_venv_and_pip_made_moves_too(machine: Workshop, tmp_path: Path, version: str) -> None:
    """Slow together: each makes an environment with pip."""
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} here: pyenv install brings it")
    folder = machine.project(f"pip{version}", {"requirements.txt": "greet\n"})
    driver = machine.driver(folder, Manager.PIP, python=python)
    driver.install()
    who = driver.job.interpreter
    environments.record(folder / ".venv", interpreter=who, origin=origin())
    there = moved(folder, tmp_path / "moved" / "shop")
    settled(there, who)
    assert output(there, "greet") == "greet 1.1"
    assert output(there, "pip", "--version").startswith("pip ")


def test_what_is_installed_in_place_leads_to_the_new_place(
    machine: Workshop, interpreter: Interpreter, tmp_path: Path
) -> None:
    folder = machine.project("inplace", {"pyproject.toml": PROJECT + BUILD})
    driver = machine.driver(folder, Manager.UV, lock_policy="prefer")
    driver.install()
    driver.install_project()
    environments.record(folder / ".venv", interpreter=interpreter, origin=origin())
    there = moved(folder, tmp_path / "moved" / "shop")
    found = verified(there, interpreter, locked=None)
    assert isinstance(found, Verified)
    assert isinstance(relocation.relocate(found, Process(os.environ)), Verified)
    assert output(there, "shop") == "greet 1.1\nshop"


def test_a_file_that_keeps_the_old_path_is_a_reason(
    pattern: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    folder = tmp_path / "first" / "shop"
    shutil.copytree(pattern, folder, symlinks=True)
    settled(folder, interpreter)
    (site(folder) / "greet" / "paths.txt").write_text(f"{folder}/.venv/share\n")
    environments.record(folder / ".venv", interpreter=interpreter, origin=origin())
    there = moved(folder, tmp_path / "second" / "shop")
    found = verified(there, interpreter)
    assert isinstance(found, Verified)
    after = relocation.relocate(found, Process(os.environ))
    assert isinstance(after, Rejected)
    assert "greet/paths.txt names that path" in after.reason


def test_a_place_that_shells_would_misread_is_a_reason(
    restored: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    there = moved(restored, tmp_path / "it's" / "shop")
    found = verified(there, interpreter)
    assert isinstance(found, Verified)
    after = relocation.relocate(found, Process(os.environ))
    assert isinstance(after, Rejected)
    assert "signs that shells understand" in after.reason


# --- caught --------------------------------------------------------------------------------------


def same_size(folder: Path) -> None:
    path = site(folder) / "greet" / "__init__.py"
    path.write_text(path.read_text().replace("1.1", "6.6"))


def longer(folder: Path) -> None:
    with (site(folder) / "polite_words" / "data.txt").open("a") as file:
        file.write("or else\n")


def gone(folder: Path) -> None:
    (site(folder) / "polite_words" / "data.txt").unlink()


def script_gone(folder: Path) -> None:
    (folder / ".venv/bin/greet").unlink()


def script_changed(folder: Path) -> None:
    with (folder / ".venv/bin/greet").open("a") as file:
        file.write("print('evil')\n")


def half(folder: Path) -> None:
    for each in site(folder).glob("greet*"):
        shutil.rmtree(each)


def extra(folder: Path) -> None:
    info = site(folder) / "stranger-6.6.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: stranger\nVersion: 6.6\n")
    (info / "RECORD").write_text("stranger-6.6.dist-info/METADATA,,\n")


def other_version(folder: Path) -> None:
    old = site(folder) / "checker-3.0.dist-info"
    old.rename(old.with_name("checker-2.0.dist-info"))


def twice(folder: Path) -> None:
    shutil.copytree(site(folder) / "greet-1.1.dist-info", site(folder) / "greet-1.0.dist-info")


def path_file(folder: Path) -> None:
    (site(folder) / "evil.pth").write_text("import os\n")


def customized(folder: Path) -> None:
    (site(folder) / "sitecustomize.py").write_text("import os\n")


def shadowing(folder: Path) -> None:
    (site(folder) / "greet" / "json.py").write_text("")


def new_program(folder: Path) -> None:
    (folder / ".venv/bin/git").write_text("#!/bin/sh\n")


def record_changed(folder: Path) -> None:
    path = site(folder) / "greet" / "__init__.py"
    path.write_text("evil = 1\n")
    record = site(folder) / "greet-1.1.dist-info" / "RECORD"
    lines = [line for line in record.read_text().splitlines() if not line.startswith("greet/__init__")]
    record.write_text("\n".join(lines) + "\n")


def settings_changed(folder: Path) -> None:
    path = folder / ".venv/pyvenv.cfg"
    path.write_text(
        path.read_text().replace(
            "include-system-site-packages = false", "include-system-site-packages = true"
        )
    )


def pipe(folder: Path) -> None:
    path = site(folder) / "greet" / "__init__.py"
    path.unlink()
    os.mkfifo(path)


def folder_of_a_note(folder: Path) -> None:
    (folder / ".venv" / NAME).unlink()
    (folder / ".venv" / NAME).mkdir()


def dead_link(folder: Path) -> None:
    link = folder / ".venv/bin/python"
    link.unlink()
    link.symlink_to("/opt/gone/python3.11")


def other_link(folder: Path) -> None:
    link = folder / ".venv/bin/python3"
    link.unlink()
    link.symlink_to("/bin/sh")


def no_note(folder: Path) -> None:
    (folder / ".venv" / NAME).unlink()


def broken_note(folder: Path) -> None:
    (folder / ".venv" / NAME).write_text("{")


def note_of_tomorrow(folder: Path) -> None:
    path = folder / ".venv" / NAME
    path.write_text(path.read_text().replace('"version": 1\n', '"version": 2\n'))


def no_settings(folder: Path) -> None:
    (folder / ".venv/pyvenv.cfg").unlink()


def nothing_at_all(folder: Path) -> None:
    shutil.rmtree(folder / ".venv")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (same_size, "greet: greet/__init__.py was changed"),
        (longer, "polite-words: polite_words/data.txt was changed"),
        (gone, "polite-words: polite_words/data.txt is gone"),
        (script_gone, "greet: .venv/bin/greet is gone"),
        (script_changed, "greet: .venv/bin/greet was changed"),
        (half, "greet 1.1 is gone"),
        (pipe, "greet: greet/__init__.py was changed"),
        (extra, "stranger 6.6 was added"),
        (other_version, "checker is 2.0, recorded was 3.0"),
        (twice, "greet is installed 2 times: 1.0, 1.1"),
        (path_file, "evil.pth was added"),
        (customized, "sitecustomize.py was added"),
        (shadowing, "greet/json.py was added"),
        (new_program, "bin/git was added"),
        (record_changed, "greet: RECORD was changed"),
        (settings_changed, "pyvenv.cfg was changed"),
        (dead_link, "no longer present"),
        (other_link, "bin/python3 was changed: it points to /bin/sh"),
        (no_note, f"it holds no {NAME}"),
        (broken_note, f"{NAME} is not readable"),
        (folder_of_a_note, f"{NAME} cannot be read: Is a directory"),
        (note_of_tomorrow, "this version writes"),
        (no_settings, "no pyvenv.cfg"),
        (nothing_at_all, "no such folder"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_difference_is_caught(
    restored: Path, interpreter: Interpreter, harm: Callable[[Path], None], reason: str
) -> None:
    harm(restored)
    found = verified(restored, interpreter)
    assert isinstance(found, Rejected)
    assert reason.replace(".venv/bin", "bin") in found.reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"origin": origin(manager_version="2")}, "made by uv 1, now it is uv 2"),
        ({"origin": origin(inputs={"uv.lock": "x"})}, "uv.lock was changed since it was made"),
        ({"origin": origin(selection={"groups": "dev"})}, "made for groups '', wanted is 'dev'"),
        ({"locked": {**LOCKED, "greet": {"1.0"}}}, "greet is 1.1, the lock names 1.0"),
        ({"locked": {"greet": {"1.1"}, "polite-words": {"1.2"}}}, "checker 3.0 is not in the lock"),
    ],
    ids=["manager", "inputs", "selection", "version", "not locked"],
)
def test_made_for_something_else(
    pattern: Path, interpreter: Interpreter, more: dict[str, object], reason: str
) -> None:
    found = verified(pattern, interpreter, **more)
    assert isinstance(found, Rejected)
    assert reason in found.reason


def test_a_version_that_is_written_otherwise_is_the_same(pattern: Path, interpreter: Interpreter) -> None:
    assert isinstance(verified(pattern, interpreter, locked={**LOCKED, "checker": {"3"}}), Verified)


# --- the interpreter -----------------------------------------------------------------------------


def test_another_interpreter_is_told(pattern: Path, interpreter: Interpreter) -> None:
    found = verified(pattern, replace(interpreter, full_version="3.11.99"))
    assert isinstance(found, Rejected)
    assert f"of version {interpreter.full_version}, this one is 3.11.99" in found.reason


def test_an_interpreter_that_went_away(tmp_path: Path, interpreter: Interpreter) -> None:
    """A copy of an interpreter is removed after an environment was made with it."""
    home = tmp_path / "python"
    (home / "bin").mkdir(parents=True)
    shutil.copy2(os.path.realpath(interpreter.path), home / "bin" / "python3")
    venv.EnvBuilder(symlinks=True).create(tmp_path / "shop" / ".venv")
    folder = tmp_path / "shop"
    link = folder / ".venv/bin/python"
    link.unlink()
    link.symlink_to(home / "bin" / "python3")
    settings = folder / ".venv/pyvenv.cfg"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("home")]
    settings.write_text("\n".join([f"home = {home}/bin", *lines]) + "\n")
    environments.record(folder / ".venv", interpreter=interpreter, origin=origin())
    assert isinstance(verified(folder, interpreter), Verified)
    shutil.rmtree(home)
    found = verified(folder, interpreter)
    assert isinstance(found, Rejected)
    assert found.reason == f"interpreter {interpreter.full_version} no longer present ({home}/bin)"


def test_every_interpreter_of_this_machine_says_what_it_is() -> None:
    seen = 0
    for version in ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"):
        if python := python_of(version):
            seen += 1
            found = interpreters.probe(python, Process(os.environ))
            assert (found.version, found.implementation, found.free_threaded) == (version, "cpython", False)
            assert found.full_version == python.parents[1].name
            assert found.base_prefix == str(python.parents[1])
    assert seen or python_of("3.11") is None


def test_an_interpreter_is_found_by_what_is_wanted() -> None:
    def find(version: str) -> Interpreter | None:
        return interpreters.find(
            lambda each: each.version == version, process=Process(os.environ), environ=os.environ
        )

    if python_of("3.9") is None:
        pytest.skip("no Python 3.9 here: pyenv install brings it")
    found = find("3.9")
    assert found is not None
    assert found.version == "3.9"
    assert find("3.99") is None
