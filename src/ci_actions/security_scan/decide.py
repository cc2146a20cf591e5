"""Pure: configuration and facts -> outcome. What turns the run red, and what leaves it without a verdict.

Only a scanner that looked at something and came to its end can be green. Everything else is a cause of its own, with
the exit code of `kit.errors`, and all causes are said, whichever decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from ci_actions.findings import compare, fingerprints, suppressions
from ci_actions.findings.model import Finding, Kind, Severity
from ci_actions.findings.suppressions import Applied, Suppression
from ci_actions.kit.errors import PRECEDENCE, BadInput, Exit
from ci_actions.security_scan import loosened
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.merging import merge
from ci_actions.security_scan.model import Cause, Facts, Judged, Outcome, Scan, State, Trouble

#: What a finding of unknown severity counts as, unless the project says that it counts as nothing.
UNKNOWN_COUNTS_AS = Severity.HIGH

_COMPLETE = "Make it readable, leave it out on purpose ('exclude', 'internal'), or set on-incomplete: warn."
_FRESHEN = "Let a newer one be fetched (db-mode: online), raise db-max-age, or set on-incomplete: warn."


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the verdict on what the scanners said."""
    merged = merge(finding for scan in facts.scans for finding in scan.findings)
    findings = merged.findings
    fingerprints.stamp(findings, facts.sources.get, renames=facts.renames, apart=facts.apart)
    today = datetime.fromtimestamp(facts.now, UTC).date()
    # With the settings of the base, a change cannot accept its own findings.
    of_base = config.config_from == "base" and bool(facts.base)
    entries, causes = _entries(config, facts.suppressions_before if of_base else facts.suppressions, today)
    applied = suppressions.apply(findings, entries, today)
    new = _new(config, facts, findings)
    judged = tuple(
        _judged(
            config,
            finding,
            applied.suppressed.get(place),
            applied.expired.get(place),
            new=new is None or place in new,
        )
        for place, finding in enumerate(findings)
    )
    unused = applied.unused if _everything_was_looked_at(facts) else ()
    causes += [*_of_scans(config, facts), *_of_base(config, facts), *_of_findings(judged)]
    if unused and config.strict_suppressions:
        causes.append(_of_unused(config, unused))
    return Outcome(
        facts=facts,
        judged=judged,
        causes=tuple(sorted(causes, key=lambda cause: PRECEDENCE.index(cause.code))),
        warnings=(*facts.warnings, *_warnings(config, facts)),
        loosened=(*facts.loosened, *_loosened(config, facts, entries, today)),
        duplicates=merged.duplicates,
        expired=_distinct(applied),
        unused=unused,
        expiring=applied.soon,
    )


# --- findings --------------------------------------------------------------------------------------


def _judged(
    config: Config,
    finding: Finding,
    suppression: Suppression | None,
    expired: Suppression | None,
    *,
    new: bool,
) -> Judged:
    why = "" if suppression else _held_back(config, finding, new=new)
    return Judged(
        finding=finding,
        gates=not suppression and not why,
        held_back=f"suppressed until {suppression.expires} by {suppression.owner}" if suppression else why,
        suppression=suppression,
        expired=expired,
        new=new,
    )


def _held_back(config: Config, finding: Finding, *, new: bool) -> str:
    """Return why a finding does not turn the run red; nothing if it does."""
    severity = finding.severity
    if not severity:
        if not config.fail_on_unknown_severity:
            return "of unknown severity"
        severity = UNKNOWN_COUNTS_AS
    bars = [bar for tool in (finding.tool, *finding.also) if (bar := config.bar_of(tool)) is not None]
    if not bars or severity < min(bars):
        return f"below {min(bars).word}" if bars else "reported only"
    if finding.confidence is not None and finding.confidence < config.floor:
        return f"of {finding.confidence.word} confidence"
    if (
        config.only_fixed
        and finding.kind is Kind.DEPENDENCY
        and not (finding.package and finding.package.fixed)
    ):
        return "without a fix"
    return "" if new else "there before"


def _new(config: Config, facts: Facts, findings: Sequence[Finding]) -> set[int] | None:
    """Return the places of the findings that the base does not have; None where all of them count."""
    if config.scope != "new" or facts.before is None:
        return None
    ours = [finding for finding in facts.before if not finding.fingerprint]
    if ours:
        # Under the names of the head: another scanner may know more of them than those of the base did.
        ours = [*merge(ours, known=findings).findings]
        fingerprints.stamp(ours, facts.before_sources.get, apart=facts.apart)
    theirs = [finding for finding in facts.before if finding.fingerprint]
    base = [finding.fingerprint for finding in (*ours, *theirs)]
    fresh = {id(finding) for finding in compare.new(findings, base)}
    return {place for place, finding in enumerate(findings) if id(finding) in fresh}


def _of_findings(judged: Sequence[Judged]) -> Iterator[Cause]:
    gating = [each for each in judged if each.gates]
    if not gating:
        return
    counts = Counter(each.finding.severity for each in gating)
    said = ", ".join(f"{counts[each]} {each.word}" for each in sorted(counts, reverse=True))
    yield Cause(code=Exit.NOT_MET, text=f"{counted(len(gating), 'finding')} to mend: {said}.")
    expired = sum(each.expired is not None for each in gating)
    if expired:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"{counted(expired, 'finding')} of them {'was' if expired == 1 else 'were'} suppressed until recently.",
            advice="Mend them, or renew the suppression with a new reason.",
        )


# --- suppressions ----------------------------------------------------------------------------------


def _entries(config: Config, data: bytes | None, today: date) -> tuple[tuple[Suppression, ...], list[Cause]]:
    """Return the entries of the file of suppressions; one that is wrong suppresses nothing and is no verdict."""
    if data is None:
        return (), []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (), [Cause(code=Exit.BAD_INPUT, text=f"{config.suppressions} is not written in UTF-8.")]
    try:
        return (
            suppressions.parse(
                text, file=config.suppressions, today=today, max_days=config.max_suppression_days
            ),
            [],
        )
    except BadInput as error:
        advice = f"Correct {config.suppressions}; until then it accepts nothing."
        return (), [Cause(code=Exit.BAD_INPUT, text=problem, advice=advice) for problem in error.problems]


def _everything_was_looked_at(facts: Facts) -> bool:
    """Whether a suppression that fits nothing is really of no use, and not that of a scanner that said nothing."""
    quiet = (State.FAILED, State.INCOMPLETE, State.SKIPPED)
    return not any(scan.state in quiet for scan in facts.scans)


def _of_unused(config: Config, unused: Sequence[Suppression]) -> Cause:
    named = ", ".join(
        f"{entry.what} (line {entry.line})" if entry.line else entry.what for entry in unused[:10]
    )
    more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
    return Cause(
        code=Exit.BAD_INPUT,
        text=f"{config.suppressions}: {counted(len(unused), 'suppression')} "
        f"{'matches' if len(unused) == 1 else 'match'} nothing: {named}{more}.",
        advice="Delete what is no longer needed; strict-suppressions asks for it.",
    )


def _distinct(applied: Applied) -> tuple[Suppression, ...]:
    """Return the expired entries whose findings are still there, each once."""
    return tuple(sorted(set(applied.expired.values()), key=lambda entry: entry.order))


def _loosened(config: Config, facts: Facts, entries: Sequence[Suppression], today: date) -> Iterator[str]:
    if facts.suppressions == facts.suppressions_before or not (facts.base or facts.suppressions_before):
        return
    # An old entry may end later than allowed now; that is no concern of this change.
    before, _ = _entries(replace(config, max_suppression_days=36_500), facts.suppressions_before, today)
    yield from loosened.suppressions(config.suppressions, before, entries)


# --- scans -----------------------------------------------------------------------------------------


def _of_scans(config: Config, facts: Facts) -> Iterator[Cause]:
    if not facts.scans:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text="No scanner was even considered.",
            advice="Name some in the input 'tools'.",
        )
    for scan in facts.scans:
        yield from _of_scan(config, scan)


def _of_scan(config: Config, scan: Scan) -> Iterator[Cause]:
    code = Exit.UNAVAILABLE if scan.trouble is Trouble.ENVIRONMENT else Exit.CANNOT_JUDGE
    name = label(scan)
    if scan.state is State.FAILED:
        yield Cause(
            code=code,
            text=f"{name} failed: {sentence(scan.reason)}",
            advice=_advice(scan),
            short=f"{name} failed",
        )
    elif scan.ran and not scan.examined and not scan.findings:
        yield Cause(
            code=code,
            text=f"{name} looked at no {scan.unit}, which is not the same as finding nothing.",
            advice=" ".join(scan.gaps[:1]) or "Look at the inputs 'paths' and 'exclude'.",
            short=f"{name} looked at nothing",
        )
    elif scan.state is State.INCOMPLETE and config.on_incomplete == "fail":
        yield Cause(code=code, text=incomplete(scan), advice=_COMPLETE, short=f"{name} is incomplete")
    if is_stale(config, scan) and config.on_incomplete == "fail":
        yield Cause(
            code=Exit.UNAVAILABLE,
            text=stale(config, scan),
            advice=_FRESHEN,
            short=f"{name} has an old database",
        )


def _advice(scan: Scan) -> str:
    return (
        "Run it again, or see its log: nobody knows what it would have found."
        if not scan.gaps
        else scan.gaps[0]
    )


def _of_base(config: Config, facts: Facts) -> Iterator[Cause]:
    if config.scope == "new" and facts.before is None and facts.before_problem:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"What is new cannot be told: {sentence(facts.before_problem)}",
            advice="Use scope: all, or make the base available (fetch-depth: 0, or base-sarif).",
        )


def _warnings(config: Config, facts: Facts) -> Iterator[str]:
    """Yield what must be read before the verdict is believed, where it is no cause by itself."""
    if config.on_incomplete == "warn":
        for scan in facts.scans:
            if scan.state is State.INCOMPLETE:
                yield incomplete(scan)
            if is_stale(config, scan):
                yield stale(config, scan)
    bare = [(scan.tool, marker) for scan in facts.scans for marker in scan.bare_markers]
    if bare:
        places = ", ".join(
            f"{marker.path}:{marker.line}" if marker.line else marker.path for _, marker in bare[:5]
        )
        more = f" and {len(bare) - 5} more" if len(bare) > 5 else ""
        yield (
            f"{counted(len(bare), 'remark')} in the source {'hides' if len(bare) == 1 else 'hide'} every finding of a line, "
            f"without naming a rule: {places}{more}."
        )


def is_stale(config: Config, scan: Scan) -> bool:
    """Whether a scan was made with a database that is older than the project accepts."""
    age = scan.database_age_hours
    return scan.ran and scan.state is not State.FAILED and age is not None and age > config.db_max_age


def stale(config: Config, scan: Scan) -> str:
    """Return the sentence about a database that is too old."""
    how = f" and db-mode is '{config.db_mode}'" if config.db_mode != "online" else ""
    old = age(scan.database_age_hours or 0)
    return f"{label(scan)}: the database of advisories is {old} old (limit {config.db_max_age:d} h){how}."


def incomplete(scan: Scan) -> str:
    """Return the sentence about a scan that did not see everything."""
    gaps = "; ".join(gap.rstrip(".") for gap in scan.gaps[:5]) or scan.reason.rstrip(".")
    more = f"; and {len(scan.gaps) - 5} more" if len(scan.gaps) > 5 else ""
    return f"{label(scan)} did not look at everything: {gaps}{more}. The result is incomplete, not clean."


def label(scan: Scan) -> str:
    """Return how messages call a scan: the tool, and the target where that is not the repository."""
    return scan.tool if scan.target in ("", ".") else f"{scan.tool} on {scan.target}"


def age(hours: float) -> str:
    """Return an age as people say it."""
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def counted(number: int, one: str) -> str:
    """Return `1 finding` or `1,234 findings`."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def sentence(text: str) -> str:
    """Return a text with a full stop behind it."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
