"""The whole output of every situation, byte for byte. `UPDATE_GOLDEN=1` rewrites the files; read the diff."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.golden import scans, setups
from tests.golden.situations import FAILURES, SITUATIONS

from ci_actions.kit import emit
from ci_actions.kit.emit import Targets
from ci_actions.kit.report import Report

FILES = Path(__file__).parent / "files"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
NAMES = [*SITUATIONS, *FAILURES, *scans.SITUATIONS, *setups.SITUATIONS]


def reported(name: str) -> Report:
    if name in scans.SITUATIONS:
        return scans.SITUATIONS[name]().report()
    if name in setups.SITUATIONS:
        return setups.SITUATIONS[name]()
    return FAILURES[name] if name in FAILURES else SITUATIONS[name]().report()


def rendered(report: Report) -> str:
    """Return everything a run says, as one document."""
    parts = {
        f"exit code {int(report.exit_code)}, result {report.result.value}": "",
        "summary": emit.summary(report),
        "log in GitHub Actions": "\n".join(emit._lines(report, Targets(github=True))) + "\n",
        "log on a laptop": "\n".join(emit._lines(report, Targets())) + "\n",
        "outputs": "".join(f"{name}={value}\n" for name, value in report.outputs.items()),
    }
    text = "\n".join(f"══════ {title}\n{part}" for title, part in parts.items())
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str) -> None:
    path = FILES / f"{name}.txt"
    text = rendered(reported(name))
    if UPDATE:
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.exists(), f"no tests/golden/files/{path.name}: run with UPDATE_GOLDEN=1"
    assert text == path.read_bytes().decode(), (
        f"tests/golden/files/{path.name} differs: UPDATE_GOLDEN=1 rewrites it"
    )


def test_no_file_is_left_over() -> None:
    assert sorted(path.stem for path in FILES.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_says_how_it_ends(name: str) -> None:
    result = reported(name).result.value
    expected = {
        "green": "passed",
        "red": "failed",
        "no": "error",
        "dry": "would-fail",
        "bad": "error",
        "cannot": "error",
        "skipped": "skipped",
    }
    known = {
        "not-enforced": "passed",
        "uncovered-file": "failed",
        "loosened": "passed",
        "hostile-names": "failed",
    }
    assert result == known.get(name) or result == expected.get(name.partition("-")[0])


@pytest.mark.parametrize("name", NAMES)
def test_every_line_for_the_runner_is_a_command_of_ours_or_none(name: str) -> None:
    for line in emit._lines(reported(name), Targets(github=True)):
        assert "\n" not in line
        assert "\r" not in line
        command = line.startswith(("::error", "::warning", "::notice"))
        assert command or not line.lstrip().startswith("::")
        assert command or "##[" not in line


@pytest.mark.parametrize("name", NAMES)
def test_what_is_red_says_what_to_do(name: str) -> None:
    report = reported(name)
    if report.result.value in ("failed", "would-fail") or name.startswith("no-"):
        assert report.next_step or report.summary
        assert "**Next:** \n" not in emit.summary(report)
