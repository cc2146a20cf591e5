from __future__ import annotations

import dataclasses
import marshal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity, new_finding
from ci_actions.findings.packed import packed, unpacked

texts = st.text(max_size=5)
findings = st.builds(
    Finding,
    tool=texts,
    rule=texts,
    kind=st.sampled_from(Kind),
    severity=st.sampled_from(Severity),
    message=texts,
    path=texts,
    region=st.none() | st.builds(Region, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    title=texts,
    canonical=texts,
    aliases=st.lists(texts, max_size=2).map(tuple),
    score=st.none() | st.floats(0, 10),
    confidence=st.none() | st.sampled_from(Severity),
    url=texts,
    package=st.none() | st.builds(Package, texts, texts, texts, st.lists(texts, max_size=2).map(tuple)),
    target=texts,
    commit=texts,
    fix=texts,
    fingerprint=texts,
    former=texts,
    line_hash=texts,
    also=st.lists(texts, max_size=2).map(tuple),
)


@given(st.lists(findings, max_size=5))
def test_nothing_is_lost_on_the_way(given_findings: list[Finding]) -> None:
    arrived = unpacked(marshal.loads(marshal.dumps(packed(given_findings))))
    assert arrived == given_findings
    assert [repr(each) for each in arrived] == [repr(each) for each in given_findings]


def test_what_many_share_is_there_once() -> None:
    many = [
        Finding(
            tool="bandit", rule="B602", kind=Kind.CODE, severity=Severity.LOW, message="m" * 1000, path="a.py",
            region=Region(line),
        )
        for line in range(1, 100)
    ]  # fmt: skip
    assert len(marshal.dumps(packed(many))) < 5000


@given(findings)
def test_a_finding_that_is_made_quickly_is_the_same(one: Finding) -> None:
    values = {each.name: getattr(one, each.name) for each in dataclasses.fields(one)}
    assert new_finding(**values) == one


def test_what_is_not_said_is_what_the_constructor_says() -> None:
    said: dict[str, Any] = {
        "tool": "bandit", "rule": "B602", "kind": Kind.CODE, "severity": Severity.LOW, "confidence": None,
        "message": "m", "title": "t", "path": "a.py", "region": None, "url": "",
    }  # fmt: skip
    assert new_finding(**said) == Finding(**said)
