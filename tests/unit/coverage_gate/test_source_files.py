from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.source_files import code_lines, detect, is_code, is_source
from ci_actions.kit.lines import from_numbers, numbers


@pytest.mark.parametrize(
    ("tracked", "measured", "directory", "folders"),
    [
        ([], [], "", ()),
        ([], ["src/pay/refund.py"], "", ("src",)),
        ([], ["app/main.py", "app/deep/x.py", "lib/y.py"], "", ("app", "lib")),
        ([], ["main.py", "tests/test_a.py", "setup.py"], "", ("*",)),
        (["pkg/__init__.py", "pkg/x.py", "other/y.py"], [], "", ("pkg",)),
        (["src/pay/x.py", "docs/conf.py", "tests/__init__.py", "examples/__init__.py"], [], "", ("src",)),
        (["svc/src/x.py", "src/y.py"], ["svc/app/z.py", "src/y.py", "svc/main.py"], "svc", ("svc/app", "svc/*", "svc/src")),
    ],
)  # fmt: skip
def test_detection(tracked: list[str], measured: list[str], directory: str, folders: tuple[str, ...]) -> None:
    assert detect(tracked, measured, directory) == folders


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/pay/new.py", True),
        ("src/new.py", True),
        ("srcs/new.py", False),
        ("lib/src/new.py", False),
        ("src/page.js", False),
        ("src/README.md", False),
        ("src/Makefile", False),
        ("src/test_new.py", False),
        ("src/new_test.py", False),
        ("src/tests/new.py", False),
        ("src/conftest.py", False),
        ("src/api_pb2.py", False),
        ("src/_version.py", False),
        ("src/gen/new.py", False),
        ("src/scripts/new.py", True),
    ],
)
def test_a_changed_file_below_a_detected_folder(path: str, expected: bool) -> None:
    assert is_source(["src"], ["gen"], ["src/pay/refund.py"], "", named=False)(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("new.py", True),
        ("setup.py", False),
        ("noxfile.py", False),
        ("test_x.py", False),
        ("deep/new.py", False),
        ("new.txt", False),
    ],
)
def test_beside_a_measured_file_of_the_root(path: str, expected: bool) -> None:
    source = detect([], ["main.py"], "")
    assert is_source(source, [], ["main.py"], "", named=False)(path) is expected


def test_beside_a_measured_file_of_the_working_directory() -> None:
    matches = is_source(detect([], ["svc/main.py"], "svc"), [], ["svc/main.py"], "svc", named=False)
    assert [
        path for path in ("svc/new.py", "new.py", "svc/deep/new.py", "svc/setup.py") if matches(path)
    ] == ["svc/new.py"]


def test_a_named_folder_of_which_nothing_is_measured_counts_in_any_language() -> None:
    matches = is_source(["src", "web"], [], ["src/a.py"], "", named=True)
    assert [path for path in ("src/b.js", "web/b.js", "web/b.css", "web/b.test.js") if matches(path)] == [
        "web/b.js"
    ]


def test_no_source_is_no_file_and_a_dot_is_all() -> None:
    assert not is_source([], [], ["a.py"], "", named=False)("a.py")
    for everything in (".", ""):
        assert is_source([everything], [], ["a.py"], "", named=True)("deep/b.py")


def test_exclude_is_relative_to_the_working_directory() -> None:
    matches = is_source(["svc"], ["/gen"], ["svc/a.py"], "svc", named=True)
    assert [path for path in ("svc/gen/x.py", "svc/a/gen/x.py") if matches(path)] == ["svc/a/gen/x.py"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.py", True),
        ("a.rs", True),
        ("a.md", False),
        ("py", False),
        (".py", True),
        ("a.py/b", False),
        ("a.PY", False),
    ],
)
def test_code(path: str, expected: bool) -> None:
    assert is_code(path) is expected


TEXT = ("import a", "", "   ", "# comment", "    # another", "x = 1  # why", "// js", "}")


@pytest.mark.parametrize(("path", "expected"), [("a.py", [1, 6, 7, 8]), ("a.js", [1, 4, 5, 6, 7, 8])])
def test_lines_that_hold_code(path: str, expected: list[int]) -> None:
    assert list(numbers(code_lines(path, TEXT, from_numbers(range(1, 9))))) == expected
    assert list(numbers(code_lines(path, TEXT, from_numbers([1, 2, 3])))) == [1]


@given(st.sets(st.integers(1, 30)))
def test_only_asked_lines_come_back_and_those_behind_the_end_are_empty(among: set[int]) -> None:
    found = code_lines("a.py", TEXT, from_numbers(among))
    assert set(numbers(found)) == among & {1, 6, 7, 8}
