"""Which suppressions of findings are over, end soon, or hold nothing back?"""

from __future__ import annotations

from ci_actions.ci_suppressions.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _suppressions() -> Steps[Config]:
    from ci_actions.ci_suppressions import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-suppressions",
    question="Which suppressions of findings are over, end soon, or hold nothing back?",
    config=Config,
    phases=(Phase("suppressions", _suppressions),),
    outputs=OUTPUTS,
)
