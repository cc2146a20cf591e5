"""Our side of the agent: which interpreter, what its answer means, what is said when there is none."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ci_actions.coverage_gate.data_files import (
    AGENT,
    Document,
    Request,
    collect,
    document,
    drift,
    find_python,
    parses,
    with_parser_ages,
)
from ci_actions.kit.errors import BadInput, CannotJudge, CiActionsError
from ci_actions.kit.process import Completed, Process

ANSWER: Document = {
    "format": "ci-actions-coverage",
    "version": 1,
    "tool": {"python": "3.9.18", "coverage": "7.10.1", "data": "7.10.1"},
    "branches": True,
    "root": "/shop",
    "timestamp": 1.5,
    "files": {},
    "problems": [],
}


def programs(*names: str) -> Callable[[str], str | None]:
    """A PATH with these programs; paths are found if they are named."""
    known = {name: name if "/" in name else f"/bin/{name}" for name in names}
    return known.get


class TestFindPython:
    @pytest.mark.parametrize(
        ("setting", "venv", "path", "command"),
        [
            ("", "", ["python3", "python"], ["/bin/python3"]),
            ("", "", ["python"], ["/bin/python"]),
            ("", "/v", ["python3", "/v/bin/python"], ["/v/bin/python"]),
            ("", "/v", ["python3"], ["/bin/python3"]),
            (" ", "", ["python3"], ["/bin/python3"]),
            ("python3.9", "/v", ["python3", "/v/bin/python", "python3.9"], ["/bin/python3.9"]),
            ("/my tools/python", "", ["/my tools/python"], ["/my tools/python"]),
            ("uv run --frozen python", "", ["uv"], ["/bin/uv", "run", "--frozen", "python"]),
            ("'/my tools/uv' run python", "", ["/my tools/uv"], ["/my tools/uv", "run", "python"]),
        ],
    )
    def test_posix(self, setting: str, venv: str, path: list[str], command: list[str]) -> None:
        assert find_python(setting, which=programs(*path), venv=venv) == tuple(command)

    @pytest.mark.parametrize(
        ("setting", "path", "command"),
        [
            ("", ["py", "python"], ["/bin/python"]),
            ("", ["py"], ["/bin/py", "-3"]),
            ("py -3.9", ["py"], ["/bin/py", "-3.9"]),
            (r"C:\Python\python.exe -E", [r"C:\Python\python.exe"], [r"/bin/C:\Python\python.exe", "-E"]),
        ],
    )
    def test_windows(self, setting: str, path: list[str], command: list[str]) -> None:
        assert find_python(setting, which=programs(*path), windows=True) == tuple(command)

    @pytest.mark.parametrize("setting", ["python3.9", "uv run python", "'unclosed", "''"])
    def test_a_setting_that_cannot_be_started_is_bad_input(self, setting: str) -> None:
        with pytest.raises(BadInput, match=re.escape(f"input 'python' is '{setting}'")):
            find_python(setting, which=programs("python3"))

    def test_no_python_at_all_is_no_verdict(self) -> None:
        with pytest.raises(CannotJudge, match="none on PATH"):
            find_python("", which=programs("py"))


def ended(stdout: bytes, code: int | None = 0, stderr: bytes = b"") -> Completed:
    return Completed(argv=("python3.9", "agent.py"), code=code, stdout=stdout, stderr=stderr)


REQUEST = Request(data=(Path("/shop/.coverage"),), root=Path("/shop"))


class TestDocument:
    def test_an_answer_is_returned(self) -> None:
        assert document(ended(json.dumps(ANSWER).encode()), REQUEST) == ANSWER

    @pytest.mark.parametrize(
        ("reason", "kind"),
        [
            ("no-coverage", CannotJudge),
            ("not-sqlite", CannotJudge),
            ("truncated", CannotJudge),
            ("schema", CannotJudge),
            ("locked", CannotJudge),
            ("no-data", CannotJudge),
            ("mixed", CannotJudge),
            ("combine", CannotJudge),
            ("plugin", CannotJudge),
            ("a reason of tomorrow", CannotJudge),
            ("config", BadInput),
        ],
    )
    def test_an_error_is_raised_in_its_own_words(self, reason: str, kind: type[CiActionsError]) -> None:
        error = {"error": {"reason": reason, "message": "What happened.", "detail": "repr"}}
        with pytest.raises(kind, match=r"^What happened\.$"):
            document(ended(json.dumps(error).encode()), REQUEST)

    @pytest.mark.parametrize(
        ("done", "words"),
        [
            (ended(b"", 1, b"Traceback: boom"), ["ended with exit code 1", "Traceback: boom"]),
            (ended(json.dumps(ANSWER).encode(), 1), ["ended with exit code 1"]),
            (ended(b"", 0), ["(silent)"]),
            (ended(b"hello"), ["ended with exit code 0"]),
            (ended(b"[]"), ["gave no answer"]),
            (ended(b'{"format": "ci-actions-coverage", "version": 2}'), ["gave no answer"]),
            (ended(b"\xff\xfe"), ["gave no answer"]),
            (ended(b"", -9), ["was killed"]),
            (ended(b"", None), ["timed out"]),
        ],
    )
    def test_anything_else_is_no_verdict(self, done: Completed, words: list[str]) -> None:
        with pytest.raises(CannotJudge) as raised:
            document(done, REQUEST)
        assert [word for word in words if word not in raised.value.message] == []
        assert "/shop/.coverage" in raised.value.message
        assert "python3.9" in raised.value.message


@pytest.mark.parametrize(
    ("tool", "versions"),
    [
        ({"coverage": "7.10.1", "data": "7.10.1"}, None),
        ({"coverage": "7.10.1", "data": "7.4.0"}, ("7.10.1", "7.4.0")),
        ({"coverage": "7.10.1", "data": None}, None),
        ({}, None),
    ],
)
def test_drift(tool: Mapping[str, Any], versions: tuple[str, str] | None) -> None:
    assert drift({"tool": tool}) == versions


WITH_SYNTAX_ERROR: Document = {
    **ANSWER,
    "problems": [{"path": "src/new.py", "reason": "syntax", "message": "no"}],
}


class TestParserAges:
    def test_what_a_newer_parser_parses_is_too_new(self) -> None:
        found = with_parser_ages(
            WITH_SYNTAX_ERROR, Path("/shop"), lambda path: path == Path("/shop/src/new.py"), (3, 12)
        )
        (problem,) = found["problems"]
        assert problem["reason"] == "interpreter-too-old"
        assert "src/new.py needs a newer Python than 3.9.18: Python 3.12 can parse it." in problem["message"]

    @pytest.mark.parametrize(("can_parse", "ours"), [(False, (3, 12)), (True, (3, 9)), (True, (3, 8))])
    def test_all_else_stays(self, can_parse: bool, ours: tuple[int, int]) -> None:
        assert (
            with_parser_ages(WITH_SYNTAX_ERROR, Path("/shop"), lambda _: can_parse, ours) == WITH_SYNTAX_ERROR
        )

    def test_other_problems_stay(self) -> None:
        answer = {**ANSWER, "problems": [{"path": "src/new.py", "reason": "no-source", "message": "no"}]}
        assert with_parser_ages(answer, Path("/shop"), lambda _: True, (3, 12)) == answer


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"match x:\n    case 1: pass\n", True),
        (b"# coding: latin-1\nx = '\xe9'\n", True),
        (b"x = '\\d'\n", True),
        (b"x = = 1\n", False),
        (b"x\0", False),
        (b"# coding: nonsense\n", False),
        (None, False),
    ],
)
def test_parses(tmp_path: Path, source: bytes | None, expected: bool) -> None:
    path = tmp_path / "source.py"
    if source is not None:
        path.write_bytes(source)
    assert parses(path) is expected


class Scripted(Process):
    """Answers one request, and keeps it."""

    def __init__(self, answer: Document) -> None:
        super().__init__({})
        self.answer = answer
        self.asked: list[tuple[Sequence[str], Path | None, Any]] = []

    def run(
        self, argv: Any, *, cwd: Any = None, env: Any = None, stdin: Any = None, timeout: Any = None
    ) -> Completed:
        self.asked.append((argv, cwd, json.loads(stdin)))
        return ended(json.dumps(self.answer).encode())


class TestCollect:
    def test_the_request_has_absolute_paths(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        process = Scripted(ANSWER)
        request = Request(
            data=(Path(".coverage"),), root=Path("shop"), rcfile=Path("cov.toml"), only=("src/a.py",), jobs=2
        )
        assert collect(process, ("uv", "run", "python"), request) == ANSWER
        assert process.asked == [
            (
                ("uv", "run", "python", str(AGENT)),
                Path("shop"),
                {
                    "data": [str(tmp_path / ".coverage")],
                    "root": str(tmp_path / "shop"),
                    "rcfile": str(tmp_path / "cov.toml"),
                    "only": ["src/a.py"],
                    "jobs": 2,
                    "vendor": None,
                },
            )
        ]

    def test_an_interpreter_that_does_not_start_is_bad_input(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="no-such-python cannot be started"):
            collect(Process({}), ("no-such-python",), Request(data=(), root=tmp_path))

    def test_the_agent_is_where_we_look(self, tmp_path: Path) -> None:
        request = Request(data=(tmp_path / ".coverage",), root=tmp_path)
        with pytest.raises(CannotJudge, match=r"There is no data file .*\.coverage"):
            collect(Process({}), (sys.executable,), request)


def test_the_agent_stays_in_the_syntax_of_python_3_6() -> None:
    compile(AGENT.read_bytes(), str(AGENT), "exec", dont_inherit=True)
    tree = ast.parse(AGENT.read_bytes(), feature_version=(3, 6))
    newer = (ast.NamedExpr, ast.Match, ast.AnnAssign)
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, newer)] == []
    assert [node for node in ast.walk(tree) if isinstance(node, ast.arguments) and node.posonlyargs] == []
