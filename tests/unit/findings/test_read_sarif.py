from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings.fingerprints import stamp
from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.findings.read_sarif import ReadRun, read
from ci_actions.findings.sarif import Run, Writer
from ci_actions.kit.errors import CannotJudge


def document(*results: Any, version: Any = "2.1.0", **run: Any) -> Any:
    made = {"tool": {"driver": {"name": "tool", "rules": []}}, "results": list(results)} | run
    return {"version": version, "runs": [made]}


def runs(value: Any, root: str = "") -> tuple[ReadRun, ...]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read(data, name="other.sarif", root=root)


def one(result: Any, root: str = "", **run: Any) -> Finding:
    (found,) = runs(document(result, **run), root)[0].findings
    return found


def at(uri: Any = "a.py", **region: Any) -> Any:
    physical = {"artifactLocation": {"uri": uri}} | ({"region": region} if region else {})
    return {"ruleId": "R", "message": {"text": "m"}, "locations": [{"physicalLocation": physical}]}


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "other.sarif is empty"),
        (b" \n", "other.sarif is empty"),
        (b"{", "other.sarif is no JSON: line 1, column 2 cannot be read"),
        (b'{"version": "2.1.0", "runs": [{', "other.sarif is no JSON: line 1"),
        (b"[]", "other.sarif is no SARIF log: it holds no object"),
        (b"3", "other.sarif is no SARIF log"),
        (b"{}", "other.sarif is no SARIF 2.1.0 log: has no version"),
        (b'{"version": "2.0.0", "runs": []}', "other.sarif is no SARIF 2.1.0 log: version 2.0.0"),
        (b'{"version": 2, "runs": []}', "other.sarif is no SARIF 2.1.0 log: version 2"),
        (b'{"version": "2.1.0"}', "other.sarif holds no runs"),
        (b'{"version": "2.1.0", "runs": null}', "other.sarif holds no runs"),
        (b"[" * 200_000, "other.sarif is nested too deeply"),
        (b'"\xff\xff\xff', "other.sarif is no JSON: it is in no encoding of Unicode"),
        (b'{"secret": "hunter2', "other.sarif is no JSON: line 1, column 12 cannot be read"),
    ],
)
def test_what_is_no_log_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(CannotJudge) as caught:
        runs(data)
    assert str(caught.value).startswith(why)
    assert "hunter2" not in str(caught.value)


# --- what is there --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding: str) -> None:
    (found,) = runs(json.dumps(document(at("ü.py"))).encode(encoding))[0].findings
    assert found.path == "ü.py"


def test_a_run_without_results_did_not_run() -> None:
    assert runs({"version": "2.1.0", "runs": []}) == ()
    (nothing,) = runs(document())
    assert (nothing.ran, nothing.findings) == (True, ())
    values: tuple[Any, ...] = (None, "x", {})
    for value in values:
        (absent,) = runs(document(results=value))
        assert (absent.ran, absent.findings) == (False, ())
    made = document()
    del made["runs"][0]["results"]
    assert not runs(made)[0].ran


@pytest.mark.parametrize("broken", [None, [], "x", 3, {"driver": None}, {"driver": {"name": 3, "rules": {}}}])
def test_a_tool_without_a_name(broken: Any) -> None:
    (found,) = runs(document(at(), tool=broken))
    assert found.tool == "unknown tool"
    assert len(found.findings) == 1


def test_who_wrote_it() -> None:
    tool = {"driver": {"name": "t", "version": "1", "semanticVersion": "1.2.3"}}
    (found,) = runs(document(tool=tool, automationDetails={"id": "a/b/"}))
    assert (found.tool, found.version, found.category) == ("t", "1.2.3", "a/b/")


@pytest.mark.parametrize(
    ("invocations", "successful"),
    [
        ([], True),
        ([{"executionSuccessful": True}], True),
        ([{"executionSuccessful": True}, {"executionSuccessful": False}], False),
        ("x", True),
        ([None], True),
    ],
)
def test_what_a_tool_says_of_itself(invocations: Any, successful: bool) -> None:
    assert runs(document(invocations=invocations))[0].successful is successful


def test_notices() -> None:
    notes = [
        {"level": "error", "message": {"text": "could not\nparse"}},
        {"message": {"text": "x"}},
        {"level": 3},
        None,
    ]
    invocation = {"toolExecutionNotifications": notes, "toolConfigurationNotifications": notes[:1]}
    found = runs(document(invocations=[invocation]))[0].notices
    assert found == (("error", "could not parse"), ("warning", "x"), ("error", "could not parse"))


@pytest.mark.parametrize(
    ("result", "rule", "title"),
    [
        ({"ruleId": "A"}, "A", "about A"),
        ({"ruleIndex": 1}, "B", "about B"),
        ({"ruleIndex": 1, "ruleId": "B"}, "B", "about B"),
        ({"ruleId": "B", "ruleIndex": 0}, "B", "about B"),
        ({"ruleId": "B/1", "ruleIndex": 1}, "B/1", "about B"),
        ({"ruleId": "B/1"}, "B/1", "about B"),
        ({"rule": {"id": "A"}}, "A", "about A"),
        ({"rule": {"index": 0, "toolComponent": {"index": 0}}}, "E", "about E"),
        ({"ruleId": "E"}, "E", "about E"),
        ({"ruleIndex": 99}, "unknown rule", "unknown rule"),
        ({"ruleIndex": -1}, "unknown rule", "unknown rule"),
        ({"ruleIndex": True}, "unknown rule", "unknown rule"),
        ({"ruleIndex": "1"}, "unknown rule", "unknown rule"),
        ({"ruleId": 3, "rule": 3}, "unknown rule", "unknown rule"),
        ({"ruleId": "Z"}, "Z", "Z"),
    ],
)
def test_rules_in_the_driver_and_in_extensions(result: Any, rule: str, title: str) -> None:
    def about(name: str) -> Any:
        return {"id": name, "shortDescription": {"text": f"about {name}"}}

    tool = {
        "driver": {"name": "t", "rules": [about("A"), about("B"), None, {"id": 3}]},
        "extensions": [{"rules": [about("E")]}, None],
    }
    found = one(result, tool=tool)
    assert (found.rule, found.title) == (rule, title)


@pytest.mark.parametrize(
    ("result", "rule", "severity", "score"),
    [
        ({"level": "error"}, {}, Severity.HIGH, None),
        ({"level": "warning"}, {}, Severity.MEDIUM, None),
        ({"level": "note"}, {}, Severity.LOW, None),
        ({"level": "none"}, {}, Severity.LOW, None),
        ({"level": "dreadful"}, {}, Severity.UNKNOWN, None),
        ({}, {}, Severity.MEDIUM, None),
        ({}, {"defaultConfiguration": {"level": "error"}}, Severity.HIGH, None),
        ({"level": "note"}, {"properties": {"security-severity": "9.8"}}, Severity.CRITICAL, 9.8),
        ({"level": "note"}, {"properties": {"security-severity": 5}}, Severity.MEDIUM, 5.0),
        (
            {"properties": {"security-severity": "2"}},
            {"properties": {"security-severity": "9"}},
            Severity.LOW,
            2.0,
        ),
        ({"level": "error"}, {"properties": {"security-severity": "bad"}}, Severity.HIGH, None),
        ({"level": "error"}, {"properties": {"security-severity": "99"}}, Severity.HIGH, None),
        ({"level": "error"}, {"properties": {"security-severity": "nan"}}, Severity.HIGH, None),
        ({"properties": {"issue_severity": "LOW"}, "level": "error"}, {}, Severity.LOW, None),
        ({"level": "error"}, {"properties": {"problem.severity": "recommendation"}}, Severity.LOW, None),
    ],
)
def test_severities(result: Any, rule: Any, severity: Severity, score: float | None) -> None:
    found = one(
        result,
        tool={"driver": {"name": "t", "rules": [{"id": "R"} | rule]}},
        results=[result | {"ruleIndex": 0}],
    )
    assert (found.severity, found.score) == (severity, score)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"text": "a\n b\tc"}, "a b c"),
        ({"markdown": "*x*"}, "*x*"),
        ({"id": "default"}, "the text"),
        ({"id": "default2", "arguments": ["x", 3]}, "x is 3 {2} {999999}"),
        ({"text": "{0}", "arguments": "x"}, "{0}"),
        ({}, "in full"),
        (None, "in full"),
        ("x", "in full"),
        ({"text": "x" * 9000}, "x" * 2000),
        ({"text": "\x1b[31m::error::"}, "\\x1b[31m::error::"),
    ],
)
def test_messages(message: Any, said: str) -> None:
    rule = {
        "id": "R",
        "fullDescription": {"text": "in full"},
        "messageStrings": {"default": {"text": "the text"}, "default2": {"text": "{0} is {1} {2} {999999}"}},
    }
    found = one({"ruleIndex": 0, "message": message}, tool={"driver": {"name": "t", "rules": [rule]}})
    assert found.message == said


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src//a.py", "src/a.py"),
        ("src/x/../a.py", "src/a.py"),
        ("../a.py", ""),
        ("src\\win\\a.py", "src/win/a.py"),
        ("a%20b.py", "a b.py"),
        ("caf%E9.py", "caf\udce9.py"),
        ("a b.py", "a b.py"),
        ("file:///repo/src/a.py", "src/a.py"),
        ("file:/repo/src/a.py", "src/a.py"),
        ("file://localhost/repo/a.py", "a.py"),
        ("FILE:///repo/a%20b.py", "a b.py"),
        ("file://src/a.py", "src/a.py"),
        ("/repo/src/a.py", "src/a.py"),
        ("/elsewhere/a.py", ""),
        ("/repository/a.py", ""),
        ("C:\\repo\\a.py", ""),
        ("https://example.com/a.py", ""),
        ("not a valid URI", "not a valid URI"),
        ("a:1:2.py", "a:1:2.py"),
        ("", ""),
        (3, ""),
        (None, ""),
    ],
)
def test_paths(uri: Any, path: str) -> None:
    assert one(at(uri), root="/repo").path == path


def test_paths_on_windows() -> None:
    assert one(at("file:///C:/work/repo/src/a.py"), root="C:\\work\\repo").path == "src/a.py"
    assert one(at("C:\\work\\repo\\src\\a.py"), root="C:/work/repo/").path == "src/a.py"
    assert one(at("/builds/a.py"), root="").path == ""


def test_folders_that_addresses_are_relative_to() -> None:
    bases = {
        "SRC": {"uri": "src/", "uriBaseId": "ROOT"},
        "ROOT": {"uri": "file:///repo/"},
        "LOOP": {"uri": "x/", "uriBaseId": "LOOP"},
        "BAD": 3,
    }

    def based(base: Any) -> str:
        physical = {"artifactLocation": {"uri": "a.py", "uriBaseId": base}}
        return one(
            {"locations": [{"physicalLocation": physical}]}, root="/repo", originalUriBaseIds=bases
        ).path

    assert based("SRC") == "src/a.py"
    assert based("ROOT") == "a.py"
    assert based("NONE") == "a.py"
    assert based("BAD") == "a.py"
    assert based(3) == "a.py"
    assert based("LOOP").endswith("a.py")


@pytest.mark.parametrize(("index", "path"), [(0, "a.py"), (1, ""), (2, ""), (9, ""), (-1, ""), ("0", "")])
def test_artifacts_by_their_index(index: Any, path: str) -> None:
    artifacts = [{"location": {"uri": "a.py"}}, {}, None]
    result = {"locations": [{"physicalLocation": {"artifactLocation": {"index": index}}}]}
    assert one(result, artifacts=artifacts).path == path


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ({"startLine": 3}, Region(3)),
        ({"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 9}, Region(3, 1, 3, 9)),
        ({"startLine": 3, "startColumn": 5, "endLine": 2, "endColumn": 9}, Region(3, 5)),
        ({"startLine": 3, "startColumn": 5, "endColumn": 2}, Region(3, 5)),
        ({"startLine": 3, "startColumn": 0}, Region(3)),
        ({"startLine": 0}, None),
        ({"startLine": -1}, None),
        ({"startLine": "3"}, None),
        ({"startLine": True}, None),
        ({"startLine": 2**40}, None),
        ({"charOffset": 7}, None),
        ({}, None),
    ],
)
def test_regions(region: Any, expected: Region | None) -> None:
    assert one(at("a.py", **region)).region == expected


@pytest.mark.parametrize("locations", [None, [], "x", [None], [{}], [{"physicalLocation": None}], [3]])
def test_a_finding_about_no_place(locations: Any) -> None:
    found = one({"ruleId": "R", "message": {"text": "m"}, "locations": locations})
    assert (found.path, found.region, found.message) == ("", None, "m")


@pytest.mark.parametrize(
    ("result", "counts"),
    [
        ({"kind": "pass"}, (0, 0, 1, 0)),
        ({"kind": "notApplicable"}, (0, 0, 1, 0)),
        ({"kind": "informational"}, (0, 0, 1, 0)),
        ({"kind": "review"}, (1, 0, 0, 0)),
        ({"kind": "fail"}, (1, 0, 0, 0)),
        ({"baselineState": "absent"}, (0, 0, 1, 0)),
        ({"baselineState": "unchanged"}, (1, 0, 0, 0)),
        ({"suppressions": []}, (1, 0, 0, 0)),
        ({"suppressions": [{"kind": "inSource"}]}, (0, 1, 0, 0)),
        ({"suppressions": [{"kind": "external", "status": "accepted"}]}, (0, 1, 0, 0)),
        ({"suppressions": [{"kind": "external", "status": "rejected"}]}, (1, 0, 0, 0)),
        (
            {"suppressions": [{"kind": "external"}, {"kind": "external", "status": "underReview"}]},
            (1, 0, 0, 0),
        ),
        ({"suppressionStates": ["suppressedInSource"]}, (0, 1, 0, 0)),
        (None, (0, 0, 0, 1)),
        ("x", (0, 0, 0, 1)),
    ],
)
def test_which_results_are_findings(result: Any, counts: tuple[int, int, int, int]) -> None:
    (found,) = runs(document(result))
    assert (len(found.findings), len(found.suppressed), found.passed, found.unusable) == counts


@pytest.mark.parametrize("member", ["partialFingerprints", "fingerprints"])
def test_fingerprints_of_ours(member: str) -> None:
    assert one({member: {"ciActions/v1": "ab" * 32}}).fingerprint == "ab" * 32
    assert one({member: {"ciActions/v1": 3}}).fingerprint == ""
    assert one({member: [1]}).fingerprint == ""
    assert one({member: {"nested": {"ciActions/v1": "x"}}}).fingerprint == ""


def test_what_we_write_we_read() -> None:
    findings = [
        Finding(
            tool="bandit",
            rule=f"B{number % 7}",
            kind=Kind.CODE,
            severity=Severity(number % 4 + 1),
            message=f"number {number} é",
            title=f"B{number % 7}",
            path=f"src/ü {number % 5}.py",
            region=Region(number + 1, 2, number + 1, 9) if number % 3 else None,
        )
        for number in range(60)
    ]
    stamp(findings, lambda _: "x = 1\n" * 80)
    text = "".join(Writer(capability="c").log([Run(tool="bandit", version="1", findings=findings)]))
    (back,) = runs(text.encode())

    def key(each: Finding) -> Any:
        line, column, end = (
            (each.region.line, each.region.column, each.region.end_column) if each.region else (0, 0, 0)
        )
        return (
            each.rule,
            each.path,
            each.message,
            line,
            column,
            end,
            each.fingerprint,
            each.line_hash,
            each.title,
        )

    assert sorted(map(key, back.findings)) == sorted(map(key, findings))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "ruleId rule ruleIndex message text arguments id index locations physicalLocation artifactLocation uri "
                    "uriBaseId region startLine endLine startColumn level kind suppressions status partialFingerprints "
                    "ciActions/v1 properties security-severity toolComponent baselineState fingerprints"
                ).split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON, JSON, JSON)
def test_no_log_is_a_traceback(result: Any, tool: Any, other: Any) -> None:
    made = document(result, tool=tool, artifacts=other, originalUriBaseIds=other, invocations=other)
    (found,) = runs(made)
    assert len(found.findings) + len(found.suppressed) + found.passed + found.unusable == 1
