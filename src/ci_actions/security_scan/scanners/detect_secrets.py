"""detect-secrets: secrets in the files as they are now. https://github.com/Yelp/detect-secrets

It looks at each file through `agent.py`, which also says what it could not read. The project's baseline is only read:
its hook rewrites it in the checkout when lines merely move. Secrets are compared with it by file, type and hash, as
detect-secrets does; line numbers mean nothing, a slim baseline has none. Of a private key only the first words are
hashed, so one that is listed would cover all that follow: one entry holds back one of these.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.kit.errors import BadInput
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
    listed,
    number,
    table,
    text,
    words,
)
from ci_actions.security_scan.shards import divided

BASELINE = ".secrets.baseline"
#: A value with fewer signs is but the beginning that many secrets share.
SHORTEST = 6
BYTES_PER_SECOND = 200_000
SHARD_BYTES = 300_000
#: Types of which it hashes the beginning alone. A short password has one hash too, however often it is used.
_BEGINNINGS = ("Private Key", "GitHub Token", "GitLab Token")
#: What may happen to a file that cannot hold a secret in text, or that detect-secrets leaves out on purpose.
_NOT_SEARCHED = ("binary", "filtered")


@dataclass(frozen=True)
class Baseline:
    """The secrets that a project knows about: what somebody found out about each, and how often it is listed.

    A key is (file, type, hash); the value of `known` is the auditor's answer, None without one.
    """

    known: Mapping[tuple[str, str, str], bool | None] = field(default_factory=dict)
    times: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    @property
    def unaudited(self) -> int:
        """How many nobody has looked at."""
        return sum(answer is None for answer in self.known.values())

    def moved_from(self, gone: frozenset[str]) -> frozenset[tuple[str, str]]:
        """Return type and hash of what stood in files that are gone: it may stand in a renamed one now."""
        return frozenset((kind, digest) for path, kind, digest in self.known if path in gone)


def baseline_path(config: Config, tree: Tree) -> str:
    """Return the path of the baseline relative to the git root, "" without one; raises BadInput for one that is missing."""
    path = "/".join(part for part in (tree.directory, config.secrets_baseline or BASELINE) if part)
    if tree.read(path) is not None:
        return path
    if config.secrets_baseline:
        raise BadInput(f"input 'secrets-baseline' is '{config.secrets_baseline}', but there is no such file")
    return ""


def applies(config: Config, tree: Tree) -> Choice:
    """Any file but the baseline, which holds the hashes of secrets. Raises BadInput for a baseline that is none."""
    known = baseline_path(config, tree)
    if known:
        baseline(tree.read(known) or b"", known)
    files = [path for path in tree.files if path != known]
    if not files:
        return not_chosen("no file")
    return chosen(f"{count(len(files), 'file')}{f', with {known}' if known else ''}", files)


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return one process per shard: what it says about a file depends on that file alone."""
    sizes = {path: ask.tree.sizes.get(path, 0) for path in ask.files}
    baseline = baseline_path(ask.config, ask.tree)
    options = ("--baseline", baseline) if baseline else ()
    return tuple(
        Task(
            argv=(ask.place.python, "-I", "-X", "utf8", ask.place.agent, "detect-secrets", *options),
            asked=shard,
            stdin="\0".join(f"./{path}" for path in shard).encode("utf-8", "surrogateescape"),
            weight=1 + sum(map(sizes.__getitem__, shard)) / BYTES_PER_SECOND,
        )
        for shard in divided(sizes, ask.place.jobs, SHARD_BYTES)
    )


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return the secrets that are not in the baseline, and what became of every file."""
    files: dict[str, Mapping[str, Any]] = {}
    unknown: set[str] = set()
    for each in ended:
        ended_well(each, 0)
        found = table(document(each), "report of detect-secrets")
        files |= {path: table(row, "file") for path, row in table(found.get("files"), "files").items()}
        unknown.update(words(found.get("unknown_plugins")))
    unseen = [path for each in ended for path in each.asked if path not in files]
    if unseen:
        raise NoAnswer(
            f"It did not report on {count(len(unseen), 'file')} it was asked for ({listed(unseen)})."
        )
    path = baseline_path(ask.config, ask.tree)
    known = baseline(ask.tree.read(path) or b"", path) if path else Baseline()
    secrets = [
        (path, table(row, "secret")) for path in sorted(files) for row in files[path].get("secrets") or ()
    ]
    states = Counter(text(row.get("state")) for row in files.values())
    unreadable = [path for path in sorted(files) if files[path].get("state") not in ("read", *_NOT_SEARCHED)]
    fresh, held_back, moved = compared(secrets, known, frozenset(ask.tree.everything))
    gaps = []
    if unreadable:
        gaps.append(f"{count(len(unreadable), 'file')} could not be read ({listed(unreadable)})")
    if unknown:
        gaps.append(
            f"{path} asks for {listed(sorted(unknown))}, which this version of detect-secrets does not have: "
            "the baseline was made by a newer one"
        )
    if states["read"] == 0:
        gaps.append("it could search no file")
    return Reading(
        findings=tuple(finding(path, row) for path, row in fresh),
        examined=states["read"],
        gaps=tuple(gaps),
        notes=tuple(_notes(path, known, held_back, moved, states)),
        markers=sum(number(row.get("allowed")) for row in files.values()),
        held_back=len(held_back),
        secrets=tuple(
            dict.fromkeys(value for _, row in secrets if isinstance(value := row.get("value"), str))
        ),
    )


Secret = tuple[str, Mapping[str, Any]]


def compared(
    secrets: Sequence[Secret], known: Baseline, everything: frozenset[str]
) -> tuple[list[Secret], list[tuple[str, str, str]], int]:
    """Return the secrets that no baseline knows, the keys of those it does, and how many of these moved with their file.

    Of secrets whose hash is that of many, only as many are known in a file as are listed.
    """
    left = Counter(known.times)
    gone = frozenset(path for path, _, _ in known.known if path not in everything)
    wandered = known.moved_from(gone)
    fresh: list[Secret] = []
    held_back = []
    moved = 0
    for path, row in secrets:
        key = (path, text(row.get("type")), text(row.get("hash")))
        if key in known.known and (left[key] > 0 or not (key[1] in _BEGINNINGS and _shares_its_hash(row))):
            left[key] -= 1
            held_back.append(key)
        elif key[1:] in wandered and not _shares_its_hash(row):
            moved += 1
            held_back.append(key)
        else:
            fresh.append((path, row))
    return fresh, held_back, moved


def _shares_its_hash(row: Mapping[str, Any]) -> bool:
    """Whether the hash of a secret may be that of others, too.

    Of any private key detect-secrets hashes `BEGIN RSA PRIVATE KEY`, of any token of GitHub or GitLab only the prefix.
    """
    value = row.get("value")
    return not (isinstance(value, str) and len(value) >= SHORTEST and "PRIVATE KEY" not in value)


def finding(path: str, row: Mapping[str, Any]) -> Finding:
    """Return one secret as a finding, without the secret and without its hash."""
    kind = text(row.get("type"))
    worst = kind == "Private Key" or row.get("is_verified") is True or row.get("verified") is True
    line = number(row.get("line"))
    return Finding(
        tool="detect-secrets",
        rule=kind.lower().replace(" ", "-"),
        kind=Kind.SECRET,
        severity=Severity.CRITICAL if worst else Severity.HIGH,
        message=f"{kind} in the source: revoke it, and read it from a secret store instead",
        title=kind,
        path=path,
        region=Region(line) if line else None,
    )


def baseline(content: bytes, path: str) -> Baseline:
    """Return what a baseline holds, in the format of version 0.12 or later.

    Raises BadInput for a file that is none.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
        results = document["results"]
        found = [
            ((name.replace("\\", "/"), str(row["type"]), str(row["hashed_secret"])), _answer(row))
            for name, entries in results.items()
            for row in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(
            f"{path} is no baseline of detect-secrets: it must be JSON with `version` and `results`. "
            "Make one with `detect-secrets scan > .secrets.baseline`.",
            file=path,
        ) from None
    return Baseline(dict(found), Counter(key for key, _ in found))


def _answer(row: Mapping[str, Any]) -> bool | None:
    answer = row.get("is_secret")
    return answer if isinstance(answer, bool) else None


def _notes(
    path: str,
    known: Baseline,
    held_back: Sequence[tuple[str, str, str]],
    moved: int,
    states: Mapping[str, int],
) -> list[str]:
    notes = []
    if held_back:
        real = sum(known.known.get(key) is True for key in held_back)
        told = f"; {real} of them were audited as real and are still there" if real else ""
        notes.append(f"{path} holds back {count(len(held_back), 'secret')}{told}.")
    if moved:
        notes.append(f"{count(moved, 'secret')} of the baseline moved with a renamed file.")
    if known.unaudited:
        notes.append(f"{known.unaudited} of {len(known.known)} secrets in {path} were never audited.")
    stale = len(known.known) - len({key for key in held_back if key in known.known})
    if stale - moved > 0:
        notes.append(f"{count(stale - moved, 'entry')} of {path} matched nothing.")
    left_out = [f"{states[state]} {state}" for state in _NOT_SEARCHED if states[state]]
    if left_out:
        notes.append(f"Not searched, as they hold no text or are locks: {', '.join(left_out)}.")
    return notes


SCANNER = Scanner(
    name="detect-secrets", pin=Pin.LOCK, unit="files", applies=applies, tasks=tasks, classify=classify
)
