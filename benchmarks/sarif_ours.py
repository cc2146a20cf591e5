"""Our candidate of sarif.py, as security-scan does it: reports of bandit or SARIF logs in, one log out. TARGET REPORT …"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from ci_actions.findings import fingerprints
from ci_actions.findings.sarif import Run, Writer
from ci_actions.security_scan.merging import merge

if TYPE_CHECKING:
    from ci_actions.findings.model import Finding


def main(target: Path, reports: Sequence[Path]) -> int:
    """Write what the reports say, once."""
    # As the command line does: everything lives until the end.
    gc.disable()
    merged = merge(findings(reports)).findings
    fingerprints.stamp(merged, lambda _: None)
    by_tool: dict[str, list[Finding]] = {}
    for finding in merged:
        by_tool.setdefault(finding.tool, []).append(finding)
    runs = [Run(tool=tool, findings=mine) for tool, mine in by_tool.items()]
    with target.open("w", encoding="utf-8") as file:
        for piece in Writer(capability="security-scan").log(runs):
            file.write(piece)
    return 0


def findings(reports: Sequence[Path]) -> Iterator[Finding]:
    """Yield the findings of all reports."""
    if reports[0].suffix == ".sarif":
        from ci_actions.findings.read_sarif import read

        for path in reports:
            for run in read(path.read_bytes(), name=path.name):
                yield from run.findings
        return
    from ci_actions.kit.forks import Forks
    from ci_actions.kit.jobs import Jobs, processors
    from ci_actions.security_scan.scanners import Ended, bandit

    ended = [Ended(code=1, output=path.read_bytes()) for path in reports]
    for report in bandit.reports(ended, "", Forks(Jobs(processors()))):
        yield from report.findings


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]))
