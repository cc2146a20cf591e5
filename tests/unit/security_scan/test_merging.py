from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.security_scan.merging import PRIORITY, Aliases, merge


def advisory(
    tool: str, rule: str, *aliases: str, name: str = "flask", version: str = "0.5", **more: Any
) -> Finding:
    fixed = more.pop("fixed", ())
    values: dict[str, Any] = {"severity": Severity.UNKNOWN, "message": f"{tool} says", "path": "a.lock"}
    package = Package(name, version, "", fixed)
    return Finding(
        tool=tool, rule=rule, kind=Kind.DEPENDENCY, aliases=aliases, package=package, **(values | more)
    )


def secret(tool: str, rule: str, line: int = 3, path: str = "a.py", **more: Any) -> Finding:
    values: dict[str, Any] = {"severity": Severity.HIGH, "message": f"{tool} says"}
    return Finding(
        tool=tool,
        rule=rule,
        kind=Kind.SECRET,
        path=path,
        region=Region(line) if line else None,
        **(values | more),
    )


def test_names_that_are_linked_through_a_third_mean_one_advisory() -> None:
    found = merge(
        [
            advisory("pip-audit", "PYSEC-2019-179", "GHSA-562c-5r94-xh97", fixed=("0.12.3",)),
            advisory("osv-scanner", "CVE-2018-1000656", severity=Severity.MEDIUM, score=5.0),
            advisory(
                "trivy-fs",
                "GHSA-562C-5R94-XH97",
                "cve-2018-1000656",
                severity=Severity.HIGH,
                score=7.5,
                fixed=("1.0",),
            ),
        ]
    )
    (only,) = found.findings
    assert only.tool == "pip-audit"
    assert only.rule == "PYSEC-2019-179"
    assert only.canonical == "CVE-2018-1000656"
    assert (only.severity, only.score) == (Severity.HIGH, 7.5)
    assert only.also == ("osv-scanner", "trivy-fs")
    assert only.package == Package("flask", "0.5", "", ("0.12.3", "1.0"))
    assert set(only.aliases) >= {"GHSA-562c-5r94-xh97", "CVE-2018-1000656"}
    assert found.duplicates == {"osv-scanner": 1, "trivy-fs": 1}


def test_a_loop_of_aliases_ends() -> None:
    aliases = Aliases()
    for names in (["A", "B"], ["B", "C"], ["C", "A"], ["A", "A"]):
        aliases.link(names)
    assert {aliases.canonical(name) for name in "ABC"} == {"A"}


@given(
    st.lists(
        st.lists(
            st.sampled_from(["CVE-1", "CVE-2", "GHSA-a", "GHSA-b", "PYSEC-1", "OSV-1", "X"]), min_size=1
        ),
        max_size=8,
    )
)
def test_aliases_are_the_same_in_any_order(links: list[list[str]]) -> None:
    def classes(order: list[list[str]]) -> dict[str, str]:
        aliases = Aliases()
        for names in order:
            aliases.link(names)
        return {name: aliases.canonical(name) for names in links for name in names}

    found = classes(links)
    assert classes(links[::-1]) == found
    for names in links:
        assert len({found[name] for name in names}) == 1
    order = ["CVE", "GHSA", "PYSEC", "OSV", "X"]
    for name, canonical in found.items():
        assert order.index(canonical.partition("-")[0]) <= order.index(name.partition("-")[0])


def test_a_weakness_class_is_no_alias() -> None:
    first, second = advisory("pip-audit", "CVE-1", "CWE-79"), advisory("pip-audit", "CVE-2", "CWE-79")
    assert len(merge([first, second]).findings) == 2


def test_packages_are_compared_as_indexes_do() -> None:
    found = merge(
        [
            advisory("pip-audit", "CVE-1", name="Zope.Interface"),
            advisory("safety", "CVE-1", name="zope_interface"),
        ]
    )
    assert len(found.findings) == 1
    assert (
        len(merge([advisory("pip-audit", "CVE-1"), advisory("pip-audit", "CVE-1", name="jinja2")]).findings)
        == 2
    )


def test_each_manifest_and_each_image_is_mended_by_itself() -> None:
    found = merge(
        [
            advisory("pip-audit", "CVE-1"),
            advisory("pip-audit", "CVE-1", path="b.lock"),
            advisory("trivy-image", "CVE-1", target="app:1"),
        ]
    )
    assert len(found.findings) == 3
    assert found.duplicates == {}


def test_a_tool_that_names_no_manifest_agrees_with_every_one() -> None:
    whole = advisory("safety", "CVE-1", path="", severity=Severity.CRITICAL)
    found = merge([whole, advisory("pip-audit", "CVE-1"), advisory("pip-audit", "CVE-1", path="b.lock")])
    assert [(each.path, each.severity, each.also) for each in found.findings] == [
        ("a.lock", Severity.CRITICAL, ("safety",)),
        ("b.lock", Severity.CRITICAL, ("safety",)),
    ]
    assert found.duplicates == {"safety": 1}
    assert len(merge([whole]).findings) == 1
    assert merge([whole]).findings[0].canonical == "CVE-1"


def test_two_versions_in_one_manifest_are_one_finding_that_names_both() -> None:
    (only,) = merge([advisory("pip-audit", "CVE-1"), advisory("pip-audit", "CVE-1", version="0.6")]).findings
    assert only.package is not None
    assert only.package.version == "0.5, 0.6"


def test_secrets_on_one_line_are_one() -> None:
    found = merge(
        [
            secret("bandit", "B105", confidence=Severity.LOW, severity=Severity.LOW),
            secret("detect-secrets", "Secret Keyword"),
            secret("detect-secrets", "Base64 High Entropy String"),
            secret("gitleaks", "aws-access-token", severity=Severity.CRITICAL),
            secret("gitleaks", "aws-access-token", line=9),
        ]
    )
    first, other = found.findings
    assert (first.tool, first.rule, first.canonical) == ("gitleaks", "aws-access-token", "secret")
    assert first.also == ("detect-secrets", "bandit")
    assert first.severity is Severity.CRITICAL
    assert first.confidence is None
    assert other.also == ()
    assert found.duplicates == {"bandit": 1, "detect-secrets": 2}


def test_a_secret_of_an_old_commit_is_the_one_that_is_still_there() -> None:
    old, here = secret("gitleaks", "x", commit="1a2b"), secret("detect-secrets", "y")
    (only,) = merge([old, here]).findings
    assert (only.tool, only.commit, only.is_here) == ("gitleaks", "", True)
    (gone,) = merge([old, secret("gitleaks", "x", commit="3c4d")]).findings
    assert gone.commit == "1a2b"
    assert not gone.is_here


def test_of_two_confidences_the_higher_counts() -> None:
    found = merge(
        [secret("bandit", "B105", confidence=Severity.LOW), secret("zizmor", "x", confidence=Severity.MEDIUM)]
    )
    assert found.findings[0].confidence is Severity.MEDIUM


def test_secrets_without_a_line_are_not_guessed_to_be_one() -> None:
    assert len(merge([secret("gitleaks", "a", 0), secret("detect-secrets", "b", 0)]).findings) == 2
    assert len(merge([secret("gitleaks", "a", target="app:1"), secret("gitleaks", "a")]).findings) == 2


def test_other_findings_are_one_only_if_nothing_tells_them_apart() -> None:
    def code(**more: Any) -> Finding:
        values: dict[str, Any] = {
            "tool": "bandit",
            "rule": "B1",
            "message": "m",
            "path": "a.py",
            "region": Region(1, 1),
        }
        return Finding(kind=Kind.CODE, severity=Severity.LOW, **(values | more))

    found = merge(
        [
            code(),
            code(),
            code(region=Region(1, 2)),
            code(rule="B2"),
            code(tool="x"),
            code(path="b.py"),
            code(message="n"),
        ]
    )
    assert len(found.findings) == 6
    assert found.duplicates == {"bandit": 1}
    assert found.findings[0].also == ()


def test_the_most_severe_come_first_then_by_place() -> None:
    found = merge(
        [
            secret("gitleaks", "a", 9, severity=Severity.LOW),
            secret("gitleaks", "a", 4),
            secret("gitleaks", "a", 2),
            advisory("x", "CVE-1"),
        ]
    )
    assert [(each.severity.word, each.line) for each in found.findings] == [
        ("high", 2),
        ("high", 4),
        ("low", 9),
        ("unknown", 0),
    ]


def test_the_given_findings_stay_as_they_are() -> None:
    given_one = advisory("pip-audit", "CVE-1")
    merge([given_one, advisory("trivy-fs", "CVE-1", severity=Severity.HIGH)])
    assert given_one == advisory("pip-audit", "CVE-1")


def test_every_scanner_has_a_place_in_the_order() -> None:
    from ci_actions.security_scan.config import TOOLS

    assert sorted(PRIORITY) == sorted(TOOLS)


@given(
    st.permutations(
        [
            advisory("pip-audit", "CVE-1"),
            advisory("trivy-fs", "CVE-1", severity=Severity.HIGH),
            secret("bandit", "B105"),
            secret("gitleaks", "x"),
            advisory("safety", "CVE-1", path=""),
        ]
    )
)
def test_the_order_of_the_scanners_means_nothing(order: list[Finding]) -> None:
    found = merge(order)
    assert [(each.tool, each.severity, set(each.also)) for each in found.findings] == [
        ("pip-audit", Severity.HIGH, {"trivy-fs", "safety"}),
        ("gitleaks", Severity.HIGH, {"bandit"}),
    ]
