"""Pure: what a change itself makes milder: bars, scanners, suppressions, remarks in the source, ignore files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.findings.suppressions import Suppression
from ci_actions.kit.lines import Lines, from_numbers, numbers, spoken
from ci_actions.security_scan.config import TOOLS, Config

#: Remarks by which a line of source tells a scanner to look away, and whose they are.
MARKERS: Mapping[str, re.Pattern[str]] = {
    "nosec": re.compile(r"#\s*nosec\b", re.IGNORECASE),
    "pragma: allowlist secret": re.compile(
        r"(?:pragma:\s*(?:allowlist|whitelist)\s+(?:next\s*line\s+)?secret)", re.IGNORECASE
    ),
    "gitleaks:allow": re.compile(r"gitleaks:allow"),
    "trivy:ignore": re.compile(r"#\s*(?:trivy|tfsec):ignore"),
    "zizmor: ignore": re.compile(r"#\s*zizmor:\s*ignore"),
}
#: Files in which scanners of their own accord look for what to ignore; an entry is a line.
IGNORE_FILES = (
    ".trivyignore",
    ".trivyignore.yaml",
    ".gitleaksignore",
    "osv-scanner.toml",
    ".gitleaks.toml",
    "zizmor.yml",
)
_MILDER: Mapping[str, Sequence[str | bool]] = {
    "fail_on_unknown_severity": (True, False),
    "only_fixed": (False, True),
    "scope": ("all", "new"),
    "confidence": ("low", "medium", "high"),
    "strict_suppressions": (True, False),
    "on_incomplete": ("fail", "warn"),
    "history": ("all", "change"),
    "scan_tests": (True, False),
    "config_from": ("base", "head"),
    "dry_run": (False, True),
}


def settings(before: Config, after: Config) -> Iterator[str]:
    """Yield, in the user's words, every setting of ours that asks for less than before."""
    for tool in ("", *TOOLS):
        old, new = before.bar_of(tool), after.bar_of(tool)
        # A scanner without a bar of its own has that of all, which is said once.
        if tool and (old, new) == (before.bar_of(""), after.bar_of("")):
            continue
        if old is not None and (new is None or new > old):
            name = f"fail-on for {tool}" if tool else "fail-on"
            yield f"{name} goes from {old.word} to {new.word if new else 'none'}"
    for field, order in _MILDER.items():
        was, now = getattr(before, field), getattr(after, field)
        if order.index(now) > order.index(was):
            yield f"{field.replace('_', '-')} goes from {str(was).lower()} to {str(now).lower()}"
    for field in ("max_suppression_days", "db_max_age"):
        was, now = getattr(before, field), getattr(after, field)
        if now > was:
            yield f"{field.replace('_', '-')} goes from {was} to {now}"
    yield from _fewer_tools(before.tools, after.tools)
    yield from _longer("exclude", before.exclude, after.exclude)
    yield from _longer("internal", before.internal, after.internal)
    yield from _narrower("paths", before.paths, after.paths)
    yield from _narrower("requirements", before.requirements, after.requirements)
    if lost := [each.glob for each in before.reports if each not in after.reports]:
        yield f"reports loses {_quoted(lost)}"
    if gone := [each for each in before.image if each not in after.image]:
        yield f"image loses {_quoted(gone)}"
    yield from _of_tools(before, after)


def suppressions(file: str, before: Sequence[Suppression], after: Sequence[Suppression]) -> Iterator[str]:
    """Yield the entries that a change adds to the file of suppressions, or lets end later."""
    ends: dict[tuple[str, str, str], object] = {}
    known = {entry.key: entry for entry in sorted(before, key=lambda entry: entry.expires)}
    for entry in sorted(after, key=lambda entry: entry.order):
        old = known.get(entry.key)
        if old is None and entry.key not in ends:
            yield f"{file} accepts {entry.what} until {entry.expires} ({entry.owner}: {entry.reason})"
        elif old is not None and entry.expires > old.expires:
            yield f"{file} accepts {entry.what} until {entry.expires} instead of {old.expires} ({entry.owner}: {entry.reason})"
        ends[entry.key] = entry.expires


def markers(path: str, text: Sequence[str], added: Lines) -> Iterator[str]:
    """Yield the changed lines of a file that tell a scanner to look away."""
    for name, pattern in MARKERS.items():
        found = from_numbers(
            number for number in numbers(added) if number <= len(text) and pattern.search(text[number - 1])
        )
        if found:
            yield f"{path}:{spoken(found)}: new '{name}'"


def ignore_file(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """Yield what an ignore file of a scanner holds now and did not before."""
    if before == after or after is None:
        return
    old = set(_entries(before or b""))
    if new := [line for line in dict.fromkeys(_entries(after)) if line not in old]:
        more = f" and {len(new) - 5} more" if len(new) > 5 else ""
        yield f"{path} gains {_quoted(new[:5])}{more}"


def secrets_baseline(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """Yield how many more secrets a baseline of detect-secrets accepts than before, and in which files."""
    if before == after or after is None:
        return
    old, new = _accepted(before), _accepted(after)
    more = {name: len(held - old.get(name, set())) for name, held in new.items()}
    files = sorted(name for name, count in more.items() if count)
    if files:
        number = sum(more.values())
        rest = f" and {len(files) - 5} more" if len(files) > 5 else ""
        yield f"{path} accepts {number} more {'secret' if number == 1 else 'secrets'}, in {_quoted(files[:5])}{rest}"


def _accepted(data: bytes | None) -> dict[str, set[object]]:
    """Return the hashes of the secrets that a baseline holds, by file; they are compared and never shown."""
    import json

    try:
        results = json.loads(data or b"{}").get("results", {})
        return {
            str(name): {each["hashed_secret"] for each in held if each.get("is_secret") is not True}
            for name, held in results.items()
        }
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return {}


def _entries(data: bytes) -> Iterator[str]:
    for line in data.decode("utf-8", "replace").splitlines():
        if text := line.partition("#")[0].strip():
            yield text


def _fewer_tools(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    if "auto" in after:
        return
    if "auto" in before:
        yield f"tools goes from auto to {', '.join(after)}"
    elif gone := [tool for tool in before if tool not in after]:
        yield f"tools loses {_quoted(gone)}"


def _of_tools(before: Config, after: Config) -> Iterator[str]:
    for tool in TOOLS:
        old, new = before.settings_of(tool), after.settings_of(tool)
        yield from _longer(f"{tool}: exclude", old.exclude, new.exclude)
        yield from _narrower(f"{tool}: paths", old.paths, new.paths)
        if new.config and new.config != old.config:
            yield f"{tool}: config goes from {old.config or 'the default'} to {new.config}"


def _longer(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if added := [each for each in new if each not in old]:
        yield f"{name} gains {_quoted(added)}"


def _narrower(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Without any globs everything is looked at."""
    if not old and new:
        yield f"{name} goes from everything to {_quoted(new)}"
    elif new and (gone := [each for each in old if each not in new]):
        yield f"{name} loses {_quoted(gone)}"


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
