"""Is this change, and the whole, tested enough?"""

from __future__ import annotations

from ci_actions.coverage_gate import collect, decide, facts, report
from ci_actions.coverage_gate.config import Config
from ci_actions.kit.run import Capability, Phase

CAPABILITY = Capability(
    name="coverage-gate",
    question="Is this change, and the whole, tested enough?",
    config=Config,
    outputs=report.OUTPUTS,
    phases=(
        Phase("collect", collect.gather, collect.decide, collect.report, when=lambda config: bool(config.collect)),
        Phase("judge", facts.gather, decide.decide, report.report),
    ),
)
