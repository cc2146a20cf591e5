"""ci-test with real pytest: every major version from 6 to 9 on CPython 3.6 to 3.13, with the plugins that people use."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.integration import pytests
from tests.sampling import sampled

pytestmark = pytest.mark.integration

COMMAND = (sys.executable, "-m", "ci_actions", "ci-test", "--json")
#: The one with most plugins.
USUAL = "3.13"
#: One for each other major version of pytest.
MAJORS = ("3.6", "3.8", "3.9")


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


@pytest.mark.parametrize("way", sampled(("quiet", "workers", "pytest-cov-workers"), {"quiet"}))
def test_two_parts_are_the_whole(tmp_path: Path, way: str) -> None:
    """Workers are slow: several processes for each of many runs; sampled by the one that is quiet."""
    check_parts(tmp_path / "project", USUAL, WAYS[way])


@pytest.mark.slow
@pytest.mark.parametrize("python", MAJORS)
def test_every_major_version_of_pytest(tmp_path: Path, python: str) -> None:
    """Slow: an environment each, and a project that is tested twice in it; test_two_parts_are_the_whole samples it."""
    check_parts(tmp_path / "project", python, WAYS["pytest-cov-workers"])


@pytest.mark.slow
@pytest.mark.parametrize("way", ["alone", "workers", "groups", "importlib"])
@pytest.mark.parametrize("python", sorted(set(pytests.SETS) - {"bare"}))
def test_every_python(tmp_path: Path, python: str, way: str) -> None:
    """Slow: 32 projects are tested twice. test_two_parts_are_the_whole samples it."""
    check_parts(tmp_path / "project", python, WAYS[way])


@pytest.mark.slow
@pytest.mark.parametrize("python", sorted(set(pytests.SETS) - {USUAL, "bare", *MAJORS}))
def test_every_other_python(tmp_path: Path, python: str) -> None:
    """Slow: as many environments again. test_two_parts_are_the_whole samples it."""
    check_parts(tmp_path / "project", python, WAYS["pytest-cov-workers"])


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
    "a doctest fails": Accident(
        {"app.py": 'def one():\n    """\n    >>> one()\n    2\n    """\n    return 1\n'},
        1,
        ('"file": "app.py"', "Expected:"),
        ("--args=--doctest-modules",),
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


#: One of each kind of end; together they are slow, each is a run of pytest.
ALWAYS = (
    "a test fails", "a test crashes the interpreter", "a test ends pytest with success", "a file cannot be imported",
    "a plugin turns failures into success", "the first failure ends it", "a selection that selects nothing",
    "pytest is not installed", "coverage is configured wrongly", "arguments without an end",
    "a command cannot be divided", "a command fails", "a command leaves no coverage",
)  # fmt: skip


@pytest.mark.parametrize("name", sampled([each for each in ACCIDENTS if "too long" not in each], ALWAYS))
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


# --- what must stay right whatever the project does -----------------------------------------------

#: Many small tests in several files.
MANY = {
    f"tests/test_{letter}.py": "".join(f"def test_{n}():\n    pass\n" for n in range(6)) for letter in "abcd"
}

WHOLE = {
    "random order": (MANY, "", {}),
    "random order with workers": (MANY, "-n2", {}),
    "no plugin but ours": (MANY, "", {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
    "a file given twice": (MANY, "tests/test_a.py tests/test_a.py tests", {}),
    "a file given twice on purpose": (MANY, "--keep-duplicates tests tests/test_a.py", {}),
    "a selection of the project": (
        {**MANY, "pytest.ini": "[pytest]\naddopts = -k 'not test_3' --deselect tests/test_a.py::test_0\n"},
        "",
        {},
    ),
    "a selection of the user": (MANY, "-k 'test_1 or test_2' tests", {}),
    "parameters that look like node ids": (
        {
            **MANY,
            "tests/test_p.py": """
            import pytest

            @pytest.mark.parametrize("text", ["a::b", "[x]", "a b", "ä", "x\\ny", "tab\\t", "", "'\\"", "::error::no", "a@b"])
            def test_text(text):
                pass

            @pytest.mark.parametrize("number", [1, 2, 3], ids=["same", "same", "same"])
            def test_same(number):
                pass
            """,
        },
        "",
        {},
    ),
    "ids that are not escaped": (
        {
            "pytest.ini": "[pytest]\n"
            "disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n",
            "tests/test_p.py": """
            import pytest

            @pytest.mark.parametrize("text", ["ä", "语", "line\\nline", "a b"])
            def test_text(text):
                pass
            """,
        },
        "",
        {},
    ),
    "names that a plugin changes": (
        {
            **MANY,
            "conftest.py": """
            def pytest_collection_modifyitems(items):
                for item in items:
                    item._nodeid = item.nodeid.replace("test_5", "test_five")
            """,
        },
        "",
        {},
    ),
    "groups of pytest-xdist": (
        {
            **MANY,
            "tests/test_g.py": """
            import pytest

            @pytest.mark.xdist_group("one")
            def test_first():
                pass

            @pytest.mark.xdist_group(name="one")
            def test_second():
                pass

            @pytest.mark.xdist_group
            def test_third():
                pass
            """,
        },
        "-n2 --dist=loadgroup",
        {},
    ),
    "a plugin that reorders and deselects last": (
        {
            **MANY,
            "conftest.py": """
            import random
            import pytest

            @pytest.hookimpl(trylast=True)
            def pytest_collection_modifyitems(config, items):
                random.shuffle(items)
                gone = [item for item in items if item.name == "test_0"]
                items[:] = [item for item in items if item.name != "test_0"]
                config.hook.pytest_deselected(items=gone)
            """,
        },
        "",
        {},
    ),
    "doctests": (
        {
            "app.py": 'def one():\n    """\n    >>> one()\n    1\n    """\n    return 1\n',
            "README.rst": ">>> 1 + 1\n2\n",
            "tests/test_a.py": PASSES,
        },
        "--doctest-modules --doctest-glob='*.rst'",
        {},
    ),
    "tests that change the folder and the path": (
        {
            "tests/test_a.py": """
            import os
            import sys

            def test_a(tmp_path, monkeypatch):
                os.chdir(str(tmp_path))
                os.environ["PYTHONPATH"] = "/nowhere"
                sys.path[:] = [each for each in sys.path if "site-packages" in each or "lib/python" in each]

            def test_b():
                os.environ.clear()

            def test_c():
                os.closerange(60, 100)
            """,
            "tests/test_b.py": PASSES,
        },
        "-p no:randomly",
        {},
    ),
    "a root below": (
        {"service/pytest.ini": "[pytest]\ntestpaths = checks\n", "service/checks/test_a.py": PASSES,
         "service/checks/test_b.py": PASSES},
        "--rootdir=service service/checks",
        {},
    ),
    "an interpreter that keeps the folder off the path": (MANY, "", {"PYTHONSAFEPATH": "1"}),
    "warnings are errors": ({**MANY, "pytest.ini": "[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n"}, "", {}),
    "warnings are errors everywhere": (MANY, "-W error", {}),
    "coverage asked for by the project, with a threshold": (
        {
            "app.py": "def one():\n    return 1\n\ndef two():\n    a = 2\n    b = 3\n    return a + b\n",
            "setup.cfg": "[tool:pytest]\naddopts = --cov=app --cov-fail-under=100\n[coverage:report]\nfail_under = 100\n",
            "tests/test_a.py": "import app\ndef test_it():\n    assert app.one() == 1\n",
            "tests/test_b.py": "import app\ndef test_it():\n    assert app.two() == 5\n",
        },
        "",
        {},
    ),
}  # fmt: skip


def listed(folder: Path, arguments: str, more: Mapping[str, str]) -> int:
    """Return how many tests pytest itself lists, where nothing of ours is in it: `-qq` counts them by file."""
    without = arguments.replace("-n2", "").replace("--dist=loadgroup", "").replace("--keep-duplicates", "")
    plugins = "" if "PYTEST_DISABLE_PLUGIN_AUTOLOAD" in more else "--no-cov -p no:randomly"
    done = subprocess.run(
        f"{pytests.python_of(USUAL)} -m pytest {without} {plugins} --collect-only -qq",
        shell=True,
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    numbers = [line.rpartition(": ")[2] for line in done.stdout.splitlines()]
    return sum(int(number) for number in numbers if number.isdigit())


@pytest.mark.parametrize("name", sampled(WHOLE, {"random order", "a selection of the project"}))
def test_the_parts_stay_the_whole(tmp_path: Path, name: str) -> None:
    """Slow together: each is four runs of pytest."""
    files, arguments, more = WHOLE[name]
    folder = write(tmp_path / "project", files)
    runs = in_parts(folder, 2, f"--args={arguments}", **more)
    for each in runs:
        assert each.code == 0, each.said
    names = assert_whole(runs)
    assert listed(folder, arguments, more) == len(names)
    assert all(each["outcome"] == "passed" for run in runs for each in run.shard["tests"].values())


def test_recorded_times_decide_who_runs_what(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", MANY)
    times = {
        f"tests/test_{letter}.py::test_{n}": 100.0 if letter == "a" else 1.0
        for letter in "abcd"
        for n in range(6)
    }
    (folder / ".test_durations").write_text(json.dumps(times))
    runs = in_parts(folder, 2)
    assert_whole(runs)
    # The long file is cut into two, and the short ones are spread.
    assert [sum(name.startswith("tests/test_a.py") for name in run.outcomes) for run in runs] == [3, 3]
    assert runs[0].report["details"]["divided-files"] == ["tests/test_a.py"]
    assert "tests/test_a.py" in runs[0].said
    (folder / ".test_durations").write_text("{")
    broken = in_parts(folder, 2)
    assert_whole(broken)
    assert ".test_durations says nothing of how long tests take" in broken[0].said


def test_what_is_left_is_read_by_pytest_split(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", MANY)
    ran = ci_test(folder, "--report-dir=left", "--durations=none.json")
    found = json.loads(Path(ran.outputs["durations-file"]).read_text("utf-8"))
    assert set(found) == set(ran.outcomes)
    assert all(isinstance(each, float) and each >= 0 for each in found.values())
    junit = ET.parse(ran.outputs["junit-file"]).getroot()
    assert len(list(junit.iter("testcase"))) == 24
    assert ran.outputs["report-dir"] == str(folder / "left")


@pytest.mark.parametrize("arguments", sampled(("", "-n2"), {""}))
def test_a_part_without_tests_passes_and_says_so(tmp_path: Path, arguments: str) -> None:
    """Workers are slow: three processes for each of three parts; sampled by the row without them."""
    folder = write(tmp_path / "project", {"test_a.py": PASSES})
    runs = in_parts(folder, 3, f"--args={arguments}", "--coverage=true")
    assert [each.code for each in runs] == [0, 0, 0], runs[-1].said
    assert_whole(runs)
    assert sorted(each.shard["exit"] for each in runs) == [0, 5, 5]
    assert any("fewer units of tests than parts" in each.said for each in runs)


def test_a_test_that_passes_when_run_again_is_told_apart(tmp_path: Path) -> None:
    files = {
        "test_a.py": """
        runs = []

        def test_flaky():
            runs.append(1)
            assert len(runs) > 1

        def test_broken():
            assert 0

        def test_fine():
            pass
        """
    }
    folder = write(tmp_path / "project", files)
    for arguments in ("--reruns=2", "--reruns=2 -n1"):
        ran = ci_test(folder, f"--args={arguments}")
        assert ran.code == 1
        assert ran.outcomes == {
            "test_a.py::test_flaky": "rerun-passed",
            "test_a.py::test_broken": "failed",
            "test_a.py::test_fine": "passed",
        }
        assert "1 test passed only when run again" in ran.said


def test_all_skipped_passes_and_says_that_nothing_was_tested(tmp_path: Path) -> None:
    files = {
        "test_a.py": "import pytest\npytestmark = pytest.mark.skip(reason='no server')\ndef test_a():\n    pass\n"
    }
    ran = ci_test(write(tmp_path / "project", files))
    assert ran.code == 0
    assert "Every test was skipped (1): nothing was tested" in ran.said
    assert "no server" in ran.said


def test_tests_that_run_pytest_themselves_are_left_alone(tmp_path: Path) -> None:
    files = {
        "conftest.py": "pytest_plugins = ['pytester']\n",
        "test_a.py": """
        import pytest
        import sys

        INNER = "def test_one():\\n    pass\\ndef test_two():\\n    pass\\n"

        @pytest.mark.parametrize("way", ["inprocess", "subprocess"])
        def test_inner(pytester, way):
            pytester.makepyfile(INNER)
            result = getattr(pytester, "runpytest_" + way)("-p", "no:randomly")
            result.assert_outcomes(passed=2)

        def test_main(tmp_path):
            (tmp_path / "test_inner_main.py").write_text(INNER)
            assert pytest.main([str(tmp_path), "-p", "no:cacheprovider", "-p", "no:randomly"]) == 0
        """,
    }
    runs = in_parts(write(tmp_path / "project", files), 2)
    assert [each.code for each in runs] == [0, 0], runs[0].said + runs[1].said
    assert len(assert_whole(runs)) == 3


def test_a_project_that_ends_the_process_after_the_last_test(tmp_path: Path) -> None:
    """Threads that never end are a reason to; what the tests said is known by then."""
    ends = "import os\ndef pytest_sessionfinish(exitstatus):\n    os._exit(0)\n"
    folder = write(tmp_path / "project", {"conftest.py": ends, "test_a.py": PASSES})
    assert ci_test(folder, "--coverage=false").code == 0
    assert ci_test(folder, "--coverage=true").code == 3, "its data is lost"
    (folder / "test_a.py").write_text("def test_it():\n    assert 0\n")
    assert ci_test(folder).code == 1


def test_subtests_count_as_their_test(tmp_path: Path) -> None:
    files = {
        "test_a.py": """
        import unittest

        def test_parts(subtests):
            for number in range(3):
                with subtests.test(number=number):
                    assert number != 1

        class Old(unittest.TestCase):
            def test_parts(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.assertNotEqual(number, 1)

            def test_skips(self):
                for number in range(3):
                    with self.subTest(number=number):
                        if number == 1:
                            self.skipTest("odd")
        """
    }
    ran = ci_test(write(tmp_path / "project", files))
    assert ran.code == 1
    assert ran.outcomes == {
        "test_a.py::test_parts": "failed",
        "test_a.py::Old::test_parts": "failed",
        "test_a.py::Old::test_skips": "passed",
    }


def has_ended(pid: str) -> bool:
    """Whether a process is gone, or only waits for its new parent to hear of it."""
    for _ in range(200):
        try:
            if b") Z " in Path("/proc", pid, "stat").read_bytes():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_server_that_a_test_leaves_running_does_not_keep_us(tmp_path: Path) -> None:
    files = {
        "test_a.py": """
        import subprocess
        import sys

        def test_a():
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            open("pid", "w").write(str(child.pid))
        """
    }
    folder = write(tmp_path / "project", files)
    # Nobody reads what a test prints but us: not captured, it goes straight to the file.
    ran = ci_test(folder, "--args=-s")
    assert ran.code == 0
    assert has_ended((folder / "pid").read_text())


def test_data_of_an_earlier_run_is_not_measured_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", SERVICE)
    ci_test(folder, "--args=-n2", "--coverage=true")
    first = {each.name for each in folder.glob(".coverage*")}
    assert len(first) == 3, "one of pytest itself, and one of each worker"
    ran = ci_test(folder, "--coverage=true")
    assert {each.name for each in folder.glob(".coverage*")} == {".coverage"}
    assert ran.report["details"]["coverage-data"] == [".coverage"]
    os.utime(folder / ".coverage", (1, 1))
    ran = ci_test(folder, "--coverage=false")
    assert (folder / ".coverage").exists(), "what somebody else left is left"
    assert ran.outputs["coverage-measured"] == "false", "and measures nothing of this run"


def test_what_is_measured_is_what_coverage_run_measures(tmp_path: Path) -> None:
    """Without `source`, everything outside of the environment is measured: nothing of ours may be in there."""
    folder = write(
        tmp_path / "project", {**SERVICE, "setup.cfg": "", ".coveragerc": "[run]\nbranch = true\n"}
    )
    for arguments in ("", "-n2", "--cov --cov-report="):
        ran = ci_test(folder, f"--args=-p no:randomly {arguments}")
        assert ran.code == 0
        found = {line.partition(":")[0] for line in measured(folder, USUAL)}
        shutil.rmtree(folder / "combined")
        assert found == {
            "src/shop/__init__.py", "src/shop/prices.py", "tests/conftest.py", "tests/test_prices.py",
            "tests/test_others.py", "tests/test_more.py",
        }  # fmt: skip


def test_a_worker_measures_whatever_becomes_of_it_after_its_last_test(tmp_path: Path) -> None:
    ends = "import os\ndef pytest_unconfigure(config):\n    if hasattr(config, 'workerinput'):\n        os._exit(0)\n"
    folder = write(tmp_path / "project", {**SERVICE, "conftest.py": ends})
    assert ci_test(folder, "--args=-n2").code == 0
    assert measured(folder, USUAL) == {"src/shop/__init__.py", "src/shop/prices.py"}


def test_coverage_is_handed_on_to_coverage_gate(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", SERVICE)
    for arguments in ("", "-n2"):
        assert ci_test(folder, f"--args={arguments}").code == 0
        done = subprocess.run(
            [sys.executable, "-m", "ci_actions", "coverage-gate", "--collect=collected.json",
             f"--python={pytests.python_of(USUAL)}"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads((folder / "collected.json").read_text("utf-8"))
        assert set(found["files"]) == {"src/shop/__init__.py", "src/shop/prices.py"}


# --- what the tests get, and what nobody sees -----------------------------------------------------


def test_variables_reach_the_tests_and_nobody_else(tmp_path: Path) -> None:
    files = {
        "test_a.py": """
        import os

        def test_a():
            print(os.environ["PASSWORD"], os.environ["CERTIFICATE"].splitlines()[1])
            assert os.environ["PLAIN"] == "x # y"
            assert os.environ["DATABASE_URL"].startswith("sqlite:")
            assert not [name for name in os.environ if name.startswith(("INPUT_", "CI_ACTIONS_"))]
            assert not {"GITHUB_TOKEN", "GITHUB_OUTPUT", "PYTHONPATH"} & set(os.environ)
            assert "PASSWORD" not in os.environ
        """
    }
    folder = write(tmp_path / "project", files)
    secrets = "hunter22", "MIIBlineone", "<&quoted>"
    text = (
        f"export PASSWORD={secrets[0]}\nPLAIN='x # y' # a comment\n"
        f"CERTIFICATE=\"-----\n{secrets[1]}\n-----\"\nX='{secrets[2]}'\n"
    )
    done = subprocess.run(
        [*COMMAND, f"--python={pytests.python_of(USUAL)}", "--args=-rP --showlocals"],
        cwd=folder,
        env={
            **os.environ, "INPUT_TEST_ENV": text, "INPUT_DATABASE_URL": "sqlite:///x.db", "GITHUB_ACTIONS": "true",
            "GITHUB_TOKEN": "t", "RUNNER_TEMP": str(tmp_path / "temp"),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["exit-code"] == 1
    masked = [
        line.removeprefix("::add-mask::")
        for line in done.stderr.splitlines()
        if line.startswith("::add-mask::")
    ]
    assert set(secrets) < set(masked)
    # GitHub reads it from top to bottom.
    first = next(
        number for number, line in enumerate(done.stderr.splitlines()) if "test session starts" in line
    )
    assert all("::add-mask::" not in line for line in done.stderr.splitlines()[first:])
    shown = "".join(line + "\n" for line in done.stderr.splitlines() if not line.startswith("::add-mask::"))
    left = Path(report["outputs"]["report-dir"])
    for secret in secrets:
        assert secret not in shown + done.stdout
        for path in left.rglob("*"):
            assert not path.is_file() or secret not in path.read_text("utf-8")
    assert "***" in (left / "junit.xml").read_text("utf-8")


def test_a_wrong_line_is_named_and_never_shown(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", {"test_a.py": PASSES})
    ran = ci_test(
        folder,
        INPUT_TEST_ENV='GOOD=hunter22\nBAD="hunter33\nhunter44\n',
        INPUT_REDIS_URL="redis://:hunter55@h:port",
    )
    assert ran.code == 2
    assert "input 'redis-url' (***) is no address" in ran.said
    assert "hunter" not in ran.said
    ran = ci_test(folder, INPUT_TEST_ENV='GOOD=hunter22\nBAD="hunter33\nhunter44\n')
    assert ran.code == 2
    assert "input 'test-env', line 2: BAD has no closing \"" in ran.said
    assert "hunter" not in ran.said
    ran = ci_test(folder, INPUT_TEST_ENV="REDIS_URL=redis://hunter22", INPUT_REDIS_URL="redis://h:1")
    assert ran.code == 2
    assert "'test-env' sets REDIS_URL, which input 'redis-url' sets, too" in ran.said


def test_workflow_commands_of_tests_are_harmless_and_colours_are_gone(tmp_path: Path) -> None:
    files = {"test_a.py": "def test_a():\n    print('::error::boo')\n    print('##[add-path]x')\n"}
    ran = ci_test(write(tmp_path / "project", files), "--args=-s --color=yes", GITHUB_ACTIONS="true",
                  RUNNER_TEMP=str(tmp_path / "temp"))  # fmt: skip
    assert ran.code == 0
    lines = ran.log.splitlines()
    assert any("::error::boo" in line for line in lines)
    assert not any(line.lstrip().startswith("::error") or "##[" in line for line in lines)
    assert "\\x1b" not in ran.log


def test_a_folder_of_the_users_keeps_what_is_theirs(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", {"test_a.py": PASSES, "coverage/index.js": "1", "shard.json": "{}"})
    assert ci_test(folder, "--report-dir=.", "--args=--nonsense").code == 3
    assert (folder / "coverage" / "index.js").exists()
    assert not (folder / "shard.json").exists(), "an old record would be taken for this run's"


def test_a_request_to_end_ends_the_tests(tmp_path: Path) -> None:
    files = {
        "test_a.py": "import os, time\ndef test_a():\n    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    }
    folder = write(tmp_path / "project", files)
    with subprocess.Popen(
        [*COMMAND, f"--python={pytests.python_of(USUAL)}"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        while not (folder / "pid").exists() or not (folder / "pid").read_text():
            assert running.poll() is None
            time.sleep(0.1)
        running.terminate()
        assert running.wait() != 0
    assert has_ended((folder / "pid").read_text())


def test_programs_of_the_environment_are_found_by_their_names(tmp_path: Path) -> None:
    files = {
        "test_a.py": """
        import os
        import subprocess
        import sys

        def test_a():
            assert subprocess.run(["pytest", "--version"]).returncode == 0
            assert os.path.realpath(os.environ["VIRTUAL_ENV"]) == os.path.realpath(sys.prefix)
        """
    }
    assert ci_test(write(tmp_path / "project", files)).code == 0


def test_a_command_runs_what_it_wants(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", {"go.mod": ""})
    command = "echo started; mkdir -p out; echo TN: > out/lcov.info; test $KEY = value22"
    ran = ci_test(
        folder,
        f"--command={command}",
        "--coverage-files=out/*.info",
        "--id=go-1",
        INPUT_TEST_ENV="KEY=value22",
    )
    assert ran.code == 0, ran.said
    assert {**ran.shard, "seconds": 0} == {
        "format": "ci-actions-shard", "version": 1, "id": "go-1", "python": USUAL, "shard": "1/1", "collected": None,
        "tests": {}, "seconds": 0, "exit": 0, "interpreter": ran.shard["interpreter"], "pytest": "", "runner": "command",
    }  # fmt: skip
    assert ran.outputs["coverage-measured"] == "true"
    assert Path(ran.outputs["report-dir"], "coverage", "out", "lcov.info").read_text() == "TN:\n"
    assert "started" in ran.log


def test_the_first_line_is_said_before_the_last_test_ends(tmp_path: Path) -> None:
    files = {
        "test_a.py": """
        import os
        import time

        def test_a():
            for _ in range(600):
                if os.path.exists("go-on"):
                    return
                time.sleep(0.1)
            assert False, "nobody heard"
        """
    }
    folder = write(tmp_path / "project", files)
    with subprocess.Popen(
        [*COMMAND, f"--python={pytests.python_of(USUAL)}"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stderr
        for line in running.stderr:
            if "collected 1 item" in line:
                (folder / "go-on").touch()
        assert running.wait() == 0
