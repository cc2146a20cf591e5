from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from ci_actions.ci_test.junit import address, with_flaky

TEXT = """<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="2" tests="4">
<testcase classname="tests.test_a.TestIt" name="test_x[a::b]" time="0.1"><failure message="m">text</failure></testcase>
<testcase classname="tests.test_a" name="test_y" time="0.1"><failure message="m">text</failure></testcase>
<testcase classname="tests.test_a" name="test_z" time="0.1"><error message="m">text</error></testcase>
<testcase classname="tests.test_a" name="test_ok" time="0.1" /></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("node_id", "expected"),
    [
        ("test_a.py::test_x", ("test_a", "test_x")),
        ("tests/sub/test_a.py::TestIt::test_x", ("tests.sub.test_a.TestIt", "test_x")),
        ("test_a.py::test_x[a::b.py/c[]", ("test_a", "test_x[a::b.py/c[]")),
        ("README.md::README.md", ("README.md", "README.md")),
    ],
)
def test_what_pytest_calls_it(node_id: str, expected: tuple[str, str]) -> None:
    assert address(node_id) == expected


@pytest.mark.parametrize(
    ("flaky", "failures", "errors", "tags"),
    [
        (["tests/test_a.py::TestIt::test_x[a::b]"], "1", "1", {"flakyFailure": 1, "failure": 1, "error": 1}),
        (["tests/test_a.py::test_z"], "2", "0", {"failure": 2, "flakyError": 1}),
        (["tests/test_a.py::test_ok", "tests/test_b.py::test_y"], "2", "1", {"failure": 2, "error": 1}),
    ],
)
def test_what_is_flaky_is_no_failure(
    flaky: list[str], failures: str, errors: str, tags: dict[str, int]
) -> None:
    suite = ET.fromstring(with_flaky(TEXT, flaky)).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors"), suite.get("tests")) == (failures, errors, "4")
    found = [each.tag for case in suite for each in case]
    assert {tag: found.count(tag) for tag in found} == tags


@pytest.mark.parametrize("text", ["", "<testsuites>", "no xml"])
def test_what_is_no_xml_stays(text: str) -> None:
    assert with_flaky(text, ["a.py::b"]) == text


def test_without_flaky_tests_nothing_is_touched() -> None:
    assert with_flaky(TEXT, []) == TEXT
