"""Pure: what people read on an issue or a pull request."""

from __future__ import annotations

from ci_actions.ci_stale.config import Config
from ci_actions.ci_stale.model import Plan


def marked(config: Config, plan: Plan) -> str:
    """Return what is said when one is marked."""
    what = _what(plan)
    then = (
        f" Without any, it is closed in {config.days_before_close} "
        f"{'day' if config.days_before_close == 1 else 'days'}."
        if config.days_before_close
        else ""
    )
    return f"On this {what} {plan.why}. If it matters still, a comment is enough to keep it open.{then}"


def closed(plan: Plan) -> str:
    """Return what is said when one is closed."""
    return f"This {_what(plan)} is closed because nobody came back to it. Reopen it if it matters still."


def _what(plan: Plan) -> str:
    return "pull request" if plan.item.is_pull else "issue"
