"""Pure: config and facts -> outcome. Which findings count, and what keeps the run from a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci_actions.findings import compare
from ci_actions.findings.model import Finding, Severity
from ci_actions.kit.lines import Lines, from_ranges
from ci_actions.quality.config import Config
from ci_actions.quality.model import (
    FORMATTERS,
    NO_ANSWER,
    SOURCE,
    Drift,
    Facts,
    Judged,
    Outcome,
    State,
    ToolRun,
)

_FROM = {"low": Severity.LOW, "medium": Severity.MEDIUM, "high": Severity.HIGH}


def decide(config: Config, facts: Facts) -> Outcome:
    """Return what counts against the change, and every reason for having no verdict."""
    base = {run.tool: run for run in facts.base_runs or ()}
    compares = config.scope == "new" and facts.base_runs is not None
    warnings = list(_warnings(config, facts))
    judged = []
    hook_of = _judged_elsewhere(facts)
    for run in facts.runs:
        counting, remarks = _split(config, run)
        if run.tool == "hooks":
            counting, again = _without_doubles(counting, hook_of)
            remarks = (*remarks, *again)
        before = base.get(run.tool)
        if not compares:
            judged.append(Judged(run=run, counted=counting, remarks=remarks))
        elif before is None or before.state in (State.FAILED, State.SKIPPED):
            why = before.problems[0] if before and before.problems else "it does not run there"
            if run.answer.findings:
                warnings.append(f"All findings of {run.tool} count: on the base there is no answer. {why}")
            judged.append(Judged(run=run, counted=counting, remarks=remarks))
        else:
            known = [each.fingerprint for each in (*before.answer.findings, *before.answer.remarks)]
            fresh = {id(each) for each in compare.new(counting, known)}
            fresh |= {id(each) for each in counting if _is_rewritten(each, facts.added)}
            new = tuple(each for each in counting if id(each) in fresh)
            old = tuple(each for each in counting if id(each) not in fresh)
            judged.append(Judged(run=run, counted=new, old=old, remarks=remarks))
    return Outcome(
        tools=tuple(judged),
        scope="new" if compares else "all",
        problems=tuple(_problems(config, facts)),
        warnings=tuple(warnings),
        complaints=tuple(_complaints(config, facts)),
        facts=facts,
    )


def _is_rewritten(finding: Finding, added: Mapping[str, Lines]) -> bool:
    """Whether a formatter would rewrite a line that the change adds.

    A bad line below one that was bad before is one place with it, and begins as that did.
    """
    if finding.tool not in FORMATTERS or finding.region is None:
        return False
    place = from_ranges([(finding.line, max(finding.region.end_line, finding.line))])
    return bool(added.get(finding.path, 0) & place)


def _split(config: Config, run: ToolRun) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what counts by severity, and what does not."""
    if config.severity == "tool" or run.tool == SOURCE:
        # What a fail-under lets pass as a whole still is something that a change brought.
        if config.scope == "new" and run.answer.score:
            return (*run.answer.findings, *run.answer.remarks), ()
        return run.answer.findings, run.answer.remarks
    least = _FROM[config.severity]
    everything = (*run.answer.findings, *run.answer.remarks)
    # A severity that nobody knows counts: it might be any.
    counting = tuple(each for each in everything if each.severity >= least or not each.severity)
    return counting, tuple(each for each in everything if 0 < each.severity < least)


def _judged_elsewhere(facts: Facts) -> frozenset[str]:
    """Return the tools that answered from the environment: their hooks say the same once more."""
    return frozenset(run.tool for run in facts.runs if run.state is State.FINDINGS)


def _without_doubles(
    findings: tuple[Finding, ...], elsewhere: frozenset[str]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings of hooks, and those that a tool of the environment has made already."""
    again = tuple(each for each in findings if each.canonical in elsewhere)
    return tuple(each for each in findings if each.canonical not in elsewhere), again


def _problems(config: Config, facts: Facts) -> Iterator[str]:
    """Yield what keeps the run from a verdict."""
    for run in facts.runs:
        if run.state in NO_ANSWER:
            yield from run.problems
    if facts.touched:
        named = ", ".join(facts.touched[:5]) + (" …" if len(facts.touched) > 5 else "")
        yield (
            f"While the tools ran, {len(facts.touched)} files of the tree changed: {named}. What was judged is not what is "
            "there now; look for a tool that writes, and run again."
        )
    if config.scope == "new" and facts.base_runs is None and not facts.base_problem and not facts.no_change:
        yield "scope is new, but the base was not looked at."


def _warnings(config: Config, facts: Facts) -> Iterator[str]:
    for run in facts.runs:
        if run.state is State.SKIPPED:
            yield from run.problems or (f"{run.tool} did not run: {run.reason}.",)
        yield from run.answer.warnings
    yield from facts.warnings
    if config.scope == "new" and facts.base_problem:
        yield f"Every finding counts, not only new ones: {facts.base_problem}"
    elif config.scope == "new" and facts.no_change:
        yield f"Every finding counts, not only new ones: {facts.no_change}."
    if config.version_drift == "warn":
        yield from (_drifted(each) for each in facts.drift)
    if config.new_suppressions == "warn" and facts.suppressions:
        yield suppressed(facts)


def _complaints(config: Config, facts: Facts) -> Iterator[str]:
    """Yield what counts against the change beside findings."""
    if config.version_drift == "fail":
        yield from (_drifted(each) for each in facts.drift)
    if config.new_suppressions == "fail" and facts.suppressions:
        yield suppressed(facts)


def _drifted(each: Drift) -> str:
    return f"{each.tool} {each.here} here, {each.hook} in {each.file}: they may disagree. Pin one version in both places."


def suppressed(facts: Facts) -> str:
    """Return what the change silences, in a sentence."""
    found = facts.suppressions
    places = ", ".join(f"{each.path}:{each.line} ({each.kind})" for each in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    what = "comment that silences" if len(found) == 1 else "comments that silence"
    return f"The change adds {len(found)} {what} a tool: {places}{more}."
