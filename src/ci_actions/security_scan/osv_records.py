"""Edge: how bad an advisory is, asked of OSV and remembered: pip-audit names advisories and says nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from ci_actions.findings.model import Finding, Severity
from ci_actions.kit.clock import Clock
from ci_actions.security_scan.advisories import record_severity
from ci_actions.security_scan.config import Config

PATIENCE = 15.0
#: An advisory is rated anew after so many seconds.
FRESH = 7 * 86400
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,60}")


class Records:
    """OSV's records, asked for once and kept; when OSV is away it is not asked again."""

    def __init__(self, config: Config, cache: Path, clock: Clock) -> None:
        self._config = config
        self._cache = cache / "osv-records"
        self._clock = clock
        self._away = False

    def rated(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Return the findings with the severity of their advisory, or of one of its other names; unknown stays unknown."""
        unknown = [each for each in findings if each.severity is Severity.UNKNOWN and each.package]
        names = list(dict.fromkeys((each.rule, *each.aliases) for each in unknown))
        with ThreadPoolExecutor(max_workers=8) as pool:
            ratings = dict(zip(names, pool.map(self._rating, names), strict=True))
        made = []
        for each in findings:
            found = ratings.get((each.rule, *each.aliases)) if each.severity is Severity.UNKNOWN else None
            made.append(replace(each, severity=found[0], score=found[1]) if found else each)
        return tuple(made)

    def _rating(self, names: tuple[str, ...]) -> tuple[Severity, float | None]:
        # GitHub's always say how bad they are, so they are asked for first.
        for name in sorted(names, key=lambda name: not name.startswith("GHSA-")):
            record = self._record(name) if _NAME.fullmatch(name) else None
            found = record_severity(record) if record else (Severity.UNKNOWN, None)
            if found[0] is not Severity.UNKNOWN:
                return found
        return Severity.UNKNOWN, None

    def _record(self, name: str) -> dict[str, Any] | None:
        kept = self._cache / f"{name}.json"
        try:
            age = self._clock.now() - kept.stat().st_mtime
            if age < FRESH or self._config.db_mode != "online":
                return _object(kept.read_bytes())
        except OSError:
            pass
        if self._config.db_mode == "offline" or self._away:
            return None
        content = self._asked(f"{self._config.osv_url.rstrip('/')}/v1/vulns/{name}")
        record = _object(content)
        if record is not None:
            self._cache.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_name(f".{kept.name}.{id(record)}")
            unfinished.write_bytes(content)
            unfinished.replace(kept)
        return record

    def _asked(self, address: str) -> bytes:
        import requests

        try:
            with requests.get(address, timeout=PATIENCE) as answer:
                return answer.content if answer.status_code == 200 else b""
        except requests.RequestException:
            self._away = True
            return b""


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "id" in found else None
