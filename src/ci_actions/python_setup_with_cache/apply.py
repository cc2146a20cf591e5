"""Edge: carries out what was decided: moves or fills the environment; on a laptop everything, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ci_actions.kit.clock import Clock
from ci_actions.kit.run import Edges
from ci_actions.project import environments
from ci_actions.project.environments import Rejected, Verified
from ci_actions.python_setup_with_cache import activate, decide, environment, facts, in_place
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.drivers.base import Drifted, Driver, Job
from ci_actions.python_setup_with_cache.model import Finished, FinishFacts, Installed, Plan, Work

#: Requirements that are not met and are told; more of them say nothing new.
MISFITS = 5


class Watch:
    """Notes how many seconds each part of the work took."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Note the seconds since the last lap under a name."""
        now = self._clock.monotonic()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._begun
        self._begun = now


def install(config: Config, work: Work, edges: Edges[Config]) -> Installed:
    """Make the environment what the lock says, unless it is proved to be that already."""
    found, plan, keyed = work.facts, work.facts.plan, work.facts.keyed
    watch = Watch(edges.clock)
    watch.seconds["verify"] = found.verify_seconds
    begun = Installed(
        restored=_restored(work),
        matched=found.matched,
        size_restored=found.size,
        seconds=watch.seconds,
        notices=_notices(work),
        started=found.started,
    )
    if plan.manager == "none":
        return begun
    moved_from, work = _moved(work, edges, watch)
    job = environment.job(config, edges, keyed)
    kept = in_place.kept(job.files, job.directory, job.detected.manager)
    if config.install and not work.installs and _needs_nothing(job, found.proof, kept):
        return replace(
            begun, moved_from=moved_from, distributions=_count(found.proof), keeps_project=bool(kept)
        )
    driver = environment.ready(config, edges, keyed, job)
    begun = replace(begun, manager=driver.tool.argv, moved_from=moved_from, rejected=work.rejected)
    watch.lap("manager")
    if not config.install:
        return begun
    if not work.installs:
        _renew(driver, found.proof, kept)
        watch.lap("install")
        return replace(begun, distributions=_count(found.proof), has_project=driver.has_project)
    if plan.unknown and config.lock_policy == "frozen":
        drifted = driver.check_lock()
        watch.lap("lock")
        if drifted:
            return replace(begun, drift=_told(drifted))
    if work.removes:
        _remove(job.venv)
    driver.install()
    watch.lap("install")
    if kept:
        driver.install_project()
        watch.lap("project")
    marker = environment.record(config, plan, keyed, driver, kept)
    begun = replace(begun, notices=(*begun.notices, *_misfits(driver)))
    watch.lap("record")
    saves = plan.save and found.matched != keyed.key
    if config.prune and saves:
        _prune(driver, job.venv, plan.keeps)
        watch.lap("prune")
    folders = facts.kept_folders(edges, keyed)
    return replace(
        begun,
        installed=True,
        distributions=len(marker.distributions),
        size=sum(facts.size(path) for path in folders) if saves else 0,
        save=saves,
        has_project=driver.has_project and not kept,
        keeps_project=bool(kept),
    )


def here(config: Config, plan: Plan, edges: Edges[Config]) -> Plan | Installed | Finished:
    """Do everything in one process, with an interpreter of this machine and without a cache service."""
    if plan.drifted:
        return plan
    keyed = installed = None
    if plan.mode == "setup":
        plan = plan if plan.interpreter else facts.with_interpreter(config, edges, plan)
        keyed = decide.keyed(config, facts.key_facts(config, edges, plan))
        found = facts.install_facts(config, edges, plan, keyed, matched="", outcome="")
        installed = install(config, decide.install(config, found), edges)
        if installed.drift:
            return installed
    left = FinishFacts(
        plan=plan, keyed=keyed, installed=installed, save_outcome="", started=edges.clock.now()
    )
    return activate.finish(config, left, edges)


# --- the environment --------------------------------------------------------------------------------


def _moved(work: Work, edges: Edges[Config], watch: Watch) -> tuple[str, Work]:
    """Return where a moved environment came from, and what is left to do; one that cannot be moved is rejected."""
    proof = work.facts.proof
    if not work.moves or not isinstance(proof, Verified):
        return "", work
    from ci_actions.project.relocation import relocate

    before = proof.marker.made_at
    after = relocate(proof, edges.process)
    watch.lap("move")
    if isinstance(after, Rejected):
        return "", replace(
            work, installs=True, removes=work.facts.disposable, moves=False, rejected=after.reason
        )
    return before, work


def _needs_nothing(job: Job, proof: Verified | Rejected | None, kept: Mapping[str, str]) -> bool:
    """Return whether a proved environment holds all there is to install, and nobody calls its manager."""
    assert isinstance(proof, Verified)
    return (
        kept.keys() == proof.in_place
        and not proof.folders
        and in_place.is_self_sufficient(job.files, job.detected.manager, kept)
    )


def _renew(driver: Driver, proof: Verified | Rejected | None, kept: Mapping[str, str]) -> None:
    """Install anew what lies in other folders of the repository: nobody knows what became of it since."""
    assert isinstance(proof, Verified)
    old = proof.folders - driver.own_names - kept.keys()
    if old and not driver.renews_folders:
        environments.drop(proof.environment, old)
        driver.install()


def _restored(work: Work) -> str:
    plan, found = work.facts.plan, work.facts
    if not plan.restore:
        return "off"
    if not found.matched:
        return "miss"
    return "hit" if found.matched == found.keyed.key else "partial"


def _notices(work: Work) -> tuple[str, ...]:
    if work.facts.plan.restore and work.facts.outcome not in ("success", ""):
        return ("The cache could not be restored: the service did not answer. Not an error.",)
    return ()


def _misfits(driver: Driver) -> tuple[str, ...]:
    found = environment.misfits(driver)
    more = (f"and {len(found) - MISFITS} more",) if len(found) > MISFITS else ()
    return (
        (f"What is installed does not fit together: {'; '.join((*found[:MISFITS], *more))}.",)
        if found
        else ()
    )


def _count(proof: object) -> int:
    return len(proof.marker.distributions) if isinstance(proof, Verified) else 0


def _told(drifted: Drifted) -> str:
    return f"The lock does not match the project. Run '{drifted.mend}' and commit, or set lock-policy: prefer.\n{drifted.words}"


def _remove(venv: Path) -> None:
    import shutil

    if venv.is_dir() and not venv.is_symlink():
        shutil.rmtree(venv)
    else:
        venv.unlink(missing_ok=True)


def _prune(driver: Driver, venv: Path, keeps: str) -> None:
    if keeps in ("venv", "both"):
        environments.drop_bytecode(environments.read(venv))
    if keeps in ("downloads", "both"):
        driver.prune()
