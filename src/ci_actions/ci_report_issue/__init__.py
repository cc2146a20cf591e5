"""Is this workflow red, and for how long? One issue that is opened, kept up to date and closed."""

from __future__ import annotations

from ci_actions.ci_report_issue.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _report() -> Steps[Config]:
    from ci_actions.ci_report_issue import apply, decide, facts, report

    return Steps(facts.gather, decide.decide, report.report, apply.apply)


CAPABILITY = Capability(
    name="ci-report-issue",
    question="Is this workflow red, and for how long?",
    config=Config,
    phases=(Phase("report", _report),),
    outputs=OUTPUTS,
)
