from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ci_actions import cli as program
from ci_actions import home
from ci_actions.capabilities import CAPABILITIES, load

XML = (
    '<?xml version="1.0" ?><coverage lines-valid="2" lines-covered="{hit}" line-rate="1" version="7.0" timestamp="1">'
    "<sources><source>.</source></sources><packages><package><classes>"
    '<class name="a" filename="src/a.py"><lines><line number="1" hits="1"/><line number="2" hits="{hits}"/></lines></class>'
    "</classes></package></packages></coverage>"
)


@pytest.fixture
def project(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one source file, all of it covered."""
    repository.commit({"src/a.py": "import b\nb.c()\n"})
    write(repository.path, covered=True)
    monkeypatch.chdir(repository.path)
    path: Path = repository.path
    return path


def write(folder: Path, *, covered: bool) -> None:
    (folder / "coverage.xml").write_text(XML.format(hit=2 if covered else 1, hits=int(covered)))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = program.main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help(capsys: pytest.CaptureFixture[str], word: str) -> None:
    code, out, err = run(capsys, word)
    assert (code, err) == (0, "")
    for name in CAPABILITIES:
        assert f"  {name}" in out


def test_no_words_is_help_and_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 2
    assert "capabilities" in out


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_version(capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert run(capsys, word) == (0, f"ci-actions {home.version()}\n", "")


@pytest.mark.parametrize("word", ["--help", "-h"])
@pytest.mark.parametrize("name", [*CAPABILITIES, "check"])
def test_help_of_each_command(capsys: pytest.CaptureFixture[str], name: str, word: str) -> None:
    code, out, err = run(capsys, name, word)
    assert (code, err) == (0, "")
    assert out.startswith(f"ci-actions {name}")
    assert "--working-directory" in out


def test_an_unknown_command(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    code, out, _ = run(capsys, "covrage-gate")
    assert code == 2
    assert "'covrage-gate' is no command (did you mean 'coverage-gate'?); there are: coverage-gate" in out


# --- verdicts ----------------------------------------------------------------------------------

GATE = ("coverage-gate", "--min-new-code=off")


@pytest.mark.parametrize(
    ("words", "covered", "code", "result"),
    [
        (GATE, True, 0, "passed"),
        (GATE, False, 1, "failed"),
        ((*GATE, "--dry-run"), False, 0, "would-fail"),
        ((*GATE, "--min-overall=x"), True, 2, "error"),
        ((*GATE, "--min-overall"), True, 2, "error"),
        ((*GATE, "--files=none.xml"), True, 3, "error"),
        ((*GATE, "--files=none.xml", "--dry-run"), True, 3, "error"),
        ((*GATE, "--working-directory=nowhere"), True, 2, "error"),
    ],
)
def test_the_exit_code_is_the_answer(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    words: tuple[str, ...],
    covered: bool,
    code: int,
    result: str,
) -> None:
    write(project, covered=covered)
    ended, out, _ = run(capsys, *words, "--json")
    document = json.loads(out)
    assert (ended, document["exit-code"], document["result"]) == (code, code, result)


def test_without_json_people_read_stdout(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    code, out, _ = run(capsys, *GATE)
    assert code == 0
    assert "✅ coverage-gate: overall 100.00 % (needs 80.00 %)" in out


def test_inputs_of_an_action_are_read(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, covered=False)
    monkeypatch.setenv("INPUT_MIN_OVERALL", "50")
    monkeypatch.setenv("INPUT_MIN_NEW_CODE", "off")
    monkeypatch.setenv("INPUT_EXCLUDE", "")
    assert run(capsys, "coverage-gate")[0] == 0


# --- what cannot be written --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "covered", "code"),
    [
        (GATE, True, 4),
        (GATE, False, 4),
        ((*GATE, "--min-overall=x"), True, 2),
        ((*GATE, "--files=no"), True, 3),
    ],
)
def test_a_verdict_that_cannot_be_written_is_none(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    covered: bool,
    code: int,
) -> None:
    write(project, covered=covered)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(project / "no" / "such" / "folder"))
    monkeypatch.setenv("RUNNER_TEMP", str(project / "temp"))
    ended, _, err = run(capsys, *words)
    assert ended == code
    assert "Cannot write" in err
    assert "Traceback" not in err


def test_a_reader_that_leaves_is_no_pass_and_no_traceback(project: Path) -> None:
    read, write_end = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "ci_actions", *GATE, "--json"]
    try:
        done = subprocess.run(
            command, cwd=project, stdout=write_end, stderr=subprocess.PIPE, check=False, text=True
        )
    finally:
        os.close(write_end)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr


# --- defects -----------------------------------------------------------------------------------


def explode(_: str) -> Any:
    raise RuntimeError("boom s3cret\n::add-mask::x ##[error]y")


@pytest.mark.parametrize("github", [True, False])
def test_a_defect_is_70_says_so_and_shows_no_secret(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch, github: bool
) -> None:
    monkeypatch.setattr(program, "load", explode)
    monkeypatch.setenv("INPUT_GITHUB_TOKEN", "s3cret")
    if github:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("RUNNER_TEMP", str(project / "temp"))
    code, out, err = run(capsys, "coverage-gate")
    assert code == 70
    assert "RuntimeError: boom ***" in err
    assert "s3cret" not in out + err
    assert "this is a defect of ours, not of your project" in out
    commands = [line for line in (out + err).splitlines() if line.lstrip().startswith("::") or "##[" in line]
    starts = [line.split("::")[1].split(" ")[0] for line in commands]
    assert sorted(starts) == (["endgroup", "error", "group"] if github else [])


def test_a_defect_is_reported_as_json_too(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "load", explode)
    code, out, _ = run(capsys, "coverage-gate", "--json")
    document = json.loads(out)
    assert (code, document["exit-code"], document["capability"], document["result"]) == (
        70,
        70,
        "coverage-gate",
        "error",
    )


# --- cost --------------------------------------------------------------------------------------


def test_a_start_imports_nothing_that_is_not_asked_for(project: Path) -> None:
    code = (
        "import sys; from ci_actions.cli import main; ended = main(sys.argv[1:]); "
        "print(ended, *sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *GATE],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    ended, *modules = done.stderr.splitlines()[-1].split()
    assert ended == "0"
    assert not {"requests", "jinja2", "coverage", "yaml", "asyncio", "urllib3", "github"} & set(modules)


def test_every_capability_is_loaded_by_rule() -> None:
    for name in CAPABILITIES:
        assert load(name).name == name
