"""quality with real tools: on real projects it finds what each tool prints when it is run by hand, and nothing is written.

The oracle is the tool itself, in the same environment, with the output that people read: another form than the one
that is parsed.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import linter_sets
import pytest

pytestmark = pytest.mark.integration

Found = Counter[tuple[str, int, str]]

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "ci_actions", "quality", "--json")


@pytest.fixture(scope="module")
def python() -> Path:
    return linter_sets.make("new")


def quality(project: Path, python: Path, *options: str, **more: str) -> tuple[int, Mapping[str, Any], str]:
    """Run the command line; returns its exit code, its report, and what it said."""
    done = subprocess.run(
        [*COMMAND, f"--python={python}", *options],
        cwd=project,
        env={**os.environ, "XDG_CACHE_HOME": str(project.parent / "cache"), **more},
        capture_output=True,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


def ours(report: Mapping[str, Any], tool: str) -> Found:
    return Counter(
        (each["path"], each["line"], each["rule"])
        for each in report["details"]["findings"]
        if each["tool"] == tool and each["counts"] == "counted"
    )


def by_hand(project: Path, python: Path, words: Sequence[str]) -> str:
    """Return what a tool prints for people, on both streams."""
    env = {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "400",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [python.parent / words[0], *words[1:]],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def places(text: str, pattern: str, project: Path) -> Found:
    found: Found = Counter()
    for match in re.finditer(pattern, text, re.MULTILINE):
        path = os.path.relpath(project / match["path"], project)
        found[path, int(match["line"]), match["rule"]] += 1
    return found


def files(text: str, pattern: str, project: Path) -> set[str]:
    return {os.path.relpath(project / name, project) for name in re.findall(pattern, text, re.MULTILINE)}


#: What a tool prints for people, a finding a line.
HAND: Mapping[str, tuple[Sequence[str], str]] = {
    "ruff-check": (
        ("ruff", "check", "--no-fix", "--no-cache", "--output-format", "concise", "."),
        r"^(?P<path>[^\s:]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]+\d+)",
    ),
    "flake8": (("flake8", "."), r"^(?P<path>[^\s:]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]+\d+)"),
    "mypy": (
        ("mypy", "--show-error-codes"),
        r"^(?P<path>[^\s:]+):(?P<line>\d+): error: .*  \[(?P<rule>[\w-]+)\]$",
    ),
    "pyright": (
        ("pyright",),
        r"^  (?P<path>/[^:\n]+):(?P<line>\d+):\d+ - error: (?:.*\n(?=  \xa0))*.*\((?P<rule>report\w+)\)$",
    ),
    "pylint": (
        ("pylint", "--recursive=y", "--jobs=1"),
        r"^(?P<path>[^\s:]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]\d+):",
    ),
}


def compare(project: Path, python: Path, report: Mapping[str, Any], tools: Sequence[str]) -> None:
    for tool in tools:
        words, pattern = HAND[tool]
        if (
            tool == "mypy"
            and "files" not in (project / "pyproject.toml").read_text().partition("[tool.mypy]")[2][:300]
        ):
            words = (*words, ".")
        if tool == "pylint":
            # It does not know .gitignore, and takes no folder without a name.
            names = subprocess.run(
                ["git", "ls-files", "*.py", "*.pyi"], cwd=project, capture_output=True, text=True, check=True
            ).stdout.split()
            words = (*words, *sorted({name.partition("/")[0] for name in names}))
        theirs = places(by_hand(project, python, words), pattern, project)
        mine = ours(report, tool)
        for whole in ("R0801", "R0401"):
            # About several files at once: pylint itself finds 48, 51 or 52 of them in werkzeug, by the order in which
            # it is given the folders. Whether there are any does not depend on that.
            assert any(key[2] == whole for key in mine) is any(key[2] == whole for key in theirs)
            mine, theirs = (
                Counter({k: n for k, n in each.items() if k[2] != whole}) for each in (mine, theirs)
            )
        assert mine == theirs, f"{tool}: ours alone {mine - theirs}, by hand alone {theirs - mine}"


def compare_formatters(project: Path, python: Path, report: Mapping[str, Any]) -> None:
    for tool, words, pattern in (
        ("black", ("black", "--check", "."), r"^would reformat (.+)$"),
        ("isort", ("isort", "--check-only", "."), r"^ERROR: (.+) Imports are incorrectly sorted"),
    ):
        theirs = files(by_hand(project, python, words), pattern, project)
        assert {path for path, _, _ in ours(report, tool)} == theirs, tool
        assert theirs, f"{tool} has nothing to say about this project: choose another"


def test_a_real_project_small(python: Path, tmp_path: Path) -> None:
    """httpx with what is fast; the slow test below takes all tools and three projects."""
    project = linter_sets.project("httpx", tmp_path)
    code, report, said = quality(project, python, "--tools", "auto,black,isort,flake8,-pyright")
    assert code == 1, said
    states = {each["name"]: each["state"] for each in report["details"]["tools"]}
    assert states["source"] == "clean"
    assert set(states) == {"source", "ruff-check", "black", "isort", "flake8", "mypy"}
    compare(project, python, report, ["ruff-check", "flake8", "mypy"])
    compare_formatters(project, python, report)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["attrs", "httpx", "werkzeug"])
def test_real_projects(python: Path, tmp_path: Path, name: str) -> None:
    """Slow because pylint reads whole projects twice; `test_a_real_project_small` is the fast sample."""
    project = linter_sets.project(name, tmp_path)
    options = ("--tools", "auto,black,isort,flake8,pylint,mypy,pyright,-hooks", "--timeout", "1200")
    code, report, said = quality(project, python, *options)
    tools = ["ruff-check", "mypy", "pyright", "pylint"]
    if name == "werkzeug":
        # It asks for a Python that this mypy does not support: mypy says so, and carries on with another.
        tools.remove("mypy")
        assert "python_version: Python 3.9 is not supported" in report["details"]["problems"][0]
    assert code == (1 if "mypy" in tools else 3), said
    compare(project, python, report, tools)
    compare_formatters(project, python, report)


def test_the_second_run_is_remembered_and_says_so(python: Path, tmp_path: Path) -> None:
    project = linter_sets.project("httpx", tmp_path)
    options = ("--tools", "ruff,isort,flake8")  # one that remembers by itself, and two that do not
    _, first, _ = quality(project, python, *options)
    _, second, _ = quality(project, python, *options)
    assert not any(each["cached"] for each in first["details"]["tools"])
    assert all(each["cached"] for each in second["details"]["tools"])
    assert second["details"]["findings"] == first["details"]["findings"]
    assert second["outputs"]["plan-hash"] == first["outputs"]["plan-hash"]
    (project / "httpx" / "_more.py").write_text("import os\n")
    _, third, _ = quality(project, python, *options)
    assert not any(each["cached"] for each in third["details"]["tools"])
    assert third["outputs"]["plan-hash"] != first["outputs"]["plan-hash"]
    _, fourth, _ = quality(project, python, *options, "--cache=false")
    assert not any(each["cached"] for each in fourth["details"]["tools"])


def test_a_failed_answer_is_never_remembered(
    python: Path, tmp_path: Path, new_repository: Callable[[], Any]
) -> None:
    repository = new_repository()
    repository.commit({"pyproject.toml": "[tool.black]\n", "a.py": "A = 1\n", "b.py": "def f(:\n"})
    for _ in range(2):
        code, report, _ = quality(repository.path, python)
        (black,) = [each for each in report["details"]["tools"] if each["name"] == "black"]
        assert (code, black["state"], black["cached"]) == (3, "incomplete", False)


def test_the_patch_mends_what_tools_can_mend(python: Path, new_repository: Callable[[], Any]) -> None:
    repository = new_repository()
    files = {
        "pyproject.toml": "[tool.black]\n[tool.isort]\nprofile = 'black'\n[tool.ruff.lint]\nselect = ['F401']\n",
        ".gitignore": "/.ci-actions/\n",
        "a.py": "import sys\nimport os\nimport json\nx = {  'a':1 }\nprint(os, sys)\n",
        "b.py": "B = 1\n",
    }
    repository.commit(files)
    code, report, said = quality(repository.path, python)
    assert code == 1
    assert "ruff-check, isort, black proposed a patch" in said
    assert repository.git("status", "--porcelain") == ""
    patch = Path(report["outputs"]["patch-file"]).read_bytes()
    code, report, said = quality(repository.path, python)
    assert "proposed a patch" not in said
    assert Path(report["outputs"]["patch-file"]).read_bytes() == patch
    repository.git("apply", report["outputs"]["patch-file"])
    assert quality(repository.path, python)[0] == 0
    repository.git("checkout", "--quiet", ".")
    code, report, _ = quality(repository.path, python, "--fix")
    assert (code, report["details"]["fixed"]) == (0, ["a.py"])
    assert (repository.path / "a.py").read_text().startswith("import os\nimport sys\n\nx =")
    # Now a.py has edits that are not staged: what fixers do to them could not be taken back.
    code, report, _ = quality(repository.path, python, "--fix")
    assert code == 2
    assert "not staged" in report["annotations"][0]["message"]


def test_an_interruption_ends_the_tools_too(python: Path, new_repository: Callable[[], Any]) -> None:
    repository = new_repository()
    plugin = (
        "import time, os, pathlib\n\n\ndef register(linter):\n"
        "    pathlib.Path(os.environ['MARK']).write_text(str(os.getpid()))\n    time.sleep(60)\n"
    )
    repository.commit(
        {
            ".pylintrc": "[MAIN]\ninit-hook='import sys; sys.path.insert(0, \".\")'\nload-plugins=slowly\n",
            "slowly.py": plugin,
            ".gitignore": "/.ci-actions/\n",
        }
    )
    mark = repository.path.parent / "mark"
    child = subprocess.Popen(
        [*COMMAND, f"--python={python}"],
        cwd=repository.path,
        env={**os.environ, "MARK": str(mark), "XDG_CACHE_HOME": str(repository.path.parent / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not mark.exists() or not mark.read_text():
        assert child.poll() is None, child.communicate()
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"passed" not in out
    assert err.endswith(b"interrupted: there is no verdict\n")
    assert b"Traceback" not in err
    pid = int(mark.read_text())
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_tool_that_does_not_end_is_stopped(python: Path, new_repository: Callable[[], Any]) -> None:
    repository = new_repository()
    repository.commit(
        {
            ".pylintrc": "[MAIN]\ninit-hook='import time; time.sleep(60)'\n",
            "a.py": "A = 1\n",
            ".gitignore": "/.ci-actions/\n",
        }
    )
    code, report, _ = quality(repository.path, python, "--timeout", "1")
    assert code == 3
    assert "pylint did not end within 1 s (timeout)" in report["details"]["problems"][0]


def test_a_tool_that_floods_is_stopped(python: Path, new_repository: Callable[[], Any]) -> None:
    repository = new_repository()
    hook = "import sys; [sys.stdout.write('x' * 1000000) for _ in range(400)]"
    repository.commit(
        {".pylintrc": f'[MAIN]\ninit-hook="{hook}"\n', "a.py": "A = 1\n", ".gitignore": "/.ci-actions/\n"}
    )
    code, report, _ = quality(repository.path, python)
    assert code == 3
    assert "wrote more than 64 MB" in report["details"]["problems"][0]


def test_a_tool_that_is_killed_is_no_finding(python: Path, new_repository: Callable[[], Any]) -> None:
    repository = new_repository()
    hook = "import os; os.kill(os.getpid(), 9)"
    repository.commit(
        {".pylintrc": f'[MAIN]\ninit-hook="{hook}"\n', "a.py": "A = 1\n", ".gitignore": "/.ci-actions/\n"}
    )
    code, report, _ = quality(repository.path, python)
    assert code == 3
    assert "killed by signal 9" in report["details"]["problems"][0]


def test_a_tool_that_writes_to_the_tree_is_no_verdict(
    python: Path, new_repository: Callable[[], Any]
) -> None:
    repository = new_repository()
    hook = "open('b.py', 'a').write('B = 2')"
    settings = f'[MAIN]\ndisable=all\nenable=unused-import\ninit-hook="{hook}"\n'
    repository.commit({".pylintrc": settings, "a.py": "A = 1\n", ".gitignore": "/.ci-actions/\n"})
    code, report, _ = quality(repository.path, python)
    assert code == 3
    assert "1 files of the tree changed: b.py" in report["details"]["problems"][0]


def test_a_shallow_clone_is_deepened(python: Path, tmp_path: Path, new_repository: Callable[[], Any]) -> None:
    origin = new_repository()
    origin.commit(
        {"ruff.toml": "lint.select = ['F']\n", "a.py": "import os\n", ".gitignore": "/.ci-actions/\n"}
    )
    for number in range(5):
        origin.commit({"c.py": f"C = {number}\n"})
    origin.git("switch", "--quiet", "--create", "feature")
    for number in range(5):
        origin.commit({"b.py": f"import sys\nB = {number}\n"})
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", "--branch=feature", f"file://{origin.path}", clone],
        check=True,
    )
    code, report, said = quality(clone, python, "--scope", "new", "--base", "main")
    assert code == 1, said
    assert [each["path"] for each in report["details"]["findings"] if each["counts"] == "new"] == ["b.py"]


def test_a_checkout_that_cannot_be_written_is_judged(python: Path, new_repository: Callable[[], Any]) -> None:
    if os.geteuid() == 0:
        pytest.skip("this system has no user that cannot write: root writes everywhere")
    repository = new_repository()
    repository.commit({"ruff.toml": "lint.select = ['F']\n", "a.py": "import os\n"})
    repository.path.chmod(0o555)
    try:
        code, _, _ = quality(repository.path, python, "--report-dir", str(repository.path.parent / "report"))
    finally:
        repository.path.chmod(0o755)
    assert code == 1


def test_without_git_there_is_no_verdict(python: Path, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "ruff.toml").write_text("")
    code, report, _ = quality(tmp_path / "project", python)
    assert code == 3
    assert "is not in a git repository" in report["annotations"][0]["message"]


def test_ruff_takes_its_settings_folder_by_folder(python: Path, new_repository: Callable[[], Any]) -> None:
    repository = new_repository()
    undocumented = "def f():\n    return {'a' : 1}\n"
    repository.commit(
        {
            "strict/pyproject.toml": "[tool.ruff.lint]\nselect = ['D103']\n",
            "strict/a.py": undocumented,
            "plain/b.py": undocumented,
            ".gitignore": "/.ci-actions/\n",
        }
    )
    _, report, _ = quality(repository.path, python)
    assert ours(report, "ruff-check") == {("strict/a.py", 1, "D103"): 1}
    base = repository.git("rev-parse", "HEAD").strip()
    repository.commit(
        {
            "strict/pyproject.toml": "[tool.ruff.lint]\nselect = ['E']\n",
            "strict/a.py": f"{undocumented}\n\ndef g():\n    return 2\n",
            "plain/ruff.toml": "lint.ignore = ['F401']\n",
        }
    )
    code, report, _ = quality(repository.path, python, "--scope", "new", "--base", base)
    assert (code, report["details"]["loosened"]) == (
        0,
        [
            "plain/ruff.toml [ruff.toml.lint]: ignore gains 'F401'",
            "strict/pyproject.toml [tool.ruff.lint]: select loses 'D103'",
        ],
    )
    code, report, _ = quality(
        repository.path, python, "--scope", "new", "--base", base, "--config-from", "base"
    )
    new = [each for each in report["details"]["findings"] if each["counts"] == "new"]
    assert (code, [(each["path"], each["line"], each["rule"]) for each in new]) == (
        1,
        [("strict/a.py", 5, "D103")],
    )


def test_the_formatter_of_a_hook_takes_the_settings_of_the_linter(
    python: Path, new_repository: Callable[[], Any]
) -> None:
    repository = new_repository()
    repository.commit(
        {
            "ruff.toml": "extend-exclude = ['old']\n",
            "old/a.py": "x = {  'a':1}\n",
            "b.py": 'x = {"a": 1}\n',
            ".pre-commit-config.yaml": "repos:\n- repo: x\n  rev: v1\n  hooks: [{id: ruff-format}]\n",
            ".gitignore": "/.ci-actions/\n",
        }
    )
    _, report, _ = quality(repository.path, python, "--tools", "ruff-format")
    assert ours(report, "ruff-format") == {}
    assert report["outputs"]["files-checked"] != "0"


def test_pylint_finds_the_same_however_many_processors(
    python: Path, new_repository: Callable[[], Any]
) -> None:
    repository = new_repository()
    module = "\n".join(f"def f{number}(a):\n    return a + {number}\n" for number in range(20))
    repository.commit(
        {".pylintrc": "[MAIN]\n", ".gitignore": "/.ci-actions/\n", **{f"m{n}.py": module for n in range(3)}}
    )
    _, one, _ = quality(repository.path, python, "--jobs", "1", "--cache=false")
    _, many, _ = quality(repository.path, python, "--jobs", "8", "--cache=false")
    assert ours(one, "pylint") == ours(many, "pylint")
