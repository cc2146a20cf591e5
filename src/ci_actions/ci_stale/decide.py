"""Pure: items + histories -> what is marked, unmarked and closed. Never anything younger than its window."""

from __future__ import annotations

from collections import Counter

from ci_actions.ci_stale.config import Config
from ci_actions.ci_stale.model import Deed, Facts, History, Item, Outcome, Plan

DAY = 86_400.0


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the deeds of this run: marks are taken back first, then the oldest come first, as many as may be done."""
    spared: Counter[str] = Counter()
    found: list[Plan] = []
    for item in facts.items:
        if why := exempt(config, item):
            spared[why] += 1
        elif plan := _plan(config, facts, item):
            found.append(plan)
    found.sort(key=lambda plan: (plan.deed is not Deed.UNMARK, plan.item.updated, plan.item.number))
    plans: list[Plan] = []
    left = config.operations
    for place, plan in enumerate(found):
        if plan.deed.operations > left:
            return Outcome(facts=facts, plans=tuple(plans), waiting=tuple(found[place:]), spared=spared)
        plans.append(plan)
        left -= plan.deed.operations
    return Outcome(facts=facts, plans=tuple(plans), spared=spared)


def exempt(config: Config, item: Item) -> str:
    """Return what keeps an item from being touched at all, empty where nothing does."""
    if ("pull-requests" if item.is_pull else "issues") not in config.kinds:
        return "is not looked at"
    if any(item.has(label) for label in config.exempt_labels):
        return "has an exempt label"
    if item.milestone and _names(config.exempt_milestones, (item.milestone,)):
        return "has an exempt milestone"
    if item.assignees and _names(config.exempt_assignees, item.assignees):
        return "has an exempt assignee"
    return "is a draft" if item.draft and config.exempt_drafts else ""


def _names(listed: tuple[str, ...], own: tuple[str, ...]) -> bool:
    return "*" in listed or bool({each.casefold() for each in listed} & {each.casefold() for each in own})


def _plan(config: Config, facts: Facts, item: Item) -> Plan | None:
    if item.number in facts.unknown:
        return None
    if item.has(config.label):
        return _marked(config, facts, item, facts.histories.get(item.number))
    quiet = facts.now - item.updated
    if quiet < config.days_before_stale * DAY:
        return None
    return Plan(item=item, deed=Deed.MARK, why=f"nothing happened for {int(quiet // DAY)} days")


def _marked(config: Config, facts: Facts, item: Item, history: History | None) -> Plan | None:
    """Return what becomes of a mark: whoever comes back takes it away, else its time runs from when it was set."""
    if history is None or history.marked is None:
        return None
    if history.activity is not None and history.activity > history.marked:
        return Plan(item=item, deed=Deed.UNMARK, why="somebody came back to it")
    stands = facts.now - history.marked
    if config.days_before_close is None or stands < config.days_before_close * DAY:
        return None
    if not history.told:
        # Somebody else set the label: who was never told is not closed.
        return None
    return Plan(item=item, deed=Deed.CLOSE, why=f"it has been marked for {int(stands // DAY)} days")
