"""Edge: the change under test: which commit it is compared with, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping

from ci_actions.findings.compare import renames
from ci_actions.kit.base import Base, Compare, NoBase, resolve_base
from ci_actions.kit.change import changed
from ci_actions.kit.diff import Change
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.run import Edges
from ci_actions.quality.config import Config


class ChangeUnderTest:
    """The change under test: its base, and what it changes; or why there is none."""

    def __init__(self, config: Config, edges: Edges[Config]) -> None:
        self.head = ""
        self.base: Base | None = None
        self.change: Change | None = None
        self.no_change = self.problem = ""
        self.warnings: tuple[str, ...] = ()
        git = edges.git
        try:
            (commit,) = git.commits("HEAD")
            self.head = commit.sha if commit else ""
            base = resolve_base(config.base, config.deepen, edges.context, git, _compare(config, edges))
            if isinstance(base, NoBase):
                self.no_change = base.reason
                return
            self.base = base
            self.change = changed(git, base)
            self.warnings = self.change.warnings
        except CannotJudge as why:
            self.problem = " ".join(why.problems)

    @property
    def renames(self) -> Mapping[str, str]:
        """The old path of every file that the change renames, by its new one."""
        return renames(self.change) if self.change else {}


def _compare(config: Config, edges: Edges[Config]) -> Compare | None:
    """Return what asks GitHub for a merge base, where there is a token to ask with."""
    repository = edges.context.repository
    if not config.github_token or not repository or not edges.context.github:
        return None
    return lambda base, head: edges.http.merge_base(repository, base, head)
