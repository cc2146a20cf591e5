"""Real processes that start others, ignore signals, make process groups, and are gone in the end."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from ci_actions.kit import session
from ci_actions.kit.session import Session

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX sessions")

#: Starts a grandchild in a process group of its own, says both numbers, and waits.
PARENT = (
    "import os, subprocess, sys, time\n"
    "{before}\n"
    "child = subprocess.Popen([sys.executable, '-c', {grandchild!r}], {apart}, stdout=subprocess.PIPE)\n"
    "child.stdout.readline()\n"
    "print(os.getpid(), child.pid, file=sys.stderr, flush=True)\n"
    "{after}\n"
)
WAITS = "time.sleep(600)"
READY = "print('x', flush=True); time.sleep(600)"
QUIET = f"import time; {READY}"
STUBBORN = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"


def start(code: str, tmp_path: Path) -> Session:
    return Session.start([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ))


def alive(pid: int) -> bool:
    return pid in (table := session._table()) and not table[pid].gone


def numbers(started: Session) -> list[int]:
    assert started._child.stderr
    return [int(word) for word in started._child.stderr.readline().split()]


def test_what_it_says_is_heard_line_by_line(tmp_path: Path) -> None:
    heard: list[str] = []
    code = "import sys; print('out'); print('one\\ntwo', file=sys.stderr); sys.exit(3)"
    done = start(code, tmp_path).wait(heard.append)
    assert (done.code, done.stdout, done.stderr, heard) == (3, b"out\n", b"one\ntwo\n", ["one", "two"])


def test_much_output_on_both_streams_does_not_block(tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(3000): print('x' * 100); print('y' * 100, file=sys.stderr)"
    done = start(code, tmp_path).wait(lambda line: None)
    assert (len(done.stdout), len(done.stderr)) == (303_000, 303_000)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Session.start([str(tmp_path / "nothing")], cwd=tmp_path, env={})


@pytest.mark.parametrize(
    ("before", "grandchild", "grace"),
    [
        ("", QUIET, 20.0),
        ("", STUBBORN, 0.3),
        ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", STUBBORN, 0.3),
    ],
    ids=["willing", "a stubborn grandchild", "both stubborn"],
)
@pytest.mark.parametrize("apart", ["process_group=0", "start_new_session=True"])
def test_nothing_is_left(tmp_path: Path, before: str, grandchild: str, grace: float, apart: str) -> None:
    code = PARENT.format(before=before, grandchild=grandchild, apart=apart, after=WAITS)
    started = [start(code, tmp_path) for _ in range(2)]
    pids = [pid for each in started for pid in numbers(each)]
    assert all(alive(pid) for pid in pids)
    session.end(started, grace)
    assert not [pid for pid in pids if alive(pid)]
    for each in started:
        assert each.wait(lambda line: None).code in (-signal.SIGTERM, -signal.SIGKILL)


def test_what_was_left_by_a_parent_that_has_ended_is_ended_too(tmp_path: Path) -> None:
    started = start(PARENT.format(before="", grandchild=QUIET, apart="process_group=0", after=""), tmp_path)
    _, orphan = numbers(started)
    started._child.wait()
    assert alive(orphan)
    session.end([started], 20.0)
    assert not alive(orphan)
    assert started.wait(lambda line: None).code == 0


def test_others_are_let_be(tmp_path: Path) -> None:
    ours, other = (start("import time; time.sleep(600)", tmp_path) for _ in range(2))
    try:
        session.end([ours], 20.0)
        assert alive(other.pid)
    finally:
        session.end([other], 20.0)
        for each in (ours, other):
            each.wait(lambda line: None)


def test_to_end_nothing_takes_no_look_at_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_table", lambda: pytest.fail("looked"))
    session.end([])


def test_ps_tells_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("ps"):
        pytest.skip("ps is missing: apt-get install procps")
    started = start(
        PARENT.format(before="", grandchild=QUIET, apart="process_group=0", after=WAITS), tmp_path
    )
    parent, grandchild = numbers(started)
    try:
        monkeypatch.setattr(session, "_table", session._from_ps)
        sessions = {started.pid}
        assert session._members(sessions) == {parent, grandchild}
        assert sessions == {parent, grandchild}, "a process group of its own stands for a session"
    finally:
        session.end([started], 20.0)
        started.wait(lambda line: None)
