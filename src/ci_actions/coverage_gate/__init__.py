"""Is this change, and the whole, tested enough?"""

from __future__ import annotations

from ci_actions.coverage_gate.config import OUTPUTS, Config
from ci_actions.kit.run import Capability, Phase, Steps


def _collect() -> Steps[Config]:
    from ci_actions.coverage_gate import collect

    return Steps(collect.gather, collect.decide, collect.report)


def _judge() -> Steps[Config]:
    from ci_actions.coverage_gate import decide, facts, report

    return Steps(facts.gather, decide.decide, report.report)


CAPABILITY = Capability(
    name="coverage-gate",
    question="Is this change, and the whole, tested enough?",
    config=Config,
    phases=(Phase("collect", _collect, when=lambda config: bool(config.collect)), Phase("judge", _judge)),
    outputs=OUTPUTS,
    gate=True,
    measured=True,
)
