"""Which interpreter and which packages does this project need, and are they there?"""

from __future__ import annotations

from ci_actions.kit.run import Capability, Phase, Steps
from ci_actions.python_setup_with_cache.config import OUTPUTS, Config


def _plan() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import decide, facts, report

    return Steps(facts.for_plan, decide.plan, report.planned)


def _key() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import decide, facts, report

    return Steps(facts.for_key, decide.keyed, report.keyed)


def _install() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import apply, decide, facts, report

    return Steps(facts.for_install, decide.install, report.installed, apply.install)


def _finish() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import activate, decide, facts, report

    return Steps(facts.for_finish, decide.finish, report.finished, activate.finish)


def _here() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import apply, decide, facts, report

    return Steps(facts.for_plan, decide.plan, report.here, apply.here)


CAPABILITY = Capability(
    name="python-setup-with-cache",
    question="Are this project's interpreter and packages there, and are they the locked ones?",
    config=Config,
    phases=(
        Phase("here", _here),
        Phase("plan", _plan),
        Phase("key", _key, after=("plan",)),
        Phase("install", _install, after=("plan", "key")),
        Phase("finish", _finish, after=("plan", "key", "install")),
    ),
    outputs=OUTPUTS,
)
