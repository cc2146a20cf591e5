"""Does the server keep what is asked of it under load?"""

from __future__ import annotations

from ci_actions.ci_load.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_load import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-load",
    question="Does the server keep what is asked of it under load?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
