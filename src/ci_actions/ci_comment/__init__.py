"""What did the gates say of this pull request? Written by a workflow that may comment, from what one that may not left."""

from __future__ import annotations

from ci_actions.ci_comment.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _comment() -> Steps[Config]:
    from ci_actions.ci_comment import apply, decide, facts, report

    return Steps(facts.gather, decide.decide, report.report, apply.apply)


CAPABILITY = Capability(
    name="ci-comment",
    question="What did the gates say of this pull request?",
    config=Config,
    phases=(Phase("comment", _comment),),
    outputs=OUTPUTS,
)
