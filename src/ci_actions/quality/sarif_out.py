"""Pure: outcome -> SARIF, one run for each tool that came to an end."""

from __future__ import annotations

from ci_actions.findings.sarif import Run, Writer
from ci_actions.quality.model import Judged, Outcome, State

_ENDED = (State.CLEAN, State.FINDINGS, State.INCOMPLETE)


def render(outcome: Outcome) -> str:
    """Return the log for code scanning: old findings too, as an upload without them would close their alerts."""
    runs = [_run(each) for each in outcome.tools if each.run.state in _ENDED]
    return "".join(Writer(capability="quality").upload(runs))


def _run(each: Judged) -> Run:
    run = each.run
    return Run(
        tool=run.tool,
        version=run.version,
        findings=[*each.counted, *each.old],
        notices=[("warning", text) for text in run.problems],
        complete=run.state is not State.INCOMPLETE,
    )
