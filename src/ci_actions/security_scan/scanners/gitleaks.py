"""gitleaks: secrets in the history, also those that are gone from the files. https://github.com/gitleaks/gitleaks

Where git fails it says "no leaks found" and ends with 0, so the commits that it counted are compared with those that
git lists. A merge has no difference of its own in `git log`, so what only a merge brings in, such as a conflict that is
resolved with a secret, is asked for a second time: `--remerge-diff` shows nothing else. It hides the secrets in its
report itself (`--redact`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.kit.globs import matcher
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.scanners import (
    Ask,
    Choice,
    Ended,
    NoAnswer,
    Pin,
    Reading,
    Scanner,
    Task,
    Tree,
    chosen,
    not_chosen,
)
from ci_actions.security_scan.scanners.native import (
    count,
    document,
    ended_well,
    number,
    relative,
    rows,
    said,
    text,
)

IGNORES = ".gitleaksignore"
BASELINE = ".gitleaks-baseline.json"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_COMMITS = re.compile(r"(\d+) commits? scanned")
_FATAL = re.compile(r"(?m)^.*\b(?:ERR|FTL)\b")


def applies(_config: Config, tree: Tree) -> Choice:
    """A history: that of the change, or all of it."""
    if not tree.git:
        return not_chosen("not a git repository")
    if not tree.commits and not tree.merges:
        return not_chosen("no commit changes a line" if tree.revisions else "no commit")
    which = "of the change" if tree.revisions and tree.revisions[0] != "--all" else "in the history"
    merges = f" and {count(tree.merges, 'merge')}" if tree.merges else ""
    return chosen(f"{count(tree.commits, 'commit')}{merges} {which}")


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return one process for the commits and one for what merges bring in."""
    commits = _task(ask, "gitleaks", 1 + ask.tree.commits / 200)
    if not (ask.tree.merges and ask.tree.shows_merges):
        return (commits,)
    return commits, _task(ask, "merges", 1 + ask.tree.merges / 100, "--merges", "--remerge-diff")


def _task(ask: Ask, name: str, weight: float, *which: str) -> Task:
    """Return one process. Its report goes to a file: on a pipe it would be mixed with the log."""
    place, tree = ask.place, ask.tree
    report = f"{place.folder}/{name}.json"
    options = ["git", "--no-banner", "--no-color", "--log-level", "info", "--exit-code", "0", "--redact=100"]
    options += ["--report-format", "json", "--report-path", report]
    options += ["--gitleaks-ignore-path", "/".join(part for part in (tree.directory, IGNORES) if part)]
    own = ask.config.settings_of("gitleaks").config
    options += ["--config", own] if own else []
    baseline = "/".join(part for part in (tree.directory, BASELINE) if part)
    options += ["--baseline-path", baseline] if tree.read(baseline) is not None else []
    options += ["--log-opts", " ".join(("--full-history", *which, *tree.revisions, *within(tree)))]
    return Task(argv=(place.program, *options, "."), output=report, weight=weight)


def within(tree: Tree) -> tuple[str, ...]:
    """Return the options that make git list only commits that change a file below the working directory.

    gitleaks splits its options at spaces: a folder with one in its name is looked at with all the others.
    """
    return ("--", tree.directory) if tree.directory and " " not in tree.directory else ()


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return the leaks in the commits, and whether all of them were read.

    Of the merges that are listed, only those that bring something in are counted by gitleaks.
    """
    commits, *merges = map(_leaks, ended)
    leaks = [leak for found, _ in (commits, *merges) for leak in found]
    examined = sum(read for _, read in (commits, *merges))
    excluded = matcher(ask.config.exclude, ask.tree.directory)
    ignored = (
        ask.tree.read("/".join(part for part in (ask.tree.directory, IGNORES) if part)) or b""
    ).splitlines()
    return Reading(
        findings=tuple(
            each for each in (finding(row, ask.tree.root) for row in leaks) if not excluded(each.path)
        ),
        examined=examined,
        gaps=tuple(_gaps(ask.tree, commits[1])),
        notes=_notes(ask.tree),
        markers=sum(bool(line.strip()) and not line.strip().startswith(b"#") for line in ignored),
    )


def _leaks(ended: Ended) -> tuple[list[dict[str, Any]], int]:
    """Return the leaks that one process reported, and how many commits it read."""
    ended_well(ended, 0)
    errors = _COLOUR.sub("", ended.errors.decode("utf-8", "replace"))
    if _FATAL.search(errors):
        raise NoAnswer(f"It met an error and went on{said(ended)}.")
    found = document(ended)
    leaks = rows([] if found is None else found, "leaks")
    counted = _COMMITS.search(errors)
    if not counted:
        raise NoAnswer("It did not say how many commits it read.")
    told = re.search(r"leaks found: (\d+)", errors)
    if (int(told[1]) if told else 0) != len(leaks):
        raise NoAnswer(f"It counted {told[1] if told else 0} leaks and reported {len(leaks)}.")
    return leaks, int(counted[1])


def _notes(tree: Tree) -> tuple[str, ...]:
    if not tree.merges or tree.shows_merges:
        return ()
    return (f"What {count(tree.merges, 'merge')} brought in was not looked at: git 2.35 or newer shows it.",)


def _gaps(tree: Tree, examined: int) -> list[str]:
    gaps = []
    if examined < tree.commits:
        gaps.append(f"{tree.commits - examined} of {count(tree.commits, 'commit')} were not read")
    if tree.cut_off:
        gaps.append(tree.cut_off)
    return gaps


def finding(row: Mapping[str, Any], root: str = "") -> Finding:
    """Return one leak; the line is that of the commit, where the file may have been another one."""
    rule = text(row.get("RuleID"))
    commit = text(row.get("Commit"))[:12]
    path = relative(str(row.get("File", "")), root)
    line, last = number(row.get("StartLine")), number(row.get("EndLine"))
    return Finding(
        tool="gitleaks",
        rule=rule,
        kind=Kind.SECRET,
        severity=Severity.CRITICAL if rule == "private-key" else Severity.HIGH,
        message=f"{rule.replace('-', ' ')} in commit {commit}: revoke it; removing the line does not remove it from the history",
        title=text(row.get("Description")),
        path=path,
        region=Region(line, 0, last if last > line else 0) if line else None,
        commit=commit,
    )


SCANNER = Scanner(
    name="gitleaks", pin=Pin.BINARY, unit="commits", applies=applies, tasks=tasks, classify=classify
)
