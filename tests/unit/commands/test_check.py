"""`ci-actions check` on real projects, with real child processes; the children's misbehaviour as values."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ci_actions.commands import check as command
from ci_actions.commands.check import check
from ci_actions.commands.check_page import REMARKS, render
from ci_actions.commands.finished import Finished
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput
from ci_actions.kit.report import Result

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
    assert "✅ coverage-gate  passed" in err
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


def test_list_runs_nothing(project: Path) -> None:
    assert run(project, "--list") == (0, "coverage-gate\n", "")
    assert not (project / ".ci-actions").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "b"), "'a b': check takes one folder"),
        (("nowhere",), "'nowhere' is no folder"),
        (
            ("--gates=smoke-test",),
            "option '--gates' names 'smoke-test', which is not configured in pyproject.toml",
        ),
        (("--jobs=x",), "option '--jobs' is 'x' but must be a whole number, at least 0"),
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


# --- what children may say ---------------------------------------------------------------------


def report(**more: Any) -> dict[str, Any]:
    return {
        "schema": "ci-actions-report/1", "capability": "coverage-gate", "result": "passed", "exit-code": 0, "headline": "h",
        "preface": [], "next-step": "", "outputs": {}, "annotations": [], "details": {}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("output", "status", "code"),
    [
        (json.dumps(report()), 0, 0),
        (json.dumps(report(**{"exit-code": 1, "result": "failed"})), 1, 1),
        # no valid report that agrees with the status is never a pass
        (json.dumps(report()), 1, 70),
        (json.dumps(report(**{"exit-code": 1, "result": "failed"})), 0, 70),
        (json.dumps(report(schema="ci-actions-report/9")), 0, 70),
        (json.dumps(report(capability="smoke-test")), 0, 70),
        (json.dumps(report(result="fine")), 0, 70),
        ("", 0, 70),
        ("[]", 0, 70),
        ("null", 0, 70),
        ("{}", 0, 70),
        ("a line\n" + json.dumps(report()), 0, 70),
        (json.dumps(report())[:-9], 0, 70),
    ],
)
def test_no_valid_report_is_a_defect(output: str, status: int, code: int) -> None:
    found = command._parse("coverage-gate", output.encode(), status)
    assert found["exit-code"] == code
    if code == 70:
        assert f"it ended with status {status} and without a report" in found["headline"]


def finished(name: str, code: int, **more: Any) -> Finished:
    result = {0: "passed", 1: "failed"}.get(code, "error")
    return Finished(
        name, report(capability=name, result=result, **{"exit-code": code, **more}), "said\n::error::x", 1.5
    )


@pytest.mark.parametrize(
    ("codes", "code", "result"),
    [((0, 0), 0, "passed"), ((0, 1), 1, "failed"), ((1, 3), 3, "error"), ((3, 70), 70, "error")],
)
def test_together(codes: tuple[int, ...], code: int, result: str) -> None:
    gates = [finished(f"gate{position}", each) for position, each in enumerate(codes)]
    document: Any = command._as_json(gates, code, Path("p.html"))
    assert (document["exit-code"], document["result"]) == (code, result)
    lines = list(command._closing(gates, code, Path("p.html")))
    assert not [line for line in lines if line.lstrip().startswith("::")]
    for position, each in enumerate(codes):
        assert any(line.startswith(f"\n── gate{position} ") for line in lines) is bool(each)
        assert any(f"gate{position}" in line and line.endswith("  h") for line in lines)


def test_the_screen_shows_every_gate_while_it_runs() -> None:
    err = StringIO()
    screen = command._Screen(err, ["one", "three"], live=True)
    screen.started("one")
    screen.tick()
    screen.ended(finished("one", 0))
    screen.close()
    text = err.getvalue()
    assert "one    running" in text
    assert "three  waiting" in text
    assert text.count("\x1b[2A") == 1
    quiet = StringIO()
    screen = command._Screen(quiet, ["one"], live=False)
    screen.started("one")
    screen.tick()
    screen.ended(finished("one", 1))
    assert quiet.getvalue() == "❌ one  failed         1.5 s\n"


# --- the page ----------------------------------------------------------------------------------


def test_the_page_escapes_and_counts(tmp_path: Path) -> None:
    remark = {
        "level": "error",
        "message": "<script>x</script>",
        "title": "",
        "file": "a<b>.py",
        "line": 3,
        "end-line": 3,
    }
    gates = [
        finished("one", 1, headline="<b>red</b>", annotations=[remark] * (REMARKS + 2)),
        finished("two", 0),
    ]
    page = render(gates, 1, tmp_path)
    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "a&lt;b&gt;.py:3" in page
    assert "&lt;b&gt;red&lt;/b&gt;" in page
    assert "… and 2 more." in page
    assert "one: see below" in page
    assert "All 2 gates passed" in render([finished("one", 0), finished("two", 0)], 0, tmp_path)


def test_the_page_links_to_the_gates_page(tmp_path: Path) -> None:
    gate = finished("one", 0, outputs={"html": str(tmp_path / "a b" / "c.html")})
    assert 'href="../a%20b/c.html"' in render([gate], 0, tmp_path / "check")


def test_results_are_read_as_results() -> None:
    assert finished("one", 1).result is Result.FAILED
    assert finished("one", 1).code == 1
