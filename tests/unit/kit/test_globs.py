"""Globs, as tables and against real git: `git check-ignore` says what a line of `.gitignore` matches."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_actions.kit.globs import matcher

PATHS = (
    "a", "b.py", "a/b.py", "a/b/c.py", "a/x/y/b.py", "src/pay/refund.py", "src/pay/sub/deep.py",
    "src/pays/other.py", "xsrc/pay/refund.py", "src/a[1].py", "src/a1.py", "src/a-.py", "src/a].py",
    "src/a!.py", "src/b?.py", "src/ü.py", "src/Ab.PY", ".hidden", "a/.hidden", "docs/a b.md",
    "docs/c\td.md", "build/lib/src/pay/refund.py", "a.b/c", "aXb/c", "src/a/b", "a+b.py", "p^q.py",
    "x$y.py",
)  # fmt: skip
PATTERNS = (
    "*.py", "a", "/a", "a/", "a/*", "a/**", "a/**/b.py", "**/b.py", "**/pay/*.py", "src/pay",
    "/src/pay", "src/*/refund.py", "src/pay/**", "pay", "src/?1.py", "src/a?.py", "src/[a-c]1.py",
    "src/a[!0-9].py", "src/a[^0-9].py", "src/a[]].py", "src/a[!]].py", "src/a[]-].py", "src/a[1-].py",
    "src/a[z-a].py", "src/[!a]1.py", "src[!x]pay", "a[+-9]b.py", "src/b[?].py", "*", "**", "*/b.py",
    ".*", "a.b", "a+b.py", "p^q.py", "x$y.py", "src/*.py", "src/**/*.py", "**/src/**", "ü.py",
    "src/ü.py", "*.PY", "a/b", "a//b", "docs/a b.md", "a*b*c", "a[", "src/a[1.py", "re*d.py", "**/sub",
    "*/pay/*",
)  # fmt: skip
#: What git takes for something else than a glob (negation, comment, escape) or strips.
NOT_GLOBS = "!#\\"


@pytest.fixture(scope="module")
def ignored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, tuple[str, ...]], set[str]]:
    """Asks git which of some paths one line of `.gitignore` matches; nothing of it needs to exist."""
    folder = tmp_path_factory.mktemp("ignoring")
    subprocess.run(["git", "init", "-q", folder], check=True)

    def ask(pattern: str, paths: tuple[str, ...]) -> set[str]:
        (folder / ".gitignore").write_text(pattern + "\n", encoding="utf-8")
        done = subprocess.run(
            ["git", "check-ignore", "--no-index", "-z", "--stdin"],
            cwd=folder, check=False, capture_output=True, input="\0".join(paths).encode(),
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        return set(done.stdout.decode().split("\0")) - {""}

    return ask


@pytest.mark.parametrize("pattern", PATTERNS)
def test_like_git(ignored: Callable[[str, tuple[str, ...]], set[str]], pattern: str) -> None:
    # A final slash means folders only, and to git a path that does not exist is a file.
    names = PATHS if not pattern.endswith("/") else tuple(path for path in PATHS if path != pattern[:-1])
    matches = matcher([pattern])
    assert {path for path in names if matches(path)} == ignored(pattern, names)


#: Nothing but a letter, a folder, and what is special, so that random patterns meet random paths.
NAME = st.text("ab-.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
PATH = st.lists(NAME, min_size=1, max_size=4).map("/".join)
PART = st.sampled_from(["a", "b", "-", ".", "*", "?", "[ab]", "[!a]", "[a-b]", "ab", "[]a]", "[!-a]"])
SEGMENT = st.one_of(st.just("**"), st.lists(PART, min_size=1, max_size=3).map("".join))
PATTERN = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join).filter(
    lambda pattern: set(pattern.split("/")) & {".", "..", "./"} == set() and pattern.strip("./")
)  # fmt: skip


@settings(max_examples=150)
@given(pattern=PATTERN, paths=st.lists(PATH, min_size=1, max_size=20))
def test_like_git_for_any_pattern(
    ignored: Callable[[str, tuple[str, ...]], set[str]], pattern: str, paths: list[str]
) -> None:
    # A path cannot be a file and the folder of another one.
    files = tuple(path for path in paths if not any(other.startswith(path + "/") for other in paths))
    matches = matcher([pattern])
    assert {path for path in files if matches(path)} == ignored(pattern, files)


@pytest.mark.parametrize(
    ("pattern", "prefix", "path", "expected"),
    [
        ("src", "svc", "svc/src/a.py", True),
        ("src", "svc", "src/a.py", False),
        ("*.py", "svc", "svc/deep/a.py", True),
        ("*.py", "svc", "svcs/a.py", False),
        ("/a.py", "svc", "svc/a.py", True),
        ("/a.py", "svc", "svc/x/a.py", False),
        ("./src/a.py", "", "src/a.py", True),
        ("src\\pay", "", "src/pay/a.py", True),
        (".", "", "any/thing.py", True),
        ("./", "", "any/thing.py", True),
        ("", "", "any/thing.py", True),
        (".", "svc", "svc/a.py", True),
        (".", "svc", "other/a.py", False),
        ("..", "", "a.py", False),
    ],
)
def test_prefix_and_spelling(pattern: str, prefix: str, path: str, expected: bool) -> None:
    assert matcher([pattern], prefix)(path) is expected


@pytest.mark.parametrize(
    "path", ["src/pay/a\nb.py", "src/pay/a\u2028b.py", "src/pay\n/x.py", "src/pay/\udcff.py"]
)
@pytest.mark.parametrize("pattern", ["src", "src/**", "**/*.py", "*.py"])
def test_a_strange_name_does_not_escape_its_folder(pattern: str, path: str) -> None:
    assert matcher([pattern])(path)


def test_no_patterns_fit_nothing_and_any_of_several_is_enough() -> None:
    assert not matcher([])("a.py")
    matches = matcher(["a.py", "b"])
    assert [path for path in ("a.py", "b/c", "c") if matches(path)] == ["a.py", "b/c"]


@given(st.text(max_size=12), st.text("ab/.[]\n", max_size=12))
def test_no_pattern_is_an_error(pattern: str, path: str) -> None:
    assert matcher([pattern])(path) in (True, False)


def test_the_sample_holds_what_the_repository_ignores() -> None:
    root = Path(__file__).resolve().parents[3]
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    matches = matcher([line for line in lines if line and line[0] not in NOT_GLOBS])
    assert matches(".venv/bin/python")
    assert matches("src/ci_actions/__pycache__/x.pyc")
    assert not matches("src/ci_actions/__main__.py")
