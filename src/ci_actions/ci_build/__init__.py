"""Can the project be built, and is what comes out fit to be published?"""

from __future__ import annotations

from ci_actions.ci_build.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_build import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-build",
    question="Can the project be built, and is what comes out fit to be published?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
