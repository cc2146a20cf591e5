"""What a change may have written: all that gates write is read, and nothing that the schemas do not allow."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.golden import scans, situations
from tests.unit.ci_comment import payloads
from tests.unit.quality import outcomes

from ci_actions.ci_comment.model import Coverage, Quality, Security
from ci_actions.ci_comment.payload import read
from ci_actions.coverage_gate import report as coverage_gate
from ci_actions.kit.report import Result
from ci_actions.kit.untrusted import LARGEST, RefusedError
from ci_actions.quality import report as quality
from ci_actions.quality.config import Config as QualityConfig
from ci_actions.quality.decide import decide as quality_decide
from ci_actions.quality.model import State
from ci_actions.security_scan import report as security_scan

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


def packed(document: object) -> bytes:
    return json.dumps(document).encode()


def why(document: object) -> str:
    with pytest.raises(RefusedError) as refused:
        read(document if isinstance(document, bytes) else packed(document))
    return str(refused.value)


@cache
def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{kind}-comment.schema.json").read_bytes()))


def changed(path: str, lines: float, missed: Any) -> dict[str, Any]:
    return payloads.coverage(changed=[{"path": path, "lines": lines, "missed": missed}])


def counted(covered: float, total: int, percent: str) -> dict[str, Any]:
    return payloads.coverage(
        gates=[payloads.gate(value={"covered": covered, "total": total, "percent": percent})]
    )


# --- what gates write ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", situations.SITUATIONS)
def test_all_that_coverage_gate_writes_is_read(name: str) -> None:
    situation = situations.SITUATIONS[name]()
    outcome, result = situation.outcome(), situation.report().result
    found = read(coverage_gate.comment_payload(outcome, result, "x").encode())
    assert isinstance(found, Coverage)
    assert (found.capability, found.id, found.result) == ("coverage-gate", "x", result.value)
    assert [each.name for each in found.gates] == [each.name for each in outcome.gates]
    assert [each.value.percent if each.value else None for each in found.gates] == [
        each.tally.percent if each.tally else None for each in outcome.gates
    ]


@pytest.mark.parametrize("name", scans.SITUATIONS)
def test_all_that_security_scan_writes_is_read(name: str) -> None:
    situation = scans.SITUATIONS[name]()
    outcome, result = situation.outcome(), situation.report().result
    found = read(security_scan.comment_payload(outcome, result, "x").encode())
    assert isinstance(found, Security)
    assert (found.result, found.gating_total) == (result.value, len(outcome.gating))
    assert [each.rule for each in found.gating] == [each.finding.name for each in outcome.gating[:100]]


@pytest.mark.parametrize("scope", ["all", "new"])
@pytest.mark.parametrize("state", State)
def test_all_that_quality_writes_is_read(state: State, scope: str) -> None:
    runs = (
        outcomes.run(tool="source"),
        outcomes.run(outcomes.finding(), outcomes.finding("", 0), state=state, problems=("It stopped.",)),
    )
    facts = outcomes.facts(*runs, base_runs=runs[:1], base="b" * 40)
    outcome = quality_decide(QualityConfig(scope=scope), facts)
    result = quality.report(QualityConfig(scope=scope), outcome).result
    found = read(quality.comment_payload(outcome, result, "x").encode())
    assert isinstance(found, Quality)
    assert (found.scope, found.result, found.findings_total) == (scope, result.value, len(outcome.counted))


def test_results_are_those_of_the_gates() -> None:
    assert {"passed", "failed", "error", "skipped", "would-fail"} <= {each.value for each in Result}


# --- what nobody writes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is no JSON"),
        (b"{", "it is no JSON"),
        (b"[]", "it is no JSON object"),
        (b"null", "it is no JSON object"),
        (b"\xff{}", "it is no UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"schema": NaN}', "it holds NaN, which is no JSON"),
        (b'{"schema": -Infinity}', "it holds -Infinity"),
        (b'{"schema": 1, "schema": 2}', "it names a key twice"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "it is no JSON"),
        (b'{"x": "' + b"x" * LARGEST + b'"}', "it is larger than 1,048,576 bytes"),
        (packed({"schema": "ci-actions-coverage-comment/2"}), "the actions and this workflow must be of one version"),
        (packed({"schema": ["ci-actions-coverage-comment/1"]}), "its 'schema' is none of"),
        (packed({}), "its 'schema' is none of ci-actions-coverage-comment/1, ci-actions-security-comment/1"),
    ],
)  # fmt: skip
def test_what_is_no_payload_at_all(data: bytes, said: str) -> None:
    assert said in why(data)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (payloads.coverage(more=1), "the payload must be an object with exactly: schema, capability"),
        (payloads.coverage(capability="quality"), "'capability' must be one of: coverage-gate"),
        (payloads.coverage(id=""), "'id' must be printable text of 1 to 100 characters"),
        (payloads.coverage(id="x\n"), "'id' must be printable"),
        (payloads.coverage(result="green"), "'result' must be one of: passed, failed"),
        (payloads.coverage(result=["failed"]), "'result' must be one of"),
        (payloads.coverage(head="main"), "'head' must be a commit or empty"),
        (payloads.coverage(base="A" * 40), "'base' must be a commit"),
        (payloads.coverage(metric="all"), "'metric' must be"),
        (payloads.coverage(gates={}), "'gates' must be a list of at most 300"),
        (payloads.coverage(gates=[payloads.gate()] * 301), "'gates' must be a list of at most 300"),
        (payloads.coverage(gates=[payloads.gate(minimum="101")]), "'gates'[0].minimum must be a decimal from 0 to 100"),
        (payloads.coverage(gates=[payloads.gate(minimum="1e2")]), "'gates'[0].minimum"),
        (payloads.coverage(gates=[payloads.gate(minimum=85)]), "'gates'[0].minimum"),
        (payloads.coverage(gates=[payloads.gate(delta="-1.5")]), "'gates'[0].delta"),
        (payloads.coverage(gates=[payloads.gate(verdict="ok")]), "'gates'[0].verdict"),
        (payloads.coverage(gates=[payloads.gate(value=[])]), "'gates'[0].value must be an object with exactly"),
        (counted(11, 10, "110.00"), ".covered must"),
        (counted(2.25, 10, "22.50"), ".covered must"),
        (counted(True, 1, "100.00"), ".covered must"),
        (counted(1, 10**10, "0.00"), ".total must"),
        (counted(5, 10, "99.00"), ".percent must be the share"),
        (changed("/etc/passwd", 1, []), "'changed'[0].path must be a path relative"),
        (changed("a/../../b", 1, []), "path relative to the repository"),
        (changed("a\\..\\b", 1, []), "path relative to the repository"),
        (changed("C:\\x", 1, []), "path relative to the repository"),
        (changed("x" * 501, 1, []), "text of 0 to 500 characters"),
        (changed("a\u202eb", 1, []), "must be printable"),
        (changed("a.py", -1, []), "'changed'[0].lines must be a whole number"),
        (changed("a.py", 1.0, []), "'changed'[0].lines must be a whole number"),
        (changed("a.py", 1, [[0, 1]]), "missed[0][0] must be a whole number from 1"),
        (changed("a.py", 1, [[2, 1]]), "first and the last line"),
        (changed("a.py", 1, [[1]]), "first and the last line"),
        (changed("a.py", 1, [[1, 2, 3]]), "list of at most 2"),
        (changed("a.py", 9, [[5, 6], [6, 7]]), "ranges that rise"),
        (payloads.coverage(unmeasured=[1]), "'unmeasured'[0] must be printable text"),
        (payloads.coverage(totals={"changed": 1, "unmeasured": 1}), "contradicts itself: the number of changed files"),
        (payloads.coverage(result="passed"), "contradicts itself: a gate that is not met, and a green result"),
        (payloads.coverage(gates=[payloads.gate(verdict="met")]), "contradicts itself: a red result"),
        (payloads.security(scans=[{"tool": "a"}]), "'scans'[0] must be an object with exactly: tool, target"),
        (payloads.security(gating=[payloads.gating(tool="@all")]), "'gating'[0].tool must be the name of a tool"),
        (payloads.security(gating=[payloads.gating(rule="`x`")]), "'gating'[0].rule must be the name of a rule"),
        (payloads.security(gating=[payloads.gating(rule="<b>")]), "'gating'[0].rule"),
        (payloads.security(gating=[payloads.gating(rule="a|b")]), "'gating'[0].rule"),
        (payloads.security(gating=[payloads.gating(severity="worst")]), "'gating'[0].severity"),
        (payloads.security(gating=[payloads.gating(line=10**9 + 1)]), "'gating'[0].line must be a whole number from 0"),
        (payloads.security(gating=[payloads.gating(fixed=["1"] * 6)]), "'gating'[0].fixed must be a list of at most 5"),
        (payloads.security(gating=[]), "contradicts itself: the number of findings to mend"),
        (payloads.security(result="passed"), "contradicts itself: findings to mend, and a green result"),
        (payloads.security(totals={"findings": 0, "gating": 1, "suppressed": 0, "duplicates": 0}), "more findings to mend"),
        (payloads.quality(scope="some"), "'scope' must be one of: all, new"),
        (payloads.quality(findings=[]), "contradicts itself: the number of findings"),
        (payloads.quality(result="skipped"), "contradicts itself: findings, and a green result"),
        (payloads.quality(tools=[{"tool": "x", "state": "green", "findings": 0, "old": 0}]), "'tools'[0].state"),
        (payloads.quality(findings=[payloads.finding(path="../x")] * 2), "path relative to the repository"),
    ],
)  # fmt: skip
def test_what_is_refused(document: object, said: str) -> None:
    assert said in why(document)


def test_a_refusal_quotes_nothing_of_it() -> None:
    evil = "EVIL @everyone <img>"
    documents = [
        payloads.coverage(**{evil: 1}),
        payloads.coverage(result=evil),
        payloads.coverage(gates=[payloads.gate(verdict=evil)]),
        payloads.coverage(totals={evil: evil}),
        payloads.security(gating=[payloads.gating(rule=evil)]),
        {"schema": evil},
    ]
    for document in documents:
        assert "EVIL" not in why(document)


# --- whatever it is --------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.just([]), st.just({}), st.sampled_from(["passed", "clean", "a" * 501, "../x", 10**12]),
)  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where in a document something can be put."""
    if path:
        yield path
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


@given(st.sampled_from(sorted(payloads.ALL)), st.data())
def test_what_the_schema_refuses_is_refused(kind: str, data: st.DataObject) -> None:
    document = copy.deepcopy(payloads.ALL[kind]())
    read(packed(document))
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from(sorted(places(document), key=repr)))
        node = document
        for key in path:
            node = node[key]
        if data.draw(st.booleans()):
            node[last] = data.draw(LEAVES)
        elif isinstance(node, dict):
            del node[last]
            node.update(data.draw(st.dictionaries(st.text(max_size=3), LEAVES, max_size=1)))
    try:
        read(packed(document))
    except RefusedError:
        return
    assert validator(kind).is_valid(document)


@given(
    st.binary()
    | st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(packed)
)
def test_whatever_comes_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(RefusedError):
        read(data)
