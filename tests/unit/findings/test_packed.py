from __future__ import annotations

import marshal

from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
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
