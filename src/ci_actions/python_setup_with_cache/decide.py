"""Pure: what is to be done, phase by phase."""

from __future__ import annotations

from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import Plan, PlanFacts

#: What `cache: auto` keeps of a manager; of all others the environment.
_AUTO = {Manager.UV: ("downloads", "uv links an environment from its own cache in no time")}


def plan(config: Config, facts: PlanFacts) -> Plan:
    """Return which interpreter and manager the project gets, and what is kept between runs."""
    if facts.supported is not None:
        return Plan(
            mode="matrix",
            versions=facts.supported.versions,
            versions_why=facts.supported.source,
            warnings=facts.supported.warnings,
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
        python_why=resolved.why,
        present=facts.present.path if facts.present else "",
        versions=resolved.supported,
        keeps=keeps,
        keeps_why=why,
        restore=bool(keeps) and facts.service.restore,
        save=bool(keeps) and facts.service.save,
        warnings=resolved.warnings,
        started=facts.started,
    )


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
