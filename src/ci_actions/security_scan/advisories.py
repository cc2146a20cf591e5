"""How bad an advisory is, from its OSV record. https://ossf.github.io/osv-schema/

The word of the database decides (GitHub's always has one), else the CVSS vector; the worse of several counts. CVSS 4
has no formula but a table of experts' votes, so a record with nothing else stays unknown, and unknown fails closed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ci_actions.findings.model import Severity
from ci_actions.security_scan.scanners.native import severity

#: https://www.first.org/cvss/v3.1/specification-document, section 7.4
_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
#: https://www.first.org/cvss/v2/guide, section 3.2.1
_WEIGHTS_2: Mapping[str, Mapping[str, float]] = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
    "I": {"N": 0.0, "P": 0.275, "C": 0.66},
    "A": {"N": 0.0, "P": 0.275, "C": 0.66},
}


def record_severity(record: Mapping[str, Any]) -> tuple[Severity, float | None]:
    """Return how bad an OSV record is, and its CVSS score where it has one."""
    score = max((each for each in map(base_score, _vectors(record)) if each is not None), default=None)
    found = [] if score is None else [from_score(score)]
    places = [record, *(each for each in record.get("affected") or () if isinstance(each, dict))]
    for place in places:
        for key in ("database_specific", "ecosystem_specific"):
            specific = place.get(key)
            if isinstance(specific, dict):
                found.append(severity(specific.get("severity")))
    return max(found, default=Severity.UNKNOWN), score


def from_score(score: float) -> Severity:
    """Return the severity of a CVSS score: https://www.first.org/cvss/v3.1/specification-document, section 5."""
    if score >= 9:
        return Severity.CRITICAL
    if score >= 7:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4 else Severity.LOW


def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS vector of version 2 or 3, None for any other text."""
    parts = dict(part.partition(":")[::2] for part in vector.strip("()").split("/"))
    version = parts.pop("CVSS", "2.0")
    try:
        if version in ("3.0", "3.1"):
            return _score_3(parts)
        return _score_2(parts) if version == "2.0" else None
    except KeyError:
        return None


def _score_3(parts: Mapping[str, str]) -> float:
    weight = {name: weights[parts[name]] for name, weights in _WEIGHTS.items()}
    privileges = _PRIVILEGES[parts["S"]][parts["PR"]]
    lost = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    changed = parts["S"] == "C"
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    return _up(min((1.08 if changed else 1.0) * (impact + exploitability), 10))


def _score_2(parts: Mapping[str, str]) -> float:
    weight = {name: weights[parts[name]] for name, weights in _WEIGHTS_2.items()}
    impact = 10.41 * (1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"]))
    exploitability = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * (1.176 if impact else 0.0), 1)


def _up(score: float) -> float:
    """Return the score rounded up to one decimal, as appendix A of the specification does it."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10


def _vectors(record: Mapping[str, Any]) -> list[str]:
    rows = [*(record.get("severity") or ())]
    for affected in record.get("affected") or ():
        rows += affected.get("severity") or () if isinstance(affected, dict) else ()
    return [row["score"] for row in rows if isinstance(row, dict) and isinstance(row.get("score"), str)]
