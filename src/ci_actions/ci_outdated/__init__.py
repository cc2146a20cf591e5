"""Which locked packages have newer releases that this project could use?"""

from __future__ import annotations

from ci_actions.ci_outdated.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _outdated() -> Steps[Config]:
    from ci_actions.ci_outdated import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-outdated",
    question="Which locked packages have newer releases that this project could use?",
    config=Config,
    phases=(Phase("outdated", _outdated),),
    outputs=OUTPUTS,
)
