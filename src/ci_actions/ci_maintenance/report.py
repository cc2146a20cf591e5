"""Pure: outcome -> Report, and the file from which an issue is written."""

from __future__ import annotations

import json
from dataclasses import asdict

from ci_actions.ci_maintenance.config import Config
from ci_actions.ci_maintenance.model import Outcome
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Product, Report, Result

NAME = "ci-maintenance"
ISSUE_SCHEMA = "ci-actions-issue/1"


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says. The verdict is ci-aggregate's: this one is green whatever it reports."""
    count = len(outcome.sections)
    return Report(
        capability=NAME,
        result=Result.PASSED,
        exit_code=Exit.PASSED,
        headline=f"{NAME}: {outcome.result}, told in {count} {'section' if count == 1 else 'sections'}",
        # Each part has a summary of its own.
        show_summary=False,
        details={
            "result": outcome.result,
            "sections": [each.title for each in outcome.sections],
            "critical": None if outcome.critical is None else [each.id for each in outcome.critical],
        },
        products=(Product("issue-report", "issue/report.json", lambda: issue(outcome)),),
        folder=config.report_dir,
    )


def issue(outcome: Outcome) -> str:
    """Return what report-issue.yml writes an issue from: text that it escapes itself."""
    return json.dumps(
        {
            "schema": ISSUE_SCHEMA,
            "title": outcome.title,
            "result": outcome.result,
            "sections": [{"title": each.title, "rows": list(each.rows)} for each in outcome.sections],
            "critical": None if outcome.critical is None else [asdict(each) for each in outcome.critical],
        }
    )
