"""Checkouts that have less history than something needs. Pure.

Ours need none: coverage-gate, quality, security-scan and ci.yml deepen a shallow clone themselves (`deepen`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.shell import Command, commands
from ci_actions.workflows.document import Scalar, Table
from ci_actions.workflows.model import Step
from ci_actions.workflows.references import Remote
from ci_actions.workflows.source import place_of

_FETCHES = re.compile(
    r"\bgit\b[^\n]*\b(?:fetch|pull|clone|remote\s+update|remote\s+add|worktree)\b|\bunshallow\b|gh\s+pr\s+checkout"
)
_REMOTE_BRANCH = r"(?:refs/remotes/)?(?:origin|upstream)/[^\s.]+"
#: What cannot be answered without the commits between a branch and where it began.
_NEEDS = (
    (re.compile(rf"\bgit\b[^|]*\b(?:diff|log|rev-list)\b[^|]*{_REMOTE_BRANCH}\.\.\.?"), "`git {verb}` against a remote branch"),
    (re.compile(rf"\bgit\b[^|]*\bmerge-base\b[^|]*{_REMOTE_BRANCH}"), "`git merge-base`"),
    (re.compile(r"^diff-(?:cover|quality)\b(?!.*--help)"), "diff-cover"),
    (re.compile(r"^nx affected\b|^nx\b.*\baffected\b"), "`nx affected`"),
    (re.compile(r"^git describe\b(?!.*(?:--always|--help|--exact-match|--candidates=0))"), "`git describe`"),
    (re.compile(r"^python3? -m setuptools_scm\b|^setuptools-scm\b"), "setuptools-scm"),
    (re.compile(r"^commitlint\b.*--from"), "commitlint"),
    (re.compile(r"^towncrier check\b"), "`towncrier check`"),
)  # fmt: skip
#: Without any of this a script need not be taken apart.
_WORTH = re.compile(
    r"origin/|upstream/|describe|diff-cover|diff-quality|affected|setuptools|commitlint|towncrier"
)
_SUBSTITUTED = re.compile(r"\$\(\s*([^()]*)")
_STARTERS = re.compile(
    r"^(?:npx (?:--yes |-y |--no-install )?|pnpm (?:exec )?|yarn |bunx |uvx? (?:run )?"
    r"|(?:poetry|pdm|pipenv|hatch|pipx) run )+"
)


def _shallow(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job, steps in file.step_lists:
        if job is None or (
            job.steps and any("nx-set-shas" in (each.uses.text if each.uses else "") for each in steps)
        ):
            continue
        checkout: Step | None = None
        for step in steps:
            if _is_checkout(step) and "repository" not in step.given and "path" not in step.given:
                checkout = step if _is_shallow(step) else None
            elif step.run and checkout:
                if _FETCHES.search(step.run.text):
                    checkout = None
                elif _WORTH.search(step.run.text):
                    yield from _asked(file, checkout, step.run)


def _asked(file: File, checkout: Step, run: Scalar) -> Iterator[Said]:
    tags = _is_run_for_tags(file)
    for each in commands(run.text):
        if each.sign == "||" or each.is_tested:
            continue
        what = next(filter(None, map(_needs_history, _texts(each))), "")
        if what and not (tags and "describe" in what):
            depth = checkout.given.get("fetch-depth")
            many = isinstance(depth, Scalar) and depth.text != "1"
            yield Said(
                place=place_of(file.lines, run, each.text.splitlines()[0]),
                message=f"{what} needs history, and the checkout in line {checkout.place.line} fetches "
                + (f"{depth.text} commits" if isinstance(depth, Scalar) and many else "one commit"),
                fix="give that checkout `fetch-depth: 0`",
            )


def _texts(command: Command) -> Iterator[str]:
    """Yield a command without what starts it, and those whose output it takes."""
    yield _STARTERS.sub("", " ".join(command.words))
    for found in _SUBSTITUTED.finditer(command.text):
        yield _STARTERS.sub("", found[1])


def _needs_history(text: str) -> str:
    for pattern, what in _NEEDS:
        if pattern.search(text):
            verb = next((word for word in ("diff", "log", "rev-list") if f" {word}" in text), "")
            return what.replace("{verb}", verb)
    return ""


def _is_run_for_tags(file: File) -> bool:
    """Whether a tag can start a workflow: that tag is fetched with its commit."""
    workflow = file.workflow
    on = workflow.root.get("on") if workflow and isinstance(workflow.root, Table) else None
    push = on.get("push") if isinstance(on, Table) else None
    events = workflow.events if workflow else ()
    return "release" in events or (isinstance(push, Table) and push.get("tags") is not None)


def _is_checkout(step: Step) -> bool:
    reference = step.uses.reference if step.uses else None
    return isinstance(reference, Remote) and reference.repository.lower() == "actions/checkout"


def _is_shallow(step: Step) -> bool:
    depth = step.given.get("fetch-depth")
    return depth is None or (isinstance(depth, Scalar) and depth.text.isdigit() and 0 < int(depth.text) < 50)


def _never_deepened(file: File, repository: Repository) -> Iterator[Said]:
    for _, steps in file.step_lists:
        checkout = next((each for each in steps if _is_checkout(each)), None)
        if checkout is None or not _is_shallow(checkout):
            continue
        for step in _ours(steps, repository):
            deepen = step.given.get("deepen")
            base = step.given.get("base")
            if isinstance(deepen, Scalar) and deepen.text == "never" and not _is_at_hand(base):
                yield Said(
                    place=deepen.place,
                    message=f"with `deepen: never` and one commit from the checkout in line {checkout.place.line} no base can be "
                    "found",
                    fix="give that checkout `fetch-depth: 0`, or take `deepen` away",
                )


def _is_at_hand(base: object) -> bool:
    return isinstance(base, Scalar) and base.text.startswith("file:")


def _ours(steps: Sequence[Step], repository: Repository) -> Iterator[Step]:
    for step in steps:
        callee = repository.callee(step)
        if callee and callee.ours and "deepen" in callee.inputs:
            yield step


def _both(file: File, repository: Repository) -> Iterator[Said]:
    yield from _shallow(file, repository)
    yield from _never_deepened(file, repository)


RULES = (
    Rule(
        id="shallow-history",
        question="Has each command that needs history a checkout that fetches it?",
        why="actions/checkout fetches one commit. Ours deepen it themselves unless `deepen: never` says otherwise; `git diff "
        "origin/main...`, `git describe`, diff-cover, `nx affected`, setuptools-scm, commitlint and towncrier do not. Not "
        "asked where something fetches in between.",
        ask=_both,
    ),
)
