"""The folder that somebody else has packed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_actions.kit import artifacts
from ci_actions.kit.untrusted import LARGEST, Refused, document

GOOD = json.dumps({"capability": "quality"})


def read(folder: Path) -> tuple[tuple[str, ...], tuple[Refused, ...]]:
    return artifacts.read(
        folder, "comment.json", lambda data: document(data, "the payload").raw["capability"]
    )


def put(path: Path, text: str = GOOD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_folder_for_each_artifact(tmp_path: Path) -> None:
    put(tmp_path / "ci-quality-comment" / "comment.json")
    put(tmp_path / "ci-coverage-comment" / "comment.json", json.dumps({"capability": "coverage-gate"}))
    found, refused = read(tmp_path)
    assert list(found) == ["coverage-gate", "quality"]
    assert refused == ()


def test_a_single_artifact_lies_in_the_folder_itself(tmp_path: Path) -> None:
    put(tmp_path / "comment.json")
    found, refused = read(tmp_path)
    assert (list(found), refused) == (["quality"], ())


def test_no_artifact_at_all(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == ((), ())
    assert read(tmp_path) == ((), ())


def test_a_bad_one_does_not_spoil_the_others(tmp_path: Path) -> None:
    put(tmp_path / "a-comment" / "comment.json", "{")
    put(tmp_path / "b-comment" / "comment.json")
    found, refused = read(tmp_path)
    assert list(found) == ["quality"]
    assert [(each.name, each.why) for each in refused] == [("'a-comment'", "it is no JSON")]


def empty(folder: Path) -> None:
    folder.mkdir()


def another_name(folder: Path) -> None:
    put(folder / "other.json")


def something_beside(folder: Path) -> None:
    put(folder / "comment.json")
    put(folder / "more")


def thousands_beside(folder: Path) -> None:
    for number in range(2000):
        put(folder / f"{number}")


def deep(folder: Path) -> None:
    put(folder / "/".join("d" * 200) / "comment.json")


def a_file(folder: Path) -> None:
    put(folder)


def too_large(folder: Path) -> None:
    put(folder / "comment.json", "[" + " " * LARGEST + "]")


def huge(folder: Path) -> None:
    with put(folder / "comment.json").open("wb") as file:
        file.truncate(1 << 40)


def a_link_to_a_file(folder: Path) -> None:
    folder.mkdir()
    secret = put(folder.parent.parent / "secret.json")
    (folder / "comment.json").symlink_to(secret)


def a_link_to_a_folder(folder: Path) -> None:
    put(folder.parent.parent / "elsewhere" / "comment.json")
    folder.symlink_to(folder.parent.parent / "elsewhere")


def a_link_to_nothing(folder: Path) -> None:
    folder.mkdir()
    (folder / "comment.json").symlink_to("/nowhere/at/all")


def a_folder_of_that_name(folder: Path) -> None:
    (folder / "comment.json").mkdir(parents=True)


def a_pipe(folder: Path) -> None:
    folder.mkdir()
    os.mkfifo(folder / "comment.json")


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (empty, "it must hold comment.json and nothing else"),
        (another_name, "it must hold comment.json and nothing else"),
        (something_beside, "it must hold comment.json and nothing else"),
        (thousands_beside, "it must hold comment.json and nothing else"),
        (deep, "it must hold comment.json and nothing else"),
        (a_file, "it is no folder with a comment.json"),
        (too_large, "it is larger than 1,048,576 bytes"),
        (huge, "it is larger than 1,048,576 bytes"),
        (a_link_to_a_file, "its comment.json cannot be opened as a plain file"),
        (a_link_to_a_folder, "it is no folder with a comment.json"),
        (a_link_to_nothing, "its comment.json cannot be opened as a plain file"),
        (a_folder_of_that_name, "its comment.json is no plain file"),
        (a_pipe, "its comment.json is no plain file"),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_what_is_no_artifact_of_ours(tmp_path: Path, pack: Callable[[Path], None], why: str) -> None:
    folder = tmp_path / "payloads"
    put(folder / "good-comment" / "comment.json")
    pack(folder / "bad-comment")
    found, refused = read(folder)
    assert list(found) == ["quality"]
    assert [(each.name, each.why) for each in refused] == [("'bad-comment'", why)]


def test_a_single_artifact_with_more_than_the_payload(tmp_path: Path) -> None:
    put(tmp_path / "comment.json")
    put(tmp_path / "more" / "comment.json")
    ((), (refused,)) = read(tmp_path)
    assert (refused.name, refused.why) == ("the artifact", "it must hold comment.json and nothing else")


def test_too_many_artifacts(tmp_path: Path) -> None:
    for number in range(artifacts.MOST + 1):
        put(tmp_path / f"{number}-comment" / "comment.json")
    ((), (refused,)) = read(tmp_path)
    assert (refused.name, refused.why) == ("the run", "left more than 50 artifacts")


def test_a_file_instead_of_the_folder(tmp_path: Path) -> None:
    ((), (refused,)) = read(put(tmp_path / "file"))
    assert refused.why == "is no folder"


def test_a_name_is_shown_on_one_line_and_cut(tmp_path: Path) -> None:
    (tmp_path / ("x\n::error::" + "y" * 100)).mkdir()
    ((), (refused,)) = read(tmp_path)
    assert refused.name == "'x ::error::" + "y" * 48 + "…'"
