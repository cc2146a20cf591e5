"""Pure: pins + tags -> is each what it says, and how far is it behind?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ci_actions.ci_pins.config import Config
from ci_actions.ci_pins.model import Facts, Kind, Outcome, Pin, Row, State, Tags
from ci_actions.project.upgrades import Step, reaches, step

_RELEASE = re.compile(r"v?\d+(?:\.\d+){0,3}")
_ORDER = tuple(State)


def decide(config: Config, facts: Facts) -> Outcome:
    """Return every pin judged: what turns the run red first."""
    rows = (_judged(config, each, facts.tags.get(each.repository)) for each in facts.pins)
    ordered = sorted(
        rows,
        key=lambda row: (not row.gates, _ORDER.index(row.state), -row.step, row.pin.name, row.pin.places),
    )
    return Outcome(facts=facts, rows=tuple(ordered))


def _judged(config: Config, pin: Pin, tags: Tags | None) -> Row:
    if pin.kind is Kind.IMAGE and not pin.ref:
        return Row(pin=pin, state=State.UNPINNED, why="write the image's digest behind it: @sha256:…")
    if pin.problem:
        return Row(pin=pin, state=State.UNKNOWN, why=pin.problem)
    if tags is None or tags.problem:
        return Row(pin=pin, state=State.UNKNOWN, why=tags.problem if tags else "its tags were not asked for")
    newest = _best(tags.commits)
    row = _of_commit(pin, tags.commits, newest) if pin.is_commit else _of_name(pin, tags.commits, newest)
    gates = row.state is State.WRONG or reaches(config.fail_on_outdated, row.step)
    return Row(
        pin=pin,
        state=row.state,
        version=row.version,
        newest=newest,
        step=row.step,
        why=row.why,
        gates=gates,
    )


def _of_commit(pin: Pin, tags: Mapping[str, str], newest: str) -> Row:
    """Judge a commit by the version that stands behind it, or by the tags that mean it."""
    named = [name for name, commit in tags.items() if commit == pin.ref]
    version = _best(named)
    if not pin.said:
        if not version:
            return Row(
                pin=pin, state=State.UNKNOWN, why="no tag means its commit, and no version stands behind it"
            )
        return _compared(pin, version, newest, f"write # {version} behind it")
    tag = next((name for name in (pin.said, f"v{pin.said}", pin.said.removeprefix("v")) if name in tags), "")
    if not tag:
        return Row(
            pin=pin, state=State.WRONG, version=version, why=f"it says {pin.said}, and there is no such tag"
        )
    if tags[tag] == pin.ref:
        return _compared(pin, version if _is_moving(tag) and version else tag, newest, "")
    really = f"its commit is {version}" if version else "no tag means its commit"
    if _is_moving(tag) and (not version or _covers(tag, version)):
        # Somebody pinned it when the tag meant this commit: that is what tags like v4 are for.
        found = step(version, newest) if version and newest else Step.PATCH
        why = f"{tag} has moved on to {tags[tag][:12]}, {really}"
        return Row(pin=pin, state=State.OUTDATED, version=version, step=found or Step.PATCH, why=why)
    return Row(
        pin=pin,
        state=State.WRONG,
        version=version,
        why=f"it says {pin.said}, which is {tags[tag][:12]}; {really}",
    )


def _of_name(pin: Pin, tags: Mapping[str, str], newest: str) -> Row:
    """Judge a tag or a branch: a hook's is what pre-commit asks for, an action's can be moved by somebody else."""
    is_tag = pin.ref in tags
    if pin.kind is Kind.HOOK:
        if not is_tag:
            return Row(pin=pin, state=State.WRONG, why=f"there is no tag {pin.ref}")
        return _compared(pin, pin.ref, newest, "")
    named = _best(name for name in tags if is_tag and tags[name] == tags[pin.ref]) or pin.ref
    commit = f": write {tags[pin.ref]} # {named}" if is_tag else ""
    row = _compared(pin, pin.ref if is_tag else "", newest, "")
    what = "a tag" if is_tag else "a branch or a part of a commit"
    return Row(
        pin=pin, state=State.UNPINNED, version=row.version, step=row.step, why=f"{pin.ref} is {what}{commit}"
    )


def _compared(pin: Pin, version: str, newest: str, why: str) -> Row:
    if not version or not _RELEASE.fullmatch(version):
        return Row(
            pin=pin,
            state=State.UNKNOWN,
            version=version,
            why=f"{version or pin.ref} is no version to compare",
        )
    if not newest or (_is_moving(version) and _covers(version, newest)):
        return Row(pin=pin, state=State.CURRENT, version=version, why=why)
    found = step(version, newest)
    return Row(
        pin=pin, state=State.OUTDATED if found else State.CURRENT, version=version, step=found, why=why
    )


def _best(names: Iterable[str]) -> str:
    """Return the highest version among tags, written out as far as it is; pre-releases and other names do not count."""
    from packaging.version import Version

    found = [name for name in names if _RELEASE.fullmatch(name)]
    return max(found, key=lambda name: (Version(name), name.count(".")), default="")


def _is_moving(tag: str) -> bool:
    """Whether a tag is one that its owner moves with each release: `v4`, `v4.1`."""
    return _RELEASE.fullmatch(tag) is not None and tag.count(".") < 2


def _covers(tag: str, version: str) -> bool:
    """Whether `v4` stands for `v4.1.2`."""
    return f"{version.removeprefix('v')}.".startswith(f"{tag.removeprefix('v')}.")
