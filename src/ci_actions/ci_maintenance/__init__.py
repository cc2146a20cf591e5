"""What did all parts of the maintenance find, for one issue?"""

from __future__ import annotations

from ci_actions.ci_maintenance.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _maintenance() -> Steps[Config]:
    from ci_actions.ci_maintenance import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-maintenance",
    question="What did all parts of the maintenance find, for one issue?",
    config=Config,
    phases=(Phase("maintenance", _maintenance),),
    outputs=OUTPUTS,
)
