"""How bad an advisory is, from the CVSS vectors and words it carries. Pure.

Base scores of CVSS 2.0, 3.0 and 3.1 are computed as FIRST specifies them (https://www.first.org/cvss/v2/guide §3.2.1,
https://www.first.org/cvss/v3.1/specification-document §7). A vector of CVSS 4.0 needs tables of 270 expert ratings;
where an advisory carries nothing else its severity is unknown, and unknown fails closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ci_actions.findings.model import Severity
from ci_actions.findings.sarif import word_of

_V2: Mapping[str, Mapping[str, float]] = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    **{name: {"N": 0.0, "P": 0.275, "C": 0.660} for name in "CIA"},
}
_V3: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    **{name: {"H": 0.56, "L": 0.22, "N": 0.0} for name in "CIA"},
}
#: A privilege weighs more where the harm is done elsewhere.
_PRIVILEGES_ELSEWHERE = {0.62: 0.68, 0.27: 0.5}
_WORDS = {
    "critical": Severity.CRITICAL, "high": Severity.HIGH, "important": Severity.HIGH, "severe": Severity.HIGH,
    "medium": Severity.MEDIUM, "moderate": Severity.MEDIUM, "low": Severity.LOW, "minor": Severity.LOW,
    "negligible": Severity.LOW, "none": Severity.LOW, "informational": Severity.LOW,
}  # fmt: skip


def of(vectors: Iterable[str], word: str = "") -> tuple[Severity, float | None]:
    """Return the severity of an advisory and its score: of its newest vector, else of its word, else unknown.

    A vector may also be a bare number.
    """
    found = sorted(
        ((version, number) for each in vectors for version, number in [_scored(each)]), reverse=True
    )
    for version, number in found:
        if number is not None and version:
            # CVSS 2 knows no critical.
            severity = min(word_of(number), Severity.HIGH) if version == 2 else word_of(number)
            return severity or Severity.LOW, number
    return _WORDS.get(word.strip().lower(), Severity.UNKNOWN), None


def score(vector: str) -> float | None:
    """Return the base score of a vector of CVSS 2.0, 3.0 or 3.1; None for any other and for one that is broken."""
    return _scored(vector)[1]


def _scored(vector: str) -> tuple[int, float | None]:
    text = vector.strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return (3, number) if 0 <= number <= 10 else (0, None)
    start, _, rest = text.partition("/")
    if start in ("CVSS:3.0", "CVSS:3.1"):
        found = _values(rest, _V3)
        return (3, _v3(found)) if found else (0, None)
    if not text.startswith("CVSS:"):
        found = _values(text.strip("()"), _V2)
        return (2, _v2(found)) if found else (0, None)
    return 0, None


def _values(text: str, metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float] | None:
    """Return the number of each base metric; None unless each is there once, with a value that exists."""
    found: dict[str, float] = {}
    for part in text.split("/"):
        name, _, value = part.partition(":")
        if name in metrics:
            if name in found or value not in metrics[name]:
                return None
            found[name] = metrics[name][value]
    return found if len(found) == len(metrics) else None


def _v2(of: Mapping[str, float]) -> float:
    impact = 10.41 * (1 - (1 - of["C"]) * (1 - of["I"]) * (1 - of["A"]))
    exploitability = 20 * of["AV"] * of["AC"] * of["Au"]
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * (1.176 if impact else 0), 1)


def _v3(of: Mapping[str, float]) -> float:
    harm = 1 - (1 - of["C"]) * (1 - of["I"]) * (1 - of["A"])
    elsewhere = bool(of["S"])
    impact = 7.52 * (harm - 0.029) - 3.25 * (harm - 0.02) ** 15 if elsewhere else 6.42 * harm
    if impact <= 0:
        return 0.0
    privileges = _PRIVILEGES_ELSEWHERE.get(of["PR"], of["PR"]) if elsewhere else of["PR"]
    exploitability = 8.22 * of["AV"] * of["AC"] * privileges * of["UI"]
    return _up(min((1.08 if elsewhere else 1.0) * (impact + exploitability), 10.0))


def _up(value: float) -> float:
    """Return the next number with one decimal, as appendix A of the specification does it, safe from rounding errors."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10
