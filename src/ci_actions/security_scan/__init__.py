"""What in here can hurt us: code, dependencies, secrets, workflows, images?"""

from __future__ import annotations

from ci_actions.kit.run import Capability, Phase, Steps
from ci_actions.security_scan.config import OUTPUTS, Config


def _judge() -> Steps[Config]:
    from ci_actions.security_scan import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="security-scan",
    question="What in here can hurt us: code, dependencies, secrets, workflows, images?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
    gate=True,
)
