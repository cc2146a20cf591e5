"""Pure: what is locked + what indexes know -> how far each package is behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from ci_actions.ci_outdated.config import Config
from ci_actions.ci_outdated.model import Answer, Facts, Outcome, Package, Release, Row, State
from ci_actions.project.upgrades import reaches, step

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_ORDER = (State.UNKNOWN, State.OUTDATED, State.HELD, State.CURRENT)


def decide(config: Config, facts: Facts) -> Outcome:
    """Return every package judged: those that turn the run red first, then what is not known, then by distance."""
    rows = (_judged(config, facts, each) for each in facts.packages)
    ordered = sorted(
        rows,
        key=lambda row: (
            not row.gates,
            _ORDER.index(row.state),
            row.package.direct is False,
            -row.step,
            row.package.name,
        ),
    )
    return Outcome(facts=facts, rows=tuple(ordered))


def _judged(config: Config, facts: Facts, package: Package) -> Row:
    if why := _unknown(package, facts.answers.get(package.name)):
        return Row(package=package, state=State.UNKNOWN, why=why)
    return _compared(config, facts, package, facts.answers[package.name].releases)


def _unknown(package: Package, answer: Answer | None) -> str:
    """Return why a package cannot be compared, empty when it can."""
    if package.elsewhere:
        return f"it {package.elsewhere}, which no index knows"
    if not package.version:
        return f"{package.file} names no version of it"
    if answer is None:
        return "no index may be asked, or none is known"
    return answer.problem


def _compared(config: Config, facts: Facts, package: Package, releases: Sequence[Release]) -> Row:
    from packaging.version import Version

    locked = Version(package.version)
    python = lowest(package.marker, facts.pythons)
    # Whoever locked a pre-release takes pre-releases.
    offered = [
        each
        for each in releases
        if not each.yanked
        and Version(each.version) > locked
        and (locked.is_prerelease or not Version(each.version).is_prerelease)
    ]
    fitting = [each for each in offered if not _keeps_from(each, package, python)]
    row = Row(
        package=package,
        state=State.CURRENT,
        allowed=package.version,
        newest=offered[-1].version if offered else package.version,
        remark=_remark(locked, releases),
    )
    if fitting:
        best = fitting[-1]
        found = step(package.version, best.version)
        return _with(
            row,
            state=State.OUTDATED,
            allowed=best.version,
            step=found,
            days=_days(best, facts.today),
            gates=package.direct is not False and reaches(config.fail_on_outdated, found),
            why=_keeps_from(offered[-1], package, python) if offered[-1] is not best else "",
        )
    if offered:
        best = offered[-1]
        return _with(
            row,
            state=State.HELD,
            step=step(package.version, best.version),
            days=_days(best, facts.today),
            why=_keeps_from(best, package, python),
        )
    return row


def _with(row: Row, **changes: object) -> Row:
    from dataclasses import replace

    return replace(row, **changes)  # type: ignore[arg-type]


def _keeps_from(release: Release, package: Package, python: str) -> str:
    """Return what keeps a package from a release, empty where nothing does."""
    if python and release.requires_python and not _allows(release.requires_python, _last_patch(python)):
        return f"{release.version} needs Python {release.requires_python}, and the project runs on {python}"
    for alternatives in package.wanted:
        if not any(_allows(each, release.version) for each in alternatives):
            return f"the project asks for {' or '.join(alternatives)}"
    return ""


def _last_patch(python: str) -> str:
    """Return a version that any limit on patches lets pass: `>=3.9.2` is met by a 3.9 that is brought up to date."""
    return python if python.count(".") > 1 else f"{python}.99"


def _allows(specifier: str, version: str) -> bool:
    found = _specifier(specifier)
    # What cannot be read keeps nobody from anything, as for pip.
    return found is None or found.contains(version, prereleases=True)


@cache
def _specifier(text: str) -> SpecifierSet | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


@cache
def lowest(marker: str, pythons: tuple[str, ...]) -> str:
    """Return the oldest of the Pythons that a package is locked for; empty where none is known.

    One name may stand in a lock several times, each for other Pythons.
    """
    if not marker or len(pythons) < 2:
        return pythons[0] if pythons else ""
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        read = Marker(marker)
        fitting = (
            each
            for each in pythons
            if read.evaluate({"python_version": each, "python_full_version": _last_patch(each)})
        )
        return next(fitting, pythons[0])
    except (InvalidMarker, UndefinedEnvironmentName):
        return pythons[0]


def _days(release: Release, today: str) -> int | None:
    if not release.uploaded:
        return None
    try:
        return (date.fromisoformat(today) - date.fromisoformat(release.uploaded)).days
    except ValueError:
        return None


def _remark(locked: object, releases: Sequence[Release]) -> str:
    from packaging.version import Version

    own = next((each for each in releases if Version(each.version) == locked), None)
    if own is None:
        return "the index has no longer what is locked"
    return "what is locked was yanked" if own.yanked else ""
