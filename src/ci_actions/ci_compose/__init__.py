"""Do the tests pass against the services of a Compose file?"""

from __future__ import annotations

from ci_actions.ci_compose.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_compose import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-compose",
    question="Do the tests pass against the services of a Compose file?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
