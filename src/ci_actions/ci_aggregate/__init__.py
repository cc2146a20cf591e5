"""Did every job that the plan asked for run, and is each of them green?"""

from __future__ import annotations

from ci_actions.ci_aggregate.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _aggregate() -> Steps[Config]:
    from ci_actions.ci_aggregate import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-aggregate",
    question="Did every job that the plan asked for run, and is each of them green?",
    config=Config,
    phases=(Phase("aggregate", _aggregate),),
    outputs=OUTPUTS,
)
