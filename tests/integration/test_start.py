"""start.sh and what it starts, with real interpreters, in small copies of source and released trees.

The copies hold the real start.sh, _launch.py, bootstrap.py, home.py and vendoring.py; `cli.py` is a stub that
says what it sees. Only `TestSourceTree` installs the real dependencies.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import interpreters
import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="the wrappers on PATH are shell scripts"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
START = REPOSITORY / "actions" / "coverage-gate" / "start.sh"
OURS = ("__init__.py", "_launch.py", "bootstrap.py", "home.py", "vendoring.py")
FLOOR = (3, 11)

STUB = """
import sys

def main(argv=None):
    if argv and argv[0] == "exit":
        sys.stdout.write("buffered")
        return int(argv[1])
    if argv and argv[0] == "raise":
        raise SystemExit(int(argv[2])) if argv[1] == "SystemExit" else RuntimeError(argv[2])
    if argv and argv[0] == "die":
        import os
        os.kill(os.getpid(), int(argv[1])) if argv[1] != "1" else os._exit(1)
    if argv and argv[0] == "read":
        sys.stdout.write(sys.stdin.read())
        return 0
    if argv and argv[0] == "wait":
        return wait()
    import json, os, dependency
    outside = [module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]
    print(json.dumps({
        "version": sys.version_info[:2], "path": sys.path, "argv": argv, "cwd": os.getcwd(), "files": outside,
        "utf8": sys.flags.utf8_mode, "root": os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
    }))
    return 0

def wait():
    import time
    try:
        print("waiting", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("cleaned up")
        return 3
"""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def seen(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        seen: dict[str, Any] = json.loads(self.out)
        return seen


@dataclass
class World:
    """A tree to start, a workspace to start it in, and a PATH of bash and what a test puts there."""

    tmp: Path
    start: Path = field(init=False)
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("workspace", "bin", "home", "cache"):
            (self.tmp / name).mkdir()
        bash = shutil.which("bash")
        assert bash
        (self.tmp / "bin" / "bash").symlink_to(bash)
        self.environ = {
            "PATH": str(self.tmp / "bin"),
            "HOME": str(self.tmp / "home"),
            "XDG_CACHE_HOME": str(self.tmp / "cache"),
        }

    @property
    def workspace(self) -> Path:
        return self.tmp / "workspace"

    def tree(self, name: str = "tree", folder: str = "coverage-gate", *, vendor: bool = True) -> Path:
        root = self.tmp / name
        package = root / "src" / "ci_actions"
        package.mkdir(parents=True)
        for file in OURS:
            shutil.copy(REPOSITORY / "src" / "ci_actions" / file, package)
        (package / "cli.py").write_text(STUB)
        (root / "requirements").mkdir()
        shutil.copy(REPOSITORY / "requirements" / "runtime.txt", root / "requirements")
        (root / folder).mkdir(parents=True)
        self.start = Path(shutil.copy(START, root / folder))
        if vendor:
            (root / "vendor").mkdir()
            (root / "vendor" / "dependency.py").write_text("")
        return root

    def put(self, name: str, python: Path | str) -> Path:
        """Put an interpreter on PATH under this name; a wrapper, for a link would lose its home."""
        return self.script(name, f'exec "{python}" "$@"')

    def script(self, name: str, text: str) -> Path:
        return executable(self.tmp / "bin" / name, f"#!/bin/sh\n{text}\n")

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None, **options: Any) -> Ended:
        done = subprocess.run(
            ["bash", str(self.start), *arguments],
            env={**self.environ, **(environ or {})},
            cwd=options.pop("cwd", self.workspace),
            stdin=options.pop("stdin", subprocess.DEVNULL),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **options,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def pythons() -> dict[interpreters.Version, Path]:
    return interpreters.find((2, 7), (3, 99))


@pytest.fixture(scope="session")
def good(pythons: dict[interpreters.Version, Path]) -> Path:
    """Return an interpreter that will do, and not that of the environment that the tests run in."""
    suited = [python for version, python in pythons.items() if version >= FLOOR]
    return suited[0] if suited else Path(sys.executable)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def ready(world: World, good: Path) -> World:
    """Return a released tree with one good interpreter on PATH."""
    world.tree()
    world.put("python3", good)
    return world


def needs(pythons: dict[interpreters.Version, Path], version: interpreters.Version) -> Path:
    if version not in pythons:
        pytest.skip(f"no Python {version[0]}.{version[1]} on this machine")
    return pythons[version]


class TestTree:
    @pytest.mark.parametrize(
        ("name", "folder"),
        [
            ("released", "coverage-gate"),
            ("source", "actions/coverage-gate"),
            ("root", "."),
            ("with spaces, a 'quote' and ünïcode", "actions/coverage gate"),
        ],
    )
    def test_is_found(self, world: World, good: Path, name: str, folder: str) -> None:
        root = world.tree(name, folder) if folder != "." else world.tree(name, "x")
        if folder == ".":
            world.start = Path(shutil.copy(START, root))
        world.put("python3", good)
        seen = world.run("coverage-gate").seen
        assert seen["root"] == str(root)
        assert seen["path"][:2] == [str(root / "src"), str(root / "vendor")]

    def test_is_found_from_a_relative_path_and_outlives_a_change_of_folder(self, ready: World) -> None:
        root = ready.start.parents[1]
        ready.start = Path(os.path.relpath(ready.start, ready.workspace))
        assert ready.run().seen["path"][0] == str(root / "src")
        ready.start = Path("start.sh")
        assert ready.run(cwd=root / "coverage-gate").seen["path"][0] == str(root / "src")

    def test_that_is_three_folders_up_is_not_climbed_to(self, world: World, good: Path) -> None:
        world.tree(folder="actions/group/coverage-gate")
        world.put("python3", good)
        ended = world.run()
        assert ended.code == 4
        assert "incomplete" in ended.err

    def test_may_be_read_only(self, ready: World) -> None:
        root = ready.start.parents[1]
        for path in [root, *root.rglob("*")]:
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        try:
            assert ready.run().code == 0
        finally:
            for path in [root, *root.rglob("*")]:
                path.chmod(path.stat().st_mode | stat.S_IWUSR)


class TestProgram:
    @pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 70])
    def test_exit_code_and_buffered_output_pass_through(self, ready: World, code: int) -> None:
        ended = ready.run("exit", str(code))
        assert (ended.code, ended.out, ended.err) == (code, "buffered", "")

    @pytest.mark.parametrize("code", [6, 97, 120, 180, -1])
    def test_an_exit_code_that_is_none_of_ours_is_a_defect(self, ready: World, code: int) -> None:
        assert ready.run("exit", str(code)).code == 70

    def test_may_raise_system_exit(self, ready: World) -> None:
        assert ready.run("raise", "SystemExit", "2").code == 2

    def test_that_raises_is_a_defect_and_shows_where(self, ready: World) -> None:
        ended = ready.run("raise", "RuntimeError", "boom")
        assert ended.code == 70
        assert "RuntimeError: boom" in ended.err

    def test_gets_its_arguments_as_given(self, ready: World) -> None:
        arguments = ["", "a b", "*", "--flag=ü", "$HOME", "new\nline"]
        assert ready.run(*arguments).seen["argv"] == arguments

    def test_gets_no_arguments(self, ready: World) -> None:
        assert ready.run().seen["argv"] == []

    def test_reads_the_standard_input(self, ready: World) -> None:
        done = subprocess.run(
            ["bash", str(ready.start), "read"],
            env=ready.environ,
            input=b"piped",
            capture_output=True,
            check=True,
        )
        assert done.stdout == b"piped"

    def test_runs_in_the_workspace_in_utf8(self, ready: World) -> None:
        seen = ready.run(environ={"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}).seen
        assert (seen["cwd"], seen["utf8"]) == (str(ready.workspace), 1)

    def test_is_started_once_and_nothing_else_is(self, ready: World, good: Path, tmp_path: Path) -> None:
        log = tmp_path / "started"
        for name in ("python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"):
            ready.script(name, f'echo {name} >> "{log}"\nexec "{good}" "$@"')
        ended = ready.run("exit", "1")
        assert ended.code == 1
        assert log.read_text() == "python3\n"
        # Anything else that start.sh spawned would have failed, and said so: PATH holds only these and bash.
        assert ended.err == ""

    def test_that_is_killed_is_not_started_again(self, ready: World, good: Path) -> None:
        ready.put("python", good)
        ended = ready.run("die", str(int(signal.SIGKILL)))
        assert (ended.code, ended.out) == (128 + signal.SIGKILL, "")

    def test_that_vanishes_without_a_verdict_is_a_defect_and_not_started_again(
        self, ready: World, good: Path
    ) -> None:
        ready.put("python", good)
        ended = ready.run("die", "1")
        assert ended.code == 70
        assert "without a verdict" in ended.err

    def test_hears_a_cancellation_that_only_the_shell_is_told_of(self, ready: World) -> None:
        with subprocess.Popen(
            ["bash", str(ready.start), "wait"],
            env={**ready.environ, "GITHUB_ACTIONS": "true"},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "waiting\n"
            process.send_signal(signal.SIGINT)
            assert process.stdout.read() == "cleaned up\n"
            assert process.wait(timeout=30) == 3

    def test_starts_without_a_standard_input(self, ready: World) -> None:
        done = subprocess.run(
            ["bash", "-c", 'exec bash "$0" exit 0 <&-', str(ready.start)],
            check=False,
            env=ready.environ,
            capture_output=True,
        )
        assert (done.returncode, done.stderr) == (0, b"")

    def test_keeps_its_verdict_when_the_reader_has_gone(self, ready: World) -> None:
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            ["bash", str(ready.start), "exit", "3"], check=False, env=ready.environ, stdout=write
        )
        os.close(write)
        assert done.returncode == 3

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_is_never_green_when_its_output_is_lost(self, ready: World) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                ["bash", str(ready.start), "exit", "0"], check=False, env=ready.environ, stdout=full
            )
        assert done.returncode == 70


HOSTILE = "open({marker!r}, 'a').write(__file__ if '__file__' in globals() else 'x'); raise SystemExit(66)"

HOSTILE_FILES = [
    "json.py",
    "os.py",
    "dependency.py",
    "sitecustomize.py",
    "usercustomize.py",
    "_sha256.py",
    "_sha2.py",
    "ci_actions/__init__.py",
    "requests/__init__.py",
    "src/ci_actions/__init__.py",
]

HOSTILE_VARIABLES = {
    "PYTHONPATH": "{workspace}",
    "PYTHONHOME": "{workspace}",
    "PYTHONSTARTUP": "{workspace}/json.py",
    "PYTHONWARNINGS": "error",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPYCACHEPREFIX": "{workspace}/cache",
    "PYTHONINSPECT": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONSAFEPATH": "",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUSERBASE": "{workspace}",
    "PYTHONPLATLIBDIR": "nowhere",
    "PYTHONBREAKPOINT": "json.evil",
    "PYTHONMALLOC": "nonsense",
    "CDPATH": "{workspace}",
    "GLOBIGNORE": "*",
    "IFS": "/",
    "POSIXLY_CORRECT": "1",
}


class TestHostileWorkspace:
    @pytest.mark.parametrize("name", HOSTILE_FILES)
    def test_file(self, ready: World, tmp_path: Path, name: str) -> None:
        marker = tmp_path / "ran"
        for folder in (ready.workspace, tmp_path / "home"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(HOSTILE.format(marker=str(marker)))
        seen = ready.run(environ={"PYTHONPATH": f"{ready.workspace}:"}).seen
        assert not marker.exists()
        assert not [file for file in seen["files"] if file.startswith(str(ready.workspace))]

    @pytest.mark.parametrize(("name", "value"), HOSTILE_VARIABLES.items())
    def test_variable(self, ready: World, tmp_path: Path, name: str, value: str) -> None:
        marker = tmp_path / "ran"
        (ready.workspace / "json.py").write_text(HOSTILE.format(marker=str(marker)))
        seen = ready.run(environ={name: value.format(workspace=ready.workspace)}).seen
        assert seen["path"][0] == seen["root"] + "/src"
        assert not [entry for entry in seen["path"] if entry.startswith(str(ready.workspace))]
        assert not marker.exists()

    @pytest.mark.parametrize(
        "name", ["evil.pth", "sitecustomize.py", "usercustomize.py", "json.py", "dependency.py"]
    )
    def test_file_in_an_activated_environment(
        self, ready: World, good: Path, tmp_path: Path, name: str
    ) -> None:
        marker = tmp_path / "ran"
        environment = tmp_path / "venv"
        subprocess.run([good, "-m", "venv", "--without-pip", environment], check=True, env=dict(os.environ))
        site = next(environment.glob("lib/python*/site-packages"))
        hostile = HOSTILE.format(marker=str(marker))
        (site / name).write_text(f"import sys; {hostile}\n" if name.endswith(".pth") else hostile)
        # The file does run where nothing keeps it from it: else this test would show nothing.
        if not name.startswith(("usercustomize", "json", "dependency")):
            subprocess.run([environment / "bin" / "python", "-I", "-c", ""], check=False, capture_output=True)
            assert marker.exists()
            marker.unlink()
        ready.environ["VIRTUAL_ENV"] = str(environment)
        ready.environ["PATH"] = f"{environment / 'bin'}:{ready.environ['PATH']}"
        seen = ready.run().seen
        assert not marker.exists()
        assert not [file for file in seen["files"] if file.startswith(str(site))]


class TestChoice:
    @pytest.mark.parametrize("old", [(2, 7), (3, 6), (3, 8), (3, 9), (3, 10)])
    @pytest.mark.parametrize("name", ["python3", "python"])
    def test_an_old_one_first_on_path_is_passed_over(
        self,
        world: World,
        pythons: dict[interpreters.Version, Path],
        good: Path,
        old: tuple[int, int],
        name: str,
    ) -> None:
        world.tree()
        world.put(name, needs(pythons, old))
        world.put("python3.11", good)
        ended = world.run("a")
        assert tuple(ended.seen["version"]) >= FLOOR
        if old > (3, 0):  # 2.7 does not know -I, and says so
            assert ended.err == ""

    def test_that_of_the_tool_cache_comes_before_named_ones_and_the_newest_first(
        self, world: World, pythons: dict[interpreters.Version, Path], good: Path, tmp_path: Path
    ) -> None:
        world.tree()
        log = tmp_path / "log"
        cache = tmp_path / "tool cache"
        for version in ("3.9.18", "3.11.7", "3.13.0", "3.12.10"):
            executable(
                cache / "Python" / version / "x64" / "bin" / "python3",
                f'#!/bin/sh\necho {version} >> "{log}"\nexec "{good}" "$@"\n',
            )
        world.put("python3.14", good)
        world.put("python3", needs(pythons, (3, 8)))
        assert world.run(environ={"RUNNER_TOOL_CACHE": str(cache)}).code == 0
        assert log.read_text() == "3.13.0\n"

    @pytest.mark.parametrize(
        "stub",
        [
            pytest.param("exit 0", id="a stub that says all is well"),
            pytest.param("echo 'Python was not found' >&2; exit 49", id="the store's stub of Windows"),
            pytest.param("echo 'pyenv: python3: command not found' >&2; exit 127", id="a shim of nothing"),
            pytest.param("exit 1", id="a Python without its library"),
            pytest.param("exit 2", id="one that does not know -I"),
        ],
    )
    def test_what_is_no_python_is_never_a_verdict(self, world: World, good: Path, stub: str) -> None:
        world.tree()
        world.script("python3", stub)
        assert world.run("exit", "0").code == 4
        world.put("python", good)
        assert world.run("exit", "1").code == 1

    def test_a_real_python_without_its_library_is_passed_over(
        self, world: World, good: Path, tmp_path: Path
    ) -> None:
        world.tree()
        world.script("python3", f'PYTHONHOME="{tmp_path}/nowhere" exec "{good}" -c pass')
        world.put("python", good)
        assert world.run("exit", "5").code == 5

    def test_the_named_one_is_taken_and_no_other(self, world: World, good: Path, tmp_path: Path) -> None:
        world.tree()
        named = world.put("chosen one", good)
        world.script("python3", "exit 1")
        assert world.run(environ={"CI_ACTIONS_PYTHON": str(named)}).code == 0

    def test_a_named_one_that_is_too_old_is_an_error_that_names_it(
        self, ready: World, pythons: dict[interpreters.Version, Path]
    ) -> None:
        old = needs(pythons, (3, 8))
        ended = ready.run("a", environ={"CI_ACTIONS_PYTHON": str(old)})
        assert (ended.code, ended.out) == (4, "")
        assert f"CI_ACTIONS_PYTHON is {old} (Python 3.8." in ended.err
        assert "3.11 or newer" in ended.err

    @pytest.mark.parametrize("named", ["/no/such/python", "no-such-python", "/", "python3 -E"])
    def test_a_named_one_that_does_not_start_is_an_error_that_names_it(
        self, ready: World, named: str
    ) -> None:
        ended = ready.run("a", environ={"CI_ACTIONS_PYTHON": named})
        assert (ended.code, ended.out) == (4, "")
        assert f"CI_ACTIONS_PYTHON is {named} (does not start" in ended.err

    def test_an_empty_name_is_none(self, ready: World) -> None:
        assert ready.run(environ={"CI_ACTIONS_PYTHON": ""}).code == 0


class TestNoInterpreter:
    def test_none_at_all(self, world: World) -> None:
        world.tree()
        ended = world.run("a")
        assert (ended.code, ended.out) == (4, "")
        assert "no Python 3.11 or newer" in ended.err
        assert "there is no python3 or python on PATH" in ended.err

    def test_only_old_ones_are_listed_with_their_versions_and_the_step_that_mends_it(
        self, world: World, pythons: dict[interpreters.Version, Path]
    ) -> None:
        world.tree()
        world.put("python3", needs(pythons, (3, 8)))
        world.put("python", needs(pythons, (3, 6)))
        ended = world.run("a")
        assert ended.code == 4
        assert "python3 (Python 3.8." in ended.err
        assert "python (Python 3.6." in ended.err
        assert "update-environment: false" in ended.err
        assert "CI_ACTIONS_PYTHON: ${{ steps.ci-actions-python.outputs.python-path }}" in ended.err

    def test_on_a_runner_it_is_one_annotation(self, world: World) -> None:
        world.tree()
        ended = world.run("a", environ={"GITHUB_ACTIONS": "true"})
        [line] = ended.out.splitlines()
        assert line.startswith("::error title=ci-actions%3A no Python 3.11 or newer::Tried:%0A")
        assert "actions/setup-python@" in line


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, good: Path) -> tuple[World, Ended]:
    world = World(tmp_path_factory.mktemp("source"))
    root = world.tree(folder="actions/coverage-gate", vendor=False)
    (root / "src" / "ci_actions" / "cli.py").write_text(
        "import sys\n"
        "def main(argv=None):\n"
        "    import coverage, jinja2, packaging, requests, yaml\n"
        "    from actions_toolkit import command, file_command\n"
        "    print(yaml.__with_libyaml__, requests.get.__module__)\n"
        "    return 0\n"
    )
    world.put("python3", good)
    # What the user has set for pip (mirror, certificates) holds here too.
    world.environ |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    world.environ |= {"PIP_USER": "1", "PIP_TARGET": "/nowhere", "PYTHONPATH": str(world.workspace)}
    (world.workspace / "pip.py").write_text("raise SystemExit(66)")
    return world, world.run("a")


class TestSourceTree:
    """Fetches the real, locked dependencies with the real pip, from wherever this machine's pip is set to."""

    def folder(self, world: World) -> Path:
        [folder] = (world.tmp / "cache" / "ci-actions" / "vendor").iterdir()
        return folder

    def test_fetches_them_once_and_says_so(self, filled: tuple[World, Ended]) -> None:
        world, first = filled
        assert (first.code, first.out) == (0, "False requests.api\n"), first.err
        assert "fetching dependencies into" in first.err
        assert world.run("a") == Ended(0, first.out, "")

    def test_holds_python_only(self, filled: tuple[World, Ended]) -> None:
        folder = self.folder(filled[0])
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        assert not [name for name in names if name.endswith((".so", ".pyd", ".pth"))]
        assert not [name for name in names if "tests" in name.split("/") or name.startswith("bin")]

    def test_keeps_metadata_and_licences(self, filled: tuple[World, Ended]) -> None:
        folder = self.folder(filled[0])
        lock = (REPOSITORY / "requirements" / "runtime.txt").read_text()
        locked = {line.split("==")[0].replace("-", "_") for line in lock.splitlines() if "==" in line}
        assert {path.name.split("-")[0].lower() for path in folder.glob("*.dist-info")} == locked
        for info in folder.glob("*.dist-info"):
            assert (info / "METADATA").is_file()

    def test_two_at_once_make_one_folder(self, world: World, filled: tuple[World, Ended]) -> None:
        world.tree(folder="actions/coverage-gate", vendor=False)
        shutil.copy(
            filled[0].tmp / "tree" / "src" / "ci_actions" / "cli.py", world.tmp / "tree/src/ci_actions"
        )
        world.environ = {**filled[0].environ, "XDG_CACHE_HOME": str(world.tmp / "cache")}
        command = ["bash", str(world.start), "a"]
        both = [subprocess.Popen(command, env=world.environ, stderr=subprocess.DEVNULL) for _ in range(2)]
        assert [process.wait(timeout=300) for process in both] == [0, 0]
        assert len(list((world.tmp / "cache" / "ci-actions" / "vendor").iterdir())) == 1

    @pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "true"}])
    def test_without_a_registry_it_says_what_to_do(
        self, world: World, good: Path, environ: dict[str, str]
    ) -> None:
        world.tree(vendor=False)
        world.put("python3", good)
        ended = world.run("a", environ={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(world.tmp), **environ})
        assert ended.code == 4
        assert "No matching distribution" in ended.err
        assert "or use a tagged version of ci-actions" in ended.err
        assert ended.out.startswith("::error title=") == bool(environ)
        assert list((world.tmp / "cache" / "ci-actions" / "vendor").iterdir()) == []

    def test_without_a_home_the_scratch_folder_of_the_job_is_used(self, world: World, good: Path) -> None:
        root = world.tree(vendor=False)
        world.put("python3", good)
        del world.environ["HOME"], world.environ["XDG_CACHE_HOME"]
        version = interpreters.ask(good)
        assert version
        from ci_actions import home

        folder = Path(home.cached_folder(str(root), str(world.tmp / "temp"), version[0]))
        folder.mkdir(parents=True)
        (folder / "dependency.py").write_text("")
        assert world.run(environ={"RUNNER_TEMP": str(world.tmp / "temp")}).seen["path"][1] == str(folder)


def test_launcher_is_valid_in_old_pythons(pythons: dict[interpreters.Version, Path], tmp_path: Path) -> None:
    launcher = REPOSITORY / "src" / "ci_actions" / "_launch.py"
    old = {version: python for version, python in pythons.items() if version < FLOOR}
    for version, python in old.items():
        done = subprocess.run([python, "-S", launcher, tmp_path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (97, ""), version
