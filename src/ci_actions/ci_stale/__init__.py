"""Which issues and pull requests does nobody look after any more?"""

from __future__ import annotations

from ci_actions.ci_stale.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _stale() -> Steps[Config]:
    from ci_actions.ci_stale import apply, decide, facts, report

    return Steps(facts.gather, decide.decide, report.report, apply.apply)


CAPABILITY = Capability(
    name="ci-stale",
    question="Which issues and pull requests does nobody look after any more?",
    config=Config,
    phases=(Phase("stale", _stale),),
    outputs=OUTPUTS,
)
