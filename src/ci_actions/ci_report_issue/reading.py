"""Pure: bytes of a `report.json` -> IssueReport, or a refusal in words.

A report holds names of tests, packages and files, which people outside may choose: it is data. Its shape is checked here,
how it is shown is decided in `render`. The shape is that of `schemas/issue-report.schema.json`; a test holds both against
each other.
"""

from __future__ import annotations

import re

from ci_actions.ci_report_issue.model import Critical, IssueReport, Section
from ci_actions.kit.untrusted import RefusedError, Value, document

SCHEMA = "ci-actions-issue/1"
#: `incomplete` is what could not be judged as a whole: neither red nor green.
RESULTS = ("passed", "failed", "error", "incomplete", "skipped")
TITLE, SECTIONS, ROWS, ROW, CRITICALS = 500, 100, 10_000, 10_000, 100

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
#: What can stand between `<` and `>` of a link.
_URL = re.compile(r"(?:https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~:/?#@!$&'*+,;=%-]*)?)?")


def read(data: bytes) -> IssueReport:
    """Return the report in these bytes. Raises RefusedError."""
    whole = document(data, "the report")
    if not isinstance(whole.raw, dict):
        raise RefusedError("it is no JSON object")
    if whole.raw.get("schema") != SCHEMA:
        raise RefusedError(
            f"its 'schema' is not {SCHEMA}: the workflow that wrote it and this one must be of one version"
        )
    found = whole.fields("schema", "title", "result", "sections", "critical")
    criticals = found["critical"]
    return IssueReport(
        title=found["title"].anything(TITLE, least=1),
        result=found["result"].one_of(*RESULTS),
        sections=tuple(_section(each) for each in found["sections"].items(SECTIONS)),
        critical=None
        if criticals.raw is None
        else tuple(_critical(each) for each in criticals.items(CRITICALS)),
    )


def _section(value: Value) -> Section:
    found = value.fields("title", "rows")
    return Section(
        title=found["title"].anything(TITLE, least=1),
        rows=tuple(each.anything(ROW) for each in found["rows"].items(ROWS)),
    )


def _critical(value: Value) -> Critical:
    found = value.fields("id", "title", "url")
    return Critical(
        id=found["id"].like(_ID, 100, "the id of a vulnerability, like GHSA-xxxx-xxxx-xxxx"),
        title=found["title"].anything(TITLE),
        url=found["url"].like(_URL, 500, "an https address, or empty"),
    )
