"""Edge: the open issues and pull requests that may be stale, and the history of those that are marked -> Facts."""

from __future__ import annotations

from ci_actions.ci_stale.config import Config
from ci_actions.ci_stale.decide import DAY, exempt
from ci_actions.ci_stale.github import Issues
from ci_actions.ci_stale.model import Facts, History, Item
from ci_actions.github import answers
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.run import Edges


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what may be stale; nothing that is younger than the window is asked about.

    Raises Unavailable when GitHub does not answer, BadInput for a token it does not know.
    """
    now = edges.clock.now()
    if not edges.context.repository:
        raise BadInput("GITHUB_REPOSITORY says which repository is looked at, and is not set: owner/name")
    issues = Issues(edges.http, edges.context.repository)
    found: dict[int, Item] = {}
    histories: dict[int, History] = {}
    unknown: dict[int, str] = {}
    try:
        for each in issues.quiet(now - config.days_before_stale * DAY):
            found[each.number] = each
        for each in issues.marked(config.label):
            found[each.number] = each
    except answers.DeniedError as denied:
        return Facts(now=now, histories={}, unknown={}, denied=str(denied))
    for item in found.values():
        if item.has(config.label) and not exempt(config, item):
            try:
                histories[item.number] = issues.history(item.number, config.label)
            except (answers.DeniedError, Unavailable) as why:
                unknown[item.number] = str(why)
    return Facts(now=now, items=tuple(found.values()), histories=histories, unknown=unknown)
