"""Which caches does nobody use any more?"""

from __future__ import annotations

from ci_actions.ci_caches.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _caches() -> Steps[Config]:
    from ci_actions.ci_caches import apply, decide, facts, report

    return Steps(facts.gather, decide.decide, report.report, apply.apply)


CAPABILITY = Capability(
    name="ci-caches",
    question="Which caches does nobody use any more?",
    config=Config,
    phases=(Phase("caches", _caches),),
    outputs=OUTPUTS,
)
