"""Which jobs does this run need, on which versions of Python, in how many shards?"""

from __future__ import annotations

from ci_actions.ci_plan.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _plan() -> Steps[Config]:
    from ci_actions.ci_plan import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-plan",
    question="Which jobs does this run need, on which versions of Python, in how many shards?",
    config=Config,
    phases=(Phase("plan", _plan),),
    outputs=OUTPUTS,
)
