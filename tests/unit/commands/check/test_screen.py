"""The lines themselves; what a terminal makes of them is looked at in tests/integration/test_check.py."""

from __future__ import annotations

import os
from io import StringIO

import pytest
from tests.unit.commands.check.ended import finished

from ci_actions.commands.check.screen import Screen, columns_of, is_terminal
from ci_actions.kit.clock import Clock


class Stopwatch(Clock):
    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


def test_live_every_gate_has_a_line_that_is_drawn_over() -> None:
    err, clock = StringIO(), Stopwatch()
    screen = Screen(err, ["one", "three"], clock, live=True, colour=False)
    screen.started("one")
    clock.at = 12.4
    screen.heard("one", "reading\x1b[31m a.py\n")
    screen.heard("one", "   ")
    screen.tick()
    first = err.getvalue()
    assert "one    running        12 s  reading\\x1b[31m a.py\n" in first
    assert "three  waiting\n" in first
    assert "\x1b[2A" not in first
    screen.ended(finished("one", 0))
    screen.stopped("three")
    screen.close()
    second = err.getvalue().removeprefix(first)
    assert second.startswith("\x1b[2A\r\x1b[2K")
    assert "✅ one    passed        1.5 s\n" in second
    assert second.endswith("three  stopped\n")
    assert err.getvalue().count("\n") == 4


def test_a_terminal_that_was_made_narrower_has_wrapped_what_was_drawn() -> None:
    err = StringIO()
    screen = Screen(err, ["one", "two"], Clock(), live=True, colour=False)
    screen._drawn = [79, 81]
    screen.tick()
    assert err.getvalue().startswith("\x1b[3A\r\x1b[2K·  one  waiting\n\r\x1b[2K·  two  waiting\n\r\x1b[2K\n")
    assert err.getvalue().endswith("\n\x1b[1A")


def test_elsewhere_there_is_a_line_when_one_starts_and_when_one_ends() -> None:
    err = StringIO()
    screen = Screen(err, ["one", "other"], Clock(), live=False, colour=False)
    screen.started("one")
    screen.heard("one", "anything")
    screen.tick()
    screen.ended(finished("one", 1))
    screen.stopped("other")
    screen.close()
    assert err.getvalue() == "…  one: started\n❌ one    failed        1.5 s\n·  other  stopped\n"


def test_lines_are_cut_to_the_terminal() -> None:
    err = StringIO()
    screen = Screen(err, ["one"], Clock(), live=True, colour=False)
    screen.started("one")
    screen.heard("one", "x" * 500)
    screen.tick()
    assert len(err.getvalue().removeprefix("\r\x1b[2K").rstrip("\n")) == 79


def test_more_gates_than_rows_are_not_drawn_over() -> None:
    err = StringIO()
    screen = Screen(err, [f"gate{number}" for number in range(24)], Clock(), live=True, colour=False)
    screen.tick()
    assert err.getvalue() == ""


def test_a_state_is_coloured() -> None:
    err = StringIO()
    screen = Screen(err, ["one"], Clock(), live=True, colour=True)
    screen.ended(finished("one", 1))
    screen.close()
    assert "one  \x1b[31mfailed\x1b[0m" in err.getvalue()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"GITHUB_ACTIONS": "true"}, False)],
)
def test_what_is_a_terminal(environ: dict[str, str], expected: bool) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    try:
        with os.fdopen(theirs, "w") as stream:
            assert is_terminal(stream, environ) is expected
            # A new one has no size yet.
            assert columns_of(stream, environ) == (100 if environ.get("GITHUB_ACTIONS") else 80)
    finally:
        os.close(ours)
    assert not is_terminal(StringIO(), environ)
    assert columns_of(StringIO(), environ) == 100
