"""Real child processes: this interpreter, so that every system has it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_actions.kit import process as module
from ci_actions.kit.process import Completed, Group, Process, await_any

SAY = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"
NEEDED = {"SYSTEMROOT": "C:\\Windows"} if sys.platform == "win32" else {}


def python(process: Process, code: str, **more: object) -> Completed:
    return process.run([sys.executable, "-I", "-S", "-c", code], **more)  # type: ignore[arg-type]


def inherited(environ: dict[str, str], **more: str) -> dict[str, str]:
    done = python(Process({**NEEDED, **environ}), SAY, env=more or None)
    found: dict[str, str] = json.loads(done.text)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "INPUT_MIN_OVERALL",
        "INPUT_GITHUB_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_RUNTIME_URL",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GITHUB_OUTPUT",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
    ],
)
def test_inputs_tokens_and_command_files_are_withheld(name: str) -> None:
    environ = {name: "canary", "KEPT": "yes"}
    found = inherited(environ)
    assert found.get("KEPT") == "yes"
    assert "canary" not in found.values()


@pytest.mark.parametrize("name", ["PATH", "GITHUB_REPOSITORY", "GITHUB_ACTIONS", "RUNNER_TEMP", "MY_INPUT_X"])
def test_the_rest_is_inherited(name: str) -> None:
    assert inherited({name: "value"})[name] == "value"


def test_what_is_added_for_one_child_reaches_it_even_if_it_is_withheld() -> None:
    assert inherited({"GITHUB_TOKEN": "outer"}, GITHUB_TOKEN="inner")["GITHUB_TOKEN"] == "inner"


def test_a_child_inherits_nothing_from_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "x")
    assert "CANARY" not in inherited({"OTHER": "y"})


@pytest.mark.parametrize(("code", "ok"), [(0, True), (1, False), (77, False)])
def test_how_it_ended(code: int, ok: bool) -> None:
    done = python(Process(NEEDED), f"import sys; sys.exit({code})")
    assert (done.code, done.ok) == (code, ok)
    assert done.argv[0] == sys.executable


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_signal_is_a_negative_code() -> None:
    assert python(Process({}), "import os; os.kill(os.getpid(), 9)").code == -9


def test_a_timeout_has_no_code_and_is_not_ok() -> None:
    code = "import sys, time; print('early', flush=True); print('why', file=sys.stderr, flush=True); time.sleep(60)"
    done = python(Process(NEEDED), code, timeout=1.5)
    assert (done.code, done.ok) == (None, False)
    assert done.text.strip() == "early"
    assert done.complaint == "why"


def test_input_and_output_are_bytes() -> None:
    code = "import sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data[::-1]); sys.stderr.buffer.write(b'\\xff no')"
    done = python(Process(NEEDED), code, stdin=b"\x00\xffab")
    assert done.stdout == b"ba\xff\x00"
    assert done.text == "ba\udcff\x00"
    assert done.complaint == "\ufffd no"


def test_without_input_there_is_none_to_wait_for() -> None:
    assert python(Process(NEEDED), "import sys; print(len(sys.stdin.read()))").text.strip() == "0"


def test_only_the_end_of_a_long_complaint_is_kept() -> None:
    done = Completed(argv=("x",), code=1, stdout=b"", stderr=b"a" * 5000 + b"end\n")
    assert len(done.complaint) == 2000
    assert done.complaint.endswith("end")


def test_words_are_words_and_the_folder_is_the_one_named(tmp_path: Path) -> None:
    done = Process(NEEDED).run(
        [
            sys.executable,
            "-c",
            "import os, sys; print(os.getcwd()); print(sys.argv[1:])",
            "a b",
            "$HOME;x",
            tmp_path,
        ],
        cwd=tmp_path,
    )
    folder, words = done.text.splitlines()
    assert Path(folder).samefile(tmp_path)
    assert words == repr(["a b", "$HOME;x", str(tmp_path)])


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Process(NEEDED).run([tmp_path / "nothing"])


# --- lines as they come ----------------------------------------------------------------------------


def test_lines_are_said_while_they_are_printed_and_both_streams_are_one() -> None:
    said: list[str] = []
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr, flush=True); sys.exit(3)"
    done = Process(NEEDED).follow([sys.executable, "-I", "-S", "-c", code], said.append)
    assert said == ["one", "two"]
    assert done.code == 3
    assert done.stdout.split() == done.stderr.split() == [b"one", b"two"]


def test_what_takes_too_long_is_ended_and_has_no_code() -> None:
    said: list[str] = []
    code = "import time; print('begun', flush=True); time.sleep(600)"
    done = Process(NEEDED).follow([sys.executable, "-I", "-S", "-c", code], said.append, timeout=2)
    assert said == ["begun"]
    assert done.code is None
    assert not done.ok


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
def test_what_takes_too_long_is_ended_with_what_it_started() -> None:
    """A grandchild that still holds the pipe would keep whoever reads it waiting for an hour."""
    said: list[str] = []
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(3600)'])"
    done = Process(NEEDED).follow([sys.executable, "-I", "-S", "-c", code], said.append, timeout=3)
    assert said == ["1"]
    assert done.code is None


Launch = Callable[[str], Group]
#: Started by a child, says who it is and stays.
STAYS = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    def launch(code: str) -> Group:
        with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
            return Process(NEEDED).launch([sys.executable, "-I", "-S", "-c", code], stdout=out, stderr=err)

    return launch


def ended(group: Group) -> int:
    """Wait for its end as those do who have other work, and return its code."""
    while (code := group.poll()) is None:
        await_any([group], 60.0)
    return code


def is_gone(pid: int) -> bool:
    """Whether a process ends soon; one that nobody has asked yet how it ended is gone, too."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            return True
        if state in (b"Z", b"X"):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("told", [True, False], ids=["the system tells", "it is looked at"])
def test_whoever_waits_hears_of_an_end(launch: Launch, monkeypatch: pytest.MonkeyPatch, told: bool) -> None:
    if not told:
        monkeypatch.setattr(module, "_bell", lambda _: None)
    group = launch("import sys; print('said'); sys.exit(3)")
    assert ended(group) == 3
    assert group.poll() == 3
    assert group.bell is None


def test_the_first_of_several_is_enough(launch: Launch) -> None:
    slow, fast = launch("import time; time.sleep(600)"), launch("pass")
    try:
        while fast.poll() is None:
            await_any([slow, fast], 600.0)
        assert slow.poll() is None
        # Nothing has ended: it is not waited for longer than asked.
        await_any([slow], 0.05)
    finally:
        slow.kill()
    assert slow.poll() is not None


def test_no_open_file_is_left_of_a_child(launch: Launch) -> None:
    before = set(Path("/proc/self/fd").iterdir()) if sys.platform == "linux" else set()
    groups = [launch("pass") for _ in range(3)]
    for group in groups[:2]:
        ended(group)
    groups[2].kill()
    assert [group.bell for group in groups] == [None, None, None]
    if sys.platform == "linux":
        assert set(Path("/proc/self/fd").iterdir()) == before


@pytest.mark.skipif(os.name != "posix", reason="Windows has no sessions")
@pytest.mark.parametrize("how", ["killed", "ended by itself"])
def test_what_a_child_started_ends_with_it(launch: Launch, tmp_path: Path, how: str) -> None:
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", {STAYS!r}], stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), end="", flush=True)
time.sleep({600 if how == "killed" else 0})
"""
    group = launch(code)
    if how == "killed":
        while not (tmp_path / "out").read_bytes().endswith(b"\n"):
            time.sleep(0.01)
        group.kill()
    assert ended(group) == (-9 if how == "killed" else 0)
    assert is_gone(int((tmp_path / "out").read_text()))


@pytest.mark.skipif(os.name != "posix", reason="Windows has no sessions")
def test_a_child_has_no_terminal_to_ask_at(launch: Launch, tmp_path: Path) -> None:
    assert ended(launch("import os; print(os.getsid(0) == os.getpgid(0) == os.getpid())")) == 0
    assert (tmp_path / "out").read_text() == "True\n"
