"""Pure: an outcome as SARIF: one log for code scanning, and one file with everything for each run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ci_actions.findings.model import Severity
from ci_actions.findings.sarif import Run, Writer
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.decide import UNKNOWN_COUNTS_AS, incomplete, is_stale, label, sentence, stale
from ci_actions.security_scan.model import Judged, Outcome, Scan, State

CAPABILITY = "security-scan"


def runs(config: Config, outcome: Outcome) -> tuple[Run, ...]:
    """Return a run for every scan that was started."""
    return tuple(_run(config, scan, outcome.of(scan)) for scan in outcome.facts.scans if scan.ran)


def upload(config: Config, every: Sequence[Run]) -> str:
    """Return the log that code scanning takes."""
    return "".join(_writer(config).upload(every))


def whole(config: Config, every: Sequence[Run]) -> str:
    """Return the log that holds everything, the suppressed too."""
    return "".join(_writer(config).log(every))


def files(every: Sequence[Run]) -> Iterator[tuple[str, Run]]:
    """Yield each run with the name of a file of its own."""
    seen: dict[str, int] = {}
    for run in every:
        target = "" if run.target == "." else "-" + "".join(c if c.isalnum() else "-" for c in run.target)
        name = f"{run.tool}{target}"[:100]
        seen[name] = seen.get(name, 0) + 1
        yield f"{name}{f'-{seen[name]}' if seen[name] > 1 else ''}.sarif", run


def _writer(config: Config) -> Writer:
    return Writer(
        capability=CAPABILITY,
        unknown=UNKNOWN_COUNTS_AS if config.fail_on_unknown_severity else Severity.UNKNOWN,
    )


def _run(config: Config, scan: Scan, judged: Sequence[Judged]) -> Run:
    return Run(
        tool=scan.tool,
        version=scan.version,
        target=scan.target or ".",
        findings=[each.finding for each in judged if not each.suppressed],
        suppressed=[
            (
                each.finding,
                f"{each.suppression.reason} ({each.suppression.owner}, until {each.suppression.expires})",
            )
            for each in judged
            if each.suppression
        ],
        notices=tuple(_notices(config, scan)),
        complete=scan.state is not State.INCOMPLETE and not is_stale(config, scan),
        failed=scan.state is State.FAILED or not (scan.examined or scan.findings),
    )


def _notices(config: Config, scan: Scan) -> Iterator[tuple[str, str]]:
    if scan.state is State.FAILED:
        yield "error", f"{label(scan)} failed: {sentence(scan.reason)}"
    if scan.state is State.INCOMPLETE:
        yield "error", incomplete(scan)
    if is_stale(config, scan):
        yield "warning", stale(config, scan)
    for note in scan.notes:
        yield "note", note
