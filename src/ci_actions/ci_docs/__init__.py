"""Does every link in the documents lead somewhere?"""

from __future__ import annotations

from ci_actions.ci_docs.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_docs import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-docs",
    question="Does every link in the documents lead somewhere?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
