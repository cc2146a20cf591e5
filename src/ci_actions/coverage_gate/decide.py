"""Pure: config and facts -> outcome. All arithmetic is exact; nothing is ever compared after rounding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil

from ci_actions.coverage_gate import counting, evidence
from ci_actions.coverage_gate.config import BASELINE_SCHEMA, METRICS, Config, NamedGate
from ci_actions.coverage_gate.model import (
    ChangedCoverage,
    CoverageReport,
    Facts,
    FileCoverage,
    GateResult,
    Outcome,
    Read,
    Tally,
    Unmeasured,
    Verdict,
)
from ci_actions.kit import lines
from ci_actions.kit.globs import matcher

#: Entries of the history that are kept.
HISTORY = 1000


def decide(config: Config, facts: Facts) -> Outcome:
    """Return what every gate says, and every reason for having no verdict."""
    measured = _Measured(config, facts)
    problems = [*evidence.problems(config, facts, measured.unmeasured)]
    gates = []
    # Without anything measured every gate would only say so once more.
    nothing = facts.everything and not any(file.measured for file in measured.files)
    if nothing and not problems:
        problems.append("Nothing is left to measure: exclude matches every measured file.")
    for gate in () if nothing else _gates(config):
        result = _judge(gate, measured)
        if isinstance(result, str):
            problems.append(result)
        else:
            gates.append(result)
    if not nothing:
        problems += _vacuous(config, measured)
    if config.metric == "branches" and not measured.has_branches:
        problems.append(
            "metric is branches, but no report measured any. Run the tests with branch coverage (coverage run --branch)."
        )
    if config.baseline != "none" and not nothing:
        ratchet = _ratchet(config, measured)
        if isinstance(ratchet, str):
            problems.append(ratchet)
        else:
            gates.append(ratchet)
    new_baseline: Mapping[str, object] | None = None
    green = not problems and all(each.verdict is not Verdict.NOT_MET for each in gates)
    if green and facts.update_baseline and facts.everything:
        new_baseline = _new_baseline(measured)
    return Outcome(
        metric=measured.metric,
        gates=tuple(gates),
        overall=measured.overall,
        lines=measured.overall if measured.metric == "lines" else counting.total(measured.files, "lines"),
        branches=counting.total(measured.files, "branches") if measured.has_branches else counting.NONE,
        critical=measured.critical,
        new_code=measured.new_code,
        files=measured.files,
        changed=measured.changed,
        unmeasured=measured.unmeasured,
        reads=tuple(_read(each, facts.now) for each in facts.reports),
        problems=tuple(problems),
        warnings=(
            *evidence.warnings(config, facts, measured.unmeasured),
            *(
                [facts.change_problem]
                if facts.change_problem and facts.change_problem not in problems
                else []
            ),
        ),
        loosened=facts.loosened,
        cautions=tuple(f"{report.file}: {each}" for report in facts.reports for each in report.cautions),
        base=facts.base,
        base_how=facts.base_how,
        no_change=facts.no_change,
        head=facts.head,
        blob_url=facts.blob_url,
        directory=facts.directory,
        baseline=facts.baseline.tallies.get(measured.metric) if facts.baseline else None,
        baseline_note=facts.baseline_note,
        new_baseline=new_baseline,
        history=_history(facts.history, new_baseline) if new_baseline else "",
        now=facts.now,
        everything=facts.everything,
    )


class _Measured:
    """What the gates look at, each part computed once."""

    def __init__(self, config: Config, facts: Facts) -> None:
        self.config = config
        self.facts = facts
        excluded = matcher(config.exclude, facts.directory)
        self.files = tuple(facts.files[path] for path in sorted(facts.files) if not excluded(path))
        self.has_branches = any(each.has_branches for each in facts.reports)
        self.metric = self.resolve(config.metric)
        self.unmeasured = tuple(evidence.find_unmeasured(config, facts))

    def resolve(self, metric: str) -> str:
        """Return the metric that `auto` means: both where branches were measured, else lines."""
        if metric in METRICS:
            return metric
        return "combined" if self.has_branches else "lines"

    @cached_property
    def overall(self) -> Tally:
        return counting.total(self.files, self.metric)

    @cached_property
    def critical(self) -> Tally | None:
        if not self.config.critical_paths:
            return None
        return counting.total(self.below(self.config.critical_paths, ()), self.metric)

    @cached_property
    def changed(self) -> tuple[ChangedCoverage, ...]:
        return self.changed_by(self.metric)

    @cached_property
    def new_code(self) -> Tally | None:
        if self.facts.change is None:
            return None
        return sum((each.tally for each in self.changed), counting.NONE)

    def below(self, paths: Sequence[str], exclude: Sequence[str]) -> tuple[FileCoverage, ...]:
        """Return the measured files that globs mean; all without any."""
        if not paths and not exclude:
            return self.files
        wanted, unwanted = matcher(paths, self.facts.directory), matcher(exclude, self.facts.directory)
        return tuple(
            each for each in self.files if (not paths or wanted(each.path)) and not unwanted(each.path)
        )

    def changed_by(self, metric: str) -> tuple[ChangedCoverage, ...]:
        """Return every changed file that is measured and, where they count as uncovered, those that are not."""
        by_path = {each.path: each for each in self.files}
        found = [
            counting.changed(
                by_path[each.path], each.added, each.status, metric, self.config.partial_branches
            )
            for each in self.facts.change or ()
            if each.path in by_path and each.added and each.status != "D"
        ]
        if self.config.on_unmeasured_file == "uncovered":
            found += [_as_uncovered(each) for each in self.unmeasured]
        return tuple(sorted(found, key=lambda each: each.path))


def _as_uncovered(file: Unmeasured) -> ChangedCoverage:
    return ChangedCoverage(
        path=file.path,
        status="?",
        measured=file.lines,
        missed=file.lines,
        partial=0,
        tally=Tally(0, lines.count(file.lines)),
    )


def _gates(config: Config) -> Iterator[NamedGate]:
    """Yield every gate that is on, the built-in ones in the same form as the project's own."""
    if config.min_overall is not None:
        yield NamedGate(name="overall", min=config.min_overall, metric=config.metric)
    if config.min_critical is not None and config.critical_paths:
        yield NamedGate(
            name="critical", min=config.min_critical, metric=config.metric, paths=config.critical_paths
        )
    if config.min_new_code is not None:
        yield NamedGate(name="new-code", min=config.min_new_code, metric=config.metric, scope="new-code")
    for gate in config.gate:
        metric = config.metric if gate.metric == "auto" else gate.metric
        yield NamedGate(
            name=gate.name,
            paths=gate.paths,
            exclude=gate.exclude,
            metric=metric,
            min=gate.min,
            scope=gate.scope,
        )


def _judge(gate: NamedGate, measured: _Measured) -> GateResult | str:
    """Return what a gate says, or why it can say nothing."""
    if gate.metric == "branches" and not measured.has_branches:
        return f"Gate '{gate.name}' counts branches, but no report measured any. Run the tests with branch coverage."
    if gate.scope in ("new-code", "per-new-file") and measured.facts.change is None:
        return measured.facts.change_problem or _result(
            gate, measured, Verdict.NOT_APPLICABLE, reason=measured.facts.no_change
        )
    if gate.scope == "new-code":
        return _judge_new_code(gate, measured)
    if gate.scope == "overall":
        return _judge_together(gate, measured)
    return _judge_each(gate, measured)


def _result(
    gate: NamedGate, measured: _Measured, verdict: Verdict, *, reason: str = "", tally: Tally | None = None
) -> GateResult:
    return GateResult(
        name=gate.name,
        scope=gate.scope,
        metric=measured.resolve(gate.metric),
        verdict=verdict,
        minimum=gate.min,
        tally=tally,
        reason=reason,
    )


def _judge_together(gate: NamedGate, measured: _Measured) -> GateResult | str:
    """Judge all files of a gate as one."""
    metric = measured.resolve(gate.metric)
    files = measured.below(gate.paths, gate.exclude)
    tally = (
        measured.overall
        if files is measured.files and metric == measured.metric
        else counting.total(files, metric)
    )
    if not tally.total:
        if gate.name == "critical" and measured.config.allow_empty_critical:
            return _result(
                gate, measured, Verdict.NOT_APPLICABLE, reason="critical-paths match no measured file"
            )
        where = f" in {', '.join(gate.paths)}" if gate.paths else ""
        return f"Gate '{gate.name}' has nothing to measure: 0 {_units(metric)}{where}. Treating as an error, not as 100%."
    if tally.reaches(gate.min):
        return _result(gate, measured, Verdict.MET, tally=tally)
    needed = tally.needed(gate.min)
    return GateResult(
        name=gate.name,
        scope=gate.scope,
        metric=metric,
        verdict=Verdict.NOT_MET,
        minimum=gate.min,
        tally=tally,
        needed=needed,
        remedy=counting.fewest(((each.path, counting.gains(each, metric)) for each in files), needed),
    )


def _judge_new_code(gate: NamedGate, measured: _Measured) -> GateResult:
    """Judge the changed lines of a gate's files as one."""
    metric = measured.resolve(gate.metric)
    known = {each.path for each in measured.below(gate.paths, gate.exclude)}
    wanted = matcher(gate.paths, measured.facts.directory)
    unwanted = matcher(gate.exclude, measured.facts.directory)
    files = [
        each
        for each in (measured.changed if metric == measured.metric else measured.changed_by(metric))
        if each.path in known
        or (each.status == "?" and (not gate.paths or wanted(each.path)) and not unwanted(each.path))
    ]
    tally = sum((each.tally for each in files), counting.NONE)
    if not tally.total:
        return _result(
            gate, measured, Verdict.NOT_APPLICABLE, reason=f"the change has no measured {_units(metric)}"
        )
    if tally.reaches(gate.min):
        return _result(gate, measured, Verdict.MET, tally=tally)
    enforced = sum(lines.count(each.measured) for each in files) >= measured.config.min_changed_lines
    needed = tally.needed(gate.min)
    by_path = measured.facts.files
    partial_branches = measured.config.partial_branches
    remedy = counting.fewest(
        (
            (
                each.path,
                counting.changed_gains(
                    each, by_path.get(each.path, FileCoverage(each.path, 0, 0)), metric, partial_branches
                ),
            )
            for each in files
        ),
        needed,
    )
    return GateResult(
        name=gate.name,
        scope=gate.scope,
        metric=metric,
        verdict=Verdict.NOT_MET if enforced else Verdict.NOT_ENFORCED,
        minimum=gate.min,
        tally=tally,
        reason="" if enforced else f"fewer than {measured.config.min_changed_lines} measured changed lines",
        needed=needed,
        remedy=remedy,
    )


def _judge_each(gate: NamedGate, measured: _Measured) -> GateResult | str:
    """Judge every file of a gate by itself; with `per-new-file` those the change adds."""
    metric = measured.resolve(gate.metric)
    files = measured.below(gate.paths, gate.exclude)
    if not files:
        return f"Gate '{gate.name}' matches no measured file: {', '.join(gate.paths) or 'there is none'}."
    if gate.scope == "per-new-file":
        new = {each.path for each in measured.facts.change or () if each.status in ("A", "C")}
        files = tuple(each for each in files if each.path in new)
        if not files:
            return _result(gate, measured, Verdict.NOT_APPLICABLE, reason="the change adds no measured file")
    tallies = [(each, counting.tally(each, metric)) for each in files]
    failing = [(file, tally) for file, tally in tallies if not tally.reaches(gate.min)]
    together = sum((tally for _, tally in tallies), counting.NONE)
    if not failing:
        return _result(gate, measured, Verdict.MET, tally=together)
    remedy = [
        found
        for file, tally in failing
        for found in counting.fewest([(file.path, counting.gains(file, metric))], tally.needed(gate.min))
    ]
    return GateResult(
        name=gate.name,
        scope=gate.scope,
        metric=metric,
        verdict=Verdict.NOT_MET,
        minimum=gate.min,
        tally=together,
        needed=sum(tally.needed(gate.min) for _, tally in failing),
        remedy=tuple(remedy),
        offenders=tuple((file.path, tally) for file, tally in failing),
    )


def _units(metric: str) -> str:
    return {"lines": "lines", "branches": "branches", "combined": "lines and branches"}[metric]


def _vacuous(config: Config, measured: _Measured) -> Iterator[str]:
    """Yield the critical paths that match no measured file: a renamed folder must not end the protection."""
    if config.allow_empty_critical:
        return
    for pattern in config.critical_paths:
        if not measured.below((pattern,), ()):
            yield (
                f"critical-paths: '{pattern}' matches no measured file. Was it renamed? "
                "Correct the glob, or set allow-empty-critical: true."
            )


# --- the ratchet ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bar:
    """What the ratchet asks for: the baseline's share less the tolerance, exact."""

    share: Fraction

    def reached(self, tally: Tally) -> bool:
        return Fraction(tally.covered) >= self.share * tally.total

    def needed(self, tally: Tally) -> int | Decimal:
        return ceil(self.share * tally.total) - tally.covered


def _ratchet(config: Config, measured: _Measured) -> GateResult | str:
    metric = measured.metric
    before = measured.facts.baseline.tallies.get(metric) if measured.facts.baseline else None
    gate = NamedGate(name="ratchet", min=Decimal(0), metric=metric)
    if before is None or not before.total:
        why = measured.facts.baseline_note or f"the baseline has no {metric}"
        if config.require_baseline:
            return f"No baseline (require-baseline): {why}."
        return _result(gate, measured, Verdict.NOT_APPLICABLE, reason=why)
    now = measured.overall
    if not now.total:
        return "The ratchet has nothing to measure."
    share = Fraction(before.covered) / before.total
    bar = _Bar(max(share - Fraction(config.baseline_tolerance) / 100, Fraction(0)))
    delta = Fraction(now.covered) / now.total - share
    met = bar.reached(now)
    needed = 0 if met else bar.needed(now)
    return GateResult(
        name="ratchet",
        scope="overall",
        metric=metric,
        verdict=Verdict.MET if met else Verdict.NOT_MET,
        # Rounded up when it is not met: what fails never reads as the value that was asked for.
        minimum=Decimal(int(bar.share * 10000) if met else ceil(bar.share * 10000)) / 100,
        tally=now,
        reason=f"against {measured.facts.baseline.where}" if measured.facts.baseline else "",
        needed=needed,
        remedy=counting.fewest(
            ((each.path, counting.gains(each, metric)) for each in measured.files), needed
        ),
        delta=points(delta * 100),
    )


def points(value: Fraction) -> str:
    """Return percentage points with a sign and two decimals, rounded down: a loss never reads `0.00`."""
    hundredths = int(value * 100 // 1)
    sign = "-" if hundredths < 0 else "+"
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


def _new_baseline(measured: _Measured) -> Mapping[str, object]:
    totals = {metric: counting.total(measured.files, metric) for metric in METRICS}
    return {
        "schema": BASELINE_SCHEMA,
        "sha": measured.facts.head,
        "time": int(measured.facts.now),
        "totals": {
            metric: {"covered": each.covered, "total": each.total}
            for metric, each in totals.items()
            if each.total
        },
        "files": {
            each.path: [lines.count(each.hit), lines.count(each.measured)]
            for each in measured.files
            if each.measured
        },
    }


def _history(before: Sequence[str], entry: Mapping[str, object]) -> str:
    """Return the history with one more line, the newest last; the totals only, or it would grow with the project."""
    line = json.dumps({name: value for name, value in entry.items() if name != "files"}, sort_keys=True)
    return "\n".join([*before, line][-HISTORY:]) + "\n"


def _read(report: CoverageReport, now: float) -> Read:
    return Read(
        file=report.file,
        format=report.format,
        tool=f"{report.tool} on Python {report.interpreter}" if report.interpreter else report.tool,
        files=len(report.files),
        lines=sum([each.measured.bit_count() for each in report.files]),
        age=now - report.timestamp if report.timestamp else None,
    )


def failed(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Return the gates that are not met."""
    return tuple(each for each in gates if each.verdict is Verdict.NOT_MET)
