"""The answer as SARIF: one run, what comments suppress with its reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Found, Judged, Level, Rule
from ci_actions.findings.fingerprints import stamp
from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.findings.sarif import Run, Writer

_SEVERITIES = {Level.PROBLEM: Severity.HIGH, Level.REMARK: Severity.LOW}


def render(judged: Judged, files: Mapping[str, File], rules: Sequence[Rule], version: str) -> str:
    """Return the log."""
    questions = {each.id: each.question for each in rules}
    found = [_finding(each, questions) for each in (*judged.unreadable, *judged.found)]
    suppressed = [(_finding(each, questions), each.reason) for each in judged.suppressed]
    stamp([*found, *(each for each, _ in suppressed)], lambda path: files[path].text)
    run = Run(
        tool="ci-actions-doctor",
        version=version,
        findings=found,
        suppressed=suppressed,
        notices=[
            ("error", f"{each.path}:{each.place} {each.message}: not looked at any further")
            for each in judged.unreadable
        ],
        complete=not judged.unreadable,
    )
    return "".join(Writer(capability="doctor").log([run]))


def _finding(each: Found, questions: Mapping[str, str]) -> Finding:
    return Finding(
        tool="ci-actions-doctor",
        rule=each.rule,
        kind=Kind.MISCONFIGURATION,
        severity=_SEVERITIES[each.level],
        message=each.message,
        path=each.path,
        region=Region(each.place.line, each.place.column),
        title=questions.get(each.rule, each.rule),
        fix=each.fix,
    )
