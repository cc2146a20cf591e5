"""Pure: what a change itself makes milder: thresholds, exclusions, coverage settings, pragmas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ci_actions.coverage_gate.config import Config, NamedGate
from ci_actions.kit.lines import Lines, from_numbers, numbers, spoken

#: coverage.py's own way to leave lines out (https://coverage.readthedocs.io/en/latest/excluding.html).
PRAGMA = re.compile(r"#\s*pragma[:\s]?\s*no\s*(?:cover|branch)", re.IGNORECASE)
#: The files in which coverage.py looks for its settings.
COVERAGE_FILES = (".coveragerc", "setup.cfg", "tox.ini", "pyproject.toml")
_LISTS = ("omit", "exclude_lines", "exclude_also", "partial_branches", "partial_also", "disable_warnings")
_MILDER: Mapping[str, Sequence[str | bool]] = {
    "on_unmeasured_file": ("fail", "uncovered", "warn", "ignore"),
    "partial_branches": ("missed", "half", "covered"),
    "allow_empty_critical": (False, True),
    "require_baseline": (True, False),
    "config_from": ("base", "head"),
    "ratchet_update": ("never", "default-branch", "always"),
    "dry_run": (False, True),
}


def settings(before: Config, after: Config) -> Iterator[str]:
    """Yield, in the user's words, every setting of ours that asks for less than before."""
    for name in ("min_overall", "min_critical", "min_new_code"):
        yield from _threshold(name.replace("_", "-"), getattr(before, name), getattr(after, name))
    for name, order in _MILDER.items():
        old, new = getattr(before, name), getattr(after, name)
        if order.index(new) > order.index(old):
            yield f"{name.replace('_', '-')} goes from {_word(old)} to {_word(new)}"
    for name in ("min_changed_lines", "baseline_tolerance"):
        old, new = getattr(before, name), getattr(after, name)
        if new > old:
            yield f"{name.replace('_', '-')} goes from {old} to {new}"
    yield from _longer("exclude", before.exclude, after.exclude)
    yield from _shorter("critical-paths", before.critical_paths, after.critical_paths)
    yield from _fewer_reports(before, after)
    if before.source and before.source != after.source:
        yield f"source goes from {', '.join(before.source)} to {', '.join(after.source) or 'detection'}"
    if before.metric != after.metric:
        yield f"metric goes from {before.metric} to {after.metric}"
    if before.baseline not in ("none", after.baseline):
        yield f"baseline goes from {before.baseline} to {after.baseline}"
    yield from _gates({each.name: each for each in before.gate}, {each.name: each for each in after.gate})


def coverage_settings(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """Yield what the settings of coverage.py in one file leave out now and did not before."""
    if before == after:
        return
    old, new = _coverage_lists(path, before), _coverage_lists(path, after)
    for name in _LISTS:
        added = [each for each in new.get(name, ()) if each not in old.get(name, ())]
        if added:
            yield f"{path}: coverage.py's {name} gains {_quoted(added)}"


def pragmas(path: str, text: Sequence[str], added: Lines) -> Iterator[str]:
    """Yield the changed lines of a file that tell coverage.py not to measure."""
    found = from_numbers(
        number for number in numbers(added) if number <= len(text) and PRAGMA.search(text[number - 1])
    )
    if found:
        yield f"{path}:{spoken(found)}: new '# pragma: no cover' or 'no branch'"


def _threshold(name: str, old: Decimal | None, new: Decimal | None) -> Iterator[str]:
    if old is not None and (new is None or new < old):
        yield f"{name} goes from {old} to {'off' if new is None else new}"


def _word(value: object) -> str:
    return str(value).lower()


def _fewer_reports(before: Config, after: Config) -> Iterator[str]:
    if not (before.expects_number and after.expects_number):
        yield from _shorter("expect-reports", before.expect_reports, after.expect_reports)
    elif int(after.expect_reports[0]) < int(before.expect_reports[0]):
        yield f"expect-reports goes from {before.expect_reports[0]} to {after.expect_reports[0]}"


def _longer(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if added := [each for each in new if each not in old]:
        yield f"{name} gains {_quoted(added)}"


def _shorter(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if gone := [each for each in old if each not in new]:
        yield f"{name} loses {_quoted(gone)}"


def _gates(before: Mapping[str, NamedGate], after: Mapping[str, NamedGate]) -> Iterator[str]:
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield f"gate '{name}' is gone"
            continue
        yield from _threshold(f"gate '{name}': min", old.min, new.min)
        yield from _longer(f"gate '{name}': exclude", old.exclude, new.exclude)
        yield from _shorter(f"gate '{name}': paths", old.paths, new.paths)
        if not old.paths and new.paths:
            yield f"gate '{name}' no longer holds for all files"
        if (old.metric, old.scope) != (new.metric, new.scope):
            yield f"gate '{name}' goes from {old.scope} {old.metric} to {new.scope} {new.metric}"


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _coverage_lists(path: str, content: bytes | None) -> dict[str, list[str]]:
    """Return coverage.py's lists in a settings file; what cannot be read holds none: coverage.py will complain itself."""
    if content is None:
        return {}
    text = content.decode("utf-8-sig", "replace")
    if path.endswith(".toml"):
        return _from_toml(text)
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    found: dict[str, list[str]] = {}
    prefix = "" if path.endswith(".coveragerc") else "coverage:"
    for section in ("run", "report"):
        if parser.has_section(prefix + section):
            for name, value in parser.items(prefix + section):
                found.setdefault(name, []).extend(
                    part for part in re.split(r"[\n,]\s*", value) if part.strip()
                )
    return found


def _from_toml(text: str) -> dict[str, list[str]]:
    import tomllib

    try:
        tables = tomllib.loads(text).get("tool", {}).get("coverage", {})
        sections = [tables.get("run", {}), tables.get("report", {})]
        return {
            name: [str(each) for each in value]
            for section in sections
            for name, value in section.items()
            if isinstance(value, list)
        }
    except (tomllib.TOMLDecodeError, AttributeError):
        return {}
