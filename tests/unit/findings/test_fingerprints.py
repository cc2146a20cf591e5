from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings import fingerprints
from ci_actions.findings.fingerprints import decoded, line_hashes, stamp
from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.kit.apart import Apart, one_by_one
from ci_actions.kit.forks import Forks
from ci_actions.kit.jobs import Jobs

CODE = "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n"


def finding(line: int = 5, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "tool": "bandit",
        "rule": "B602",
        "kind": Kind.CODE,
        "severity": Severity.HIGH,
        "message": "shell=True identified",
        "path": "src/a.py",
        "region": Region(line, 5) if line else None,
    }
    return Finding(**(values | more))


def stamped(text: str | None, *findings: Finding, renames: Mapping[str, str] | None = None) -> list[str]:
    stamp(findings, lambda path: text if path else None, renames=renames)
    return [each.fingerprint for each in findings]


# --- as code scanning computes it ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", {1: "c129715d7a2bc9a3:1"}),
        (b"a\n", {1: "243cbaa4685aab12:1", 2: "c129715d7a2bc9a3:1"}),
        (b"x = 1\ny = 2\n", {1: "5ceeb771b3aff0bd:1", 2: "ab1f8ed3e7dc41c1:1", 3: "c129715d7a2bc9a3:1"}),
        (
            b"one\r\ntwo\rthree\r\n",
            {1: "99916ce8d6a15a7d:1", 2: "29eb88d3672c739:1", 3: "bd8bfd8320422591:1"},
        ),
        (b"\tif x:  \n", {1: "b4e7645420d3b86:1"}),
        ('naïve = "😀"\n'.encode(), {1: "a8d9fac06e4423b0:1"}),
        (b"\xef\xbb\xbfimport os\n", {1: "5aa1a8e55c93c499:1"}),
        (b"\xff\xfe broken\n", {1: "8357ddb14e0e9340:1"}),
        (b"a" * 99 + b"b\n" + b"a" * 100 + b"c\n", {1: "871f6af4d0d4dd7d:1", 2: "871f6af4d0d4dd7c:1"}),
        (
            b"same\n" * 60,
            {
                1: "6468d5768bad9560:1",
                2: "6468d5768bad9560:2",
                41: "6468d5768bad9560:41",
                61: "c129715d7a2bc9a3:1",
            },
        ),
    ],
    ids=["empty", "one", "two", "line-ends", "blanks", "astral", "mark", "broken", "window", "repeated"],
)
def test_line_hashes_are_those_of_code_scanning(data: bytes, expected: dict[int, str]) -> None:
    """The values come from the algorithm in github/codeql-action, run under Node.js."""
    assert line_hashes(decoded(data), expected) == expected


def test_lines_that_do_not_exist_have_none() -> None:
    assert line_hashes("a\n", [0, -1, 3, 10**9]) == {}


def reference(text: str) -> dict[int, str]:
    """The same by the definition: one rolling window over UTF-16 units."""
    units = [int.from_bytes(pair, "little") for pair in _pairs(text.encode("utf-16-le", "surrogatepass"))]
    kept: list[int] = []
    starts = [0]
    for position, unit in enumerate(units):
        if unit in (32, 9) or (unit == 10 and position and units[position - 1] == 13):
            continue
        kept.append(10 if unit == 13 else unit)
        if kept[-1] == 10:
            starts.append(len(kept))
    kept += [65535, *[0] * 100]
    found: dict[int, str] = {}
    seen: dict[int, int] = {}
    for number, start in enumerate(starts, 1):
        value = 0
        for unit in kept[start : start + 100]:
            value = (value * 37 + unit) % 2**64
        seen[value] = seen.get(value, 0) + 1
        found[number] = f"{value:x}:{seen[value]}"
    return found


def _pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


@given(st.text(st.sampled_from("ab \t\n\r😀é\x00\x0c\u2028"), max_size=400))
def test_line_hashes_agree_with_the_definition(text: str) -> None:
    expected = reference(text)
    assert line_hashes(text, expected) == expected


@given(st.text(max_size=200), st.sets(st.integers(1, 30)))
def test_asking_for_some_lines_is_the_same_as_asking_for_all(text: str, lines: set[int]) -> None:
    everything = line_hashes(text, range(1, 300))
    assert line_hashes(text, lines) == {line: everything[line] for line in lines if line in everything}


# --- our own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moved",
    [
        "\n\n# a comment\n" + CODE,
        CODE.replace("\n", "\r\n"),
        CODE.replace("    ", "\t\t"),
        CODE.replace("command, shell", "command,   shell"),
    ],
    ids=["lines-above", "line-ends", "indentation", "blanks"],
)
def test_a_fingerprint_survives_what_changes_nothing(moved: str) -> None:
    line = next(n for n, text in enumerate(moved.splitlines(), 1) if "shell" in text)
    assert stamped(moved, finding(line)) == stamped(CODE, finding())


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (CODE.replace("command, shell", "other, shell"), {}),
        (CODE, {"path": "src/b.py"}),
        (CODE, {"rule": "B603"}),
        (CODE, {"kind": Kind.MISCONFIGURATION}),
        (CODE, {"target": "image"}),
    ],
    ids=["line", "path", "rule", "kind", "target"],
)
def test_a_fingerprint_tells_apart(text: str, more: dict[str, Any]) -> None:
    assert stamped(text, finding(**more)) != stamped(CODE, finding())


def test_the_canonical_name_counts() -> None:
    assert stamped(CODE, finding(rule="GHSA-1", canonical="CVE-1")) == stamped(CODE, finding(rule="CVE-1"))


def test_equal_lines_are_told_apart_by_their_number_whatever_the_order() -> None:
    text = "run(x)\n" * 3
    first, second, third = stamped(text, finding(1), finding(2), finding(3))
    assert len({first, second, third}) == 3
    assert stamped(text, finding(3), finding(1), finding(2)) == [third, first, second]
    assert stamped("pass\n" + text, finding(2)) == [first]


def test_a_dependency_is_known_by_advisory_package_and_manifest_alone() -> None:
    def advisory(line: int, version: str, **more: Any) -> Finding:
        package = Package("flask", version)
        return finding(line, kind=Kind.DEPENDENCY, rule="CVE-1", path="a.lock", package=package, **more)

    assert stamped("flask==1\n", advisory(1, "1")) == stamped(None, advisory(0, "2", message="other words"))
    assert stamped(None, advisory(0, "1")) != stamped(None, advisory(0, "1", canonical="CVE-2"))


def test_without_a_text_the_message_counts_but_not_its_numbers() -> None:
    assert stamped(None, finding(5, message="line 5 is bad")) == stamped(
        None, finding(9, message="line 9 is bad")
    )
    assert stamped(None, finding(message="a")) != stamped(None, finding(message="b"))


def test_a_line_beyond_the_end_of_the_file() -> None:
    (only,) = stamped("x\n", finding(50))
    assert len(only) == 64


def test_a_renamed_file_keeps_its_former_fingerprint() -> None:
    before = finding(path="src/old.py")
    after = finding(path="src/a.py")
    other = finding(path="src/c.py")
    stamped(CODE, before)
    stamped(CODE, after, other, renames={"src/a.py": "src/old.py"})
    assert after.former == before.fingerprint != after.fingerprint
    assert other.former == ""


def test_each_file_is_read_once() -> None:
    read: list[str] = []

    def text(path: str) -> str:
        read.append(path)
        return CODE

    stamp([finding(5), finding(1), finding(5, path="src/b.py"), finding(0, path="")], text)
    assert sorted(read) == ["src/a.py", "src/b.py"]


def test_several_processes_stamp_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(apart: Apart) -> list[tuple[str, str, str]]:
        found = [
            finding(line, path=path, kind=kind)
            for path in ("src/a.py", "src/b.py", "src/c.py", "gone.py", "")
            for line in (5, 1, 5, 0)
            for kind in (Kind.CODE, Kind.SECRET)
        ]
        texts = {"src/a.py": CODE, "src/b.py": CODE * 3, "src/c.py": "\n" + CODE}
        stamp(found, texts.get, renames={"src/b.py": "src/old.py"}, apart=apart)
        return [(each.fingerprint, each.former, each.line_hash) for each in found]

    monkeypatch.setattr(fingerprints, "MANY", 1)
    assert everything(Forks(Jobs(3))) == everything(one_by_one)


# --- secrets -----------------------------------------------------------------------------------------


def secret(line: int, **more: Any) -> Finding:
    return finding(line, kind=Kind.SECRET, rule="secret", **more)


@pytest.mark.parametrize(
    "line", ['PASSWORD = "{}"', "token: {}", "{}", 'call("{}")', "  'api_key': '{}',", "x {}=="]
)
def test_nothing_depends_on_the_value_of_a_secret(line: str) -> None:
    def everything(value: str) -> list[str]:
        text = "a = 1\n" + line.format(value) + "\nb = 2\n"
        found = [finding(1), secret(2), finding(2, rule="B106"), finding(3)]
        stamped(text, *found)
        return [mark for each in found for mark in (each.fingerprint, each.line_hash)]

    assert everything("Tr0ub4dor&3xyz") == everything("another-Value-77")


def test_a_secret_is_known_by_the_name_it_is_given_to() -> None:
    assert stamped('PASSWORD = "a"\n', secret(1)) != stamped('TOKEN = "a"\n', secret(1))
    assert stamped('PASSWORD = "a"\n', secret(1)) == stamped('\n\n  PASSWORD = "b"\n', secret(3))


def test_a_window_that_reaches_a_secret_has_no_line_hash() -> None:
    text = "a\n" * 200 + "PASSWORD = x\n" + "b\n" * 10
    near, far, behind = finding(199), finding(20), finding(202)
    stamped(text, near, far, behind, secret(201))
    assert near.line_hash == ""
    assert far.line_hash
    assert behind.line_hash


def test_a_secret_of_several_lines_covers_them_all() -> None:
    text = "x\n" * 5
    inside, key = finding(4, rule="B1"), secret(2, region=Region(2, 1, 5))
    stamped(text, inside, key)
    assert inside.line_hash == ""


def test_a_credential_that_no_scanner_reported_is_kept_out_by_its_look() -> None:
    lines = ('connect("https://u:{}@db", shell=True)\n', 'run(token="{}")\n', "k = ghp_{}0123456789abcdef\n")
    for line in lines:
        assert stamped(line.format("aaaaaaaaaa"), finding(1)) == stamped(
            line.format("bbbbbbbbbb"), finding(1)
        )


def test_what_is_not_here_has_no_line_of_a_file_that_is() -> None:
    lines = "TOKEN = x\n" * 3
    here, old, older, inside = (
        secret(1),
        secret(1, commit="1a2b"),
        secret(1, commit="3c4d"),
        secret(1, target="app:1"),
    )
    stamped(lines, here, old, older, inside)
    assert len({each.fingerprint for each in (here, old, older, inside)}) == 4
    assert stamped("other\n", secret(1, commit="1a2b")) == [old.fingerprint]
    near = finding(1)
    stamped("x\n", near, secret(1, commit="1a2b"))
    assert near.line_hash


def test_the_window_is_that_of_code_scanning() -> None:
    assert fingerprints.WINDOW == 100
