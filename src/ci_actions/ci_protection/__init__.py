"""Are the branches protected as the repository says they are?"""

from __future__ import annotations

from ci_actions.ci_protection.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _protection() -> Steps[Config]:
    from ci_actions.ci_protection import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-protection",
    question="Are the branches protected as the repository says they are?",
    config=Config,
    phases=(Phase("protection", _protection),),
    outputs=OUTPUTS,
)
