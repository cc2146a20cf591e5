"""`ci-actions check` with several gates, on small repositories, in hooks that git runs, and in a real terminal.

The program is a copy of ours with two more gates in it; how their children are started and judged is ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.terminals import PATIENCE, Terminal, terminals, until

from ci_actions.kit import session

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).with_name("example_gates")
NAMES = ("example-lint", "example-slow")
SETTINGS = "[tool.ci-actions.example-lint]\n"
SLOW = SETTINGS + "[tool.ci-actions.example-slow]\n"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells and signals"),
]


@dataclass
class Program:
    """A copy of the program with the gates of these tests, started as its users start it."""

    command: Path

    def run(self, here: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, *words],
            cwd=here,
            env=os.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def lint(self, here: Path, *words: str, **environ: str) -> dict[str, Any]:
        """Return the report of example-lint in a check, with its findings as `bad`."""
        done = self.run(here, "check", "example-lint", "--json", *words, **environ)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)["details"]["gates"]["example-lint"]
        found["bad"] = sorted((each["file"], each["line"]) for each in found["annotations"])
        return found


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("program")
    source = folder / "src" / "ci_actions"
    shutil.copytree(ROOT / "src" / "ci_actions", source, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NAMES:
        module = name.replace("-", "_")
        (source / module).mkdir()
        shutil.copyfile(EXAMPLES / f"{module}.py", source / module / "__init__.py")
    with (source / "capabilities.py").open("a", encoding="utf-8") as file:
        file.write(f"\nCAPABILITIES = (*CAPABILITIES, *{NAMES})\n")
    command = folder / "bin" / "ci-actions"
    command.parent.mkdir()
    # A compiled-in path: the command must work from hooks, whose environment is git's.
    command.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(folder / 'src')!r})\n"
        "from ci_actions.cli import main\nsys.exit(main())\n"
    )
    command.chmod(0o755)
    return Program(command)


@pytest.fixture
def project(repository: Any) -> Any:
    """One file, one folder that git ignores, and nothing bad."""
    files = {
        "pyproject.toml": SETTINGS,
        "a.py": "one\ntwo\nthree\n",
        "b.py": "b\n",
        ".gitignore": ".venv/\n*.pids\n",
    }
    repository.commit(files)
    repository.write({".venv/marker": ""})
    return repository


def traces(repository: Any, git_folder: Path | None = None) -> dict[str, str]:
    """Return every file of the work tree and of git's own folder with its digest, but for our own reports."""
    folders = [repository.path, *([git_folder] if git_folder else [])]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".ci-actions" not in path.parts
    }


def alive(pid: int) -> bool:
    return pid in (table := session._table()) and not table[pid].gone


# --- several gates -----------------------------------------------------------------------------


def test_the_table_the_plan_and_the_command_that_mends(program: Program, project: Any) -> None:
    project.commit({"a.py": "BAD\n" * 57})
    done = program.run(project.path, "check")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["gate", "state", "new", "old", "files", "seconds"]
    assert lines[2].split()[1:6] == ["example-lint", "failed", "57", "1", "4"]
    assert sum(line.endswith("error: it is BAD") for line in lines) == 20
    assert "and 37 more; the JSON report has all of them" in lines
    assert "plan 0123456789ab example-lint: the same in CI is the same verdict" in lines
    assert lines[-1] == "mend: ci-actions check example-lint --fix"
    assert done.stderr.splitlines()[0] == "…  example-lint: started"


def test_inside_actions_nothing_is_a_command(program: Program, project: Any, tmp_path: Path) -> None:
    project.commit({"a.py": "BAD\n"})
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "out"), "RUNNER_TEMP": str(tmp_path)}
    done = program.run(project.path, "check", **environ)
    assert done.returncode == 1
    assert "a.py:1: error: it is BAD" in done.stdout
    assert not re.search(r"^\s*::|##\[", done.stdout + done.stderr, re.MULTILINE)
    assert not (tmp_path / "out").exists()


def test_changed_reaches_the_gates_that_know_it(program: Program, project: Any) -> None:
    assert program.lint(project.path)["details"]["scope"] == "all"
    assert program.lint(project.path, "--changed")["details"]["scope"] == "new"
    done = program.run(project.path, "check", "--changed", "--base=x", "--list")
    assert done.returncode == 0


def test_the_budget_reaches_the_gates(program: Program, project: Any) -> None:
    assert program.lint(project.path, "--jobs=3")["details"]["budget"] == 3
    assert program.lint(project.path, CI_ACTIONS_JOBS="5")["details"]["budget"] == 5


def test_fail_fast_stops_the_others(program: Program, project: Any) -> None:
    project.commit({"pyproject.toml": SLOW, "a.py": "BAD\n"})
    done = program.run(project.path, "check", "--fail-fast", "--jobs=2")
    assert done.returncode == 1
    assert "1 of 2 gates red, 1 stopped, exit code 1" in done.stdout
    pids = project.path / "slow.pids"
    for pid in pids.read_text().split() if pids.exists() else ():
        assert not alive(int(pid))


@pytest.mark.parametrize("words", [(), ("--staged",)], ids=["the work tree", "staged"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_there_is_no_verdict_no_child_and_no_folder(
    program: Program, project: Any, tmp_path: Path, number: signal.Signals, words: tuple[str, ...]
) -> None:
    project.commit({"pyproject.toml": SLOW})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [program.command, "check", "--jobs=2", *words],
        cwd=project.path,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        where = "ci-actions-staged-*/*/slow.pids" if words else "../repository0/slow.pids"
        pids = [
            int(pid) for pid in until(lambda: "".join(read(path) for path in temporary.glob(where))).split()
        ]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        child.send_signal(number)
        out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 128 + number
    assert f"interrupted ({number.name}): there is no verdict" in err
    assert "every gate passed" not in out
    assert "Traceback" not in err
    assert not [pid for pid in pids if alive(pid)]
    assert list(temporary.iterdir()) == []


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


# --- what is staged ----------------------------------------------------------------------------


def test_a_partly_staged_file_counts_as_it_is_staged(program: Program, project: Any) -> None:
    project.write({"a.py": "one\ntwo\nBAD\n"})
    project.git("add", "a.py")
    project.write({"a.py": "one\ntwo\ngood\n", "b.py": "BAD, not staged\n", "new.py": "BAD, untracked\n"})
    before = traces(project)
    found = program.lint(project.path, "--staged")
    assert found["bad"] == [("a.py", 3)]
    assert traces(project) == before
    assert project.git("worktree", "list").count("\n") == 1
    assert program.lint(project.path)["bad"] == [("b.py", 1), ("new.py", 1)]


def test_a_rename_and_a_deleted_file(program: Program, project: Any) -> None:
    project.commit({"gone.py": "BAD\n", "old.py": "BAD\nBAD\n"})
    project.git("rm", "--quiet", "gone.py")
    project.git("mv", "old.py", "sub.py")
    # Deleted in the work tree alone it is still part of the next commit.
    project.write({"c.py": "BAD\n"})
    project.git("add", "c.py")
    (project.path / "c.py").unlink()
    assert program.lint(project.path, "--staged")["bad"] == [("c.py", 1), ("sub.py", 1), ("sub.py", 2)]


def test_history_branch_and_what_git_ignores_are_those_of_the_work_tree(
    program: Program, project: Any
) -> None:
    project.git("switch", "--quiet", "-c", "feature/x")
    project.commit({"b.py": "more\n"})
    details = program.lint(project.path, "--staged")["details"]
    assert details["commits"] == 2
    assert details["branch"] == "feature/x"
    assert details["venv"] is True
    assert details["untracked"] == [], "a link to an ignored folder is ignored too"


def test_reports_name_the_folder_that_is_still_there(program: Program, project: Any) -> None:
    found = program.lint(project.path, "--staged")
    path = Path(found["outputs"]["report"])
    assert path == project.path / ".ci-actions" / "example-lint" / "report.json"
    assert path.is_file()
    done = program.run(project.path, "check", "--staged")
    assert "ci-actions-staged-" not in done.stdout + done.stderr


def test_in_a_linked_worktree(program: Program, project: Any, tmp_path: Path) -> None:
    other = type(project)(tmp_path / "other tree")
    project.git("worktree", "add", "--quiet", "-b", "side", str(other.path))
    other.write({"a.py": "BAD\n"})
    other.git("add", "a.py")
    other.write({"a.py": "good\n"})
    before = traces(other, project.path / ".git")
    found = program.lint(other.path, "--staged")
    assert found["bad"] == [("a.py", 1)]
    assert found["details"]["branch"] == "side"
    assert traces(other, project.path / ".git") == before


def test_in_a_submodule(program: Program, project: Any, new_repository: Callable[[], Any]) -> None:
    above = new_repository()
    above.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(project.path), "sub")
    above.commit({"pyproject.toml": SETTINGS, "top.py": "fine\n"})
    inner = type(project)(above.path / "sub")
    inner.write({"a.py": "BAD\n"})
    inner.git("add", "a.py")
    before = traces(above)
    assert program.lint(inner.path, "--staged")["bad"] == [("a.py", 1)]
    assert program.lint(above.path, "--staged")["bad"] == []
    assert traces(above) == before
    done = program.run(above.path, "check", "--staged")
    assert "submodules are empty in the checkout of what is staged" in done.stdout


def test_in_a_folder_below_the_root(program: Program, project: Any) -> None:
    project.write({"sub/pyproject.toml": SETTINGS, "sub/c.py": "BAD\n", "a.py": "BAD, elsewhere\n"})
    project.git("add", "--all")
    assert program.lint(project.path / "sub", "--staged")["bad"] == [("sub/c.py", 1)]
    project.write({"untracked/pyproject.toml": SETTINGS})
    done = program.run(project.path, "check", "--staged", "untracked")
    assert (done.returncode, "is staged" in done.stdout) == (2, True)


def test_before_the_first_commit(program: Program, new_repository: Callable[[], Any]) -> None:
    fresh = new_repository()
    fresh.write({"pyproject.toml": SETTINGS})
    done = program.run(fresh.path, "check", "--staged")
    assert (done.returncode, "Nothing is in the index" in done.stdout) == (3, True)
    fresh.write({"a.py": "BAD\n"})
    fresh.git("add", "--all")
    assert program.lint(fresh.path, "--staged")["bad"] == [("a.py", 1)]


def test_a_file_that_is_only_announced_is_not_staged(program: Program, project: Any) -> None:
    project.write({"new.py": "BAD\n"})
    project.git("add", "--intent-to-add", "new.py")
    before = traces(project)
    found = program.lint(project.path, "--staged")
    assert (found["bad"], found["outputs"]["files-checked"]) == ([], "4")
    assert traces(project) == before


def test_a_split_index(program: Program, project: Any) -> None:
    project.git("update-index", "--split-index")
    project.write({"a.py": "BAD\n"})
    project.git("add", "a.py")
    assert list((project.path / ".git").glob("sharedindex.*"))
    before = traces(project)
    assert program.lint(project.path, "--staged")["bad"] == [("a.py", 1)]
    assert traces(project) == before


def test_a_conflict_is_no_verdict(program: Program, project: Any) -> None:
    project.git("switch", "--quiet", "-c", "side")
    project.commit({"a.py": "side\n"})
    project.git("switch", "--quiet", "main")
    project.commit({"a.py": "main\n"})
    subprocess.run(["git", "merge", "--quiet", "side"], cwd=project.path, check=False, capture_output=True)
    done = program.run(project.path, "check", "--staged")
    assert (done.returncode, "The index holds files in conflict" in done.stdout) == (3, True)


def test_a_sparse_checkout(program: Program, project: Any) -> None:
    project.commit({"in/c.py": "fine\n", "out/d.py": "BAD, but not here\n"})
    project.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    project.write({"in/c.py": "BAD\n"})
    project.git("add", "in/c.py")
    assert program.lint(project.path, "--staged")["bad"] == [("in/c.py", 1)]


def test_strange_names_links_and_programs(program: Program, project: Any) -> None:
    project.write({"n\newline.py": "BAD\n", "-x.py": "BAD\n", "run.sh": "#!/bin/sh\n"})
    (project.path / "run.sh").chmod(0o755)
    (project.path / "link").symlink_to("a.py")
    project.git("add", "--all")
    before = traces(project)
    found = program.lint(project.path, "--staged")
    assert found["bad"] == [("-x.py", 1), ("n\newline.py", 1)]
    assert traces(project) == before


def test_names_that_are_patterns(program: Program, project: Any) -> None:
    project.commit({".gitignore": "*.[xy]\n!keep\nä b*\n"})
    project.write({"a[1].x": "", "c*.y": "", "ä b?": "", "a1.x": ""})
    details = program.lint(project.path, "--staged")["details"]
    assert details["untracked"] == []


def test_coverage_of_other_lines_than_those_staged_is_no_verdict(program: Program, project: Any) -> None:
    lcov = "SF:a.py\nDA:1,1\nDA:2,1\nDA:3,1\nLF:3\nLH:3\nend_of_record\n"
    settings = '[tool.ci-actions.coverage-gate]\nmin-new-code = "off"\n'
    project.commit({"pyproject.toml": settings, ".gitignore": "lcov.info\n", "a.py": "a = 1\nb = 2\nc = 3\n"})
    project.write({"lcov.info": lcov})
    assert program.run(project.path, "check", "--staged").returncode == 0
    project.write({"a.py": "a = 1\nb = 2\nc = 4\n"})
    done = program.run(project.path, "check", "--staged")
    assert done.returncode == 3
    assert "the tests ran with edits or files that are not (a.py)" in done.stdout
    project.git("add", "a.py")
    assert program.run(project.path, "check", "--staged").returncode == 0
    # A test that was forgotten may be what covers the rest.
    project.write({"test_a.py": ""})
    done = program.run(project.path, "check", "--staged")
    assert (done.returncode, "that are not (test_a.py)" in done.stdout) == (3, True)


def test_an_edit_of_the_same_length_in_the_second_of_the_commit_is_seen(
    program: Program, project: Any
) -> None:
    """Only the time of the index tells git to read the file: https://git-scm.com/docs/racy-git."""
    settings = '[tool.ci-actions.coverage-gate]\nmin-new-code = "off"\n'
    project.commit({"pyproject.toml": settings, ".gitignore": "lcov.info\n", "a.py": "a = 1\n"})
    project.write({"lcov.info": "SF:a.py\nDA:1,1\nLF:1\nLH:1\nend_of_record\n"})
    project.git("config", "core.trustctime", "false")  # the test cannot set that time
    then = int(time.time()) - 100
    os.utime(project.path / "a.py", (then, then))
    project.git("update-index", "--refresh")
    (project.path / "a.py").write_text("a = 2\n", encoding="utf-8")
    for path in ("a.py", ".git/index"):
        os.utime(project.path / path, (then, then))
    done = program.run(project.path, "check", "--staged")
    assert (done.returncode, "that are not (a.py)" in done.stdout) == (3, True)


def test_what_is_configured_is_read_from_what_is_staged(program: Program, project: Any) -> None:
    project.write({"pyproject.toml": "[tool.ci-actions.example-lint\nbroken"})
    assert program.lint(project.path, "--staged")["bad"] == []
    project.git("add", "pyproject.toml")
    project.write({"pyproject.toml": SETTINGS})
    done = program.run(project.path, "check", "--staged")
    assert (done.returncode, "is not valid TOML" in done.stdout) == (2, True)
    project.write({"pyproject.toml": "[project]\n"})
    project.git("add", "pyproject.toml")
    project.write({"pyproject.toml": SETTINGS})
    done = program.run(project.path, "check", "--staged")
    assert (done.returncode, "nothing is configured" in done.stdout) == (2, True)


# --- hooks that git runs -----------------------------------------------------------------------


def commit(repository: Any, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "--quiet", "-m", "x", *words],
        cwd=repository.path,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_a_hook_sees_what_is_committed(program: Program, project: Any, tmp_path: Path) -> None:
    assert program.run(project.path, "init", "--hook").returncode == 0
    project.write({"a.py": "BAD\n"})
    project.git("add", "a.py")
    project.write({"a.py": "good\n"})
    refused = commit(project)
    assert refused.returncode != 0
    assert "a.py:1: error: it is BAD" in refused.stdout + refused.stderr
    # `git commit FILE` and `-a` tell their hook another index, and commit the file as it lies there.
    project.write({"b.py": "BAD, not part of it\n"})
    assert commit(project, "a.py").returncode == 0
    assert commit(project, "-a").returncode != 0
    project.write({"b.py": "b\nmore\n"})
    assert commit(project, "-a").returncode == 0
    assert commit(project, "--amend").returncode == 0
    other = type(project)(tmp_path / "other")
    project.git("worktree", "add", "--quiet", str(other.path))
    other.write({"a.py": "BAD\n"})
    other.git("add", "a.py")
    assert commit(other).returncode != 0
    other.write({"a.py": "one\n"})
    other.git("add", "a.py")
    assert commit(other).returncode == 0
    assert project.git("status", "--porcelain") == ""


def test_before_a_push(program: Program, project: Any, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    project.git("remote", "add", "origin", str(remote))
    assert program.run(project.path, "init", "--hook=pre-push").returncode == 0
    push = ["git", "push", "--quiet", "origin", "main"]
    project.commit({"a.py": "BAD\n"})
    assert subprocess.run(push, cwd=project.path, check=False, capture_output=True).returncode != 0
    project.commit({"a.py": "good\n"})
    assert subprocess.run(push, cwd=project.path, check=False, capture_output=True).returncode == 0


# --- mending -----------------------------------------------------------------------------------


def test_what_can_be_mended_is_and_then_checked(program: Program, project: Any) -> None:
    project.commit({"a.py": "BAD\nfine\n", "b.py": "b\n"})
    project.write({"b.py": "edited\n"})
    done = program.run(project.path, "check", "--fix")
    assert done.returncode == 0
    assert "mended: a.py; `git diff` shows it" in done.stdout
    assert (project.path / "a.py").read_text() == "good\nfine\n"
    assert (project.path / "b.py").read_text() == "edited\n"
    assert "nothing was mended" in program.run(project.path, "check", "--fix").stdout


def test_edits_that_are_not_staged_are_not_written_over(program: Program, project: Any) -> None:
    project.commit({"a.py": "BAD\n", "b.py": "BAD\n"})
    project.write({"a.py": "BAD\nmine\n"})
    done = program.run(project.path, "check", "--fix")
    assert done.returncode == 2
    assert "a.py: stage the edits first" in done.stdout
    assert (project.path / "a.py").read_text() == "BAD\nmine\n"
    assert (project.path / "b.py").read_text() == "BAD\n"


def test_a_gate_that_writes_over_such_edits_is_found_out(program: Program, project: Any) -> None:
    project.commit({"a.py": "BAD\n", "reckless": ""})
    project.write({"a.py": "BAD\nmine\n"})
    done = program.run(project.path, "check", "--fix")
    assert done.returncode == 70
    assert "example-lint --fix wrote to a.py, which had edits that were not staged" in done.stdout


# --- a real terminal ---------------------------------------------------------------------------


@pytest.fixture
def terminal(project: Any, tmp_path: Path) -> Iterator[Callable[[int, int], Terminal]]:
    yield from terminals(tmp_path, project.path)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 24)])
def test_a_live_line_for_each_gate(
    program: Program, project: Any, terminal: Callable[[int, int], Terminal], columns: int, lines: int
) -> None:
    project.commit({"pyproject.toml": SLOW, "a.py": "BAD\n"})
    shell = terminal(columns, lines)
    shell.type(f"{program.command} check --jobs=2; echo ended with $?")
    shown = shell.shows("example-slow  running", "example-lint  failed")
    assert shown.count("example-slow  running") == 1, "drawn over, not one below the other"
    assert "started" not in shown
    (line,) = [line for line in shown.splitlines() if "example-slow  running" in line]
    assert line[0] in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    if columns == 80:
        assert line.endswith("…"), "what it says last is cut, and does not wrap"
    (project.path / "go").touch()
    shown = shell.shows("ended with 1", "mend: ")
    assert shown.count("example-slow  passed") == 2, "once live, once in the table"
    assert "running" not in shown
    table = next(line for line in shown.splitlines() if line.lstrip().startswith("gate "))
    assert table.split() == (
        ["gate", "state", "new", "old", "files", "seconds"]
        if columns == 80
        else ["gate", "state", "new", "seconds"]
    )
    assert "\x1b[31mfailed" in shell.screen(colours=True)


def test_a_terminal_that_is_made_narrower(
    program: Program, project: Any, terminal: Callable[[int, int], Terminal]
) -> None:
    project.commit({"pyproject.toml": SLOW})
    shell = terminal(100, 24)
    shell.type(f"{program.command} check --jobs=2; echo ended with $?")
    shell.shows("example-slow  running", "example-lint  passed", "takes its time")
    shell.resize(40, 24)
    until(lambda: "takes its time" not in shell.screen())
    shell.resize(70, 24)
    shell.shows("called go, …")
    (project.path / "go").touch()
    shown = shell.shows("ended with 0")
    assert shown.count("example-lint  passed") == 2
    assert shown.count("example-slow  passed") == 2
    assert "running" not in shown


@pytest.mark.parametrize(
    ("setting", "live", "colours"), [("NO_COLOR=1", True, False), ("TERM=dumb", False, False)]
)
def test_what_a_terminal_is_told_not_to_do(
    program: Program,
    project: Any,
    terminal: Callable[[int, int], Terminal],
    setting: str,
    live: bool,
    colours: bool,
) -> None:
    project.commit({"a.py": "BAD\n"})
    shell = terminal(80, 24)
    shell.type(f"env {setting} {program.command} check; echo ended with $?")
    shown = shell.shows("ended with 1")
    assert ("example-lint: started" in shown) is not live
    assert ("\x1b[31m" in shell.screen(colours=True)) is colours


def test_ctrl_c(program: Program, project: Any, terminal: Callable[[int, int], Terminal]) -> None:
    project.commit({"pyproject.toml": SLOW})
    shell = terminal(80, 24)
    shell.type(f"{program.command} check; echo ended with $?")
    shell.shows("example-slow  running")
    pids = [int(pid) for pid in until(lambda: read(project.path / "slow.pids")).split()]
    shell.key("C-c")
    shown = shell.shows("interrupted (SIGINT): there is no verdict", "ended with 130")
    assert "gate passed" not in shown
    assert "Traceback" not in shown
    assert not [pid for pid in pids if alive(pid)]


def test_watching(program: Program, project: Any, terminal: Callable[[int, int], Terminal]) -> None:
    shell = terminal(80, 50)
    shell.type(f"{program.command} check --watch; echo ended with $?")
    shell.shows("every gate passed", "watching; Ctrl-C ends it")
    project.write({"a.py": "BAD\n", ".venv/ignored": "x"})
    shell.shows("── changed: a.py ──", "mend: ci-actions check example-lint --fix")
    assert ".venv" not in shell.screen()
    project.write({"pyproject.toml": "[tool.ci-actions.example-lint]\nscope = 'nothing'\n"})
    shell.shows("── changed: pyproject.toml ──", "example-lint: bad input")
    project.write({"pyproject.toml": "[tool.ci-actions.example-lint\n"})
    shell.shows("is not valid TOML")
    shell.key("C-c")
    shown = shell.shows("ended with 130")
    assert "Traceback" not in shown
