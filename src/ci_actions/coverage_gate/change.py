"""Edge: the change under test. Git starts to work on it while reports are read."""

from __future__ import annotations

from ci_actions.coverage_gate.config import Config
from ci_actions.kit.base import Base, Compare, NoBase, resolve_base
from ci_actions.kit.change import changed, foresee
from ci_actions.kit.diff import Change, ChangedFile
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import Git
from ci_actions.kit.run import Edges


class ChangeUnderTest:
    """The change under test, or why there is none."""

    def __init__(self) -> None:
        self.files: tuple[ChangedFile, ...] | None = None
        self.base: Base | None = None
        self.no_change = ""
        self.problem = ""
        self.head = ""
        self.head_time: float | None = None
        self.warnings: tuple[str, ...] = ()

    @classmethod
    def find(cls, config: Config, edges: Edges[Config]) -> ChangeUnderTest:
        """Ask git; what keeps it from answering is a fact, because not every gate needs a change."""
        made = cls()
        try:
            (commit,) = edges.git.commits("HEAD")
            if commit:
                made.head, made.head_time = commit.sha, float(commit.time)
            base = resolve_base(config.base, config.deepen, edges.context, edges.git, _compare(config, edges))
            if isinstance(base, NoBase):
                made.no_change = base.reason
                return made
            made.base = base
            foresee(edges.git, base)
        except CannotJudge as why:
            made.problem = " ".join(why.problems)
        return made

    def complete(self, git: Git) -> None:
        """Ask what changed since the base; git has been working on the answer."""
        if self.base is None:
            return
        try:
            found: Change = changed(git, self.base)
            self.files, self.warnings = found.files, found.warnings
        except CannotJudge as why:
            self.problem = " ".join(why.problems)


def _compare(config: Config, edges: Edges[Config]) -> Compare | None:
    """Return what asks GitHub for a merge base, where there is a token to ask with."""
    repository = edges.context.repository
    if not config.github_token or not repository or not edges.context.github:
        return None
    return lambda base, head: edges.http.merge_base(repository, base, head)
