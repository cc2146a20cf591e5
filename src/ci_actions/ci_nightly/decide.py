"""Pure: the JSON reports of the night -> what an issue has to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ci_actions.ci_nightly.config import Config
from ci_actions.ci_nightly.model import Critical, Facts, Outcome, Section, Told
from ci_actions.kit.strict import Unreadable, a_text, an_object, parsed

#: Results that the report for an issue knows; a job that judged nothing leaves the night incomplete.
_RESULTS = ("passed", "failed", "error")
INCOMPLETE = "incomplete"
#: Sections of jobs that are told when they are not green, in this order.
_JOBS = {"security-scan": "Security", "ci-compose": "Integration", "ci-load": "Load"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~:/?#@!$&'*+,;=%-]*)?")
_CRITICALS = 100


def decide(config: Config, facts: Facts) -> Outcome:
    """Return what is told; a report that cannot be understood is told as such."""
    warnings: list[str] = []
    verdict = _told(facts.verdict, "the verdict", warnings) if facts.verdict is not None else None
    reports = [told for path, content in facts.reports.items() if (told := _told(content, path, warnings))]
    by_name = {each.capability: each for each in reports}
    sections = [*_verdict(verdict), *_tests(by_name.get("ci-flaky"), verdict)]
    for capability, title in _JOBS.items():
        told = by_name.get(capability)
        if told and told.result not in ("passed", "skipped"):
            sections.append(Section(title, tuple(_rows(told))))
    if warnings:
        sections.append(Section("Reports", tuple(warnings)))
    result = verdict.result if verdict and verdict.result in _RESULTS else INCOMPLETE
    return Outcome(
        title=f"nightly: {config.name}" if config.name else "nightly",
        result=result,
        headline=verdict.headline if verdict else "nobody knows how the night ended: there is no verdict",
        sections=tuple(sections),
        critical=_critical(facts, by_name.get("security-scan")),
        warnings=tuple(warnings),
    )


def _told(content: bytes, where: str, warnings: list[str]) -> Told | None:
    try:
        found = an_object(parsed(content), "it")
        return Told(
            capability=a_text(found, "capability", "it"),
            result=a_text(found, "result", "it"),
            headline=a_text(found, "headline", "it"),
            errors=tuple(_errors(found)),
            details=an_object(found.get("details"), "its details"),
        )
    except Unreadable as wrong:
        warnings.append(f"The report {where} cannot be understood: {wrong}.")
        return None


def _errors(found: Mapping[str, Any]) -> Iterator[str]:
    for each in found.get("annotations") or ():
        if an_object(each, "an annotation").get("level") == "error":
            yield a_text(each, "message", "an annotation")


def _verdict(verdict: Told | None) -> Iterator[Section]:
    if verdict is None:
        yield Section("Jobs", ("There is no verdict: the job all-green did not come so far.",))
    elif verdict.result != "passed":
        yield Section("Jobs", verdict.errors or (verdict.headline,))


def _tests(flaky: Told | None, verdict: Told | None) -> Iterator[Section]:
    """Yield the tests that failed and the flaky ones, with their history where there is one."""
    if flaky is None:
        failures = verdict.details.get("failures", ()) if verdict else ()
        rows = [str(each) for each in failures]
        if rows:
            yield Section("Failed tests", tuple(rows))
        return
    for title, name in (("Failed tests", "failed"), ("Flaky tests", "flaky")):
        rows = [_test(each) for each in flaky.details.get(name, ()) if isinstance(each, Mapping)]
        if rows:
            yield Section(title, tuple(rows))


def _test(found: Mapping[str, Any]) -> str:
    shards = ", ".join(str(each) for each in found.get("shards", ()))
    message = f": {found['message']}" if found.get("message") else ""
    return f"{found.get('id', '')} (in {shards}; {found.get('history', '')}){message}"


def _rows(told: Told) -> Iterator[str]:
    yield told.headline
    yield from told.errors


def _critical(facts: Facts, scan: Told | None) -> tuple[Critical, ...] | None:
    """Return the critical vulnerabilities in dependencies, None where the scan did not see everything.

    One that somebody has suppressed, with a reason and an end, is nobody's surprise.
    """
    if scan is None or scan.result not in ("passed", "failed") or facts.findings is None:
        return None
    try:
        findings = an_object(parsed(facts.findings), "it").get("findings", ())
    except Unreadable:
        return None
    found: dict[str, Critical] = {}
    for each in findings:
        is_critical = each.get("severity") == "critical" and each.get("kind") == "dependency"
        if is_critical and not str(each.get("held-back", "")).startswith("suppressed"):
            made = _vulnerability(each)
            found.setdefault(made.id, made)
    return tuple(found[name] for name in sorted(found)[:_CRITICALS])


def _vulnerability(found: Mapping[str, Any]) -> Critical:
    name = str(found.get("canonical") or found.get("rule") or "")
    url = str(found.get("url") or "")
    package = found.get("package") or {}
    what = f"{package.get('name', '')} {package.get('version', '')}".strip()
    return Critical(
        id=name if _ID.fullmatch(name) else "unnamed",
        title=f"{name} in {what or 'a dependency'}"[:300],
        url=url if _URL.fullmatch(url) and len(url) <= 500 else "",
    )
