"""The writer: limits, escaping, files. What the runner does with a line is modelled on actions/runner's ActionCommand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ci_actions.kit import emit
from ci_actions.kit.emit import Targets
from ci_actions.kit.errors import BadInput, CannotJudge, Exit, Unavailable
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

SIGNS = st.one_of(st.sampled_from(":#[]%,=\n\r\t\0 \u0085\u00a0\u2028\ufeffé"), st.characters())
HOSTILE = st.text(SIGNS, max_size=30)
REPORT = Report(
    capability="coverage-gate", result=Result.PASSED, exit_code=Exit.PASSED, headline="coverage-gate: 92.41 %"
)


def command_in(line: str) -> str:
    """Return the name of the command that the runner finds in a line, "" for none."""
    trimmed = line.strip(" \t\u00a0\u0085\u2028\u2029\ufeff\u3000")
    if trimmed.startswith("::") and (found := re.match(r"::([^\s:]*)(?: [^:]*)?::", trimmed)):
        return found[1] or "empty"
    return "##[" if "##[" in line else ""


def written(report: Report, targets: Targets, folder: Path) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    emit.emit(report, targets, root=folder, directory=folder, out=out, err=err)
    return out.getvalue(), err.getvalue()


def outputs_in(text: str) -> dict[str, str]:
    """Read GITHUB_OUTPUT as the runner does."""
    found = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if line:
            name, _, delimiter = line.partition("<<")
            value = []
            while (part := next(lines)) != delimiter:
                value.append(part)
            found[name] = "\n".join(value)
    return found


# --- lines and commands ------------------------------------------------------------------------


@given(HOSTILE)
@example("::error::x")
@example(" \t::add-mask::x")
@example("\u00a0::add-mask::x")
@example("\n::add-mask::x")
@example("x ##[add-mask]y")
@example("####[add-mask]y")
def test_a_harmless_line_holds_no_command(text: str) -> None:
    shown = emit.harmless(text)
    assert command_in(shown) == ""
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize("line", ["::error::x", "  ::error file=a,line=1::x", "x ##[error]y"])
def test_the_model_of_the_runner_finds_commands(line: str) -> None:
    assert command_in(line)


def test_a_plain_line_stays_as_it_is() -> None:
    assert emit.harmless("src/a.py:88: a::b, 92.41 % ✅") == "src/a.py:88: a::b, 92.41 % ✅"


def unescaped(text: str, *, in_property: bool) -> str:
    for code, sign in (
        *((("%3A", ":"), ("%2C", ",")) if in_property else ()),
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%25", "%"),
    ):
        text = text.replace(code, sign)
    return text


@given(HOSTILE, HOSTILE.filter(bool), HOSTILE.filter(bool))
def test_one_annotation_is_one_command_and_comes_back_whole(message: str, title: str, file: str) -> None:
    given = Annotation(level=Level.ERROR, message=message, title=title, file=file, line=3, end_line=5)
    (line,) = emit.commands([given])
    assert "\n" not in line
    assert "\r" not in line
    found = re.fullmatch(r"::error title=([^,:]*),file=([^,:]*),line=3,endLine=5::(.*)", line, re.DOTALL)
    assert found
    texts = ((title, True), (file, True), (message, False))
    for part, (text, in_property) in zip(found.groups(), texts, strict=True):
        readable = text.encode("utf-8", "replace").decode()
        assert unescaped(part, in_property=in_property) == readable


@pytest.mark.parametrize(
    ("end_line", "column", "words"),
    [
        pytest.param(0, 7, "line=3,col=7", id="a line"),
        pytest.param(3, 7, "line=3,endLine=3,col=7", id="from a line to itself"),
        pytest.param(5, 7, "line=3,endLine=5", id="several lines"),
        pytest.param(3, 0, "line=3,endLine=3", id="not known"),
    ],
)
def test_a_column_is_told_where_github_takes_one(end_line: int, column: int, words: str) -> None:
    given = Annotation(level=Level.ERROR, message="m", file="a.py", line=3, end_line=end_line, column=column)
    assert list(emit.commands([given])) == [f"::error file=a.py,{words}::m"]


def remarks(**counts: int) -> list[Annotation]:
    return [
        Annotation(level=Level(name), message=f"{name} {n}")
        for name, count in counts.items()
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "shown", "said"),
    [
        ({}, 0, ""),
        ({"error": 10, "warning": 10, "notice": 10}, 30, ""),
        ({"error": 11}, 10, "and 1 more"),
        ({"warning": 47}, 10, "and 37 more"),
        ({"warning": 11, "notice": 9}, 19, "and 1 more"),
        ({"warning": 11, "notice": 10}, 19, "and 2 more"),
        ({"notice": 11}, 9, "and 2 more"),
    ],
)
def test_ten_of_a_kind_and_then_the_count(counts: dict[str, int], shown: int, said: str) -> None:
    lines = list(emit.commands(remarks(**counts)))
    told = [line for line in lines if "more; the summary" in line]
    assert len(lines) - len(told) == shown
    assert [line.startswith(f"::notice::{said};") for line in told] == ([True] if said else [])
    for level in Level:
        assert sum(line.startswith(f"::{level.value}") for line in lines) <= emit.ANNOTATIONS


def test_the_first_of_a_kind_are_kept_and_long_ones_cut() -> None:
    lines = list(emit.commands(remarks(error=12)))
    assert lines[0] == "::error::error 0"
    assert lines[9] == "::error::error 9"
    (cut,) = emit.commands([Annotation(level=Level.ERROR, message="x" * 5000)])
    assert cut == "::error::" + "x" * 4096


# --- summary -----------------------------------------------------------------------------------


def test_the_skeleton() -> None:
    report = replace(REPORT, preface=("Mind `this`.",), summary=("| a |", "rest"), next_step="Cover a.py:1.")
    assert emit.summary(report) == (
        "> ⚠️ Mind \\`this\\`.\n\n### ✅ coverage-gate: 92.41 %\n\n| a |\n\nrest\n\n**Next:** Cover a.py:1.\n"
    )


def test_a_summary_that_does_not_fit_says_so() -> None:
    report = replace(REPORT, summary=("first", "ü" * 400_000, "x" * 300_000, "y"), next_step="Do it.")
    text = emit.summary(report)
    assert len(text.encode()) <= emit.SUMMARY_BYTES
    assert "first" in text
    assert "x" * 1000 not in text
    assert "_Truncated: the rest does not fit" in text
    assert text.endswith("**Next:** Do it.\n")


@given(st.lists(st.integers(0, 600_000), max_size=6))
def test_a_summary_is_never_larger_than_github_takes(sizes: list[int]) -> None:
    text = emit.summary(replace(REPORT, summary=tuple("x" * size for size in sizes)))
    assert len(text.encode()) <= emit.SUMMARY_BYTES
    room = emit.SUMMARY_BYTES - 4096 - len(f"### ✅ {REPORT.headline}\n".encode())
    assert ("_Truncated" in text) == (sum(size + 2 for size in sizes) > room)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_head_and_foot_stay_on_their_lines(headline: str, preface: str, step: str) -> None:
    text = emit.summary(
        replace(REPORT, headline=headline, preface=(preface,), next_step=step or "x", summary=("block",))
    )
    lines = text.split("\n")
    assert [line[:4] for line in lines if line] == ["> ⚠️", "### ", "bloc", "**Ne"]


# --- everything --------------------------------------------------------------------------------


def test_on_a_laptop(tmp_path: Path) -> None:
    report = replace(
        REPORT,
        outputs={"overall": "92.41"},
        log=("read coverage.xml",),
        annotations=(Annotation(level=Level.WARNING, message="Line 3.", file="a.py", line=3),),
        next_step="Nothing.",
    )
    out, err = written(report, Targets(), tmp_path)
    assert out == (
        "read coverage.xml\na.py:3: warning: Line 3.\n✅ coverage-gate: 92.41 %\n   Next: Nothing.\n"
    )
    assert err == ""
    folder = tmp_path / ".ci-actions"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in (folder / "coverage-gate").iterdir()) == ["report.json", "summary.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ci-actions"]
    document = json.loads((folder / "coverage-gate" / "report.json").read_text())
    assert document["outputs"] == {
        "result": "passed",
        "overall": "92.41",
        "summary-file": str(folder / "coverage-gate" / "summary.md"),
        "report": str(folder / "coverage-gate" / "report.json"),
    }


def test_in_actions(tmp_path: Path) -> None:
    files = {
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "sum"),
        "RUNNER_TEMP": str(tmp_path / "t"),
    }
    targets = Targets.from_environ({"GITHUB_ACTIONS": "true", **files}, json=False, terminal=True)
    (tmp_path / "out").write_text("before=1\n")
    report = replace(
        REPORT,
        outputs={"hostile": "a\nresult<<EOF\nfailed\nEOF"},
        annotations=tuple(remarks(error=1)),
        log=("::add-mask::x",),
        preface=("Mind.",),
    )
    for _ in range(2):
        out, err = written(report, targets, tmp_path)
        assert [command_in(line) for line in out.splitlines()] == ["", "error", "", ""]
        assert "\x1b" not in out
        assert err == ""
    folders = list((tmp_path / "t" / "ci-actions" / "coverage-gate").iterdir())
    assert len(folders) == 2, "each run has a folder of its own"
    text = (tmp_path / "out").read_text()
    assert text.startswith("before=1\n")
    found = outputs_in(text.removeprefix("before=1\n"))
    assert found["result"] == "passed"
    assert found["hostile"] == "a\nresult<<EOF\nfailed\nEOF"
    assert found["report"] in [str(folder / "report.json") for folder in folders]
    assert (tmp_path / "sum").read_text() == emit.summary(report) * 2
    assert not (tmp_path / ".ci-actions").exists()


@given(name=HOSTILE)
def test_no_output_can_end_itself(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("outputs")
    targets = Targets(github=True, output_file=folder / "out", temp=folder)
    written(replace(REPORT, outputs={"first": name, "last": "x"}), targets, folder)
    found = outputs_in((folder / "out").read_bytes().decode())
    assert list(found) == ["result", "first", "last", "summary-file", "report"]
    assert found["first"] == name.encode("utf-8", "replace").decode()


def test_the_command_files_count_only_in_actions(tmp_path: Path) -> None:
    environ = {
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "sum"),
        "RUNNER_TEMP": str(tmp_path),
    }
    assert Targets.from_environ(environ, json=True, terminal=True) == Targets(json=True, colour=True)
    assert Targets.from_environ({"NO_COLOR": ""}, json=False, terminal=True) == Targets()


def test_json_goes_to_stdout_alone(tmp_path: Path) -> None:
    report = replace(REPORT, log=("said",), details={"a": 1})
    out, err = written(report, Targets(json=True), tmp_path)
    assert json.loads(out)["details"] == {"a": 1}
    assert err == "said\n✅ coverage-gate: 92.41 %\n"


@given(text=HOSTILE)
@example("##[add-mask]x")
@example("\n::add-mask::x")
def test_json_on_stdout_holds_no_command(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("json")
    report = replace(
        REPORT,
        headline=text,
        details={text: [text]},
        annotations=(Annotation(level=Level.ERROR, message=text),),
    )
    out, _ = written(report, Targets(github=True, json=True, temp=folder), folder)
    assert [command_in(line) for line in out.splitlines()] == [""] * len(out.splitlines())
    read: dict[str, Any] = json.loads(out)
    assert list(read["details"].values()) == [[text]]


def test_colour_only_where_somebody_sees_it(tmp_path: Path) -> None:
    out, _ = written(replace(REPORT, result=Result.FAILED), Targets(colour=True), tmp_path)
    assert out == "\x1b[1;31m❌ coverage-gate: 92.41 %\x1b[0m\n"


def test_products_lie_where_the_user_wants_them(tmp_path: Path) -> None:
    report = replace(
        REPORT,
        products=(
            Product("badge-file", "badge.svg", lambda: "<svg/>", "out/deep/my.svg"),
            Product("html", "coverage.html", lambda: "<p>\udcff</p>"),
        ),
        folder="reports",
        show_summary=False,
    )
    targets = Targets(github=True, summary_file=tmp_path / "sum")
    written(report, targets, tmp_path)
    assert (tmp_path / "out" / "deep" / "my.svg").read_text() == "<svg/>"
    assert (tmp_path / "reports" / "coverage.html").read_text() == "<p>?</p>"
    outputs = json.loads((tmp_path / "reports" / "report.json").read_text())["outputs"]
    assert outputs["badge-file"] == str(tmp_path / "out" / "deep" / "my.svg")
    assert outputs["html"] == str(tmp_path / "reports" / "coverage.html")
    assert not (tmp_path / "sum").exists()
    assert (tmp_path / "reports" / "summary.md").exists()


def test_what_cannot_be_written_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file in the way")
    with pytest.raises(Unavailable, match="Cannot write"):
        written(replace(REPORT, folder="reports"), Targets(), tmp_path)
    (tmp_path / ".ci-actions").write_text("another")
    with pytest.raises(Unavailable, match="Cannot write"):
        written(REPORT, Targets(), tmp_path)
    with pytest.raises(Unavailable, match="Cannot write"):
        written(REPORT, Targets(github=True, output_file=tmp_path / "no" / "out", temp=tmp_path), tmp_path)


# --- files -------------------------------------------------------------------------------------


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    emit.write_atomically(path, "a\nb\n")
    assert path.read_bytes() == b"a\nb\n"
    emit.write_atomically(path, "c")
    assert path.read_bytes() == b"c"
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]


def test_half_a_file_is_never_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"."):
        emit.write_atomically(tmp_path / "folder", "x")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_the_laptop_folder_keeps_what_the_user_changed(tmp_path: Path) -> None:
    folder = emit.laptop_folder(tmp_path)
    (folder / ".gitignore").write_text("mine\n")
    assert emit.laptop_folder(tmp_path) == folder
    assert (folder / ".gitignore").read_text() == "mine\n"


# --- failures ----------------------------------------------------------------------------------


FAILURES: list[tuple[Any, int, str, list[str]]] = [
    (BadInput("one", "t*w*o", file="pyproject.toml"), 2, "coverage-gate: bad input", ["one", "t*w*o"]),
    (CannotJudge("No.", advice="Do."), 3, "coverage-gate: cannot judge", ["No. Do."]),
    (Unavailable("Away."), 4, "coverage-gate: unavailable", ["Away."]),
]


@pytest.mark.parametrize(("error", "code", "headline", "problems"), FAILURES)
def test_a_failure_says_every_problem(error: Any, code: int, headline: str, problems: list[str]) -> None:
    report = emit.failure("coverage-gate", error)
    assert (report.result, report.exit_code, report.headline) == (Result.ERROR, code, headline)
    assert [each.message for each in report.annotations] == problems
    assert {(each.level, each.title, each.file) for each in report.annotations} == {
        (Level.ERROR, headline, error.file or "")
    }
    assert report.details == {"problems": problems}
    if code == 2:
        assert report.summary == ("- one\n- t\\*w\\*o",)


def test_the_environment_of_later_steps_is_changed_only_where_a_report_says_so(tmp_path: Path) -> None:
    environ = {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(tmp_path)}
    for name in ("PATH", "ENV", "OUTPUT"):
        environ[f"GITHUB_{name}"] = str(tmp_path / name)
    targets = Targets.from_environ(environ, json=False, terminal=False)
    written(REPORT, targets, tmp_path)
    assert not (tmp_path / "PATH").exists()
    assert not (tmp_path / "ENV").exists()
    changing = replace(REPORT, paths=("/a/bin", "/b/bin"), variables={"VIRTUAL_ENV": "/a\nX=1"})
    written(changing, targets, tmp_path)
    assert (tmp_path / "PATH").read_text() == "/a/bin\n/b/bin\n"
    assert outputs_in((tmp_path / "ENV").read_text()) == {"VIRTUAL_ENV": "/a\nX=1"}


def test_the_folder_for_reports(tmp_path: Path) -> None:
    def folder(chosen: str, temp: Path | None) -> Path:
        return emit.report_folder("ci-test", chosen, temp, root=tmp_path, directory=tmp_path / "sub")

    assert folder("left", tmp_path / "temp") == tmp_path / "sub" / "left"
    assert folder("", None) == tmp_path / ".ci-actions" / "ci-test"
    made = folder("", tmp_path / "temp")
    assert made.parent == tmp_path / "temp" / "ci-actions" / "ci-test"
    assert made != folder("", tmp_path / "temp"), "two steps of a job never share one"


def test_a_mask_is_one_command() -> None:
    assert emit.masking("a%b\nc::d") == "::add-mask::a%25b%0Ac::d"
