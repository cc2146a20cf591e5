from __future__ import annotations

import pytest

from ci_actions.project.relocation import SHEBANG_LIMIT, Move, first_line, with_first_line

MOVE = Move("/old/shop/.venv", "/new/shop/.venv")
BODY = b"import sys\n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"#!/old/shop/.venv/bin/python\n", b"#!/new/shop/.venv/bin/python\n"),
        (b"#!/old/shop/.venv/bin/python3.12 -E\n", b"#!/new/shop/.venv/bin/python3.12 -E\n"),
        (
            b"#!/bin/sh\n'''exec' \"/old/shop/.venv/bin/python\" \"$0\" \"$@\"\n' '''\n",
            b"#!/new/shop/.venv/bin/python\n",
        ),
        (
            b"#!/bin/sh\n'''exec' /old/shop/.venv/bin/python \"$0\" \"$@\"\n' '''\n",
            b"#!/new/shop/.venv/bin/python\n",
        ),
        (
            b"#!/bin/sh\n'''exec' '/old/shop/.venv/bin/python' \"$0\" \"$@\"\n' '''\n",
            b"#!/new/shop/.venv/bin/python\n",
        ),
        (b"#!/usr/bin/env bash\n", b"#!/usr/bin/env bash\n"),
        (b"#!/old/shop/.venv2/bin/python\n", b"#!/old/shop/.venv2/bin/python\n"),
        (b"", b""),
    ],
    ids=[
        "direct",
        "with an option",
        "through sh",
        "through sh, bare",
        "through sh, uv's",
        "of others",
        "of a neighbour",
        "none",
    ],
)
def test_the_first_line_of_a_script(head: bytes, expected: bytes) -> None:
    assert with_first_line(head + BODY, MOVE) == expected + BODY


def test_what_finds_its_own_place_stays() -> None:
    head = b"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n"
    assert with_first_line(head + BODY, MOVE) == head + BODY


@pytest.mark.parametrize(
    ("program", "direct"),
    [
        ("/a/bin/python", True),
        ("/a b/bin/python", False),
        ("/" + "x" * (SHEBANG_LIMIT - 4), True),
        ("/" + "x" * (SHEBANG_LIMIT - 3), False),
    ],
    ids=["short", "a space", "as long as can be", "too long"],
)
def test_how_a_program_is_called(program: str, direct: bool) -> None:
    head = first_line(program)
    assert head.startswith(f"#!{program}\n".encode()) == direct
    assert head.startswith(b"#!/bin/sh\n") != direct


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("home=/old/shop/.venv\n", "home=/new/shop/.venv\n"),
        ("/old/shop/src\n", "/new/shop/src\n"),
        ("/old/shop\n", "/new/shop\n"),
        ("/old/shopping/src\n", "/old/shopping/src\n"),
        ("/very/old/shop/src\n", "/very/old/shop/src\n"),
        ("file:///old/shop/a", "file:///new/shop/a"),
    ],
    ids=[
        "the environment",
        "the project's source",
        "the project",
        "a longer name",
        "below another",
        "an address",
    ],
)
def test_only_whole_names_are_replaced(text: str, expected: str) -> None:
    assert MOVE.apply(text) == expected


def test_a_project_at_the_root_of_the_disk_has_no_folder_to_replace() -> None:
    assert Move("/.venv", "/new/.venv").apply("/usr/.venv /.venv/bin") == "/usr/.venv /new/.venv/bin"


@pytest.mark.parametrize(
    ("old", "new", "text", "left"),
    [
        ("/a/.venv", "/b/.venv", b"/a/.venv", True),
        ("/a/.venv", "/b/.venv", b"/b/.venv", False),
        ("/a/.venv", "/x/a/.venv", b"/x/a/.venv", False),
        ("/a/.venv", "/x/a/.venv", b"/x/a/.venv /a/.venv", True),
    ],
    ids=["old", "new", "new holds old", "both"],
)
def test_what_is_left(old: str, new: str, text: bytes, left: bool) -> None:
    assert Move(old, new).left_in(text) == left
