"""ci-test runs failures again with real pytest: what is flaky is said, and nothing is green that should not be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.integration.test_ci_test import ci_test, write
from tests.sampling import sampled

pytestmark = pytest.mark.integration

#: Fails the first `bad` times that it is asked, whoever runs it.
NTH = """
    import os
    import pathlib

    HERE = pathlib.Path(os.path.dirname(os.path.abspath(__file__)))

    def nth(name):
        place = HERE / ("count-" + name)
        number = int(place.read_text()) + 1 if place.exists() else 1
        place.write_text(str(number))
        return number
"""
FLAKY = """
    from nth import nth

    def test_steady():
        assert nth("steady") == 1

    def test_flaky():
        assert nth("flaky") == 2, "not the second time"
"""


@pytest.mark.parametrize("arguments", sampled(("", "-n2", "--cov=. --cov-report=html:own"), {""}))
def test_what_passes_on_a_further_run_is_flaky_and_said_everywhere(tmp_path: Path, arguments: str) -> None:
    """Workers and reports are slow; sampled by the row without them."""
    folder = write(tmp_path, {"nth.py": NTH, "test_a.py": FLAKY})
    ran = ci_test(folder, "--retries=2", f"--args={arguments}")
    assert ran.code == 0, ran.log
    assert ran.outcomes == {"test_a.py::test_steady": "passed", "test_a.py::test_flaky": "rerun-passed"}
    assert (ran.shard["exit"], ran.outputs["flaky"], ran.outputs["failed"]) == (0, "1", "0")
    assert ran.shard["tests"]["test_a.py::test_flaky"]["times"] == 2
    assert "1 passed, 1 flaky in" in ran.report["headline"]
    (flaky,) = ran.report["details"]["flaky"]
    assert flaky == {
        "id": "test_a.py::test_flaky",
        "times": 2,
        "message": "AssertionError: not the second time",
    }
    (told,) = [each for each in ran.report["annotations"] if each["title"].endswith("test_a.py::test_flaky")]
    assert (told["level"], told["file"], told["line"]) == ("warning", "test_a.py", 8)
    assert "passed in run 2" in told["message"]
    assert "Flaky test" in Path(ran.outputs["summary-file"]).read_text()
    suite = ET.fromstring(Path(ran.outputs["junit-file"]).read_text()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
    assert [case.get("name") for case in suite if case.find("flakyFailure") is not None] == ["test_flaky"]
    assert suite.find("testcase/failure") is None
    # Its time is that of the run that it passed in.
    assert set(json.loads(Path(ran.outputs["durations-file"]).read_text())) == set(ran.outcomes)
    assert (folder / "count-steady").read_text() == "1"


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.6", "3.8", "3.9", "3.12"])
@pytest.mark.parametrize("arguments", ["", "-n2 --cov=."], ids=["one", "xdist"])
def test_every_major_version_of_pytest(tmp_path: Path, python: str, arguments: str) -> None:
    """Slow: an environment each; sampled by the test above."""
    always = "\n    def test_bad():\n        assert not nth('bad')\n"
    folder = write(tmp_path, {"nth.py": NTH, "test_a.py": FLAKY + always})
    ran = ci_test(folder, "--retries=1", f"--args={arguments}", python=python)
    assert ran.code == 1, ran.log
    assert ran.outcomes == {
        "test_a.py::test_steady": "passed",
        "test_a.py::test_flaky": "rerun-passed",
        "test_a.py::test_bad": "failed",
    }
    assert (folder / "count-bad").read_text() == "2"
    assert (folder / "count-steady").read_text() == "1"


def test_files_of_the_first_run_stay_as_they_are(tmp_path: Path) -> None:
    """A report of the one test that ran again would be taken for that of all tests."""
    folder = write(tmp_path, {"nth.py": NTH, "test_a.py": FLAKY})
    ran = ci_test(
        folder, "--retries=1", "--junit=false", "--args=--junitxml=own.xml --cov=. --cov-report=xml:cov.xml"
    )
    assert ran.code == 0, ran.log
    own = ET.fromstring((folder / "own.xml").read_text()).find("testsuite")
    assert own is not None
    assert own.get("tests") == "2"
    lines = {
        line.get("number"): line.get("hits")
        for line in ET.fromstring((folder / "cov.xml").read_text()).iterfind(
            ".//class[@name='test_a.py']//line"
        )
    }
    assert "0" not in lines.values()
    assert ran.outputs["coverage-measured"] == "true"


def test_tests_of_any_name_run_again(tmp_path: Path) -> None:
    text = """
        import pytest
        from nth import nth

        class TestIt:
            @pytest.mark.parametrize("value", ["a::b[c]", "with space", "ümlaut", "x.py::y"])
            def test_one(self, value):
                assert nth(str(abs(hash(value)) if False else value.encode().hex())) == 2
    """
    folder = write(
        tmp_path, {"nth.py": NTH, "tests/__init__.py": "", "tests/test_a.py": text, "tests/nth.py": NTH}
    )
    ran = ci_test(folder, "--retries=1", PYTHONPATH=str(folder))
    assert ran.code == 0, ran.log
    assert ran.outputs["flaky"] == "4"
    suite = ET.fromstring(Path(ran.outputs["junit-file"]).read_text()).find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "0"


def test_what_fails_each_time_fails_and_runs_no_oftener_than_asked(tmp_path: Path) -> None:
    always = "\n    def test_bad():\n        assert not nth('bad')\n"
    folder = write(tmp_path, {"nth.py": NTH, "test_a.py": FLAKY + always})
    ran = ci_test(folder, "--retries=2")
    assert ran.code == 1
    assert "1 of 3 tests failed, 1 flaky in" in ran.report["headline"]
    assert (folder / "count-bad").read_text() == "3"
    assert (folder / "count-flaky").read_text() == "2"
    assert "test_a.py::test_bad: failed, 3 times" in ran.said


def test_without_retries_nothing_runs_again(tmp_path: Path) -> None:
    folder = write(tmp_path, {"nth.py": NTH, "test_a.py": FLAKY})
    ran = ci_test(folder)
    assert (ran.code, ran.outputs["failed"], ran.outputs["flaky"]) == (1, "1", "0")
    assert (folder / "count-flaky").read_text() == "1"


def test_a_part_runs_its_own_failures_again(tmp_path: Path) -> None:
    folder = write(tmp_path, {"nth.py": NTH, "test_a.py": FLAKY, "test_b.py": "def test_b():\n    pass\n"})
    found: dict[str, str] = {}
    for part in (1, 2):
        ran = ci_test(folder, "--retries=1", f"--shard={part}/2", f"--report-dir=left/{part}")
        assert ran.code == 0, ran.log
        found |= dict(ran.outcomes)
    assert found["test_a.py::test_flaky"] == "rerun-passed"
    assert len(found) == 3


@dataclass(frozen=True)
class Accident:
    """How a run could become green although not all is well: files, arguments, the exit code, and what is said."""

    files: Mapping[str, str]
    code: int
    said: str
    arguments: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)


SECOND = "from nth import nth\n\n"


def the_second_time(what: str) -> str:
    """Return a test that fails, but does something else when it runs again."""
    return f"import os\nimport pytest\n{SECOND}def test_a():\n    if nth('a') == 2:\n        {what}\n    assert False\n"


ACCIDENTS = {
    "the retry crashes after the test has passed": Accident(
        {
            "test_a.py": FLAKY,
            "conftest.py": SECOND
            + "import os\n\ndef pytest_runtest_logfinish(nodeid):\n"
            "    if 'flaky' in nodeid and nth('logged') == 2:\n        os._exit(0)\n",
        },
        1, "Run 2, of 1 test that had failed, proves nothing",
    ),
    "the retry dies of a signal": Accident(
        {"test_a.py": the_second_time("os.kill(os.getpid(), 9)")},
        1, "it was killed by signal 9",
    ),
    "the retry does not find the test": Accident(
        {"test_a.py": SECOND + "if nth('module') == 1:\n    def test_a():\n        assert False\n\ndef test_b():\n    pass\n"},
        1, "pytest collected 0 of the 1 tests that had failed",
    ),
    "the retry finds one of two tests": Accident(
        {
            "test_a.py": SECOND
            + "if nth('module') == 1:\n    def test_a():\n        assert False\n\ndef test_b():\n    assert nth('b') == 2\n"
        },
        1, "pytest collected 1 of the 2 tests that had failed",
    ),
    "the retry cannot collect a file": Accident(
        {"test_a.py": FLAKY, "test_b.py": SECOND + "assert nth('module') == 1\n\ndef test_b():\n    pass\n"},
        1, "pytest could not collect every file",
    ),
    "the test is skipped the second time": Accident(
        {"test_a.py": the_second_time("pytest.skip('enough')")},
        1, "test_a.py::test_a",
    ),
    "the test is expected to fail the second time": Accident(
        {"test_a.py": the_second_time("pytest.xfail('well')")},
        1, "test_a.py::test_a",
    ),
    "teardown fails the second time": Accident(
        {
            "test_a.py": SECOND
            + "import pytest\n\n@pytest.fixture\ndef it():\n    yield\n    assert nth('down') == 1\n\n"
            "def test_a(it):\n    assert nth('a') == 2\n"
        },
        1, "test_a.py::test_a",
    ),
    "a percentage was not reached, too": Accident(
        {"test_a.py": FLAKY, "shop.py": "def unused():\n" + "    print(1)\n" * 50},
        1, "pytest failed for something beside the tests, too", "--cov=shop --cov=. --cov-fail-under=90",
    ),
    "pytest stopped at the first failure": Accident(
        {"test_a.py": "from nth import nth\n\ndef test_a():\n    assert nth('a') == 2\n\ndef test_b():\n    assert False\n"},
        1, "not every test was run", "-x",
    ),
    "a file cannot be collected": Accident(
        {"test_a.py": FLAKY, "test_b.py": SECOND + "assert nth('module') == 2\n\ndef test_b():\n    pass\n"},
        3, "cannot collect test_b.py", "--continue-on-collection-errors",
    ),
    "a plugin fails after the last test": Accident(
        {"test_a.py": FLAKY, "conftest.py": SECOND + "def pytest_sessionfinish():\n    assert nth('end') == 2\n"},
        1, "pytest, or a plugin, failed after the last test",
    ),
    "the first run is killed": Accident(
        {"test_a.py": SECOND + "def test_a():\n    if nth('a') == 1:\n        import os\n        os.kill(os.getpid(), 9)\n"},
        3, "SIGKILL",
    ),
    "a worker of pytest-xdist dies the second time": Accident(
        {"test_a.py": SECOND + "def test_a():\n    if nth('a') > 1:\n        import os\n        os._exit(1)\n    assert False\n"},
        1, "test_a.py::test_a", "-n1",
    ),
    "there are no tests": Accident({"test_a.py": "x = 1\n"}, 3, "collected no tests"),
    "the arguments are wrong": Accident({"test_a.py": FLAKY}, 3, "unrecognized arguments", "--no-such-option"),
    "a plugin calls the second run red": Accident(
        {
            "test_a.py": FLAKY,
            "conftest.py": SECOND
            + "import pytest\n\n@pytest.hookimpl(trylast=True)\ndef pytest_sessionfinish(session):\n"
            "    if nth('end') == 2:\n        session.exitstatus = 1\n",
        },
        1, "pytest failed although no test did",
    ),
}  # fmt: skip


#: One of each kind of end; together they are slow, each is at least two runs of pytest.
ALWAYS = (
    "the retry dies of a signal", "the retry does not find the test", "the test is skipped the second time",
    "there are no tests", "the arguments are wrong",
)  # fmt: skip


@pytest.mark.parametrize("name", sampled(ACCIDENTS, ALWAYS))
def test_no_accident_is_green(tmp_path: Path, name: str) -> None:
    accident = ACCIDENTS[name]
    folder = write(tmp_path, {"nth.py": NTH, **accident.files})
    ran = ci_test(folder, "--retries=1", f"--args={accident.arguments}", **accident.environ)
    assert ran.code == accident.code, ran.log + json.dumps(ran.report)
    assert accident.said in ran.said
    if ran.code == 1:
        assert ran.outputs["failed"] != "0" or "pytest failed" in ran.said


def test_a_command_is_not_run_again(tmp_path: Path) -> None:
    ran = ci_test(write(tmp_path, {}), "--retries=1", "--command=false")
    assert ran.code == 2
    assert "input 'retries' is 1, but what a command runs are no tests" in ran.said
