from __future__ import annotations

import itertools

import pytest

from ci_actions.findings.model import Severity
from ci_actions.security_scan import severity


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        # Examples of FIRST (https://www.first.org/cvss/v3.1/examples) and of the NVD.
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", 5.9),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.1),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6),
        ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8),
        ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 9.3),
        ("CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:H", 9.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 8.8),
        ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:C/C:H/I:N/A:N", 5.6),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", 0.0),
        # Temporal metrics do not change the base score, and the order means nothing.
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C", 9.8),
        ("CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", 9.8),
        # CVSS 2: the examples of its guide, §3.3.
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0),
        ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2),
        ("(AV:N/AC:M/Au:N/C:N/I:P/A:N)", 4.3),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("AV:L/AC:L/Au:N/C:N/I:N/A:N", 0.0),
    ],
)
def test_base_scores(vector: str, score: float) -> None:
    assert severity.score(vector) == score


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "high",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "AV:N/AC:L/Au:N/C:P/I:P",
        "11.0",
        "-1",
        "nan",
    ],
)
def test_what_has_no_score(vector: str) -> None:
    assert severity.score(vector) is None
    assert severity.of([vector]) == (Severity.UNKNOWN, None)


def test_all_vectors_of_version_3_have_a_score_of_one_decimal() -> None:
    metrics = (
        "AV:N AV:A AV:L AV:P",
        "AC:L AC:H",
        "PR:N PR:L PR:H",
        "UI:N UI:R",
        "S:U S:C",
        *(f"{x}:H {x}:L {x}:N" for x in "CIA"),
    )
    for parts in itertools.product(*(each.split() for each in metrics)):
        score = severity.score("CVSS:3.1/" + "/".join(parts))
        assert score is not None
        assert 0 <= score <= 10
        assert round(score, 1) == score


@pytest.mark.parametrize(
    ("vectors", "word", "expected"),
    [
        ([], "", (Severity.UNKNOWN, None)),
        ([], "MODERATE", (Severity.MEDIUM, None)),
        ([], " critical ", (Severity.CRITICAL, None)),
        ([], "terrible", (Severity.UNKNOWN, None)),
        (["7.5"], "", (Severity.HIGH, 7.5)),
        (["AV:N/AC:L/Au:N/C:C/I:C/A:C"], "", (Severity.HIGH, 10.0)),
        (["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"], "", (Severity.LOW, 0.0)),
        (
            ["AV:N/AC:L/Au:N/C:C/I:C/A:C", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"],
            "low",
            (Severity.MEDIUM, 6.1),
        ),
        (["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"], "HIGH", (Severity.HIGH, None)),
        (["CVSS:4.0/AV:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"], "", (Severity.HIGH, 7.5)),
    ],
)
def test_an_advisory(vectors: list[str], word: str, expected: tuple[Severity, float | None]) -> None:
    assert severity.of(vectors, word) == expected
