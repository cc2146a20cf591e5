from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest

from ci_actions.findings.model import Finding, Kind, Severity
from ci_actions.findings.suppressions import Suppression, apply, parse
from ci_actions.kit.errors import BadInput

TODAY = date(2026, 11, 21)
GOOD = """\
[[suppression]]
rule = "B602"
path = "tools/**"
reason = "Arguments are constants, see the threat model."
owner = "platform"
expires = 2026-12-31
ticket = "SEC-41"

[[suppression]]
fingerprint = "ABCDEF0123456789"
reason = "A value of an example, never in use."
owner = "payments"
expires = 2027-01-31
"""


def read(text: str, max_days: int = 180) -> tuple[Suppression, ...]:
    return parse(text, file="s.toml", today=TODAY, max_days=max_days)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(BadInput) as caught:
        read(text)
    assert caught.value.file == "s.toml"
    return caught.value.problems


def entry(**more: Any) -> Suppression:
    values: dict[str, Any] = {
        "reason": "a reason that is long enough",
        "owner": "me",
        "expires": TODAY + timedelta(days=60),
        "rule": "B602",
        "path": "tools/**",
    }
    return Suppression(**(values | more))


def finding(rule: str = "B602", path: str = "tools/a.py", **more: Any) -> Finding:
    return Finding(
        tool="bandit", rule=rule, kind=Kind.CODE, severity=Severity.HIGH, message="m", path=path, **more
    )


def test_a_file_that_is_right() -> None:
    first, second = read(GOOD)
    assert first == Suppression(
        rule="B602",
        path="tools/**",
        reason="Arguments are constants, see the threat model.",
        owner="platform",
        expires=date(2026, 12, 31),
        ticket="SEC-41",
        line=1,
    )
    assert (second.fingerprint, second.rule, second.line) == ("abcdef0123456789", "", 9)
    assert first.what == "B602 in tools/**"
    assert second.what == "fingerprint abcdef0123456789"
    assert read("") == ()
    assert read("# nothing\n") == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("B602", "*"), "s.toml:2: 'rule' is '*', which would accept findings nobody has seen"),
        (("B602", "B6*"), "s.toml:2: 'rule' is 'B6*'"),
        (('path = "tools/**"\n', ""), "s.toml:1: 'path' is missing"),
        (('"tools/**"', '""'), "s.toml:3: 'path' must be text"),
        (('"tools/**"', "1"), "s.toml:3: 'path' must be text"),
        (
            ('rule = "B602"\npath = "tools/**"\n', ""),
            "s.toml:1: give either 'fingerprint', or 'rule' and 'path'",
        ),
        (
            ('path = "tools/**"', 'fingerprint = "abcdef0123456789"'),
            "s.toml:3: give either 'fingerprint', or",
        ),
        (("Arguments are constants, see the threat model.", "it is fine"), "s.toml:4: 'reason' is too short"),
        (("Arguments are constants, see the threat model.", " " * 20), "s.toml:4: 'reason' is too short"),
        (('owner = "platform"', 'owner = ""'), "s.toml:5: 'owner' is empty"),
        (('owner = "platform"', 'owner = ["platform"]'), "s.toml:5: 'owner' must be text"),
        (('owner = "platform"\n', ""), "s.toml:1: 'owner' is missing"),
        (("expires = 2026-12-31\n", ""), "s.toml:1: 'expires' is missing: give a date until 2027-05-20"),
        (("2026-12-31", '"2026-12-31"'), "s.toml:6: 'expires' must be a date without quotes"),
        (("2026-12-31", "2026-12-31T10:00:00Z"), "s.toml:6: 'expires' must be a date without quotes"),
        (("2026-12-31", "2027-05-21"), "s.toml:6: 'expires' is 2027-05-21, which is more than 180 days away"),
        (("SEC-41", ""), None),
        (('"SEC-41"', "41"), "s.toml:7: 'ticket' must be text"),
        (("ticket", "tiket"), "s.toml:7: 'tiket' is unknown (did you mean 'ticket'?)"),
        (("ABCDEF0123456789", "ABCDEF012345678"), "s.toml:10: 'fingerprint' must be 16 to 64"),
        (("ABCDEF0123456789", "not-hexadecimal-at-all"), "s.toml:10: 'fingerprint' must be 16 to 64"),
        (
            ('fingerprint = "ABCDEF0123456789"', 'fingerprint = "ABCDEF0123456789"\npath = "a"'),
            "s.toml:11: 'path' goes",
        ),
        (("2026-12-31", "2026-12-32"), "s.toml is no TOML: "),
        (
            ("[[suppression]]", "[[suppressions]]"),
            "s.toml: 'suppressions' is unknown (did you mean 'suppression'?)",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(change: tuple[str, str], expected: str | None) -> None:
    text = GOOD.replace(change[0], change[1])
    if expected is None:
        read(text)
        return
    found = problems(text)
    assert any(each.startswith(expected) for each in found), found


def test_everything_wrong_is_said_at_once() -> None:
    text = "version = 1\n" + GOOD.replace("B602", "*").replace("platform", "").replace(
        "2027-01-31", "2099-01-31"
    )
    assert [each.partition(":")[0] for each in problems(text)] == ["s.toml"] * 4


def test_tables_written_inline_have_no_lines() -> None:
    text = 'suppression = [{ rule = "B1", path = "a", owner = "x", expires = 2026-12-31 }]\n'
    assert problems(text) == (
        "s.toml: 'reason' is missing: say in at least 15 characters why this is acceptable",
    )
    assert problems("suppression = 3\n")[0].startswith("s.toml: 'suppression' must be tables")
    assert problems("suppression = [1]\n")[0].startswith("s.toml: 'suppression' must be tables")


def test_an_entry_in_the_past_is_no_mistake() -> None:
    (only,) = read(GOOD.split("\n\n", maxsplit=1)[0].replace("2026-12-31", "2020-01-01"))
    assert only.is_over(TODAY)


@pytest.mark.parametrize(
    ("found", "suppressed"),
    [
        (finding(), True),
        (finding("b602"), True),
        (finding(path="tools/deep/b.py"), True),
        (finding(path="src/tools.py"), False),
        (finding("B603"), False),
        (finding("GHSA-x", canonical="B602"), True),
        (finding("GHSA-x", aliases=("CVE-1", "B602")), True),
        (finding("B6021"), False),
    ],
)
def test_by_rule_and_path(found: Finding, suppressed: bool) -> None:
    assert bool(apply([found], [entry()], TODAY).suppressed) is suppressed


@pytest.mark.parametrize(
    ("mark", "suppressed"),
    [("0123456789abcdef", True), ("0123456789abcdef99", True), ("0123456789abcdff", False)],
)
def test_by_fingerprint_or_its_first_digits(mark: str, suppressed: bool) -> None:
    by_mark = entry(fingerprint=mark, rule="", path="")
    found = finding(fingerprint="0123456789abcdef99" + "0" * 46)
    assert bool(apply([found], [by_mark], TODAY).suppressed) is suppressed
    moved = finding(fingerprint="f" * 64, former=found.fingerprint)
    assert bool(apply([moved], [by_mark], TODAY).suppressed) is suppressed


@pytest.mark.parametrize(
    ("days", "holds", "soon"), [(-1, False, False), (0, True, True), (14, True, True), (15, True, False)]
)
def test_the_last_day_counts_and_the_last_two_weeks_are_said(days: int, holds: bool, soon: bool) -> None:
    one = entry(expires=TODAY + timedelta(days=days))
    found = apply([finding()], [one], TODAY)
    assert (0 in found.suppressed) is holds
    assert (0 in found.expired) is not holds
    assert (found.soon == (one,)) is soon
    assert found.unused == ()


def test_what_fits_nothing_is_unused() -> None:
    one = entry(rule="B999")
    found = apply([finding()], [one, entry()], TODAY)
    assert found.unused == (one,)
    assert apply([], [entry()], TODAY).unused == (entry(),)


def test_of_several_the_longest_counts_whatever_the_order() -> None:
    entries = [
        entry(expires=TODAY - timedelta(days=1)),
        entry(expires=TODAY + timedelta(days=5), path="**"),
        entry(expires=TODAY + timedelta(days=90), path="tools/a.py"),
        entry(rule="B1", expires=TODAY + timedelta(days=3)),
    ]
    results = {
        (found.suppressed[0], found.unused, found.soon, not found.expired)
        for order in itertools.permutations(entries)
        for found in [apply([finding()], order, TODAY)]
    }
    assert results == {(entries[2], (entries[3],), (entries[1],), True)}


def test_many_entries_and_findings() -> None:
    entries = [entry(rule=f"R{number}", path="**") for number in range(2000)]
    found = apply([finding(f"r{number % 3000}") for number in range(20_000)], entries, TODAY)
    assert len(found.suppressed) == 14_000
    assert found.unused == ()
