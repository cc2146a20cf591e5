"""What did this night come to, for the issue that tells of it?"""

from __future__ import annotations

from ci_actions.ci_nightly.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _tell() -> Steps[Config]:
    from ci_actions.ci_nightly import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-nightly",
    question="What did this night come to, for the issue that tells of it?",
    config=Config,
    phases=(Phase("tell", _tell),),
    outputs=OUTPUTS,
)
