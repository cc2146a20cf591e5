"""Does the code pass every linter that the project configures?"""

from __future__ import annotations

from ci_actions.kit.run import Capability, Phase, Steps
from ci_actions.quality.config import OUTPUTS, Config


def _judge() -> Steps[Config]:
    from ci_actions.quality import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="quality",
    question="Does the code pass every linter that the project configures?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
    gate=True,
)
