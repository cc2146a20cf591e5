"""A program: heard while it runs, ended with all it started, whatever it prints."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from ci_actions.kit import following
from ci_actions.kit.clock import Clock
from ci_actions.kit.process import Process


def follow(
    tmp_path: Path, program: str, *, limit: float = 60.0, **env: str
) -> tuple[following.Ended, list[str]]:
    said: list[str] = []
    ended = following.follow(
        Process(os.environ),
        [sys.executable, "-c", program],
        said.append,
        output=tmp_path / "printed",
        cwd=tmp_path,
        env=env,
        limit=limit,
        clock=Clock(),
    )
    return ended, said


def gone(pid: int) -> bool:
    for _ in range(200):
        if not Path("/proc", str(pid)).exists() or b") Z " in Path("/proc", str(pid), "stat").read_bytes():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\ntwo", ["one", "two"]),
        (b"", []),
        (b"\n\n", ["", ""]),
        (b"one\r\n", ["one"]),
        (b"\x1b[1;31mred\x1b[0m \x1b[2Kclean\n", ["red clean"]),
        (b"caf\xe9\n", ["caf\N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_lines_are_said(tmp_path: Path, printed: bytes, lines: list[str]) -> None:
    ended, said = follow(tmp_path, f"import sys; sys.stdout.buffer.write({printed!r})")
    assert said == lines
    assert ended.tail == tuple(lines)
    assert ended.code == 0


def test_both_streams_are_one(tmp_path: Path) -> None:
    program = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\n'); os.write(1, b'three\\n')"
    assert follow(tmp_path, program)[1] == ["one", "two", "three"]


def test_only_the_end_is_kept(tmp_path: Path) -> None:
    ended, said = follow(tmp_path, "for n in range(1000): print(n)")
    assert len(said) == 1000
    assert ended.tail == tuple(str(n) for n in range(1000 - following.TAIL, 1000))


@pytest.mark.parametrize(
    ("program", "code"), [("import sys; sys.exit(3)", 3), ("import os; os.abort()", -signal.SIGABRT)]
)
def test_how_it_ends(tmp_path: Path, program: str, code: int) -> None:
    assert follow(tmp_path, program)[0].code == code


#: Prints its child's process id, and leaves it running with the streams it was given.
LEAVES = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True);"


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_what_is_left_running_ends_with_it_and_does_not_keep_us(tmp_path: Path) -> None:
    ended, said = follow(tmp_path, LEAVES)
    assert ended.code == 0
    assert gone(int(said[0]))


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_what_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    ended, said = follow(tmp_path, LEAVES + "import time; time.sleep(600)", limit=1.0)
    assert ended.code is None
    assert gone(int(said[0]))


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_a_request_to_end_reaches_the_tests(tmp_path: Path) -> None:
    said: list[str] = []

    def heard(line: str) -> None:
        said.append(line)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        following.follow(
            Process(os.environ),
            [sys.executable, "-c", LEAVES + "import time; time.sleep(600)"],
            heard,
            output=tmp_path / "printed",
            cwd=tmp_path,
            env={},
            limit=60,
            clock=Clock(),
        )
    assert gone(int(said[0]))
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_signals_are_left_alone(tmp_path: Path) -> None:
    found: list[following.Ended] = []
    thread = threading.Thread(target=lambda: found.append(follow(tmp_path, "print(1)")[0]))
    thread.start()
    thread.join()
    assert found[0].code == 0


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        following.follow(
            Process(os.environ), ["/nothing/of/this/name"], print, output=tmp_path / "printed", cwd=tmp_path, env={},
            limit=60, clock=Clock(),
        )  # fmt: skip
