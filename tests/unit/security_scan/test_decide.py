from __future__ import annotations

from typing import Any

import pytest
from tests.golden.scans import (
    LOCK,
    NO_LOCK,
    NO_PYTHON,
    SOURCES,
    Situation,
    advisory,
    audit,
    bandit,
    facts,
    gitleaks,
    secret,
    suppressed,
    trivy,
    weakness,
)

from ci_actions.findings.fingerprints import stamp
from ci_actions.findings.model import Finding, Severity
from ci_actions.kit.errors import Exit
from ci_actions.security_scan.config import Bar, Config, bar
from ci_actions.security_scan.decide import decide
from ci_actions.security_scan.model import Facts, Marker, Outcome, Scan, State, Trouble

SKIPPED = Scan(tool="gitleaks", state=State.SKIPPED, reason="not asked for")


def outcome(given: Facts, **config: Any) -> Outcome:
    return decide(Config(**config), given)


def code(given: Facts, **config: Any) -> Exit:
    return outcome(given, **config).code


def held_back(finding: Finding, **config: Any) -> str | None:
    """Why a finding turns nothing red, None if it does."""
    (only,) = outcome(facts(bandit(finding)), **config).judged
    assert only.gates is not bool(only.held_back)
    return only.held_back or None


# --- bars ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fail_on", "severity", "red"),
    [
        ("high", Severity.CRITICAL, True),
        ("high", Severity.HIGH, True),
        ("high", Severity.MEDIUM, False),
        ("low", Severity.LOW, True),
        ("critical", Severity.HIGH, False),
        ("none", Severity.CRITICAL, False),
        ("high,bandit=low", Severity.LOW, True),
        ("low,bandit=critical", Severity.HIGH, False),
        ("low,bandit=none", Severity.CRITICAL, False),
        ("trivy-fs=low", Severity.MEDIUM, False),
        ("trivy-fs=low", Severity.HIGH, True),
    ],
)
def test_the_bar_of_each_scanner(fail_on: str, severity: Severity, red: bool) -> None:
    bars = tuple(bar(each) for each in fail_on.split(","))
    given = facts(bandit(weakness(severity=severity)))
    assert code(given, fail_on=bars) is (Exit.NOT_MET if red else Exit.PASSED)


def test_what_several_scanners_say_is_judged_by_the_strictest_bar() -> None:
    both = facts(
        audit(advisory("pip-audit", "CVE-1", "x", "1")),
        trivy(advisory("trivy-fs", "CVE-1", "x", "1", severity=Severity.MEDIUM)),
    )
    assert code(both) is Exit.PASSED
    assert code(both, fail_on=(Bar("", None), Bar("trivy-fs", Severity.MEDIUM))) is Exit.NOT_MET
    assert code(both, fail_on=(Bar("", None),)) is Exit.PASSED


@pytest.mark.parametrize(
    ("finding", "config", "expected"),
    [
        (weakness(severity=Severity.UNKNOWN), {}, None),
        (weakness(severity=Severity.UNKNOWN), {"fail_on": (Bar("", Severity.CRITICAL),)}, "below critical"),
        (weakness(severity=Severity.UNKNOWN), {"fail_on_unknown_severity": False}, "of unknown severity"),
        (weakness(severity=Severity.MEDIUM), {}, "below high"),
        (weakness(), {"fail_on": (Bar("", None),)}, "reported only"),
        (weakness(confidence=Severity.LOW), {}, "of low confidence"),
        (weakness(confidence=Severity.LOW), {"confidence": "low"}, None),
        (weakness(confidence=Severity.MEDIUM), {"confidence": "high"}, "of medium confidence"),
        (weakness(confidence=None), {"confidence": "high"}, None),
        (advisory("pip-audit", "CVE-1", "x", "1"), {"only_fixed": True}, "without a fix"),
        (advisory("pip-audit", "CVE-1", "x", "1", "2"), {"only_fixed": True}, None),
        (advisory("pip-audit", "CVE-1", "x", "1"), {}, None),
        (secret("gitleaks", "x"), {"only_fixed": True}, None),
    ],
)
def test_why_a_finding_turns_nothing_red(
    finding: Finding, config: dict[str, Any], expected: str | None
) -> None:
    assert held_back(finding, **config) == expected


# --- scans -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scans", "config", "expected"),
    [
        ((bandit(),), {}, Exit.PASSED),
        ((bandit(), NO_LOCK), {}, Exit.PASSED),
        ((NO_PYTHON, NO_LOCK), {}, Exit.PASSED),
        ((NO_PYTHON, SKIPPED), {}, Exit.PASSED),
        ((), {}, Exit.CANNOT_JUDGE),
        ((bandit(state=State.FAILED),), {}, Exit.CANNOT_JUDGE),
        ((bandit(state=State.FAILED),), {"on_incomplete": "warn"}, Exit.CANNOT_JUDGE),
        ((bandit(state=State.FAILED, examined=0),), {"fail_on": (Bar("", None),)}, Exit.CANNOT_JUDGE),
        ((bandit(state=State.FAILED, trouble=Trouble.ENVIRONMENT),), {}, Exit.UNAVAILABLE),
        ((bandit(state=State.INCOMPLETE, gaps=("x",)),), {}, Exit.CANNOT_JUDGE),
        ((bandit(state=State.INCOMPLETE, gaps=("x",), trouble=Trouble.ENVIRONMENT),), {}, Exit.UNAVAILABLE),
        ((bandit(state=State.INCOMPLETE, gaps=("x",)),), {"on_incomplete": "warn"}, Exit.PASSED),
        (
            (bandit(state=State.INCOMPLETE, gaps=("x",), examined=0),),
            {"on_incomplete": "warn"},
            Exit.CANNOT_JUDGE,
        ),
        ((bandit(examined=0),), {}, Exit.CANNOT_JUDGE),
        ((bandit(examined=0),), {"on_incomplete": "warn"}, Exit.CANNOT_JUDGE),
        ((trivy(database_age_hours=72.0),), {}, Exit.PASSED),
        ((trivy(database_age_hours=72.1),), {}, Exit.UNAVAILABLE),
        ((trivy(database_age_hours=72.1),), {"db_max_age": 100}, Exit.PASSED),
        ((trivy(database_age_hours=900.0),), {"on_incomplete": "warn"}, Exit.PASSED),
        ((bandit(weakness()),), {}, Exit.NOT_MET),
        ((bandit(weakness()), audit(state=State.FAILED)), {}, Exit.CANNOT_JUDGE),
        (
            (
                bandit(weakness()),
                audit(state=State.FAILED, trouble=Trouble.ENVIRONMENT),
                gitleaks(state=State.FAILED),
            ),
            {},
            Exit.CANNOT_JUDGE,
        ),
    ],
)
def test_the_exit_code(scans: tuple[Scan, ...], config: dict[str, Any], expected: Exit) -> None:
    assert code(facts(*scans), **config) is expected


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("examined", [0, 5])
@pytest.mark.parametrize("found", [(), (weakness(),)])
@pytest.mark.parametrize("on_incomplete", ["fail", "warn"])
def test_only_what_was_looked_at_to_the_end_can_pass(
    state: State, examined: int, found: tuple[Finding, ...], on_incomplete: str
) -> None:
    situation = Situation(
        facts(bandit(*found, state=state, examined=examined, gaps=("x",))),
        Config(on_incomplete=on_incomplete),
    )
    result = situation.report().result.value
    if result == "passed":
        assert not found
        assert examined
        assert state in (State.CLEAN, State.FINDINGS) or (
            state is State.INCOMPLETE and on_incomplete == "warn"
        )
    if result == "skipped":
        assert state in (State.NOT_APPLICABLE, State.SKIPPED)


def test_all_causes_are_said_the_one_that_decides_first() -> None:
    given = facts(
        bandit(weakness(), state=State.INCOMPLETE, gaps=("a", "b", "c", "d", "e", "f")),
        audit(state=State.FAILED, reason="no route to host", trouble=Trouble.ENVIRONMENT),
        suppressions=b"x = 1",
    )
    found = outcome(given)
    assert [cause.code for cause in found.causes] == [
        Exit.BAD_INPUT,
        Exit.CANNOT_JUDGE,
        Exit.UNAVAILABLE,
        Exit.NOT_MET,
    ]
    assert found.causes[1].text == (
        "bandit did not look at everything: a; b; c; d; e; and 1 more. The result is incomplete, not clean."
    )
    assert found.causes[2].text == "pip-audit failed: no route to host."


def test_what_must_be_read_first() -> None:
    given = facts(
        bandit(
            state=State.INCOMPLETE,
            gaps=("1 file could not be parsed",),
            bare_markers=(Marker(path="a.py", line=3),),
        ),
        trivy(target="app:1", database_age_hours=216.0),
        warnings=("a shallow clone was deepened",),
    )
    assert outcome(given, on_incomplete="warn", db_mode="offline").warnings == (
        "a shallow clone was deepened",
        "bandit did not look at everything: 1 file could not be parsed. The result is incomplete, not clean.",
        "trivy-fs on app:1: the database of advisories is 9 days old (limit 72 h) and db-mode is 'offline'.",
        "1 remark in the source hides every finding of a line, without naming a rule: a.py:3.",
    )


# --- the base ----------------------------------------------------------------------------------------------


def test_only_what_is_new() -> None:
    moved = {**SOURCES, "src/orders/shell.py": "# one more line\n" + SOURCES["src/orders/shell.py"]}
    given = facts(
        bandit(weakness(line=15), weakness("B404", line=2)),
        sources=moved,
        before=(weakness(line=14),),
        before_sources=SOURCES,
    )
    assert [each.new for each in outcome(given, scope="new").judged] == [True, False]
    assert code(given, scope="new") is Exit.NOT_MET
    assert len(outcome(given).gating) == 2


def test_a_rename_brings_nothing_new() -> None:
    given = facts(
        bandit(weakness(path="src/new.py")),
        sources={"src/new.py": SOURCES["src/orders/shell.py"]},
        renames={"src/new.py": "src/orders/shell.py"},
        before=(weakness(),),
        before_sources=SOURCES,
    )
    assert code(given, scope="new") is Exit.PASSED


def test_findings_of_a_base_log_keep_their_fingerprints() -> None:
    known = weakness()
    stamp([known], SOURCES.get)
    read_back = weakness(line=99, fingerprint=known.fingerprint, message="from a log")
    assert code(facts(bandit(weakness()), before=(read_back,)), scope="new") is Exit.PASSED


def test_merged_findings_of_head_and_base_are_the_same() -> None:
    """Another scanner in the head does not make an old vulnerability new."""
    old = (advisory("trivy-fs", "GHSA-1", "x", "1"),)
    given = facts(
        audit(advisory("pip-audit", "PYSEC-1", "X", "1", aliases=("CVE-1", "GHSA-1"))),
        trivy(*old),
        before=old,
        before_sources={LOCK: ""},
    )
    assert code(given, scope="new") is Exit.PASSED


@pytest.mark.parametrize(
    ("more", "config", "expected"),
    [
        ({"before_problem": "gone"}, {"scope": "new"}, Exit.CANNOT_JUDGE),
        ({"before_problem": "gone"}, {"scope": "all"}, Exit.NOT_MET),
        ({}, {"scope": "new"}, Exit.NOT_MET),
        ({"before": ()}, {"scope": "new"}, Exit.NOT_MET),
    ],
    ids=["unavailable", "not-asked-for", "no-change", "empty"],
)
def test_a_base_that_cannot_be_had(more: dict[str, Any], config: dict[str, Any], expected: Exit) -> None:
    assert code(facts(bandit(weakness()), **more), **config) is expected


# --- suppressions --------------------------------------------------------------------------------------------

VALID = suppressed("B602", "src/**", "2027-02-28")
EXPIRED = suppressed("B602", "src/**", "2027-01-14")
UNUSED = suppressed("B999", "src/**", "2027-02-28")


def test_a_suppression_holds_until_its_day_is_over() -> None:
    assert code(facts(bandit(weakness()), suppressions=VALID)) is Exit.PASSED
    assert (
        code(facts(bandit(weakness()), suppressions=suppressed("B602", "src/**", "2027-01-15")))
        is Exit.PASSED
    )
    found = outcome(facts(bandit(weakness()), suppressions=EXPIRED))
    assert found.code is Exit.NOT_MET
    assert [entry.what for entry in found.expired] == ["B602 in src/**"]
    assert found.causes[1].text == "1 finding of them was suppressed until recently."
    assert found.judged[0].expired is found.expired[0]


def test_an_alias_is_suppressed_too() -> None:
    given = facts(
        audit(advisory("pip-audit", "PYSEC-1", "x", "1", aliases=("CVE-1",))),
        suppressions=suppressed("cve-1", LOCK, "2027-02-28"),
    )
    assert code(given) is Exit.PASSED


@pytest.mark.parametrize(
    ("scans", "unused"),
    [
        ((bandit(),), 1),
        ((bandit(), NO_LOCK), 1),
        ((bandit(), SKIPPED), 0),
        ((bandit(), audit(state=State.FAILED)), 0),
        ((bandit(state=State.INCOMPLETE, gaps=("x",)),), 0),
    ],
    ids=["clean", "not-applicable", "skipped", "failed", "incomplete"],
)
def test_a_suppression_is_unused_only_if_everything_was_looked_at(
    scans: tuple[Scan, ...], unused: int
) -> None:
    given = facts(*scans, suppressions=UNUSED)
    found = outcome(given, strict_suppressions=True)
    assert len(found.unused) == unused
    assert any("match" in cause.text for cause in found.causes) is bool(unused)
    assert all(cause.code is not Exit.BAD_INPUT for cause in outcome(given).causes)


def test_an_unused_suppression_is_an_error_where_that_is_asked_for() -> None:
    found = outcome(facts(bandit(), suppressions=UNUSED), strict_suppressions=True)
    assert found.code is Exit.BAD_INPUT
    assert (
        found.causes[0].text
        == ".security-suppressions.toml: 1 suppression matches nothing: B999 in src/** (line 1)."
    )


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[[suppression]]\n", b"= 1"])
def test_a_broken_file_suppresses_nothing_and_is_no_verdict(data: bytes) -> None:
    found = outcome(facts(bandit(weakness()), suppressions=VALID + data))
    assert found.code is Exit.BAD_INPUT
    assert len(found.gating) == 1


def test_what_a_change_accepts_by_itself_is_said_and_can_be_ignored() -> None:
    given = facts(bandit(weakness()), suppressions=VALID, suppressions_before=EXPIRED)
    found = outcome(given)
    assert found.code is Exit.PASSED
    (said,) = found.loosened
    assert said.startswith(
        ".security-suppressions.toml accepts B602 in src/** until 2027-02-28 instead of 2027-01-14"
    )
    assert code(given, config_from="base") is Exit.NOT_MET
    assert code(facts(bandit(weakness()), suppressions=VALID, base=""), config_from="base") is Exit.PASSED
    assert outcome(facts(bandit(weakness()), suppressions=VALID, base="")).loosened == ()
    assert outcome(facts(bandit(weakness()), suppressions=VALID, suppressions_before=VALID)).loosened == ()


def test_the_numbers_of_each_scan() -> None:
    found = outcome(
        facts(
            bandit(weakness(), weakness("B1", severity=Severity.LOW), secret("bandit", "B105")),
            gitleaks(secret("gitleaks", "x")),
            suppressions=VALID,
        )
    )
    mine = found.tally(found.facts.scans[0])
    assert (mine.total, mine.gating, mine.suppressed) == (2, 0, 1)
    assert mine.severities == {Severity.HIGH: 1, Severity.LOW: 1}
    assert found.duplicates == {"bandit": 1}
    assert found.tally(NO_LOCK).total == 0
