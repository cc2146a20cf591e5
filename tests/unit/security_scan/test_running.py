"""The runner on real processes of this interpreter."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ci_actions.security_scan.running import Runner, Work, neutral, scratch
from ci_actions.security_scan.scanners import Ended, Task

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no process groups of this kind")


def python(code: str, *words: str, **more: object) -> Task:
    return Task(argv=(sys.executable, "-c", textwrap.dedent(code), *words), **more)  # type: ignore[arg-type]


Run = Callable[..., tuple[Ended, ...]]


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def run(tmp_path: Path, lines: list[str]) -> Run:
    def start(
        *tasks: Task, environ: Mapping[str, str] = os.environ, minutes: float = 1, **more: Any
    ) -> tuple[Ended, ...]:
        more.setdefault("jobs", 2)
        runner = Runner(environ, tmp_path, progress=lines.append, **more)
        work = Work(name="scanner", tasks=tasks, folder=tmp_path / "work", minutes=minutes)
        return runner.run([work])[0]

    return start


def test_what_a_process_says_and_how_it_ends(run: Run) -> None:
    (ended,) = run(
        python("import sys; sys.stdout.write('out'); sys.stderr.write('err'); sys.exit(3)", asked=("a",))
    )
    assert (ended.code, ended.output, ended.errors, ended.asked) == (3, b"out", b"err", ("a",))


def test_what_it_is_told(run: Run) -> None:
    (ended,) = run(python("import sys; print(len(sys.stdin.read()))", stdin=b"x" * 1_000_000))
    assert ended.output.strip() == b"1000000"


def test_a_file_that_it_writes_instead(run: Run, tmp_path: Path) -> None:
    target = str(tmp_path / "report.json")
    (ended,) = run(
        python("import sys; open(sys.argv[1], 'w').write('[]'); print('noise')", target, output=target)
    )
    assert ended.output == b"[]"


def test_a_report_that_it_did_not_write_is_empty(run: Run, tmp_path: Path) -> None:
    (ended,) = run(python("print('noise')", output=str(tmp_path / "never")))
    assert (ended.code, ended.output) == (0, b"")


def test_results_come_in_the_order_of_the_tasks(run: Run) -> None:
    tasks = [python(f"print({number})", weight=number) for number in range(5)]
    assert [each.output.strip() for each in run(*tasks, jobs=3)] == [b"0", b"1", b"2", b"3", b"4"]


def test_no_more_than_the_budget_run_at_once_and_those_that_wait_beside_them(
    run: Run, tmp_path: Path
) -> None:
    code = """
    import os, sys, time
    name = os.path.join(sys.argv[1], str(os.getpid()))
    open(name, "w").close()
    time.sleep(0.2)
    print(len(os.listdir(sys.argv[1])))
    os.remove(name)
    """
    folder = tmp_path / "running"
    folder.mkdir()
    assert {each.output.strip() for each in run(*[python(code, str(folder))] * 4, jobs=1)} == {b"1"}
    waiting = [python(code, str(folder), waits=True)] * 3
    assert max(int(each.output) for each in run(*waiting, jobs=1)) == 3


def test_it_starts_no_more_than_the_budget_of_all_gates_has(run: Run) -> None:
    busy: list[bool] = []
    most = 0

    def take() -> Callable[[], None] | None:
        nonlocal most
        if len(busy) == 2:
            return None
        busy.append(True)
        most = max(most, len(busy))
        return lambda: busy.remove(True)

    tasks = [
        python("pass"),
        Task(argv=("/nowhere/scanner",)),
        python(FOREVER),
        python("pass"),
        python("pass"),
    ]
    found = run(*tasks, jobs=9, take=take, minutes=0.03)
    assert [each.code for each in found] == [0, 127, None, 0, 0]
    assert (most, busy) == (2, [])


def test_who_waits_for_a_network_takes_no_processor(run: Run) -> None:
    (found,) = run(python("pass", waits=True), jobs=1, take=lambda: None)
    assert found.code == 0


def test_the_longest_begins_first(run: Run, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    code = "import sys; open(sys.argv[1], 'a').write(sys.argv[2])"
    run(*[python(code, log, name, weight=weight) for name, weight in (("s", 1), ("l", 9), ("m", 5))], jobs=1)
    assert Path(log).read_text() == "lms"


def test_a_program_that_is_not_there(run: Run) -> None:
    (ended,) = run(Task(argv=("/nowhere/scanner",)))
    assert ended.code == 127
    assert b"cannot be started" in ended.errors


def test_one_that_says_too_much_is_stopped(run: Run) -> None:
    (ended,) = run(python("while True: print('x' * 10_000)"), largest=100_000)
    assert (ended.flooded, ended.output) == (True, b"")


FOREVER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@posix
def test_one_that_takes_too_long_is_stopped_with_all_it_started(run: Run) -> None:
    (ended,) = run(python(FOREVER), minutes=0.01)
    assert ended.code is None
    assert is_gone(int(ended.output))


@posix
def test_what_a_process_leaves_behind_ends_with_it(run: Run) -> None:
    (ended,) = run(python(FOREVER.rpartition("time.sleep(600)")[0]))
    assert ended.code == 0
    assert is_gone(int(ended.output))


@posix
def test_one_that_is_killed_says_so(run: Run) -> None:
    (ended,) = run(python("import os, signal; print('[]', flush=True); os.kill(os.getpid(), signal.SIGKILL)"))
    assert ended.code == -signal.SIGKILL


@posix
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_child(tmp_path: Path, request_to_end: signal.Signals) -> None:
    code = f"""
    import sys
    from pathlib import Path
    from ci_actions.security_scan.running import Runner, Work
    from ci_actions.security_scan.scanners import Task
    task = Task(argv=(sys.executable, "-c", {FOREVER!r}))
    Runner({{"PATH": "/usr/bin:/bin"}}, Path("."), jobs=1).run(
        [Work(name="scanner", tasks=(task,), folder=Path({str(tmp_path)!r}))]
    )
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.DEVNULL)
    said = tmp_path / "0" / "stdout"
    try:
        assert eventually(lambda: said.is_file() and said.read_text().strip() != "")
        parent.send_signal(request_to_end)
        assert parent.wait(30) != 0
    finally:
        parent.kill()
    assert is_gone(int(said.read_text()))


def test_progress_tells_when_a_scan_begins_and_ends(run: Run, lines: list[str]) -> None:
    run(python("pass"), python("pass"))
    assert lines[0] == "scanner: begins"
    assert lines[1].startswith("scanner: ended after ")
    assert len(lines) == 2


def test_nothing_of_the_job_reaches_a_scanner(run: Run) -> None:
    environ = {
        **os.environ,
        "GITHUB_TOKEN": "t", "INPUT_SAFETY_KEY": "k", "AWS_SECRET_ACCESS_KEY": "s", "BANDIT_CONFIG": "b",
        "TRIVY_SEVERITY": "CRITICAL", "GITLEAKS_CONFIG": "g", "PYTHONPATH": "/evil", "HTTPS_PROXY": "http://proxy:3128",
    }  # fmt: skip
    task = python("import json, os; print(json.dumps(dict(os.environ)))", env={"TRIVY_QUIET": "false"})
    (ended,) = run(task, environ=environ)
    seen = json.loads(ended.output)
    assert not {
        "GITHUB_TOKEN",
        "INPUT_SAFETY_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "BANDIT_CONFIG",
        "TRIVY_SEVERITY",
    } & set(seen)
    assert not {"GITLEAKS_CONFIG", "PYTHONPATH"} & set(seen)
    assert seen["HTTPS_PROXY"] == "http://proxy:3128"
    assert seen["TRIVY_QUIET"] == "false"
    assert seen["HOME"] != environ.get("HOME")
    assert Path(seen["TMPDIR"]).is_dir()


def test_each_process_has_a_home_of_its_own(tmp_path: Path) -> None:
    one, other = neutral({}, tmp_path / "a"), neutral({}, tmp_path / "b")
    assert one["HOME"] != other["HOME"]
    assert one["XDG_CONFIG_HOME"].startswith(str(tmp_path / "a"))


def test_the_folder_of_a_run_is_gone_after_it() -> None:
    with scratch() as folder:
        (folder / "report").write_text("x")
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def is_gone(pid: int) -> bool:
    return eventually(lambda: not is_alive(pid))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        state = "" if Path("/proc/self").exists() else "?"
    if state == "?":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    return state not in ("", "Z")


def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(500):
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_what_is_left_is_removed_whole_also_when_a_second_request_to_end_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove = shutil.rmtree

    def interrupted(folder: Path, **options: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with scratch() as folder:
        (folder / "report.json").touch()
    assert not folder.exists()
