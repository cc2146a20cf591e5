"""Pure: reports of parts -> the sections of one issue. What the parts say is data, and cut to what an issue can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ci_actions.ci_maintenance.config import Config
from ci_actions.ci_maintenance.model import Critical, Facts, Outcome, Section

#: Of a section; and of a text in it.
ROWS = 100
LENGTH = 500
SCANNER = "security-scan"
_TITLES = {"quality": "Quality", SCANNER: "Vulnerabilities and other findings"}
#: As `schemas/issue-report.schema.json` has them.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~:/?#@!$&'*+,;=%-]{0,400})?")
_RESULTS = {"passed": "passed", "skipped": "passed", "failed": "failed"}


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the issue. Whatever is no verdict makes it `incomplete`."""
    missing = [name for name in config.expect if name not in facts.parts]
    whole = not missing and not facts.unreadable
    sections = [Section("Jobs that are not green", _jobs(config.failed_jobs))]
    sections += [_section(name, facts.parts[name]) for name in _ordered(config.expect, facts.parts)]
    sections += [_gone(name) for name in missing]
    if facts.unreadable:
        sections.append(Section("Reports that cannot be read", facts.unreadable[:ROWS]))
    verdict = _RESULTS.get(config.verdict, "incomplete")
    return Outcome(
        title=f"Maintenance of {config.name}" if config.name else "Maintenance",
        result=verdict if whole or verdict == "failed" else "incomplete",
        sections=tuple(sections),
        critical=_critical(facts.parts.get(SCANNER)) if SCANNER in (*config.expect, *facts.parts) else (),
    )


def _jobs(text: str) -> tuple[str, ...]:
    """Return the jobs that are not green, also those that leave no report of their own."""
    import json

    try:
        found = json.loads(text or "[]")
    except ValueError:
        return (_cut(f"Nobody can tell: {text}"),)
    return tuple(_cut(str(each)) for each in _list(found)[:ROWS])


def _ordered(expect: Sequence[str], parts: Mapping[str, object]) -> list[str]:
    return [*(name for name in expect if name in parts), *sorted(set(parts) - set(expect))]


def _gone(name: str) -> Section:
    return Section(_TITLES.get(name, name), ("It left no report: the log of its job says why.",))


def _section(name: str, report: Mapping[str, Any]) -> Section:
    """Return what a part says: its headline and its own rows, or its annotations where it keeps none."""
    own = _table(_table(report.get("details")).get("section"))
    title = own.get("title")
    rows = [str(each) for each in _list(own.get("rows"))] if own else list(_annotated(name, report))
    shown = [_cut(each) for each in rows[: ROWS - 2]]
    if len(rows) > len(shown):
        shown.append(f"and {len(rows) - len(shown)} more")
    if rows or report.get("result") not in ("passed", "skipped"):
        # Of a part that found nothing there is nothing to say.
        shown.insert(0, _cut(str(report.get("headline", ""))))
    return Section(title if isinstance(title, str) else _TITLES.get(name, name), tuple(filter(None, shown)))


def _annotated(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    gating = _list(_table(report.get("details")).get("gating")) if name == SCANNER else []
    for each in map(_table, gating):
        package = _table(each.get("package"))
        what = f"{package.get('name')} {package.get('version')}: " if package else ""
        fixed = ", ".join(map(str, _list(package.get("fixed"))))
        place = f" ({each.get('path')}{f', fixed in {fixed}' if fixed else ''})" if each.get("path") else ""
        yield f"{each.get('severity')}: {each.get('canonical') or each.get('rule')} {what}{each.get('message')}{place}"
    for each in map(_table, () if gating else _list(report.get("annotations"))):
        file, line = each.get("file"), each.get("line")
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        yield f"{place}{each.get('message', '')}"


def _critical(report: Mapping[str, Any] | None) -> tuple[Critical, ...] | None:
    """Return the critical vulnerabilities that turn the scan red, each once; None when there is no verdict on them."""
    if report is None or report.get("exit-code") not in (0, 1):
        return None
    found: dict[str, Critical] = {}
    for each in map(_table, _list(_table(report.get("details")).get("gating"))):
        package, id = _table(each.get("package")), str(each.get("canonical") or each.get("rule") or "")
        if each.get("severity") == "critical" and package and _ID.fullmatch(id):
            title = f"{package.get('name')} {package.get('version')}: {each.get('message', '')}"
            url = str(each.get("url") or "")
            found.setdefault(id, Critical(id, _cut(title), url if _URL.fullmatch(url) else ""))
    return tuple(found.values())[:ROWS]


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LENGTH else line[: LENGTH - 1] + "…"


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
