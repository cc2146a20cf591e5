"""Did the coverage reports reach Codecov?"""

from __future__ import annotations

from ci_actions.ci_codecov.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_codecov import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-codecov",
    question="Did the coverage reports reach Codecov?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
