"""All files that are looked at together, and what they call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ci_actions.commands.doctor.callees import Callee, Callees, Ours
from ci_actions.commands.doctor.files import WORKFLOWS, File
from ci_actions.workflows.model import Action, Job, Permissions, Step, Workflow


@dataclass(frozen=True, eq=False, repr=False)
class Repository:
    """The workflows and actions of a repository by their paths.

    `others` are read for what they declare but not judged. `whole` says that every workflow is among them, so that what
    is not there does not exist.
    """

    files: Mapping[str, File]
    ours: Ours
    others: Mapping[str, File] = field(default_factory=dict)
    whole: bool = True

    @cached_property
    def every(self) -> Mapping[str, File]:
        """All files, judged or not."""
        return {**self.others, **self.files}

    @cached_property
    def callees(self) -> Callees:
        """What they call."""

        def content(path: str) -> Workflow | Action | None:
            found = self.every.get(path)
            return found.content if found else None

        return Callees(content, self.ours)

    @cached_property
    def workflow_names(self) -> frozenset[str]:
        """What `on.workflow_run` can name: a workflow's name, or its path where it has none."""
        return frozenset(
            each.workflow.name or path
            for path, each in self.every.items()
            if path.startswith(WORKFLOWS) and each.workflow
        )

    def callee(self, call: Job | Step) -> Callee | None:
        """Return what a job or step calls; None for nothing, what is others', or what is not there."""
        return self.callees.of(call.uses.reference) if call.uses else None


def effective(file: File, job: Job | None) -> Permissions | None:
    """Return the permissions of a job, None where neither it nor its workflow says."""
    if job and job.permissions:
        return job.permissions
    return file.workflow.permissions if file.workflow else None
