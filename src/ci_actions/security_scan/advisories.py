"""How bad an advisory is, from its OSV record. https://ossf.github.io/osv-schema/"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ci_actions.findings.model import Severity
from ci_actions.security_scan import severity


def record_severity(record: Mapping[str, Any]) -> tuple[Severity, float | None]:
    """Return how bad an OSV record is and its CVSS score: from its newest vector, else from its database's word.

    Of several packages that it is about, the worst counts.
    """
    places = [record, *(each for each in record.get("affected") or () if isinstance(each, dict))]
    word = max(_said(places), key=lambda each: severity.of((), each)[0], default="")
    rated = [severity.of(vectors, word) for place in places if (vectors := list(_vectors(place)))]
    return max(rated, key=lambda each: (each[0], each[1] or 0.0), default=severity.of((), word))


def _vectors(place: Mapping[str, Any]) -> Iterator[str]:
    for row in place.get("severity") or ():
        if isinstance(row, dict) and isinstance(row.get("score"), str):
            yield row["score"]


def _said(places: list[Mapping[str, Any]]) -> Iterator[str]:
    for place in places:
        for key in ("database_specific", "ecosystem_specific"):
            specific = place.get(key)
            if isinstance(specific, dict) and isinstance(specific.get("severity"), str):
                yield specific["severity"]
