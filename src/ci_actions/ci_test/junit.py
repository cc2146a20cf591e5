"""Pure: JUnit XML in which a test that passed only when it was run again is flaky, and no failure.

As Maven's Surefire writes it, and others read it: `flakyFailure` and `flakyError` instead of `failure` and `error`.
https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FLAKY = {"failure": "flakyFailure", "error": "flakyError"}
_COUNTERS = {"failure": "failures", "error": "errors"}


def with_flaky(text: str, flaky: Collection[str]) -> str:
    """Return JUnit XML of pytest in which those tests are flaky; text that is no XML stays as it is."""
    if not flaky:
        return text
    from xml.etree import ElementTree as ET

    try:
        root = ET.fromstring(text)  # noqa: S314 - what pytest has just written
    except ET.ParseError:
        return text
    names = {address(each) for each in flaky}
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            if (case.get("classname", ""), case.get("name", "")) in names:
                _forgive(suite, case)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _forgive(suite: Element, case: Element) -> None:
    for each in case:
        if each.tag in _FLAKY:
            counter = _COUNTERS[each.tag]
            suite.set(counter, str(int(suite.get(counter, "1")) - 1))
            each.tag = _FLAKY[each.tag]


def address(node_id: str) -> tuple[str, str]:
    """Return what pytest calls a test in JUnit XML: `classname` and `name` (`_pytest/junitxml.py`, `mangle_test_address`)."""
    path, bracket, parameters = node_id.partition("[")
    first, *more = path.split("::")
    names = [first.replace("/", ".").removesuffix(".py"), *more]
    names[-1] += bracket + parameters
    return ".".join(names[:-1]), names[-1]
