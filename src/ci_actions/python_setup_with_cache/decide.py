"""Pure: what is to be done, phase by phase."""

from __future__ import annotations

from collections.abc import Iterator

from ci_actions.project.answer import State
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import (
    FinishFacts,
    InstallFacts,
    Keyed,
    KeyFacts,
    Plan,
    PlanFacts,
    Work,
)

#: What `cache: auto` keeps of a manager; of all others the environment.
_AUTO = {Manager.UV: ("downloads", "uv links an environment from its own cache in no time")}
#: Managers whose projects have a lock, or are unfinished.
_LOCKING = {
    Manager.UV: "uv.lock",
    Manager.POETRY: "poetry.lock",
    Manager.PDM: "pdm.lock",
    Manager.PIPENV: "Pipfile.lock",
}


def plan(config: Config, facts: PlanFacts) -> Plan:
    """Return which interpreter and manager the project gets, and what is kept between runs."""
    if facts.supported is not None:
        return Plan(
            mode="matrix",
            versions=facts.supported.versions,
            versions_why=facts.supported.source,
            warnings=facts.supported.warnings,
            given=facts.given,
            started=facts.started,
        )
    assert facts.resolved
    assert facts.detected
    keeps, why = _keeps(config, facts)
    above = f"{facts.prefix}/" if facts.prefix else ""
    detected, resolved = facts.detected, facts.resolved
    return Plan(
        mode="setup",
        manager=str(detected.manager),
        manager_why=detected.reason,
        evidence=tuple(f"{each.manager}: {each}" for each in detected.evidence),
        files=tuple(f"{above}{each}" for each in (*detected.locks, *detected.inputs)),
        is_locked=bool(detected.locks) and config.lock_policy != "ignore",
        request=resolved.request,
        python_why=_why(facts),
        interpreter=facts.present,
        versions=resolved.supported,
        keeps=keeps,
        keeps_why=why,
        restore=bool(keeps) and facts.service.restore,
        save=bool(keeps) and facts.service.save,
        drifted=tuple(_drifted(config, facts)),
        unknown=any(each.state is State.UNKNOWN for each in facts.drifts),
        warnings=(*resolved.warnings, *_unlocked(config, facts)),
        given=facts.given,
        started=facts.started,
    )


def _why(facts: PlanFacts) -> str:
    assert facts.resolved
    if facts.present and facts.present.version != facts.resolved.request:
        return f"Python {facts.present.version}, which an earlier step set up and the project allows"
    return facts.resolved.why


def _drifted(config: Config, facts: PlanFacts) -> Iterator[str]:
    """Yield every lock that a project must have and has not, or that says something else than the project."""
    assert facts.detected
    manager, locks = facts.detected.manager, facts.detected.locks
    if config.lock_policy == "frozen" and config.install and manager in _LOCKING and not locks:
        yield (
            f"{_LOCKING[manager]} is missing, and lock-policy is frozen. Run '{manager} lock' and commit it, "
            "or set lock-policy: prefer."
        )
    yield from (each.message for each in facts.drifts if each.state is State.DRIFTED)


def _unlocked(config: Config, facts: PlanFacts) -> Iterator[str]:
    assert facts.detected
    if (
        config.install
        and not facts.detected.locks
        and facts.detected.manager not in (*_LOCKING, Manager.NONE)
    ):
        yield "Nothing is locked: what is installed may differ from run to run."


def _keeps(config: Config, facts: PlanFacts) -> tuple[str, str]:
    """Return what is kept between runs, and why."""
    assert facts.detected
    manager = facts.detected.manager
    if manager is Manager.NONE:
        return "", "there is no manager, so nothing is installed"
    if not config.install:
        return "", "install is false, so there is nothing to keep"
    if config.cache == "off":
        return "", "cache: off"
    if not facts.service.restore and not facts.service.save:
        return "", facts.service.why or "restore-cache and save-cache are false"
    if config.cache != "auto":
        return config.cache, f"cache: {config.cache}"
    return _AUTO.get(manager, ("venv", "an environment that is proved needs no installation"))


def keyed(config: Config, facts: KeyFacts) -> Keyed:
    """Return the key under which the environment is kept, and the paths."""
    from dataclasses import replace

    from ci_actions.home import sha256
    from ci_actions.python_setup_with_cache import places
    from ci_actions.python_setup_with_cache.key import Material, Mode, key

    who, choice = facts.interpreter, facts.choice
    made = Keyed(
        interpreter=who,
        manager_version=choice.version if choice else "",
        manager_why=choice.why if choice else "",
        choice={
            "version": choice.version,
            "why": choice.why,
            "program": choice.program,
            "hash_locked": choice.hash_locked,
        }
        if choice
        else {},
        inputs={name: sha256(content) for name, content in facts.files.items()},
        started=facts.started,
    )
    if choice is None:
        return made
    found = key(
        Material(
            interpreter=who,
            manager=choice.manager,
            manager_version=choice.version,
            mode=Mode(facts.plan.keeps or "venv"),
            files=facts.files,
            is_locked=facts.plan.is_locked,
            today=facts.today,
            groups=config.groups,
            extras=config.extras,
            arguments=(*facts.arguments, f"lock-policy={config.lock_policy}"),
            index_urls=facts.indexes,
            version=config.cache_version,
            suffix=config.cache_suffix,
        )
    )
    return replace(
        made,
        key=found.text if facts.plan.keeps else "",
        restore=facts.plan.restore,
        prefixes=found.restore_prefixes,
        paths=places.kept(
            facts.machine,
            choice.manager,
            facts.plan.keeps,
            facts.environment,
            facts.brought_by,
        ),
        parts=found.parts,
        digest=found.digest,
    )


def install(config: Config, facts: InstallFacts) -> Work:
    """Return what is to be done with the environment that lies there, or that does not."""
    plan = facts.plan
    if plan.manager == "none" or not config.install:
        return Work(facts=facts)
    if facts.proof is None:
        return Work(facts=facts, installs=True)
    reason = getattr(facts.proof, "reason", "")
    if reason:
        return Work(facts=facts, removes=facts.disposable, installs=True, rejected=reason)
    moved = bool(getattr(facts.proof, "moved", False))
    return Work(facts=facts, moves=moved)


def finish(_config: Config, facts: FinishFacts) -> FinishFacts:
    """Return what is left to do: to install the project itself, whatever was decided before."""
    return facts
