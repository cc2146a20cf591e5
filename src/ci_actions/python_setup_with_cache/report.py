"""Pure: what people read and later steps get, phase by phase."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.kit import markdown
from ci_actions.kit.earlier import INPUTS
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import (
    Finished,
    Installed,
    Keyed,
    Plan,
)

NAME = "python-setup-with-cache"
_RESTORED = {
    "hit": "hit",
    "partial": "partial: an older cache of downloads",
    "miss": "miss",
    "off": "not asked for",
}
_PARTS = {
    "verify": "proving what was restored",
    "move": "moving it here",
    "manager": "providing the manager",
    "lock": "comparing lock and project",
    "install": "installing",
    "record": "recording what was installed",
    "prune": "pruning",
    "project": "installing the project",
}


def planned(config: Config, plan: Plan) -> Report:
    """Return what the first phase says: what was found, and what the next steps are to do."""
    drifted = bool(plan.drifted)
    what, _, advice = (plan.drifted[0] if drifted else _planned(plan)).partition(". ")
    return Report(
        capability=NAME,
        result=Result.FAILED if drifted else Result.PASSED,
        exit_code=Exit.NOT_MET if drifted else Exit.PASSED,
        headline=f"{NAME}: {what}",
        next_step=advice.rstrip("."),
        outputs=_requests(config, plan),
        annotations=tuple(_annotations(plan)),
        summary=tuple(f"- {markdown.escape(each)}" for each in plan.drifted),
        show_summary=drifted and config.summary,
        log=tuple(_found(plan)),
        details={INPUTS: dict(plan.given), "plan": plan.as_json()},
    )


def _planned(plan: Plan) -> str:
    if plan.mode == "matrix":
        return f"Python {', '.join(plan.versions)}, from {plan.versions_why}"
    return f"{plan.python_why}; {plan.manager}, because of {plan.manager_why}"


def _requests(config: Config, plan: Plan) -> Mapping[str, str]:
    """Return what the steps of others get."""
    return {
        "setup": _said(plan.mode == "setup"),
        "setup-python": _said(plan.installs_python and not plan.drifted),
        "python-request": plan.request,
        "architecture": config.architecture,
        "allow-prereleases": _said(config.allow_prereleases),
        "freethreaded": _said(config.freethreaded),
        "check-latest": _said(config.check_latest),
        "update-environment": _said(config.update_environment),
    }


def _annotations(plan: Plan) -> Iterator[Annotation]:
    for each in plan.drifted:
        yield Annotation(level=Level.ERROR, message=each, title=f"{NAME}: the lock is outdated")
    for each in plan.warnings:
        level = Level.NOTICE if each.startswith("Nothing is locked") else Level.WARNING
        yield Annotation(level=level, message=each, title=NAME)


def _found(plan: Plan) -> Iterator[str]:
    if plan.mode == "matrix":
        return
    yield f"manager: {plan.manager} ({plan.manager_why})"
    for each in plan.evidence:
        yield f"  found {each}"
    yield f"python: {plan.python_why}"
    if plan.interpreter:
        yield f"  an earlier step has set it up: {plan.interpreter.path}"
    yield f"kept between runs: {plan.keeps or 'nothing'} ({plan.keeps_why})"


def keyed(_config: Config, key: Keyed) -> Report:
    """Return what the second phase says: the key and the paths for the cache."""
    return Report(
        capability=NAME,
        result=Result.PASSED,
        exit_code=Exit.PASSED,
        headline=f"{NAME}: Python {key.interpreter.full_version}, {key.key or 'nothing is kept'}",
        outputs={
            "restore": _said(key.restore),
            "cache-key": key.key,
            "cache-path": "\n".join(key.paths),
            "restore-keys": "\n".join(key.prefixes),
        },
        show_summary=False,
        log=(
            f"interpreter: {key.interpreter.path}",
            f"manager: {key.manager_version or 'none'} ({key.manager_why})",
        ),
        details={"key": key.as_json()},
    )


def installed(config: Config, done: Installed) -> Report:
    """Return what the third phase says: what became of the environment, and whether it is to be saved."""
    drifted = bool(done.drift)
    first = done.drift.partition("\n")[0]
    what, _, advice = first.partition(". ")
    return Report(
        capability=NAME,
        result=Result.FAILED if drifted else Result.PASSED,
        exit_code=Exit.NOT_MET if drifted else Exit.PASSED,
        headline=f"{NAME}: {what if drifted else _installed(done)}",
        next_step=advice.rstrip("."),
        outputs={"save": _said(done.save and not drifted)},
        annotations=tuple(
            [Annotation(level=Level.ERROR, message=done.drift, title=f"{NAME}: the lock is outdated")]
            if drifted
            else [Annotation(level=Level.NOTICE, message=each, title=NAME) for each in done.notices]
        ),
        summary=(f"- {markdown.escape(first)}",) if drifted else (),
        show_summary=drifted and config.summary,
        log=(f"restored environment rejected: {done.rejected}",) if done.rejected else (),
        details={"installed": done.as_json()},
    )


def _installed(done: Installed) -> str:
    if done.installed:
        return f"{done.distributions} distributions installed"
    return f"{done.distributions} distributions, proved" if done.distributions else "nothing to install"


def here(config: Config, outcome: Plan | Installed | Finished) -> Report:
    """Return what a run in one process says: everything, or what kept it from its end."""
    if isinstance(outcome, Plan):
        return planned(config, outcome)
    return installed(config, outcome) if isinstance(outcome, Installed) else finished(config, outcome)


def finished(config: Config, outcome: Finished) -> Report:
    """Return everything the action says in the end."""
    facts = outcome.facts
    plan, key, done = facts.plan, facts.keyed, facts.installed
    activated = outcome.activated
    return Report(
        capability=NAME,
        result=Result.PASSED,
        exit_code=Exit.PASSED,
        headline=f"{NAME}: {_ready(outcome)}",
        outputs=_outputs(outcome),
        annotations=tuple(_last_notices(outcome)),
        summary=tuple(_summary(outcome)),
        show_summary=config.summary,
        log=tuple(_log(outcome)),
        next_step=_next(outcome),
        details={
            "plan": plan.as_json(),
            "key": key.as_json() if key else None,
            "installed": done.as_json() if done else None,
            "seconds": dict(_seconds(outcome)),
        },
        paths=activated.paths if activated else (),
        variables=activated.variables if activated else {},
    )


def _ready(outcome: Finished) -> str:
    plan, key, done = outcome.facts.plan, outcome.facts.keyed, outcome.facts.installed
    if not key or not done:
        return _planned(plan)
    manager = f", {plan.manager} {key.manager_version}".rstrip() if plan.manager != "none" else ""
    what = f", {_installed(done)}" if plan.manager != "none" else ""
    return f"Python {key.interpreter.full_version}{manager}{what} in {_total(outcome):.1f} s"


def _outputs(outcome: Finished) -> Mapping[str, str]:
    plan, key, done = outcome.facts.plan, outcome.facts.keyed, outcome.facts.installed
    return {
        "python-version": key.interpreter.full_version if key else "",
        "python-path": key.interpreter.path if key else "",
        "manager": plan.manager if key else "",
        "manager-version": key.manager_version if key else "",
        "venv-path": outcome.activated.venv if outcome.activated else "",
        "cache-hit": _said(done is not None and done.restored == "hit"),
        "cache-partial": _said(done is not None and done.restored == "partial"),
        "cache-key": key.key if key else "",
        "cache-matched-key": done.matched if done else "",
        "cache-saved": _said(outcome.facts.save_outcome == "success"),
        "install-skipped": _said(done is not None and bool(done.distributions) and not done.installed),
        "lock-hash": key.digest if key else "",
        "versions": json.dumps(list(plan.versions)),
        "version-min": plan.versions[0] if plan.versions else "",
        "version-max": plan.versions[-1] if plan.versions else "",
    }


def _last_notices(outcome: Finished) -> Iterator[Annotation]:
    if outcome.facts.save_outcome == "failure":
        yield Annotation(
            level=Level.NOTICE,
            message="The cache was not saved: the service refused it or did not answer. Not an error.",
            title=NAME,
        )


def _summary(outcome: Finished) -> Iterator[str]:
    plan, key, done = outcome.facts.plan, outcome.facts.keyed, outcome.facts.installed
    if not key or not done:
        rows = [("Versions", ", ".join(plan.versions)), ("From", plan.versions_why)]
        yield markdown.table(("", ""), [[name, markdown.escape(text)] for name, text in rows])
        yield from _listed(plan.warnings)
        return
    rows = [
        ("Python", f"{key.interpreter.full_version}: {plan.python_why}"),
        ("Manager", f"{plan.manager} {key.manager_version}: {plan.manager_why}"),
        ("Kept between runs", f"{plan.keeps or 'nothing'}: {plan.keeps_why}"),
        ("Restored", _restored(plan, done)),
        ("Environment", _environment(done)),
        ("Saved", _saved(outcome)),
        ("Seconds", ", ".join(f"{name} {seconds:.1f}" for name, seconds in _seconds(outcome).items())),
    ]
    yield markdown.table(("", ""), [[name, markdown.escape(text)] for name, text in rows])
    again = "This entry of the cache is rejected each time: cache-version: '2' starts a new one."
    rejected = (again,) if done.rejected and done.restored == "hit" else ()
    yield from _listed((*plan.warnings, *done.notices, *rejected))
    if key.key:
        parts = "\n".join(f"- {name}: {markdown.escape(text)}" for name, text in key.parts)
        yield f"<details><summary>Key</summary>\n\n{markdown.code(key.key)}\n\n{parts}\n\n</details>"
    if key.inputs:
        files = "\n".join(f"- {markdown.code(name)} {digest[:12]}" for name, digest in key.inputs.items())
        yield f"<details><summary>Files that decide what is installed ({len(key.inputs)})</summary>\n\n{files}\n\n</details>"


def _listed(sentences: tuple[str, ...]) -> Iterator[str]:
    if sentences:
        yield "\n".join(f"- {markdown.escape(each)}" for each in sentences)


def _restored(plan: Plan, done: Installed) -> str:
    if not plan.restore:
        return f"not asked for: {plan.keeps_why}" if not plan.keeps else "not asked for"
    return _RESTORED[done.restored] + (f", {_bytes(done.size_restored)}" if done.size_restored else "")


def _environment(done: Installed) -> str:
    if done.rejected:
        return f"{_installed(done)}; what lay there was rejected: {done.rejected}"
    if done.moved_from:
        return f"{_installed(done)}; it was made at {done.moved_from} and moved here"
    return _installed(done)


def _saved(outcome: Finished) -> str:
    done, said = outcome.facts.installed, outcome.facts.save_outcome
    assert done
    if said == "success":
        return _bytes(done.size)
    if said == "failure":
        return "no: the service refused it or did not answer"
    return "no: it is there already" if done.restored == "hit" else "no"


def _next(outcome: Finished) -> str:
    """Return how to use the environment where no later step finds it by itself: on a laptop."""
    activated = outcome.activated
    return (
        f"source {activated.venv}/bin/activate" if activated and activated.venv and activated.by_hand else ""
    )


def _log(outcome: Finished) -> Iterator[str]:
    done = outcome.facts.installed
    for name, seconds in (done.seconds if done else {}).items():
        if seconds >= 0.05:
            yield f"{_PARTS[name]}: {seconds:.1f} s"
    if done and done.distributions and not done.has_project and not done.keeps_project:
        yield "the project itself is not installed: it says not how it is built, so it is no package"


def _seconds(outcome: Finished) -> Mapping[str, float]:
    """Return the seconds of each stretch of the action, those of others' steps included."""
    facts = outcome.facts
    plan, key, done = facts.plan, facts.keyed, facts.installed
    if not key or not done:
        return {}
    parts = {
        "plan and Python": key.started - plan.started,
        "key and restore": done.started - key.started,
        "install": sum(done.seconds.values()),
        "save": facts.started - done.started - sum(done.seconds.values()),
        "project": sum(outcome.seconds.values()),
    }
    return {name: round(max(seconds, 0.0), 2) for name, seconds in parts.items()}


def _total(outcome: Finished) -> float:
    return max(outcome.ended - outcome.facts.plan.started, 0.0)


def _bytes(count: int) -> str:
    """Return a size for people."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _said(value: bool) -> str:  # noqa: FBT001 - GitHub's word for it
    return "true" if value else "false"
