"""`ci-actions check` on real projects, with real child processes; the children's misbehaviour as values."""

from __future__ import annotations

import json
import os
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.unit.commands.check.ended import finished

from ci_actions.commands.check import command
from ci_actions.commands.check.command import check
from ci_actions.commands.check.finished import Round
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput

XML = (
    '<?xml version="1.0" ?><coverage lines-valid="2" lines-covered="1" line-rate="1" version="7.0" timestamp="1">'
    '<packages><package><classes><class name="a" filename="src/a.py"><lines><line number="1" hits="1"/>'
    '<line number="2" hits="0"/></lines></class></classes></package></packages></coverage>'
)
SETTINGS = '[tool.ci-actions.coverage-gate]\nmin-overall = {minimum}\nmin-new-code = "off"\n'


@pytest.fixture
def project(repository: Any) -> Path:
    repository.commit({"src/a.py": "import b\nb.c()\n", "pyproject.toml": SETTINGS.format(minimum=50)})
    repository.write({"coverage.xml": XML, "sub/x": ""})
    path: Path = repository.path
    return path


def run(here: Path, *words: str, environ: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    code = check(list(words), environ or {}, here=here, out=out, err=err, clock=Clock())
    return code, out.getvalue(), err.getvalue()


def test_green(project: Path) -> None:
    code, out, err = run(project)
    assert code == 0
    assert err.splitlines()[0] == "…  coverage-gate: started"
    assert err.splitlines()[1].startswith("✅ coverage-gate  passed ")
    assert "coverage-gate: overall 50.00 % (needs 50.00 %)" in out
    page = project / ".ci-actions" / "check" / "check.html"
    assert f"every gate passed; the page: {page}" in out
    assert "<title>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("minimum", "words", "code", "result"),
    [
        ("51", (), 1, "failed"),
        ("51", ("--dry-run",), 0, "passed"),
        ("0.51", (), 2, "error"),
        ("0.51", ("--dry-run",), 2, "error"),
    ],
)
def test_the_code_of_the_gate_is_ours(
    project: Path, minimum: str, words: tuple[str, ...], code: int, result: str
) -> None:
    (project / "pyproject.toml").write_text(SETTINGS.format(minimum=minimum))
    ended, out, err = run(project, "--json", *words)
    document = json.loads(out)
    assert (ended, document["exit-code"], document["result"]) == (code, code, result)
    assert document["details"]["gates"]["coverage-gate"]["exit-code"] == code
    if code:
        assert f"exit code {code}" in err


def test_the_same_verdict_from_elsewhere_and_for_a_folder_below(project: Path) -> None:
    assert run(project.parent, project.name)[0] == 0
    assert run(project.parent, f"--working-directory={project.name}")[0] == 0
    code, _, _ = run(project / "sub")
    assert code == 3, "the settings are found above, the report is not below"


def test_a_gate_gets_no_inputs_and_no_command_files(project: Path, tmp_path: Path) -> None:
    environ = {"INPUT_MIN_OVERALL": "99", "GITHUB_OUTPUT": str(tmp_path / "out"), "PATH": ""}
    assert run(project, environ=environ)[0] in (0, 3), "99 would be 1"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("--jobs=x", "--help")])
def test_help(project: Path, words: tuple[str, ...]) -> None:
    code, out, _ = run(project, *words)
    assert code == 0
    assert "--gates VALUE" in out


def test_list_says_why_and_runs_nothing(project: Path) -> None:
    code, out, err = run(project, "--list")
    assert (code, err) == (0, "")
    assert re.search(
        r"^coverage-gate +yes  \[tool\.ci-actions\.coverage-gate\] in pyproject\.toml$", out, re.MULTILINE
    )
    code, out, err = run(project, "--list", "--json")
    assert {each["gate"]: each["configured"] for each in json.loads(out)}["coverage-gate"] is True
    assert not (project / ".ci-actions").exists()


def test_list_where_nothing_is_configured(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "--list")
    assert code == 2
    assert re.search(
        r"^coverage-gate +no   there is no \[tool\.ci-actions\.coverage-gate\] in any ", out, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "b"), "'a b': check takes one folder, and the names of gates"),
        (("nowhere",), "'nowhere' is no folder"),
        (("coverage-gat",), "and no gate (did you mean 'coverage-gate'?)"),
        (("--gates=coverage-gat",), "gate 'coverage-gat' does not exist (did you mean 'coverage-gate'?)"),
        (("coverage-gate", "--gates=coverage-gate"), "mean the same; give one of them"),
        (("--fix", "coverage-gate"), "--fix is of no use to coverage-gate: none can mend files"),
        (("--fix", "--staged"), "--staged looks at what is staged and --fix changes the work tree"),
        (("--watch", "--staged"), "--watch waits for changes in the work tree; it does not go with --staged"),
        (("--watch", "--json"), "--json is one document and --watch has no end"),
        (("--base=-x",), "must not start with '-'"),
        (("--jobs=x",), "option '--jobs' is 'x' but must be a whole number from 0 to 512"),
        (("--job=1",), "option '--job' is unknown (did you mean '--jobs'?)"),
        (("--json=x",), "option '--json' takes no value"),
    ],
)
def test_what_cannot_be_meant(project: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        run(project, *words)
    assert said in refused.value.problems[0]


def test_nothing_configured_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for text in ("", "[tool.ci-actions.check]\njobs = 1"):
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(BadInput, match="nothing is configured"):
            run(tmp_path)
    with pytest.raises(BadInput, match=r"\[tool\.ci-actions\.quality\] into pyproject\.toml"):
        run(tmp_path, "quality")


def test_words_name_gates_and_the_folder_in_any_order(project: Path) -> None:
    for words in (("coverage-gate",), ("coverage-gate", project.name), (project.name, "coverage-gate")):
        here = project.parent if project.name in words else project
        assert run(here, *words)[0] == 0


def test_a_check_within_a_check_starts_nothing(project: Path) -> None:
    code, out, err = run(project, environ={"CI_ACTIONS_WITHIN_CHECK": "quality"})
    assert (code, out) == (0, "")
    assert err == "check: skipped, as quality runs within a check already\n"
    assert not (project / ".ci-actions").exists()


def test_what_git_tells_a_hook_reaches_no_gate(project: Path) -> None:
    environ = {**os.environ, "GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "GIT_WORK_TREE": "/nowhere"}
    assert run(project, environ=environ)[0] == 0


def test_changed_and_base_are_handed_on(project: Path) -> None:
    (project / "pyproject.toml").write_text(SETTINGS.format(minimum=50).replace('"off"', "1"))
    code, out, _ = run(project, "--changed", "--base=no-such-branch", environ=dict(os.environ))
    assert code == 3
    assert "base is 'no-such-branch', which names no commit here" in out
    assert out.splitlines()[-1] == "again: ci-actions check coverage-gate --changed --base=no-such-branch"


@pytest.mark.parametrize(("jobs", "code"), [("2", 0), ("x", 2), ("0", 2)])
def test_the_budget_of_the_environment(project: Path, jobs: str, code: int) -> None:
    environ = {**os.environ, "CI_ACTIONS_JOBS": jobs}
    if code:
        with pytest.raises(BadInput, match="CI_ACTIONS_JOBS is"):
            run(project, environ=environ)
        # What is said on the command line comes first.
        assert run(project, "--jobs=1", environ=environ)[0] == 0
    else:
        assert run(project, environ=environ)[0] == 0


@pytest.mark.parametrize(
    ("codes", "code", "result"),
    [((0, 0), 0, "passed"), ((0, 1), 1, "failed"), ((1, 3), 3, "error"), ((3, 70), 70, "error")],
)
def test_together(codes: tuple[int, ...], code: int, result: str) -> None:
    gates = tuple(finished(f"gate{position}", each) for position, each in enumerate(codes))
    document: Any = command.as_json(Round(finished=gates, stopped=("x",)), "p.html")
    assert (document["exit-code"], document["result"]) == (code, result)
    assert document["details"]["stopped"] == ["x"]
