"""Is every action and hook pinned to what it says, and is there a newer release?"""

from __future__ import annotations

from ci_actions.ci_pins.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _pins() -> Steps[Config]:
    from ci_actions.ci_pins import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-pins",
    question="Is every action and hook pinned to what it says, and is there a newer release?",
    config=Config,
    phases=(Phase("pins", _pins),),
    outputs=OUTPUTS,
)
