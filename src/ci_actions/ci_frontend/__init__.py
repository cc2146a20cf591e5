"""Does the frontend build, and is there a result?"""

from __future__ import annotations

from ci_actions.ci_frontend.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_frontend import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-frontend",
    question="Does the frontend build, and is there a result?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
