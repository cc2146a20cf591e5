from __future__ import annotations

from pathlib import Path

from tests.unit.commands.check.ended import finished

from ci_actions.commands.check.finished import Finished, Round
from ci_actions.commands.check.page import REMARKS, render


def page(*gates: Finished, folder: Path, stopped: tuple[str, ...] = (), notes: tuple[str, ...] = ()) -> str:
    return render(Round(finished=gates, stopped=stopped, notes=notes), folder)


def test_the_page_escapes_and_counts(tmp_path: Path) -> None:
    remark = {
        "level": "error",
        "message": "<script>x</script>",
        "title": "",
        "file": "a<b>.py",
        "line": 3,
        "end-line": 3,
    }
    red = finished("one", 1, headline="<b>red</b>", annotations=[remark] * (REMARKS + 2))
    shown = page(red, finished("two", 0), folder=tmp_path, notes=("<i>mended</i>",))
    assert "<script>x" not in shown
    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "a&lt;b&gt;.py:3" in shown
    assert "&lt;b&gt;red&lt;/b&gt;" in shown
    assert "&lt;i&gt;mended&lt;/i&gt;" in shown
    assert "… and 2 more." in shown
    assert "one: see below" in shown
    assert "All 2 gates passed" in page(finished("one", 0), finished("two", 0), folder=tmp_path)


def test_the_page_links_to_the_gates_page(tmp_path: Path) -> None:
    gate = finished("one", 0, outputs={"html": str(tmp_path / "a b" / "c.html")})
    assert 'href="../a%20b/c.html"' in page(gate, folder=tmp_path / "check")


def test_the_page_names_what_was_stopped_and_the_plan(tmp_path: Path) -> None:
    shown = page(finished("one", 1, outputs={"plan-hash": "abc123"}), folder=tmp_path, stopped=("slow-gate",))
    assert "slow-gate" in shown
    assert "1 stopped" in shown
    assert "<code>abc123</code>" in shown
    assert "stopped" not in page(finished("one", 1), folder=tmp_path)
