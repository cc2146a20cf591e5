"""Which interpreter and which packages does this project need, and are they there?"""

from __future__ import annotations

from ci_actions.kit.run import Capability, Phase, Steps
from ci_actions.python_setup_with_cache.config import OUTPUTS, Config


def _plan() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import plan

    return Steps(plan.gather, plan.decide, plan.report)


def _key() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import keying

    return Steps(keying.gather, keying.decide, keying.report)


def _install() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import install

    return Steps(install.gather, install.decide, install.report, install.apply)


def _finish() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import finish

    return Steps(finish.gather, finish.decide, finish.report, finish.apply)


def _setup() -> Steps[Config]:
    from ci_actions.python_setup_with_cache import setup

    return Steps(setup.gather, setup.decide, setup.report, setup.apply)


CAPABILITY = Capability(
    name="python-setup-with-cache",
    question="Are this project's interpreter and packages there, and are they the locked ones?",
    config=Config,
    phases=(
        Phase("setup", _setup),
        Phase("plan", _plan),
        Phase("key", _key, after=("plan",)),
        Phase("install", _install, after=("plan", "key")),
        Phase("finish", _finish, after=("plan", "key", "install")),
    ),
    outputs=OUTPUTS,
)
