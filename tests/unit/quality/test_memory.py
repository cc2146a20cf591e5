from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.quality.outcomes import finding

from ci_actions.quality import memory
from ci_actions.quality.memory import Memory, key
from ci_actions.quality.model import Answer

ANSWERS = [
    Answer(),
    Answer(files=7, score="s", warnings=("w",)),
    Answer(
        findings=(finding(fingerprint=""), finding("\udce9.py", 0, fingerprint="")),
        files=frozenset({"a", "\udce9.py"}),
    ),
    Answer(remarks=(finding(fingerprint="", url="https://x", fix="f"),), files=None),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_comes_back_as_it_was(tmp_path: Path, answer: Answer) -> None:
    Memory(tmp_path).keep("x", answer)
    assert Memory(tmp_path).recall("x") == answer


@pytest.mark.parametrize("content", ["", "{", "[]", '{"findings": [[1]]}', '{"findings": []}'])
def test_what_cannot_be_read_is_not_remembered(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    assert Memory(tmp_path).recall("x") is None


def test_without_a_folder_nothing_is_remembered(tmp_path: Path) -> None:
    for nowhere in (Memory(None), Memory(tmp_path / "file" / "below")):
        (tmp_path / "file").touch()
        nowhere.keep("x", Answer())
        nowhere.keep_text("x", "t")
        nowhere.keep_seconds({"a": 1.0})
        assert (nowhere.recall("x"), nowhere.recall_text("x"), nowhere.seconds()) == (None, None, {})


def test_texts_and_seconds(tmp_path: Path) -> None:
    kept = Memory(tmp_path)
    kept.keep_text("x", "a\r\nb\udce9")
    assert kept.recall_text("x") == "a\r\nb\udce9"
    kept.keep_seconds({"mypy": 2.5})
    kept.keep_seconds({"black": 1.0})
    assert kept.seconds() == {"mypy": 2.5, "black": 1.0}


def test_the_oldest_answers_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(memory, "KEPT", 2)
    kept = Memory(tmp_path)
    for number, name in enumerate("abc"):
        kept.keep(name, Answer())
        os.utime(tmp_path / f"{name}.json", (number, number))
    kept.keep("d", Answer())
    assert [name for name in "abcd" if kept.recall(name)] == ["c", "d"]


def test_a_key_is_of_everything(tmp_path: Path) -> None:
    assert key(a=1, b=[2]) == key(b=[2], a=1)
    assert len({key(a=1), key(a=2), key(b=1), key(a="1")}) == 4
