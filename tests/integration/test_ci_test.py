"""ci-test with real pytest: every major version from 6 to 9 on CPython 3.6 to 3.13, with the plugins that people use."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration import pytests

pytestmark = pytest.mark.integration

COMMAND = (sys.executable, "-m", "ci_actions", "ci-test", "--json")
#: The one with most plugins.
USUAL = "3.13"
#: One for each major version of pytest; test_every_python takes the others.
MAJORS = ("3.6", "3.8", "3.9", "3.13")


@dataclass(frozen=True)
class Ran:
    """What one run said and left."""

    code: int
    report: Mapping[str, Any]
    log: str

    @property
    def outputs(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.report["outputs"]
        return found

    @property
    def shard(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(Path(self.outputs["shard-file"]).read_text("utf-8"))
        return found

    @property
    def outcomes(self) -> Mapping[str, str]:
        return {name: each["outcome"] for name, each in self.shard["tests"].items()}

    @property
    def said(self) -> str:
        """Everything that people read."""
        summary = Path(self.outputs["summary-file"]).read_text("utf-8")
        return self.log + summary + json.dumps(self.report, ensure_ascii=False)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / ".git").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def ci_test(folder: Path, *options: str, python: str = USUAL, **more: str) -> Ran:
    chosen = any(each.startswith("--python") for each in options)
    done = subprocess.run(
        [*COMMAND, *([] if chosen else [f"--python={pytests.python_of(python)}"]), *options],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout, done.stderr
    assert 'Traceback (most recent call last)\n  File "/work' not in done.stderr
    return Ran(done.returncode, json.loads(done.stdout), done.stderr)


def in_parts(folder: Path, parts: int, *options: str, python: str = USUAL, **more: str) -> list[Ran]:
    """Return the runs of all parts, each with a folder of its own for what it leaves."""
    return [
        ci_test(
            folder, f"--shard={index}/{parts}", f"--report-dir=left/{index}", *options, python=python, **more
        )
        for index in range(1, parts + 1)
    ]


def assert_whole(runs: list[Ran]) -> list[str]:
    """All parts collected the same, and their tests are disjoint and the whole; returns them."""
    shards = [each.shard for each in runs]
    collected = shards[0]["collected"]
    assert all(each["collected"] == collected for each in shards)
    names = [name for each in shards for name in each["tests"]]
    assert len(names) == len(set(names)) == collected["count"]
    text = "".join(f"{name}\n" for name in sorted(names))
    assert hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() == collected["sha256"]
    return sorted(names)


#: Everything that a test can become, in several files, with a package that is measured.
SERVICE = {
    "src/shop/__init__.py": "",
    "src/shop/prices.py": """
        def net(gross):
            if gross < 0:
                raise ValueError("negative")
            return gross / 1.25

        def gross(net):
            return net * 1.25
    """,
    "setup.cfg": "[coverage:run]\nsource = shop\nbranch = true\n[tool:pytest]\ntestpaths = tests\n",
    "tests/conftest.py": """
        import os
        import sys
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))
    """,
    "tests/test_prices.py": """
        import pytest
        from shop.prices import gross, net

        @pytest.mark.parametrize("value", [0, 1, 125], ids=["a::b", "with space", "n"])
        def test_net(value):
            assert net(value) <= value

        class TestGross:
            def test_round_trip(self):
                assert net(gross(8)) == 8

            @pytest.mark.xfail(reason="known")
            def test_known(self):
                assert gross(1) == 1
    """,
    "tests/test_others.py": """
        import unittest
        import pytest
        from shop.prices import net

        @pytest.mark.skip(reason="not on a Tuesday")
        def test_skipped():
            pass

        class Old(unittest.TestCase):
            def test_negative(self):
                with self.assertRaises(ValueError):
                    net(-1)

            @unittest.expectedFailure
            def test_expected(self):
                self.fail("known")

            @unittest.skip("not here")
            def test_not_here(self):
                pass

        @pytest.mark.xfail(reason="it works by now")
        def test_unexpected():
            pass
    """,
    "tests/test_more.py": "".join(f"def test_{number}():\n    pass\n" for number in range(9)),
}
OUTCOMES = {
    "tests/test_prices.py::test_net[a::b]": "passed",
    "tests/test_prices.py::test_net[with space]": "passed",
    "tests/test_prices.py::test_net[n]": "passed",
    "tests/test_prices.py::TestGross::test_round_trip": "passed",
    "tests/test_prices.py::TestGross::test_known": "xfailed",
    "tests/test_others.py::test_skipped": "skipped",
    "tests/test_others.py::Old::test_negative": "passed",
    "tests/test_others.py::Old::test_expected": "xfailed",
    "tests/test_others.py::Old::test_not_here": "skipped",
    "tests/test_others.py::test_unexpected": "xpassed",
    **{f"tests/test_more.py::test_{number}": "passed" for number in range(9)},
}


def measured(folder: Path, python: str) -> set[str]:
    """Return the lines of the package that coverage.py itself says were not run, after all data files are combined."""
    program = pytests.python_of(python)
    copy = folder / "combined"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    files = [each for each in folder.glob(".coverage*") if each.is_file()]
    for each in files:
        shutil.copy(each, copy / f".coverage.{len(list(copy.iterdir()))}")
    for words in (
        ["combine", *[str(each) for each in copy.iterdir()]],
        ["json", "-o", str(copy / "all.json")],
    ):
        done = subprocess.run(
            [program, "-m", "coverage", *words],
            cwd=folder,
            env={**os.environ, "COVERAGE_FILE": str(copy / ".coverage")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((copy / "all.json").read_text("utf-8"))["files"]
    return {f"{path}:{line}" for path, each in found.items() for line in each["missing_lines"]} | set(found)


WAYS = {
    "alone": "",
    "workers": "-n2",
    "groups": "-n2 --dist=loadgroup",
    "pytest-cov": "--cov --cov-report=",
    "pytest-cov-workers": "--cov --cov-report= -n2",
    "importlib": "--import-mode=importlib -p no:cacheprovider",
    "quiet": "-p no:terminal",
}


def check_parts(folder: Path, python: str, arguments: str) -> None:
    """Two parts are the whole, every outcome is as it is, and what both measured together is what there is."""
    write(folder, SERVICE)
    for index in (1, 2):
        ran = ci_test(
            folder, f"--shard={index}/2", f"--report-dir=left/{index}", f"--args={arguments}", python=python
        )
        assert ran.code == 0, ran.said
        assert ran.outputs["coverage-measured"] == "true"
        for each in folder.glob(".coverage*"):
            (folder / "kept").mkdir(exist_ok=True)
            each.rename(folder / "kept" / f".coverage.{index}.{each.name.count('.')}.{os.urandom(3).hex()}")
    runs = [
        Ran(0, json.loads((folder / f"left/{index}/report.json").read_text("utf-8")), "") for index in (1, 2)
    ]
    assert_whole(runs)
    assert {name: each for run in runs for name, each in run.outcomes.items()} == OUTCOMES
    for each in (folder / "kept").iterdir():
        each.rename(folder / each.name)
    assert measured(folder, python) == {"src/shop/__init__.py", "src/shop/prices.py"}
    assert runs[0].shard["interpreter"].startswith(f"CPython {python}.")
    wanted = next(each for each in pytests.SETS[python].split() if each.startswith("pytest=="))
    assert f"pytest=={runs[0].shard['pytest']}" == wanted


@pytest.mark.parametrize("way", WAYS)
def test_two_parts_are_the_whole(tmp_path: Path, way: str) -> None:
    check_parts(tmp_path / "project", USUAL, WAYS[way])


@pytest.mark.parametrize("way", ["workers", "pytest-cov-workers"])
@pytest.mark.parametrize("python", MAJORS[:-1])
def test_every_major_version_of_pytest(tmp_path: Path, python: str, way: str) -> None:
    check_parts(tmp_path / "project", python, WAYS[way])


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("python", sorted(set(pytests.SETS) - {USUAL, "bare"}))
def test_every_python(tmp_path: Path, python: str, way: str) -> None:
    """Slow: 56 projects are tested twice. test_every_major_version_of_pytest samples it."""
    check_parts(tmp_path / "project", python, WAYS[way])


# --- what keeps a run from being green ------------------------------------------------------------


@dataclass(frozen=True)
class Accident:
    """A project, how its tests are run, and what must be said of it."""

    files: Mapping[str, str]
    code: int
    says: tuple[str, ...]
    options: tuple[str, ...] = ()
    python: str = USUAL
    outcomes: Mapping[str, str] | None = None
    silent: tuple[str, ...] = ()


PASSES = "def test_it():\n    pass\n"
#: A project by its one file of tests.
ACCIDENTS = {
    "a test fails": Accident(
        {"test_a.py": "def test_it():\n    assert 1 == 2\n"},
        1,
        ("1 of 1 test failed", '"line": 2', '"file": "test_a.py"', "python -m pytest test_a.py::test_it"),
        outcomes={"test_a.py::test_it": "failed"},
    ),
    "a fixture fails": Accident(
        {
            "test_a.py": """
            import pytest

            @pytest.fixture
            def server():
                raise OSError("no room")

            def test_it(server):
                pass
            """
        },
        1,
        ("no room", "1 of 1 test failed", '"line": 6'),
        outcomes={"test_a.py::test_it": "error"},
    ),
    "tearing down fails": Accident(
        {
            "test_a.py": """
            import pytest

            @pytest.fixture
            def server():
                yield
                raise OSError("still in use")

            def test_it(server):
                pass
            """
        },
        1,
        ("still in use",),
        outcomes={"test_a.py::test_it": "error"},
    ),
    "a failure deep in the project is shown at the line of the test": Accident(
        {
            "app.py": "def total(rows):\n    return rows[3]\n",
            "test_a.py": "from app import total\n\ndef test_it():\n    total([])\n",
        },
        1,
        ('"file": "test_a.py", "line": 4', "IndexError"),
    ),
    "a file cannot be imported": Accident(
        {"test_a.py": PASSES, "test_b.py": "import nothing_of_this_name\n"},
        3,
        ("cannot collect test_b.py", "nothing_of_this_name"),
    ),
    "a file cannot be imported, and pytest goes on": Accident(
        {"test_a.py": PASSES, "test_b.py": "import nothing_of_this_name\n"},
        3,
        ("cannot collect test_b.py",),
        ("--args=--continue-on-collection-errors",),
    ),
    "a file cannot be imported, with workers": Accident(
        {"test_a.py": PASSES, "test_b.py": "import nothing_of_this_name\n"},
        3,
        ("cannot collect test_b.py",),
        ("--args=-n2",),
    ),
    "conftest.py cannot be imported": Accident(
        {"conftest.py": "import nothing_of_this_name\n", "test_a.py": PASSES},
        3,
        ("nothing_of_this_name",),
    ),
    "an unknown option": Accident(
        {"test_a.py": PASSES}, 3, ("unrecognized arguments",), ("--args=--nonsense",)
    ),
    "no tests at all": Accident({"app.py": ""}, 3, ("collected no tests", "nothing was tested")),
    "a selection that selects nothing": Accident(
        {"test_a.py": PASSES},
        3,
        ("All 1 tests that pytest collected are deselected",),
        ("--args=-k nothing",),
    ),
    "a path that is not there": Accident({"test_a.py": PASSES}, 3, ("not found: ",), ("--args=tests/gone",)),
    "tests are only listed": Accident(
        {"test_a.py": PASSES}, 3, ("1 of 1 tests were not run",), ("--args=--collect-only",)
    ),
    "only the version is printed": Accident(
        {"test_a.py": PASSES}, 3, ("ended with exit code 0 before its end",), ("--args=--version",)
    ),
    "a test ends the process with success": Accident(
        {"test_a.py": "import os\ndef test_a():\n    pass\ndef test_b():\n    os._exit(0)\n"},
        3,
        ("before its end while it ran test_a.py::test_b",),
        outcomes={"test_a.py::test_a": "passed", "test_a.py::test_b": "error"},
    ),
    "a test crashes the interpreter": Accident(
        {
            "test_a.py": """
            import os, signal
            def test_a():
                pass
            def test_b():
                os.kill(os.getpid(), signal.SIGSEGV)
            def test_c():
                pass
            """
        },
        3,
        ("was killed by SIGSEGV", "while it ran test_a.py::test_b"),
    ),
    "a worker crashes": Accident(
        {
            "test_a.py": """
            import os, signal
            def test_a():
                pass
            def test_b():
                os.kill(os.getpid(), signal.SIGSEGV)
            """
        },
        1,
        ("crashed while running",),
        ("--args=-n2",),
        outcomes={"test_a.py::test_a": "passed", "test_a.py::test_b": "error"},
    ),
    "a test ends pytest with success": Accident(
        {
            "test_a.py": """
            import pytest
            def test_a():
                pytest.exit("enough", returncode=0)
            def test_b():
                pass
            """
        },
        3,
        ("in the middle of test_a.py::test_a",),
    ),
    "a test ends pytest": Accident(
        {"test_a.py": "import pytest\ndef test_a():\n    pytest.exit('enough')\n"}, 3, ("interrupted",)
    ),
    "a test exits": Accident(
        {"test_a.py": "import sys\ndef test_a():\n    sys.exit(0)\n"}, 1, ("SystemExit",)
    ),
    "the first failure ends it": Accident(
        {"test_a.py": "def test_a():\n    assert 0\ndef test_b():\n    pass\n"},
        1,
        ("1 of 2 tests failed", "1 of 2 tests were not run"),
        ("--args=-x",),
        outcomes={"test_a.py::test_a": "failed", "test_a.py::test_b": "error"},
    ),
    "a plugin turns failures into success": Accident(
        {
            "conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
            "test_a.py": "def test_a():\n    assert 0\n",
        },
        1,
        ("1 of 1 test failed",),
    ),
    "a plugin turns no tests into success": Accident(
        {"conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"},
        3,
        ("collected no tests",),
    ),
    "a plugin fails the run although no test did": Accident(
        {
            "conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
            "test_a.py": PASSES,
        },
        1,
        ("although no test failed",),
    ),
    "a hook of the project fails": Accident(
        {
            "conftest.py": "def pytest_runtest_setup():\n    pass\ndef pytest_collection_finish():\n    1 / 0\n",
            "test_a.py": PASSES,
        },
        3,
        ("failed itself", "ZeroDivisionError"),
    ),
    "pytest is not installed": Accident(
        {"test_a.py": PASSES}, 3, ("There is no pytest in the environment",), python=""
    ),
    "coverage that is asked for cannot be measured": Accident(
        {"test_a.py": PASSES}, 3, ("there is no coverage.py",), ("--coverage=true",), python="bare"
    ),
    "coverage is configured wrongly": Accident(
        {"test_a.py": PASSES, ".coveragerc": "[run]\nbranch = perhaps\n"},
        3,
        ("coverage.py could not measure",),
        ("--coverage=true",),
    ),
    "coverage is turned off": Accident(
        {"test_a.py": PASSES}, 3, ("--no-cov tells pytest-cov",), ("--coverage=true", "--args=--no-cov")
    ),
    "the tests take too long": Accident(
        {"test_a.py": "import time\ndef test_a():\n    time.sleep(600)\n"},
        3,
        ("did not end within 1 minutes", "test_a.py::test_a"),
        ("--timeout=1",),
    ),
    "workers collect different tests": Accident(
        {
            "test_a.py": """
            import os
            import pytest

            @pytest.mark.parametrize("number", [os.getpid()])
            def test_a(number):
                pass
            """
        },
        3,
        ("Different tests were collected",),
        ("--args=-n2",),
    ),
    "arguments without an end": Accident(
        {"test_a.py": PASSES}, 2, ("--args", "quotation"), ("--args=-k 'a",)
    ),
    "a command cannot be divided": Accident(
        {}, 2, ("a command cannot be divided",), ("--command=true", "--shard=1/2")
    ),
    "a command fails": Accident({}, 1, ("ended with exit code 7",), ("--command=echo no; exit 7",)),
    "a command fails in the middle": Accident({}, 1, ("exit code 1",), ("--command=false | cat\ntrue",)),
    "a command is not there": Accident(
        {}, 3, ("could not be run (exit code 127)",), ("--command=nothing-of-this-name",)
    ),
    "a command is killed": Accident({}, 3, ("was killed by SIGKILL",), ("--command=kill -9 $$",)),
    "a command leaves no coverage": Accident(
        {"lcov.info": "old"},
        3,
        ("'lcov.info', but no such file was written by this run",),
        ("--command=touch -d '2 days ago' lcov.info", "--coverage-files=lcov.info"),
    ),
}


@pytest.mark.parametrize("name", [each for each in ACCIDENTS if "too long" not in each])
def test_no_accident_is_green(tmp_path: Path, name: str) -> None:
    check_accident(tmp_path, ACCIDENTS[name])


@pytest.mark.slow
def test_tests_that_take_too_long(tmp_path: Path) -> None:
    """Slow: a minute is the least that a limit can be. tests/unit/ci_test/test_running.py samples it."""
    check_accident(tmp_path, ACCIDENTS["the tests take too long"])


def check_accident(tmp_path: Path, accident: Accident) -> None:
    folder = write(tmp_path / "project", accident.files)
    if accident.python:
        # pytest-randomly would change which test comes first.
        ran = ci_test(folder, *accident.options, python=accident.python, PYTEST_ADDOPTS="-p no:randomly")
    else:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "empty"], check=True)
        ran = ci_test(folder, f"--python={tmp_path / 'empty' / 'bin' / 'python'}", *accident.options)
    assert ran.code == accident.code, ran.said
    for text in accident.says:
        assert text in ran.said, ran.said
    if accident.outcomes is not None:
        assert ran.outcomes == accident.outcomes
