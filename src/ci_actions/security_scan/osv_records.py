"""Edge: how bad an advisory is, asked of OSV and remembered: pip-audit names advisories and says nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
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


def rated(findings: Sequence[Finding], config: Config, cache: Path, clock: Clock) -> tuple[Finding, ...]:
    """Return the findings with the severity of their advisory, or of one of its other names; unknown stays unknown."""
    unknown = [each for each in findings if each.severity is Severity.UNKNOWN and each.package]
    names = dict.fromkeys((each.rule, each.aliases) for each in unknown)
    ask = partial(_rating, config=config, cache=cache / "osv-records", clock=clock)
    with ThreadPoolExecutor(max_workers=8) as pool:
        ratings = dict(zip(names, pool.map(ask, names), strict=True))
    made = []
    for each in findings:
        severity, score = ratings.get((each.rule, each.aliases), (each.severity, each.score))
        unrated = each.severity is Severity.UNKNOWN and each.package
        made.append(replace(each, severity=severity, score=score) if unrated else each)
    return tuple(made)


def _rating(
    names: tuple[str, tuple[str, ...]], *, config: Config, cache: Path, clock: Clock
) -> tuple[Severity, float | None]:
    rule, aliases = names
    # GitHub's always say how bad they are.
    others = sorted(aliases, key=lambda name: (not name.startswith("GHSA-"), name))
    for name in (rule, *others):
        record = _record(name, config, cache, clock) if _NAME.fullmatch(name) else None
        found = record_severity(record) if record else (Severity.UNKNOWN, None)
        if found[0] is not Severity.UNKNOWN:
            return found
    return Severity.UNKNOWN, None


def _record(name: str, config: Config, cache: Path, clock: Clock) -> dict[str, Any] | None:
    kept = cache / f"{name}.json"
    try:
        fresh = clock.now() - kept.stat().st_mtime < FRESH or config.db_mode != "online"
        if fresh:
            return _object(kept.read_bytes())
    except OSError:
        pass
    if config.db_mode == "offline":
        return None
    content = _asked(f"{config.osv_url.rstrip('/')}/v1/vulns/{name}")
    record = _object(content)
    if record is not None:
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_name(f".{kept.name}.{id(record)}")
        unfinished.write_bytes(content)
        unfinished.replace(kept)
    return record


def _asked(address: str) -> bytes:
    import requests

    try:
        with requests.get(address, timeout=PATIENCE) as answer:
            return answer.content if answer.status_code == 200 else b""
    except requests.RequestException:
        return b""


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "id" in found else None
