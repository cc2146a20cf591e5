"""Makes the release on GitHub that was verified and built before; goes on where an earlier run was killed."""

from __future__ import annotations

from ci_actions.ci_release_publish.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _publish() -> Steps[Config]:
    from ci_actions.ci_release_publish import apply, decide, facts, report

    return Steps(facts.gather, decide.decide, report.report, apply.apply)


CAPABILITY = Capability(
    name="ci-release-publish",
    question="Is the release on GitHub what was built?",
    config=Config,
    phases=(Phase("publish", _publish),),
    outputs=OUTPUTS,
)
