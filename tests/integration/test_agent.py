"""agent.py with real coverage.py: the oracle is `coverage json` of the same interpreter on the same data."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import coverage
import interpreters
import pytest
from coverage.parser import multiline_map_from_text, multiline_map_from_tokens
from coverage.python import get_python_source

pytestmark = pytest.mark.integration

AGENT = Path(__file__).resolve().parents[2] / "src" / "ci_actions" / "coverage_gate" / "agent.py"
HERE = (sys.executable,)
SITE_PACKAGES = Path(coverage.__file__).parents[1]

Document = dict[str, Any]

#: The last coverage for each interpreter that is older than our floor, and a recent one for the others.
COVERAGE_FOR = {
    (3, 6): "6.2",
    (3, 7): "7.2.7",
    (3, 8): "7.6.1",
    (3, 9): "7.10.7",
    (3, 10): "7.13.0",
    (3, 11): "7.6.1",
    (3, 12): "7.13.0",
    (3, 13): "7.17.3",
}


# --- asking both -------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    """The tests may themselves be measured; what they start is not."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")} | more


def start(argv: Sequence[str | Path], folder: Path, stdin: bytes = b"", **more: str) -> bytes:
    done = subprocess.run(
        argv, cwd=folder, input=stdin, capture_output=True, env=environment(**more), check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def ask(
    folder: Path,
    *data: Path | str,
    python: Sequence[str | Path] = HERE,
    more: dict[str, str] | None = None,
    **request: Any,
) -> Document:
    """The agent's answer for the data files in `folder`, `.coverage` if none are named."""
    paths = [str(folder / path) for path in data or (".coverage",)]
    asked = {
        "data": paths,
        "root": str(folder),
        "rcfile": None,
        "only": None,
        "jobs": 1,
        "vendor": None,
        **request,
    }
    answer = start((*python, AGENT), folder, json.dumps(asked).encode(), **(more or {}))
    found: Document = json.loads(answer)
    return found


def refused(answer: Document) -> tuple[str, str]:
    return answer["error"]["reason"], answer["error"]["message"]


def measure(folder: Path, script: str, *options: str, python: Sequence[str | Path] = HERE) -> None:
    start((*python, "-m", "coverage", "run", *options, script), folder)


def peer(folder: Path, *options: str, python: Sequence[str | Path] = HERE) -> Document:
    start((*python, "-m", "coverage", "json", "-q", "-o", "peer.json", *options), folder)
    found: Document = json.loads((folder / "peer.json").read_text("utf-8"))
    return found


def expand(pairs: list[int]) -> Iterator[int]:
    for first, last in zip(pairs[::2], pairs[1::2], strict=True):
        yield from range(first, last + 1)


def numbers(file: Document) -> Document:
    """Our answer about one file, in the words of `coverage json`."""
    missed = set(expand(file["missed"]))
    partial = sum(len(ways["missed"]) for line, ways in file["branches"].items() if int(line) not in missed)
    return {
        "num_statements": len(list(expand(file["lines"]))),
        "missing_lines": sorted(missed),
        "excluded_lines": list(expand(file["excluded"])),
        "num_branches": sum(len(ways["taken"]) + len(ways["missed"]) for ways in file["branches"].values()),
        "missing_branches": sum(len(ways["missed"]) for ways in file["branches"].values()),
        "num_partial_branches": partial,
    }


def expected(file: Document) -> Document:
    summary = file["summary"]
    return {
        "num_statements": summary["num_statements"],
        "missing_lines": file["missing_lines"],
        "excluded_lines": file["excluded_lines"],
        "num_branches": summary.get("num_branches", 0),
        "missing_branches": summary.get("missing_branches", 0),
        "num_partial_branches": summary.get("num_partial_branches", 0),
    }


def assert_same(answer: Document, theirs: Document) -> None:
    assert "error" not in answer, answer
    ours = {path: numbers(file) for path, file in answer["files"].items()}
    assert ours == {path.replace(os.sep, "/"): expected(file) for path, file in theirs["files"].items()}


# --- sources -----------------------------------------------------------------------------------

PLAIN = """\
def pay(amount, limit=3):
    '''A docstring
    of two lines.'''
    if amount > limit:
        return amount
    elif amount == limit:
        amount += 1
    for step in range(amount):
        if step == 2:
            break
        continue
    else:
        amount = 0
    while True:
        amount += 1
        if amount > 5: break
    try:
        amount / 0
    except ZeroDivisionError:
        pass
    finally:
        amount = 1
    with open(__file__) as here, open(__file__) as there:
        if here: return there
    return None

pay(2); pay(1)
"""

MULTI_LINE = """\
import functools
VALUES = [
    1,

    # a comment
    2,
]
TEXT = '''one
two: (
''' + "three \\
four" + f"{VALUES[0]:>{4}} {'nested'}"
total = 1 + \\
    2
@functools.lru_cache(
    maxsize=3,
)
def call(
    first,
    second={'a': 1,
            'b': lambda x: x},
):
    return (first
            if second
            else None)
if (total and
        VALUES):
    call(
        1,
        None,
    )
class Empty: pass
class Full(
    Empty,
):
    '''doc'''
    x: int = 1
    def method(self): return 1
"""

EXCLUDED = """\
import sys
if sys.argv:  # pragma: no cover
    value = 1
    if value:
        value = 2
else:
    value = 3
if value: # pragma: no branch
    value = 4
def skipped(
    a,
):  # pragma: no cover
    return [
        a
    ]
@property  # pragma: no cover
def also(self):
    return 1
def stub(self): ...
for x in [1]:
\tif x:  # pragma: no cover
\t\tx = {
\t\t\t'a': 1}
\tx = 2
class Gone:  # pragma: no cover
    y = 1
    def z(self):
        return 2
while x:
    x = 0
    try:
        x = 1 // x
    except ZeroDivisionError:  # pragma: no cover
        break
"""

MATCH_AND_ASYNC = """\
import asyncio

async def numbers():
    for x in range(3):
        yield x

async def main(command):
    async for x in numbers():
        if x == 1:
            continue
    async with asyncio.Lock() as lock:
        await asyncio.sleep(0)
    match command:
        case {"kind": kind, **rest} if kind:
            return kind
        case [first, *others] | (first, others):
            return first
        case str():
            pass
        case _:
            return None
    return (n := 1) and n

asyncio.run(main("x"))
"""

SOURCES = {
    "plain": PLAIN.encode(),
    "multi_line": MULTI_LINE.encode(),
    "excluded": EXCLUDED.encode(),
    "match_and_async": MATCH_AND_ASYNC.encode(),
    "empty": b"",
    "blank": b"\n\n\n",
    "comment": b"# only a comment\n",
    "docstring": b'"""Only\na docstring."""\n',
    "no_last_newline": b"x = 1\nif x:\n    x = 2",
    "crlf": PLAIN.replace("\n", "\r\n").encode(),
    "crlf_multi_line": MULTI_LINE.replace("\n", "\r\n").encode(),
    "form_feed": b"x = 1\n\f\ndef f():\n    return x\n\f\nif x:\n    f()\n",
    "bom": b"\xef\xbb\xbf" + PLAIN.encode(),
    "latin_1": "# -*- coding: latin-1 -*-\nname = 'Zoë'\nif not name:\n    name = 'é'\n".encode("latin-1"),
    "utf_8": "größe = 'ß'\nif größe == '''\nλ''':\n    größe = 1\n".encode(),
    "semicolons": b"a = 1; b = [\n1]; c = 3\nif a: b = 2; c = 4\nelse: d = 5\n",
    "tabs": b"if 1:\n\tx = 1\n\tif x:\n            y = 2\n\telse:\n\t\ty = 3\n",
    "raw_strings": rb'''p = r"\"; #"; q = rb'\\'; x = "\\"
if p == r'\'' "a" """b"c""" '''
    b"'''d'e''':\n    x = [\n1]\n",
}


@pytest.fixture(scope="module", params=[("--branch",), ()], ids=["branches", "lines"])
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Document, Document]:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "pkg").mkdir()
    for name, source in SOURCES.items():
        (folder / "pkg" / f"{name}.py").write_bytes(source)
    (folder / "pkg" / "never_run.py").write_text("def f():\n    if f:\n        return [\n1]\n")
    names = ", ".join(f"pkg.{name}" for name in SOURCES)
    (folder / "run.py").write_text(f"import {names}\n")
    measure(folder, "run.py", "--source=pkg", *request.param)
    return ask(folder), peer(folder)


@pytest.mark.parametrize("name", [*SOURCES, "never_run"])
def test_numbers_of_a_file_are_those_of_coverage_json(measured: tuple[Document, Document], name: str) -> None:
    answer, theirs = measured
    path = f"pkg/{name}.py"
    assert numbers(answer["files"][path]) == expected(theirs["files"][str(Path(path))])


def test_the_identities_of_missed_branches_are_those_of_coverage_json(
    measured: tuple[Document, Document],
) -> None:
    answer, theirs = measured
    for path, file in answer["files"].items():
        ours = {(int(a), int(b)) for a, ways in file["branches"].items() for b in ways["missed"]}
        assert ours == {tuple(arc) for arc in theirs["files"][str(Path(path))].get("missing_branches", [])}


def test_the_document_says_what_it_is(measured: tuple[Document, Document]) -> None:
    answer, theirs = measured
    assert (answer["format"], answer["version"]) == ("ci-actions-coverage", 1)
    assert answer["branches"] == theirs["meta"]["branch_coverage"]
    python = ".".join(map(str, sys.version_info[:3]))
    assert answer["tool"] == {
        "python": python,
        "coverage": coverage.__version__,
        "data": coverage.__version__,
    }
    assert abs(answer["timestamp"] - time.time()) < 3600
    assert answer["problems"] == []
    assert len(answer["files"]) == len(theirs["files"]) > len(SOURCES)


def test_a_digest_does_not_depend_on_line_ends(measured: tuple[Document, Document]) -> None:
    files = measured[0]["files"]
    assert files["pkg/crlf.py"]["digest"] == files["pkg/plain.py"]["digest"]
    assert files["pkg/plain.py"]["digest"] == hashlib.sha256(SOURCES["plain"]).hexdigest()


# --- a project ---------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two sources, one half tested, and their `.coverage` with branches."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "pay.py").write_text(PLAIN)
    (tmp_path / "src" / "tax.py").write_text(
        "def tax(x):\n    if x:\n        return 1\n    return 2\ntax(1)\n"
    )
    (tmp_path / "run.py").write_text(
        "import sys\nsys.path.insert(0, 'src')\nfor name in sys.argv[1:] or ['pay', 'tax']: __import__(name)\n"
    )
    measure(tmp_path, "run.py", "--branch", "--source=src")
    return tmp_path


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir() if path.is_file()
    }


def parallel(project: Path) -> list[Path]:
    (project / ".coverage").unlink()
    for name in ("pay", "tax"):
        start((*HERE, "-m", "coverage", "run", "-p", "--branch", "--source=src", "run.py", name), project)
    return sorted(project.glob(".coverage.*"))


def test_data_files_are_left_as_they_were(project: Path) -> None:
    files = parallel(project)
    before = snapshot(project)
    assert len(ask(project, *files)["files"]) == 2
    assert snapshot(project) == before


def test_parallel_files_are_combined(project: Path) -> None:
    files = parallel(project)
    answer = ask(project, *files)
    start((*HERE, "-m", "coverage", "combine", "-q", "--keep"), project)
    assert_same(answer, peer(project))


def test_a_second_process_changes_no_byte_of_the_answer(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    for number in range(60):
        (tmp_path / "pkg" / f"m{number}.py").write_text((PLAIN + MULTI_LINE) * 12)
    (tmp_path / "broken.py").write_text("x = 1\n")
    (tmp_path / "run.py").write_text("import broken\nfor n in range(60): __import__(f'pkg.m{n}')\n")
    measure(tmp_path, "run.py", "--branch", "--source=.")
    (tmp_path / "broken.py").write_text("x = = 1\n")
    alone = ask(tmp_path, jobs=1)
    assert len(alone["files"]) == 61
    assert [problem["path"] for problem in alone["problems"]] == ["broken.py"]
    assert ask(tmp_path, jobs=3) == alone


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ("[report]\nomit = */tax.py\n", ["src/pay.py"]),
        ("[report]\ninclude = src/t*\n", ["src/tax.py"]),
        ("[report]\nexclude_also =\n    def tax\n    if amount\n", ["src/pay.py", "src/tax.py"]),
        ("[report]\npartial_also =\n    if x\n", ["src/pay.py", "src/tax.py"]),
        ("[run]\nrelative_files = true\n", ["src/pay.py", "src/tax.py"]),
        ("[report]\ncontexts = none\n", ["src/pay.py", "src/tax.py"]),
    ],
)
def test_the_users_configuration_applies(project: Path, config: str, left: list[str]) -> None:
    (project / ".coveragerc").write_text(config)
    answer = ask(project)
    assert list(answer["files"]) == left
    assert_same(answer, peer(project))


def test_a_configuration_elsewhere_is_named(project: Path) -> None:
    (project / "ci.toml").write_text('[tool.coverage.report]\nomit = ["*/tax.py"]\n')
    assert list(ask(project, rcfile=str(project / "ci.toml"))["files"]) == ["src/pay.py"]


def test_paths_are_mapped_as_when_combining(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    here = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(project / "src", here / "src")
    shutil.copy(project / ".coverage", here)
    (here / ".coveragerc").write_text(f"[paths]\nsource =\n    src\n    {project / 'src'}\n")
    answer = ask(here)
    assert list(answer["files"]) == ["src/pay.py", "src/tax.py"]
    assert_same(answer, peer(here))


def test_only_what_was_asked_for_is_analysed(project: Path) -> None:
    (project / "link").symlink_to("src", target_is_directory=True)
    (project / "src" / "pay.py").write_text("x = = 1\n")
    whole = {"src/tax.py": numbers(ask(project)["files"]["src/tax.py"])}
    for path in ("src/tax.py", "./src/../src/tax.py", str(project / "src" / "tax.py"), "link/tax.py"):
        answer = ask(project, only=[path, "README.md"])
        assert {name: numbers(file) for name, file in answer["files"].items()} == whole
        assert answer["problems"] == []


def test_a_question_about_unmeasured_files_has_no_files_in_its_answer(project: Path) -> None:
    assert ask(project, only=["README.md"])["files"] == {}


# --- problems with single files ----------------------------------------------------------------


def problem(answer: Document) -> tuple[str, str, str]:
    (found,) = answer["problems"]
    return found["path"], found["reason"], found["message"]


def test_a_source_that_is_gone_is_a_problem(project: Path) -> None:
    (project / "src" / "tax.py").unlink()
    answer = ask(project)
    assert list(answer["files"]) == ["src/pay.py"]
    path, reason, message = problem(answer)
    assert (path, reason) == ("src/tax.py", "no-source")
    assert "[paths]" in message


def test_ignore_errors_leaves_such_a_source_out(project: Path) -> None:
    (project / "src" / "tax.py").unlink()
    (project / ".coveragerc").write_text("[report]\nignore_errors = true\n")
    answer = ask(project)
    assert answer["problems"] == []
    assert_same(answer, peer(project))


def test_a_path_of_another_operating_system_is_called_so(project: Path) -> None:
    with contextlib.closing(sqlite3.connect(project / ".coverage")) as db, db:
        db.execute(r"update file set path = 'D:\a\shop\src\tax.py' where path like '%tax.py'")
    path, reason, message = problem(ask(project))
    assert (path, reason) == (r"D:\a\shop\src\tax.py", "no-source")
    assert "another operating system" in message
    assert "relative_files" in message


@pytest.mark.parametrize(
    ("source", "reason", "word"),
    [
        ("x = = 1\n", "syntax", "line 1"),
        ("x = 1\n  y = 2\n", "syntax", "indent"),
        ("x = (1\n", "syntax", "was never closed"),
        ("# coding: nonsense\nx = 1\n", "syntax", "nonsense"),
        ("x = 1\nlazy import json\n", "interpreter-too-old", "3.15"),
    ],
)
@pytest.mark.skipif(sys.version_info >= (3, 15), reason="the newest syntax is none there")
def test_a_source_that_does_not_parse_is_a_problem(
    project: Path, source: str, reason: str, word: str
) -> None:
    (project / "src" / "tax.py").write_text(source)
    found = problem(ask(project))
    assert found[:2] == ("src/tax.py", reason)
    assert word in found[2]


# --- data that cannot be used ------------------------------------------------------------------


def other_database(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("create table moz_cookies (x)")


def replaced_by_another_database(path: Path) -> None:
    path.unlink()
    other_database(path)


def future_schema(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("update coverage_schema set version = 99")
        db.execute("update meta set value = '9.1' where key = 'version'")


def without_files(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for table in ("arc", "file"):
            db.execute(f"delete from {table}")


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[200:] = b"\xff" * (len(content) - 200)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "reason", "words"),
    [
        (lambda path: path.unlink(), "no-data", ["There is no data file"]),
        (lambda path: path.write_bytes(b""), "no-data", ["is empty (0 bytes)"]),
        (lambda path: path.write_text("<html>"), "not-sqlite", ["no SQLite database"]),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), "truncated", ["9000 bytes of", "cut off"]),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "truncated", ["50 bytes of"]),
        (damaged, "truncated", ["is damaged"]),
        (replaced_by_another_database, "not-sqlite", ["moz_cookies"]),
        (future_schema, "schema", ["schema 99", "coverage 9.1", "`python`"]),
        (
            lambda path: path.write_text("!coverage.py: This is a private format, don't read it directly!{}"),
            "schema",
            ["coverage 4"],
        ),
        (without_files, "no-data", ["no file was measured"]),
    ],
    ids=["missing", "zero", "text", "cut", "stub", "damaged", "other", "future", "coverage 4", "no files"],
)
@pytest.mark.parametrize("only", [None, ["src/tax.py"]], ids=["all", "only"])
def test_unusable_data_is_refused(
    project: Path, spoil: Any, reason: str, words: list[str], only: list[str] | None
) -> None:
    spoil(project / ".coverage")
    found, message = refused(ask(project, only=only))
    assert found == reason
    assert str(project / ".coverage") in message
    assert [word for word in words if word not in message] == []


def test_lines_and_branches_together_are_refused(project: Path) -> None:
    shutil.move(project / ".coverage", project / "with")
    measure(project, "run.py", "--source=src")
    shutil.move(project / ".coverage", project / "without")
    reason, message = refused(ask(project, "with", "without"))
    assert reason == "mixed"
    assert f"{project / 'with'} was measured with branches, {project / 'without'} without" in message


def test_data_that_is_being_written_is_refused(project: Path) -> None:
    with contextlib.closing(sqlite3.connect(project / ".coverage", isolation_level=None)) as db:
        db.execute("begin exclusive")
        reason, message = refused(ask(project))
    assert reason == "locked"
    assert "still writing" in message


def test_a_process_that_ends_writing_soon_is_waited_for(project: Path) -> None:
    db = sqlite3.connect(project / ".coverage", isolation_level=None, check_same_thread=False)
    db.execute("begin exclusive")
    release = threading.Timer(1, db.close)
    release.start()
    assert "files" in ask(project)
    release.join()


def test_a_configuration_that_leaves_nothing_is_refused(project: Path) -> None:
    (project / ".coveragerc").write_text("[report]\nomit = *\n")
    reason, message = refused(ask(project))
    assert reason == "no-data"
    assert "leaves none of 2 files" in message


@pytest.mark.parametrize("config", ["[report\n", "[report]\nexclude_also = (\n", "[report]\nprecision = x\n"])
def test_a_broken_configuration_is_refused(project: Path, config: str) -> None:
    (project / ".coveragerc").write_text(config)
    assert refused(ask(project))[0] == "config"


# --- plugins -----------------------------------------------------------------------------------

TEMPLATE_PLUGIN = """
import sys
from coverage import CoveragePlugin, FileReporter
print("noise on stdout")

class Reporter(FileReporter):
    def lines(self):
        if "broken" in self.filename:
            raise ValueError("no template")
        return {1, 2, 4}

class Templates(CoveragePlugin):
    def file_reporter(self, filename):
        return Reporter(filename)

def coverage_init(reg, options):
    import os
    os.write(1, b"more noise")
    assert not any(path.endswith("coverage_gate") for path in sys.path)
    reg.add_file_tracer(Templates())
"""


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A template that a plugin of the user's has measured."""
    for name in ("good.tmpl", "broken.tmpl"):
        (tmp_path / name).write_text("a\nb\nc\nd\n")
    data = coverage.CoverageData(str(tmp_path / ".coverage"))
    data.add_lines({str(tmp_path / name): [1, 4] for name in ("good.tmpl", "broken.tmpl")})
    data.add_file_tracers({str(tmp_path / name): "tmpl.Templates" for name in ("good.tmpl", "broken.tmpl")})
    data.write()
    data.close()
    (tmp_path / ".coveragerc").write_text("[run]\nplugins = tmpl\n")
    (tmp_path / "tmpl.py").write_text(TEMPLATE_PLUGIN)
    return tmp_path


def test_a_plugin_in_the_working_directory_reports_its_files(templates: Path) -> None:
    answer = ask(templates)
    assert answer["files"]["good.tmpl"]["lines"] == [1, 2, 4, 4]
    assert answer["files"]["good.tmpl"]["missed"] == [2, 2]
    assert problem(answer) == (
        "broken.tmpl",
        "plugin",
        "broken.tmpl: the coverage plugin tmpl.Templates failed: no template",
    )
    assert_same(answer, peer(templates, "--omit=*/broken.tmpl"))


def test_a_plugin_that_is_not_installed_is_named(templates: Path) -> None:
    (templates / "tmpl.py").unlink()
    reason, message = refused(ask(templates))
    assert reason == "plugin"
    assert "coverage plugin tmpl cannot be loaded" in message
    assert "Install it in this interpreter" in message
    assert sys.executable in message


def test_a_plugin_that_the_configuration_does_not_name_is_a_problem(templates: Path) -> None:
    (templates / ".coveragerc").unlink()
    answer = ask(templates)
    assert {found["reason"] for found in answer["problems"]} == {"plugin"}
    assert (
        "tmpl.Templates, which the coverage configuration here does not name"
        in answer["problems"][0]["message"]
    )


def test_modules_of_the_working_directory_do_not_replace_others(project: Path) -> None:
    for name in ("json", "coverage", "tempfile"):
        (project / f"{name}.py").write_text("raise SystemExit('imported')\n")
    assert len(ask(project)["files"]) == 2


# --- the interpreter ---------------------------------------------------------------------------

BARE = (sys.executable, "-I", "-S")


def test_an_interpreter_without_coverage_is_refused(project: Path) -> None:
    reason, message = refused(ask(project, python=BARE))
    assert reason == "no-coverage"
    assert "Install coverage there" in message


def test_an_interpreter_without_coverage_borrows_ours(project: Path) -> None:
    answer = ask(project, python=BARE, vendor=str(SITE_PACKAGES))
    assert answer["tool"]["coverage"] == coverage.__version__
    assert_same(answer, peer(project))


def test_an_agent_in_a_measured_environment_is_not_measured(project: Path) -> None:
    before = sorted(project.iterdir())
    (project / ".coveragerc").write_text("[run]\nparallel = true\n")
    more = {"COVERAGE_PROCESS_START": str(project / ".coveragerc")}
    assert len(ask(project, more=more)["files"]) == 2
    assert sorted(project.iterdir()) == [project / ".coverage", project / ".coveragerc", *before[1:]]


UNKNOWN_COVERAGE = {
    "no generator of analyses": (
        "import coverage.report as r, coverage.report_core as c; del r.get_analysis_to_report, c.get_analysis_to_report"
    ),
    "another parser": """
        import coverage.parser as p
        old = p.PythonParser._raw_parse
        p.PythonParser._raw_parse = lambda self: old(self)
        """,
}


@pytest.mark.parametrize("change", UNKNOWN_COVERAGE)
def test_a_coverage_with_other_insides_gives_the_same_numbers(project: Path, change: str) -> None:
    (project / "change").mkdir()
    code = "import coverage\n" + textwrap.dedent(UNKNOWN_COVERAGE[change])
    (project / "change" / "sitecustomize.py").write_text(code)
    (project / "src" / "tax.py").write_text(EXCLUDED)
    measure(project, "run.py", "--branch", "--source=src")
    answer = ask(project, more={"PYTHONPATH": str(project / "change")})
    assert_same(answer, peer(project))
    assert answer["files"]["src/tax.py"]["digest"] == hashlib.sha256(EXCLUDED.encode()).hexdigest()


# --- outlines against the real tokenizer ---------------------------------------------------------


@pytest.fixture(scope="module")
def agent() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_under_test", AGENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def standard_library(*packages: str) -> list[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    found = (path for package in packages for path in (root / package).rglob("*.py"))
    return sorted(path for path in found if "site-packages" not in path.parts)


def assert_outlines_agree(agent: ModuleType, paths: list[Path]) -> int:
    """Compare logical lines on real sources; return for how many the outline was sure."""
    sure = 0
    for path in paths:
        try:
            text = get_python_source(str(path))
            truth = multiline_map_from_text(text)
            compile(text, str(path), "exec", dont_inherit=True)
        except Exception:  # noqa: BLE001  (bad sources of the interpreter's own tests)
            continue
        for colons in (False, True):
            with contextlib.suppress(agent.Unsure):
                assert multiline_map_from_tokens(agent.Outline(text, colons).tokens()) == truth, path
                sure += 1
    return sure // 2


def test_outlines_agree_with_the_tokenizer(agent: ModuleType) -> None:
    paths = standard_library("asyncio", "email", "json", "unittest", "concurrent", "importlib")
    assert assert_outlines_agree(agent, paths) > 0.8 * len(paths)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_outlines_agree_with_the_tokenizer_on_the_whole_standard_library(agent: ModuleType) -> None:
    """Slow: 2 000 files; test_outlines_agree_with_the_tokenizer samples it."""
    paths = standard_library("")
    assert assert_outlines_agree(agent, paths) > 0.7 * len(paths)


def test_the_coverage_we_ship_is_one_that_outlines_are_known_to_be_enough_for(agent: ModuleType) -> None:
    """Slower, not wrong, if this fails: read `_raw_parse` again and extend `_KNOWN_NAMES`."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import agent; print(agent.use_outlines(), agent.use_short_walks())"
    assert start((sys.executable, "-c", code, AGENT.parent), AGENT.parent).split() == [b"True", b"True"]


# --- other interpreters ------------------------------------------------------------------------

REFUND = """\
def refund(orders):
    total = 0
    for order in orders:
        if order < 0:
            continue
        total += order
    while True:
        if total > 1:
            break
        total += 50
    if total < 0:
        return None
    return total


refund([1, -2, 3])
"""


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], Path]:
    """A Python of each minor version that is here, with a coverage of its time."""
    found = {}
    for version, python in interpreters.find((3, 6), (3, 13)).items():
        folder = tmp_path_factory.mktemp("python") / "venv"
        start((python, "-m", "venv", folder), folder.parent)
        ours = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        start((ours, "-m", "pip", "install", "-q", f"coverage=={COVERAGE_FOR[version]}"), folder.parent)
        found[version] = ours
    return found


@pytest.mark.slow
@pytest.mark.parametrize("version", COVERAGE_FOR, ids=lambda version: "{}.{}".format(*version))
@pytest.mark.parametrize("options", [("--branch",), ()], ids=["branches", "lines"])
def test_every_interpreter_and_its_coverage(
    environments: dict[tuple[int, int], Path],
    version: tuple[int, int],
    options: tuple[str, ...],
    tmp_path: Path,
) -> None:
    """Slow: installs eight coverages; test_numbers_of_a_file_are_those_of_coverage_json samples it."""
    if version not in environments:
        pytest.skip(f"no Python {version[0]}.{version[1]} here: pyenv install brings it")
    python = (environments[version],)
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    names = [name for name in SOURCES if name != "match_and_async" or version >= (3, 10)]
    for name in names:
        (tmp_path / "pkg" / f"{name}.py").write_bytes(SOURCES[name])
    (tmp_path / "run.py").write_text(f"import {', '.join('pkg.' + name for name in names)}\n")
    measure(tmp_path, "run.py", "--source=pkg", *options, python=python)
    answer = ask(tmp_path, python=python)
    assert answer["tool"]["coverage"] == COVERAGE_FOR[version]
    assert_same(answer, peer(tmp_path, python=python))


@pytest.mark.slow
def test_the_same_data_says_different_things_under_another_interpreter(
    environments: dict[tuple[int, int], Path], tmp_path: Path
) -> None:
    """Why the agent runs where the tests ran. Slow: installs old coverages; nothing faster can show it."""
    if not {(3, 9), (3, 11)} <= set(environments):
        pytest.skip("needs Python 3.9 and 3.11: pyenv install brings them")
    (tmp_path / "refund.py").write_text(REFUND)
    measure(tmp_path, "refund.py", "--branch", python=(environments[3, 9],))
    own = numbers(ask(tmp_path, python=(environments[3, 9],))["files"]["refund.py"])
    newer = numbers(ask(tmp_path, python=(environments[3, 11],))["files"]["refund.py"])
    assert own["num_statements"] + 1 == newer["num_statements"]
    assert len(own["missing_lines"]) < len(newer["missing_lines"])


@pytest.mark.slow
def test_a_source_that_is_newer_than_the_interpreter_is_called_so(
    environments: dict[tuple[int, int], Path], tmp_path: Path
) -> None:
    """Slow: installs an old coverage; test_a_source_that_does_not_parse_is_a_problem samples it."""
    if (3, 9) not in environments:
        pytest.skip("needs Python 3.9: pyenv install brings it")
    (tmp_path / "new.py").write_text("def f(x):\n    match x:\n        case 1:\n            return 2\nf(1)\n")
    measure(tmp_path, "new.py", "--branch")
    found = problem(ask(tmp_path, python=(environments[3, 9],)))
    assert found[:2] == ("new.py", "interpreter-too-old")
    assert "needs a newer Python than 3.9" in found[2]
