"""Does the code pass every linter that the project configures?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_actions.kit.run import Capability, Phase, Steps
from ci_actions.quality.config import OUTPUTS, Config

if TYPE_CHECKING:
    from ci_actions.kit.report import Report
    from ci_actions.quality.model import Facts, Outcome


def _judge() -> Steps[Config]:
    from ci_actions.quality import facts

    return Steps(facts.gather, _decide, _report)


# What judges and reports is loaded while the tools work: see `facts`.


def _decide(config: Config, facts: Facts) -> Outcome:
    from ci_actions.quality import decide

    return decide.decide(config, facts)


def _report(config: Config, outcome: Outcome) -> Report:
    from ci_actions.quality import report

    return report.report(config, outcome)


CAPABILITY = Capability(
    name="quality",
    question="Does the code pass every linter that the project configures?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
    gate=True,
)
