"""Edge: all caches and the fate of the refs that they belong to -> Facts."""

from __future__ import annotations

from ci_actions.ci_caches.config import Config
from ci_actions.ci_caches.decide import number
from ci_actions.ci_caches.github import Caches
from ci_actions.ci_caches.model import Facts, Fate
from ci_actions.github import answers
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.run import Edges

_BRANCH = "refs/heads/"


def gather(config: Config, edges: Edges[Config]) -> Facts:  # noqa: ARG001 - the token is part of the edges
    """Return all caches. Of a ref that cannot be asked about nothing is concluded.

    Raises Unavailable when GitHub does not answer at all, BadInput for a token it does not know.
    """
    now = edges.clock.now()
    if not edges.context.repository:
        raise BadInput("GITHUB_REPOSITORY says which repository is looked at, and is not set: owner/name")
    asked = Caches(edges.http, edges.context.repository)
    try:
        caches = tuple(asked.all())
        default = edges.context.default_branch or asked.default_branch()
        # GitHub says 404 of a branch that is gone, and to a token that may read none: one branch must be there.
        may_read = caches and asked.branch(default) is Fate.ALIVE
    except answers.DeniedError as denied:
        return Facts(now=now, fates={}, denied=str(denied))
    problems = (
        []
        if may_read or not caches
        else [f"The branch {default} is not there, so nothing is known of others"]
    )
    fates: dict[str, Fate] = {}
    for ref in dict.fromkeys(each.ref for each in caches):
        pull = number(ref)
        try:
            if pull is not None:
                fates[ref] = asked.pull(pull)
            elif ref.startswith(_BRANCH) and may_read:
                fates[ref] = asked.branch(ref.removeprefix(_BRANCH))
            else:
                fates[ref] = Fate.UNKNOWN
        except (answers.DeniedError, Unavailable) as why:
            fates[ref] = Fate.UNKNOWN
            problems.append(f"{ref}: {why}")
    return Facts(now=now, default_branch=default, caches=caches, fates=fates, problems=tuple(problems))
