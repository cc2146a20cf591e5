"""What a consumer's workflows need of act: labels, our actions, others' actions, and what act cannot do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ci_actions.workflows import reading, runners
from ci_actions.workflows.document import Place
from ci_actions.workflows.model import Job, Step, Uses, Workflow
from ci_actions.workflows.references import Image, Local, Remote, Same

FOLDER = ".github/workflows"
#: GitHub allows ten levels: https://docs.github.com/actions/reference/workflows-and-actions/reusing-workflow-configurations
_LEVELS = 10
#: act does this one itself, from the work tree.
_EMULATED = ("actions/checkout",)


@dataclass(frozen=True, order=True)
class Note:
    """Something to know, and where it comes from: `file:line`, or nothing."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


@dataclass(frozen=True)
class Survey:
    """The labels that jobs ask for, the actions of others that act fetches, and what to know before it starts."""

    labels: tuple[str, ...] = ()
    fetched: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ours:
    """The tree that stands for our repository: how it is called, and the bytes of a file in it (None without one)."""

    repository: str
    ref: str
    file: Callable[[str], bytes | None]

    @property
    def key(self) -> str:
        """What act compares a reference with, letter by letter."""
        return f"{self.repository}@{self.ref}"


def survey(workflows: Mapping[str, Workflow], started: Iterable[str], ours: Ours, *, docker: bool) -> Survey:
    """Return what the workflows need that act starts; `workflows` are all of the repository, by their paths."""
    surveyor = _Surveyor(workflows, ours, docker=docker)
    for path in started:
        workflow = workflows[path]
        surveyor.workflow(path, workflow, runners.started(workflow.inputs), 0)
    return Survey(
        tuple(sorted(surveyor.labels)), tuple(sorted(surveyor.fetched)), tuple(sorted(surveyor.notes))
    )


@dataclass
class _Surveyor:
    """Follows calls from job to workflow to action, and collects."""

    workflows: Mapping[str, Workflow]
    ours: Ours
    docker: bool
    labels: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    notes: set[Note] = field(default_factory=set)

    def workflow(self, path: str, workflow: Workflow, scope: runners.Scope, level: int) -> None:
        """Follow every job of a workflow."""
        for problem in workflow.problems:
            self._note(path, problem.place, problem.text)
        for job in workflow.jobs.values():
            if job.uses:
                self._call(path, job, job.uses, scope, level)
                continue
            self._job(path, job, scope)
            for step in job.steps:
                self._step(path, step, level)

    def _note(self, path: str, place: Place, text: str) -> None:
        self.notes.add(Note(f"{path}:{place.line}", text))

    def _job(self, path: str, job: Job, scope: runners.Scope) -> None:
        found = runners.labels(job, scope)
        self.labels.update(str(each) for each in found.values)
        place = job.runs_on.place if job.runs_on else job.place
        for unknown in found.unknown:
            self._note(
                path,
                place,
                f"runs-on of job '{job.id}' depends on {unknown}, which is not known before it runs: "
                "if act skips the job, add `-- -P LABEL=-self-hosted`",
            )
        for key in () if self.docker else ("container", "services"):
            if node := job.node.key(key):
                why = "leaves out" if key == "services" else "needs Docker for"
                self._note(
                    path, node.place, f"on this machine act {why} the {key} of job '{job.id}': see --docker"
                )

    def _call(self, path: str, job: Job, uses: Uses, scope: runners.Scope, level: int) -> None:
        if level >= _LEVELS:
            self._note(path, uses.place, f"calls nest deeper than {_LEVELS} levels")
            return
        if found := self._called(path, uses):
            where, called = found
            inner = runners.called(called.inputs, job.given, runners.within(job, scope))
            self.workflow(where, called, inner, level + 1)

    def _called(self, path: str, uses: Uses) -> tuple[str, Workflow] | None:
        """Return the workflow that a job calls, and how it is named in notes; None for one that cannot be looked at."""
        reference = uses.reference
        if isinstance(reference, Local):
            if found := self.workflows.get(reference.path):
                return reference.path, found
            self._note(path, uses.place, f"{uses.text}: there is no such workflow here")
        elif isinstance(reference, Remote) and self._is_ours(path, uses, reference):
            if (data := self.ours.file(reference.path)) is not None:
                return f"{self.ours.key}/{reference.path}", reading.workflow(data)
            self._note(path, uses.place, f"{uses.text}: this version has no {reference.path}")
        elif isinstance(reference, Remote):
            if not reference.is_in(self.ours.repository):
                self.fetched.add(uses.text)
                self._note(path, uses.place, f"{uses.text}: the labels of its jobs are not known here")
        elif isinstance(reference, Same):
            self._unknown_to_act(path, uses)
        return None

    def _step(self, path: str, step: Step, level: int) -> None:
        uses = step.uses
        if uses is None:
            return
        reference = uses.reference
        if isinstance(reference, Image):
            self._needs_docker(path, uses)
        elif isinstance(reference, Remote) and self._is_ours(path, uses, reference):
            self._action(path, uses, reference, level)
        elif isinstance(reference, Remote):
            if reference.repository.lower() not in _EMULATED and not reference.is_in(self.ours.repository):
                self.fetched.add(uses.text)
        elif isinstance(reference, Same):
            self._unknown_to_act(path, uses)

    def _action(self, path: str, uses: Uses, reference: Remote, level: int) -> None:
        """Follow one of our actions: it may use others'."""
        file = f"{reference.path}/action.yml".lstrip("/")
        data = self.ours.file(file)
        if data is None:
            self._note(path, uses.place, f"{uses.text}: this version has no action '{reference.path}'")
        elif level < _LEVELS:
            for step in reading.action(data).steps:
                self._step(f"{self.ours.key}/{file}", step, level + 1)

    def _is_ours(self, path: str, uses: Uses, reference: Remote) -> bool:
        """Whether the tree stands for a reference; one that only nearly does is said, as act would fetch it."""
        if not reference.is_in(self.ours.repository):
            return False
        if f"{reference.repository}@{reference.ref}" == self.ours.key:
            return True
        hint = (
            "write it with the same letters"
            if reference.ref == self.ours.ref
            else f"--ref {reference.ref} makes the tree stand for it"
        )
        self._note(
            path, uses.place, f"{uses.text} is not {self.ours.key}: act fetches it from the network; {hint}"
        )
        return False

    def _unknown_to_act(self, path: str, uses: Uses) -> None:
        self._note(path, uses.place, f"{uses.text}: act does not know `$/`; in your own repository write ./")

    def _needs_docker(self, path: str, uses: Uses) -> None:
        if not self.docker:
            self._note(path, uses.place, f"{uses.text} needs Docker")
