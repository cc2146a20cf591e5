"""May this tag be released? Its form, where it is, what version the project has, and what changed."""

from __future__ import annotations

from ci_actions.ci_release.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _verify() -> Steps[Config]:
    from ci_actions.ci_release import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="ci-release",
    question="May this tag be released?",
    config=Config,
    phases=(Phase("verify", _verify),),
    outputs=OUTPUTS,
)
