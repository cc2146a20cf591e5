"""Real child processes that play gates; a program of a few lines stands for ours."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.unit.commands.check.ended import report

from ci_actions.commands.check import running
from ci_actions.commands.check.finished import Round
from ci_actions.commands.check.running import Interrupted, Order, Place, Runner, parse, signals_raise
from ci_actions.commands.check.screen import Screen
from ci_actions.kit import session
from ci_actions.kit.clock import Clock
from ci_actions.kit.jobs import Jobs, shared

#: A gate: `NAME --json CODE`, or `wait` instead of a code. It leaves its number and what it was given in a file.
GATE = """
import json, os, subprocess, sys, time
name, _, what = sys.argv[1:4]
def leave(name, text):
    # Whole or not at all: this process may be ended at any time.
    path = os.environ["FOLDER"] + "/" + name
    with open(path + ".unfinished", "w") as file:
        file.write(text)
    os.replace(path + ".unfinished", path)
leave(name, json.dumps([os.getpid(), dict(os.environ), os.getcwd()]))
print("working", file=sys.stderr, flush=True)
if what == "wait":
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
    leave(name + ".helper", str(helper.pid))
    time.sleep(600)
print(json.dumps({**json.loads(os.environ["REPORT"]), "capability": name, "exit-code": int(what),
    "result": {"0": "passed", "1": "failed"}.get(what, "error"), "headline": os.getcwd()}))
sys.exit(int(what))
"""


class Gates:
    """Runs gates in a folder, and looks at what they left there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.err = StringIO()
        self.environ = {**os.environ, "FOLDER": str(folder), "REPORT": json.dumps(report())}

    def run(self, *words: str, jobs: int = 4, place: Place | None = None, **more: Any) -> Round:
        orders = [Order(name, (what,)) for name, _, what in (word.partition("=") for word in words)]
        screen = Screen(self.err, [each.name for each in orders], Clock(), live=False, colour=False)
        with shared(jobs) as budget:
            self.budget: Jobs = budget
            runner = Runner(budget, Clock(), screen, lambda: (sys.executable, "-c", GATE))
            return runner.run(orders, place or self.place(), **more)

    def place(self, **more: Any) -> Place:
        return Place(directory=self.folder, environ=self.environ, **more)

    def left(self, name: str) -> tuple[int, dict[str, str], str]:
        pid, environ, cwd = json.loads((self.folder / name).read_text())
        return pid, environ, cwd

    def alive(self) -> list[int]:
        pids = [int(path.read_text()) for path in self.folder.glob("*.helper")]
        pids += [self.left(path.name)[0] for path in self.folder.iterdir() if not path.suffix]
        table = session._table()
        return [pid for pid in pids if pid in table and not table[pid].gone]

    def once(self, name: str, act: Callable[[], None]) -> None:
        """Act as soon as a gate has started to wait."""

        def watch() -> None:
            for _ in range(1000):
                if (self.folder / f"{name}.helper").exists():
                    act()
                    return
                threading.Event().wait(0.02)

        threading.Thread(target=watch, daemon=True).start()


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    return Gates(tmp_path)


def test_all_are_run_and_told_in_the_order_asked_for(gates: Gates) -> None:
    found = gates.run("b=1", "a=0", "c=3", jobs=2)
    assert [(each.name, each.code) for each in found.finished] == [("b", 1), ("a", 0), ("c", 3)]
    assert found.stopped == ()
    assert found.finished[0].said == "working\n"
    assert sorted(line.split(":")[0] for line in gates.err.getvalue().splitlines() if "started" in line) == [
        "…  a",
        "…  b",
        "…  c",
    ]


def test_one_budget_means_one_at_a_time_if_it_is_one(gates: Gates) -> None:
    gates.run("a=0", "b=0", "c=0", jobs=1)
    lines = [line.split()[1].rstrip(":") for line in gates.err.getvalue().splitlines()]
    assert lines == ["a", "a", "b", "b", "c", "c"]


def test_other_work_is_done_once_a_gate_is_at_work(gates: Gates) -> None:
    seen: list[list[str]] = []

    def meanwhile() -> None:
        for _ in range(1000):
            if (gates.folder / "a").exists():
                break
            threading.Event().wait(0.02)
        seen.append(sorted(path.name for path in gates.folder.iterdir()))

    found = gates.run("a=0", "b=1", jobs=1, meanwhile=meanwhile)
    assert seen == [["a"]]
    assert [each.code for each in found.finished] == [0, 1]


def test_a_gate_is_told_the_budget_and_nothing_it_may_not_have(gates: Gates) -> None:
    gates.environ |= {"INPUT_MIN_OVERALL": "1", "GITHUB_OUTPUT": "/x", "GH_TOKEN": "t", "KEPT": "yes"}
    gates.run("a=0", jobs=3)
    _, environ, cwd = gates.left("a")
    assert environ["CI_ACTIONS_JOBS"] == "3"
    assert environ["CI_ACTIONS_SLOTS"] == str(gates.budget.slots)
    assert environ["CI_ACTIONS_WITHIN_CHECK"] == "a"
    assert environ["KEPT"] == "yes"
    assert not {"INPUT_MIN_OVERALL", "GITHUB_OUTPUT", "GH_TOKEN"} & set(environ)
    assert cwd == str(gates.folder)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX sessions")
@pytest.mark.parametrize("jobs", [1, 4])
def test_the_first_red_one_stops_the_others(gates: Gates, jobs: int) -> None:
    found = gates.run("a=1", "b=wait", "c=wait", jobs=jobs, fail_fast=True)
    assert [(each.name, each.code) for each in found.finished] == [("a", 1)]
    assert found.stopped == ("b", "c")
    assert gates.alive() == []
    with gates.budget.spare(9) as got:
        assert got == 0, "the folder of slots is gone with the run"


def test_without_it_the_others_go_on(gates: Gates) -> None:
    found = gates.run("a=1", "b=0")
    assert [each.code for each in found.finished] == [1, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Interrupted), ("SIGHUP", Interrupted)],
)
def test_a_signal_leaves_no_child(gates: Gates, number: Any, raised: type[BaseException]) -> None:
    number = getattr(signal, number) if isinstance(number, str) else number
    gates.once("a", lambda: os.kill(os.getpid(), number))
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(raised), signals_raise():
        gates.run("a=wait", "b=0")
    assert gates.alive() == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_somebody_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with signals_raise():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_waits_until_a_child_is_known() -> None:
    done = []

    def work(*, interrupted: bool) -> None:
        with running._deferred():
            if interrupted:
                signal.raise_signal(signal.SIGINT)
            done.append(interrupted)

    with pytest.raises(KeyboardInterrupt):
        work(interrupted=True)
    work(interrupted=False)
    assert done == [True, False]


def test_a_gate_that_cannot_be_started_is_a_defect(gates: Gates) -> None:
    screen = Screen(gates.err, ["a", "b"], Clock(), live=False, colour=False)
    with shared(1) as budget:
        runner = Runner(budget, Clock(), screen, lambda: (str(gates.folder / "nothing"),))
        found = runner.run([Order("a"), Order("b")], gates.place())
    assert [each.code for each in found.finished] == [70, 70]
    assert "it could not be started: No such file" in found.finished[0].report["headline"]


def test_people_read_of_the_folder_they_know(gates: Gates) -> None:
    place = gates.place(instead_of=(str(gates.folder), '/projects/ann/"x" é'))
    (found,) = gates.run("a=0", place=place).finished
    assert found.report["headline"] == '/projects/ann/"x" é'
    assert place.translated(f"in {gates.folder}/a") == 'in /projects/ann/"x" é/a'


def test_this_program_starts_itself_without_the_users_modules() -> None:
    command = running.ourselves()
    assert command[:5] == (sys.executable, "-I", "-S", "-X", "utf8")


# --- what children may say ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "status", "code"),
    [
        (json.dumps(report()), 0, 0),
        (json.dumps(report(**{"exit-code": 1, "result": "failed"})), 1, 1),
        # no valid report that agrees with the status is never a pass
        (json.dumps(report()), 1, 70),
        (json.dumps(report()), -9, 70),
        (json.dumps(report()), None, 70),
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
def test_no_valid_report_is_a_defect(output: str, status: int | None, code: int) -> None:
    found = parse("coverage-gate", output, status)
    assert found["exit-code"] == code
    if code == 70:
        assert f"it ended with status {status} and without a report" in found["headline"]
