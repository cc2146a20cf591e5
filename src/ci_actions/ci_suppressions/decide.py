"""Pure: entries + the day -> which are over, and which soon will be."""

from __future__ import annotations

from datetime import timedelta

from ci_actions.ci_suppressions.config import Config
from ci_actions.ci_suppressions.model import Facts, Outcome


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the entries that are over and those that end within `soon` days, the last day included."""
    ordered = sorted(facts.entries, key=lambda entry: entry.order)
    latest = facts.today + timedelta(days=config.soon)
    return Outcome(
        facts=facts,
        expired=tuple(each for each in ordered if each.is_over(facts.today)),
        expiring=tuple(each for each in ordered if facts.today <= each.expires <= latest),
    )
