"""Do the tests of this shard pass?"""

from __future__ import annotations

from ci_actions.ci_test.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _judge() -> Steps[Config]:
    from ci_actions.ci_test import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-test",
    question="Do the tests of this shard pass?",
    config=Config,
    phases=(Phase("judge", _judge),),
    outputs=OUTPUTS,
)
