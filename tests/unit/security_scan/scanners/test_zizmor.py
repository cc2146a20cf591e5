from __future__ import annotations

from typing import Any

import pytest
from tests.doubles.scanning import ask, config, ended, tree

from ci_actions.findings.model import Kind, Region, Severity
from ci_actions.security_scan.model import State
from ci_actions.security_scan.scanners import NoAnswer, Reading, zizmor

WORKFLOW = ".github/workflows/ci.yml"
COMPLETED = f" INFO zizmor: 🌈 zizmor v1.32.0\n INFO audit: zizmor: 🌈 completed {WORKFLOW}\n"


def location(**symbolic: Any) -> dict[str, Any]:
    return {
        "symbolic": {
            "key": {"Local": {"verbatim_path": f"./{WORKFLOW}"}},
            "annotation": "may expand into code",
            "kind": "Primary",
            **symbolic,
        },
        "concrete": {
            "location": {"start_point": {"row": 6, "column": 8}, "end_point": {"row": 6, "column": 33}},
            "feature": "run: echo ${{ github.event.pull_request.title }}",
        },
    }


def result(**changes: Any) -> dict[str, Any]:
    """One finding as zizmor 1.32 writes it."""
    return {
        "ident": "template-injection",
        "desc": "code injection via template expansion",
        "url": "https://docs.zizmor.sh/audits/#template-injection",
        "determinations": {"confidence": "High", "severity": "High", "persona": "Regular"},
        "locations": [location(kind="Related", annotation="here"), location()],
        "ignored": False,
        **changes,
    }


def read(output: object, code: int = 0, errors: str = COMPLETED, files: Any = (WORKFLOW,)) -> Reading:
    return zizmor.classify(ask(files), [ended(output, code=code, errors=errors, asked=tuple(files))])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (WORKFLOW, True), ("action.yml", True), ("actions/a/action.yaml", True), (".github/dependabot.yml", True),
        (".github/workflows/notes.md", False), ("workflows/ci.yml", False), ("docs/action.yml.md", False),
    ],
)  # fmt: skip
def test_what_it_looks_at(path: str, expected: bool) -> None:
    assert zizmor.applies(config(), tree([path])).applies is expected


def test_it_asks_nobody() -> None:
    (task,) = zizmor.tasks(ask([WORKFLOW]))
    assert "--offline" in task.argv
    assert task.argv[-1] == f"./{WORKFLOW}"


def test_nothing_found() -> None:
    assert (read([]).state, read([]).examined) == (State.CLEAN, 1)


def test_a_finding_stands_at_its_primary_location() -> None:
    (one,) = read([result()], 14).findings
    assert (one.rule, one.kind, one.severity, one.confidence) == (
        "template-injection",
        Kind.MISCONFIGURATION,
        Severity.HIGH,
        Severity.HIGH,
    )
    assert (one.path, one.region) == (WORKFLOW, Region(7, 9, 7, 34))
    assert one.message == "code injection via template expansion: may expand into code"


def test_the_source_is_not_in_a_finding() -> None:
    assert "pull_request.title" not in repr(read([result()], 14).findings)


def test_paths_as_older_versions_write_them() -> None:
    old = location(key={"Local": {"given_path": WORKFLOW}})
    assert zizmor.finding(result(locations=[old])).path == WORKFLOW


def test_a_finding_of_a_repository_has_no_place() -> None:
    found = zizmor.finding(result(locations=[]))
    assert (found.path, found.region) == ("", None)


def test_a_file_that_it_did_not_complete_is_a_gap() -> None:
    errors = (
        COMPLETED + " WARN collect_inputs: zizmor::registry::input: failed to parse input: did not find …\n"
    )
    found = read([result()], 14, errors, (WORKFLOW, ".github/workflows/broken.yml"))
    assert (found.state, found.examined) == (State.INCOMPLETE, 1)
    assert found.gaps == ("1 file could not be parsed (.github/workflows/broken.yml)",)


def test_colours_do_not_hide_what_was_completed() -> None:
    coloured = f"\x1b[32m INFO\x1b[0m \x1b[1maudit\x1b[0m: zizmor: 🌈 completed \x1b[36m./{WORKFLOW}\x1b[0m\n"
    assert read([], errors=coloured).state is State.CLEAN


def test_markers_are_counted_and_bare_ones_named() -> None:
    text = "a: 1 # zizmor: ignore[artipacked]\nb: 2 # zizmor: ignore\n"
    found = read([], files={WORKFLOW: text})
    assert found.markers == 2
    assert [(each.line, each.text) for each in found.bare_markers] == [(2, "zizmor: ignore")]


@pytest.mark.parametrize(
    ("output", "code", "errors", "says"),
    [
        pytest.param(b"", 1, "fatal: no audit was performed\n", "audited nothing", id="nothing to audit"),
        pytest.param(b"", 0, COMPLETED, "wrote no result", id="nothing written"),
        pytest.param(b'[{"ident"', 14, COMPLETED, "only the beginning", id="truncated"),
        pytest.param([], 13, COMPLETED, "exit code 13 and reported 0", id="red without a finding"),
        pytest.param([result()], 0, COMPLETED, "exit code 0 and reported 1", id="green with a finding"),
        pytest.param([result(ignored=True)], 14, COMPLETED, "reported 0", id="red with an ignored finding"),
        pytest.param({}, 0, COMPLETED, "no list of findings", id="an object"),
        pytest.param([], 101, "thread 'main' panicked", "exit code 101", id="a panic"),
        pytest.param([], -9, COMPLETED, "signal 9", id="killed"),
    ],
)
def test_what_is_no_answer(output: object, code: int, errors: str, says: str) -> None:
    with pytest.raises(NoAnswer, match=says):
        read(output, code, errors)
