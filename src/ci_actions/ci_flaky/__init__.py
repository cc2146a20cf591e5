"""Which tests passed only when they were run again, and how often did they before?"""

from __future__ import annotations

from ci_actions.ci_flaky.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_flaky import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-flaky",
    question="Which tests passed only when they were run again, and how often did they before?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
