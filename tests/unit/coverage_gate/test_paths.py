from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.config import PathRule
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.coverage_gate.paths import Repository, apply_rules, closest, resolver

FILES = frozenset({
    "src/pay/refund.py", "src/pay/money.py", "src/store.py", "app.py", "svc/src/pay/refund.py", "svc/app.py", "lib/util/text.go",
    "core/src/main/java/com/acme/Pay.java", "web/src/main/java/com/acme/Page.java", "core/src/test/java/com/acme/Pay.java",
    "web/src/main/java/com/acme/util/Text.java", "a b/ü.py", "main.go",
})  # fmt: skip
ROOTS = ("/home/me/app", "/private/home/me/app")


def resolved(
    written: str,
    *,
    sources: tuple[str, ...] = (),
    rules: str = "",
    directory: str = "",
    source: tuple[str, ...] = (),
    packages: bool = False,
    roots: tuple[str, ...] = ROOTS,
) -> str:
    report = CoverageReport(file="r", format="x", sources=sources, relative_to_packages=packages)
    pairs = (line.split(" => ") for line in rules.splitlines())
    made = Repository(
        files=FILES,
        roots=roots,
        directory=directory,
        source=source,
        rules=tuple(PathRule(pattern, replacement) for pattern, replacement in pairs),
    )
    return resolver(report, made)(written)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("src/pay/refund.py", "src/pay/refund.py"),
        ("./src/pay/refund.py", "src/pay/refund.py"),
        ("src/pay/../store.py", "src/store.py"),
        ("src\\pay\\refund.py", "src/pay/refund.py"),
        ("/home/me/app/src/store.py", "src/store.py"),
        ("/home/me/app/./src//store.py", "src/store.py"),
        ("/private/home/me/app/app.py", "app.py"),
        ("a b/ü.py", "a b/ü.py"),
        (" src/store.py ", "src/store.py"),
        # hosted runners and containers
        ("/home/runner/work/app/app/src/store.py", "src/store.py"),
        ("/Users/runner/work/app/app/src/store.py", "src/store.py"),
        ("/__w/app/app/src/store.py", "src/store.py"),
        ("/github/workspace/src/store.py", "src/store.py"),
        ("D:\\a\\app\\app\\src\\store.py", "src/store.py"),
        ("D:/a/app/app/src/store.py", "src/store.py"),
        ("c:\\a\\app\\app\\src\\store.py", "src/store.py"),
        ("/home/runner/work/app/other/src/store.py", "/home/runner/work/app/other/src/store.py"),
        ("/home/runner/work/app/app/other.py", "/home/runner/work/app/app/other.py"),
        # nothing is guessed
        ("/home/me/application/src/store.py", "/home/me/application/src/store.py"),
        ("/app/src/store.py", "/app/src/store.py"),
        ("store.py", "store.py"),
        ("pay/refund.py", "pay/refund.py"),
        ("../src/store.py", "../src/store.py"),
        ("../../app.py", "../../app.py"),
        ("/home/me/app/gone.py", "gone.py"),
        ("/home/me/app/../other/app.py", "/home/me/app/../other/app.py"),
    ],
)
def test_as_it_is(written: str, path: str) -> None:
    assert resolved(written) == path


@pytest.mark.parametrize(
    ("written", "sources", "path"),
    [
        ("pay/refund.py", ("/home/me/app/src",), "src/pay/refund.py"),
        ("pay/refund.py", ("/home/me/app/src/",), "src/pay/refund.py"),
        ("pay/refund.py", ("src",), "src/pay/refund.py"),
        ("pay/refund.py", ("/elsewhere", "./src"), "src/pay/refund.py"),
        ("app.py", ("/home/me/app",), "app.py"),
        ("pay/refund.py", ("/home/runner/work/app/app/src",), "src/pay/refund.py"),
        ("pay\\refund.py", ("D:\\a\\app\\app\\src",), "src/pay/refund.py"),
        ("pay/refund.py", ("/home/runner/work/app/app/src ",), "src/pay/refund.py"),
        ("refund.py", ("", "src/pay"), "src/pay/refund.py"),
        ("refund.py", ("/app/src/pay",), "refund.py"),
        # the first source in which the file exists
        ("app.py", ("svc", "."), "svc/app.py"),
        ("app.py", (".", "svc"), "app.py"),
        ("/home/me/app/src/store.py", ("svc",), "src/store.py"),
    ],
)
def test_relative_to_the_reports_sources(written: str, sources: tuple[str, ...], path: str) -> None:
    assert resolved(written, sources=sources) == path


def test_the_working_directory_comes_before_the_root() -> None:
    assert resolved("app.py", directory="svc") == "svc/app.py"
    assert resolved("src/pay/refund.py", directory="svc") == "svc/src/pay/refund.py"
    assert resolved("src/store.py", directory="svc") == "src/store.py"
    assert resolved("../app.py", directory="svc") == "app.py"
    assert resolved("gone.py", directory="svc") == "svc/gone.py"
    assert resolved("pay/refund.py", directory="svc", source=("svc/src",)) == "svc/src/pay/refund.py"
    assert resolved("pay/money.py", source=("src",)) == "src/pay/money.py"


def test_a_windows_root_in_either_case() -> None:
    roots = ("C:/work/app",)
    assert resolved("c:\\Work\\App\\src\\store.py", roots=roots) == "src/store.py"
    assert resolved("C:/work/apple/src/store.py", roots=roots) == "C:/work/apple/src/store.py"


# --- rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "rules", "path"),
    [
        ("/app/src/store.py", "/app => .", "src/store.py"),
        ("/app/src/store.py", "/app/ => ", "src/store.py"),
        ("/app/pay/refund.py", "/app => src", "src/pay/refund.py"),
        ("/app/pay/refund.py", "/app/ => src/", "src/pay/refund.py"),
        ("/builds/4711/src/store.py", "/builds/* => .", "src/store.py"),
        ("/builds/a/b/src/store.py", "/builds/*/* => .", "src/store.py"),
        ("/builds/a-1/src/store.py", "/builds/a-* => .", "src/store.py"),
        ("C:\\work\\src\\store.py", "C:\\work => .", "src/store.py"),
        ("github.com/acme/app/lib/util/text.go", "github.com/acme/app => .", "lib/util/text.go"),
        ("pay/refund.py", "pay => src/pay", "src/pay/refund.py"),
        # whole folders only, the beginning only, the first that fits
        ("/application/app.py", "/app => .", "/application/app.py"),
        ("/x/app/app.py", "/app => .", "/x/app/app.py"),
        ("/app/app.py", "/app => svc\n/app => .", "svc/app.py"),
        ("/app/app.py", "/other => .\n/app => .", "app.py"),
        ("/builds/a/b/app.py", "/builds/* => .", "b/app.py"),
        ("/a.c/app.py", "/abc => .", "/a.c/app.py"),
        ("/abc/app.py", "/a.c => .", "/abc/app.py"),
        # a rule that leads nowhere is shown as it leads, not undone
        ("/app/gone.py", "/app => src", "src/gone.py"),
        ("src/store.py", "src => lib", "lib/store.py"),
    ],
)
def test_rules(written: str, rules: str, path: str) -> None:
    assert resolved(written, rules=rules) == path


def test_rules_are_relative_to_the_working_directory_first() -> None:
    assert resolved("/app/app.py", rules="/app => .", directory="svc") == "svc/app.py"
    assert resolved("/app/src/store.py", rules="/app => .", directory="svc") == "src/store.py"


@given(st.lists(st.sampled_from(["app", "src", "a.b", "a*"]), min_size=1, max_size=4).map("/".join))
def test_no_rule_changes_what_it_does_not_begin(path: str) -> None:
    assert apply_rules(path, (PathRule("/app", "x"), PathRule("sr", "x"), PathRule("ap", "x"))) == path


# --- by the ending -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "source", "path"),
    [
        ("com/acme/Page.java", (), "web/src/main/java/com/acme/Page.java"),
        ("com/acme/util/Text.java", (), "web/src/main/java/com/acme/util/Text.java"),
        # two could be meant: none is taken, unless `source` tells
        ("com/acme/Pay.java", (), "com/acme/Pay.java"),
        ("com/acme/Pay.java", ("core/src/main/java",), "core/src/main/java/com/acme/Pay.java"),
        ("github.com/acme/app/lib/util/text.go", (), "lib/util/text.go"),
        # a name alone is not enough
        ("github.com/acme/other/text.go", (), "github.com/acme/other/text.go"),
        ("example.com/x/app.py", (), "example.com/x/app.py"),
        ("example.com/x/main.go", (), "main.go"),
        ("com/acme/Gone.java", (), "com/acme/Gone.java"),
        ("acme/Page.jav", (), "acme/Page.jav"),
    ],
)
def test_packages_are_found_by_their_ending(written: str, source: tuple[str, ...], path: str) -> None:
    assert resolved(written, source=source, packages=True) == path


def test_other_formats_are_not() -> None:
    assert resolved("com/acme/Page.java") == "com/acme/Page.java"


# --- properties --------------------------------------------------------------------------------


@given(
    st.sampled_from(sorted(FILES)),
    st.sampled_from(["", *(f"{root}/" for root in ROOTS), "/__w/r/r/", "D:/a/r/r/", "./"]),
)
def test_every_spelling_of_a_file_is_that_file(path: str, start: str) -> None:
    assert resolved(start + path) == path


@given(st.text("ab./\\: *\n", max_size=20), st.booleans())
def test_no_path_leads_out_of_the_repository_unseen(written: str, packages: bool) -> None:
    """What is no file of the repository is never taken for one, and nothing crashes."""
    found = resolved(written, packages=packages, sources=("src", "/x"), rules="/a => src\na => b")
    assert found not in FILES or found.rpartition("/")[2] in written.replace("\\", "/")


@pytest.mark.parametrize(
    ("path", "measured", "expected"),
    [
        ("src/pay/refund.py", ["/app/src/pay/refund.py", "x/refund.py"], "/app/src/pay/refund.py"),
        ("src/pay/refund.py", ["x/refund.py"], "x/refund.py"),
        ("src/pay/refund.py", ["src/pay/money.py"], ""),
        ("src/pay/refund.py", [], ""),
        ("refund.py", ["a/refund.py", "b/refund.py"], "a/refund.py"),
    ],
)
def test_closest(path: str, measured: list[str], expected: str) -> None:
    assert closest(path, measured) == expected
