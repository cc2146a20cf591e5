"""100 000 findings made one SARIF log: normalised, deduplicated, fingerprinted and written, against sarif-tools' merge.

    python benchmarks/sarif.py [--findings 100000] [--runs 5]

Ours reads what scanners print (four reports of bandit, in its JSON); `sarif copy` of sarif-tools (PyPI, fetched into a
scratch environment) merges the same findings in bandit's own SARIF. A third row lets ours read those SARIF logs too.
Both answers are compared before any time counts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measure import Candidate, Measured, measure, table

OURS = Path(__file__).with_name("sarif_ours.py")
PEER = "sarif-tools==3.0.5"
REPORTS = 4
#: Of so many findings one is reported twice.
DOUBLE = 10
#: What the numbers of the last table must reach.
FASTER, SMALLER = 10.0, 4.0


def main() -> int:
    """Measure and print; return 1 when the answers differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        native, logs = make_reports(folder, options.findings)
        rows = [
            candidate("ours, from what scanners print", folder / "native.sarif", native),
            candidate("ours, from SARIF logs", folder / "read.sarif", logs),
            Candidate(
                "sarif-tools, copy", [peer(folder), "copy", "--output", folder / "theirs.sarif", *logs]
            ),
        ]
        measured = measure(rows, options.runs)
        if wrong := differences(folder):
            print(wrong)
            return 1
        print(f"\n{options.findings} findings in {REPORTS} reports\n")
        print(table(measured, rows[-1].name))
        print("\n" + verdict(measured[rows[0].name], measured[rows[-1].name]))
    return 0


def candidate(name: str, target: Path, reports: Sequence[Path]) -> Candidate:
    """Return our command: a process of its own, the start of the interpreter included."""
    return Candidate(name, [sys.executable, "-S", OURS, target, *reports])


def make_reports(folder: Path, count: int) -> tuple[list[Path], list[Path]]:
    """Write the same findings as bandit's JSON and as bandit's SARIF."""
    native, logs = [], []
    for report in range(REPORTS):
        # File by file, as bandit reports.
        rows = sorted(
            results(report, count // REPORTS), key=lambda row: (row["filename"], row["line_number"])
        )
        native.append(folder / f"bandit-{report}.json")
        native[-1].write_text(json.dumps({"errors": [], "metrics": {}, "results": rows}))
        logs.append(folder / f"bandit-{report}.sarif")
        logs[-1].write_text(json.dumps(as_sarif(rows)))
    return native, logs


def results(report: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield results as bandit words them."""
    for number in range(count):
        twin = number - 1 if number % DOUBLE == DOUBLE - 1 else number
        rule, line, file = f"B{600 + twin % 50}", twin // 997 * 7 + 2, twin % 997
        name = f"check_number_{twin % 50}_of_a_plugin"
        yield {
            "code": f"{line - 1} def run_{twin % 40}(command):\n{line}     call(command_{twin % 60}, shell=True)\n{line + 1} \n",
            "col_offset": 4,
            "end_col_offset": 34,
            "filename": f"./src/package_{report}_{file % 97}/module_{file}.py",
            "issue_confidence": "HIGH",
            "issue_cwe": {"id": 78, "link": "https://cwe.mitre.org/data/definitions/78.html"},
            "issue_severity": ("HIGH", "MEDIUM", "LOW")[twin % 3],
            "issue_text": "subprocess call with shell=True identified, security issue.",
            "line_number": line,
            "line_range": [line],
            "more_info": f"https://bandit.readthedocs.io/en/1.8.6/plugins/{rule.lower()}_{name}.html",
            "test_id": rule,
            "test_name": name,
        }


def as_sarif(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the log that bandit's own formatter makes of results."""
    rules: dict[str, dict[str, Any]] = {}
    made = []
    for row in rows:
        rule = rules.setdefault(
            row["test_id"],
            {
                "id": row["test_id"],
                "name": row["test_name"],
                "properties": {"tags": ["security", "external/cwe/cwe-78"], "precision": "high"},
                "helpUri": row["more_info"],
            },
        )
        line = row["line_number"]
        made.append(
            {
                "message": {"text": row["issue_text"]},
                "level": {"HIGH": "error", "MEDIUM": "warning", "LOW": "note"}[row["issue_severity"]],
                "locations": [
                    {
                        "physicalLocation": {
                            "region": {
                                "snippet": {"text": row["code"].split("\n")[1] + "\n"},
                                "endColumn": row["end_col_offset"] + 1,
                                "endLine": line,
                                "startColumn": row["col_offset"] + 1,
                                "startLine": line,
                            },
                            "artifactLocation": {"uri": row["filename"].removeprefix("./")},
                            "contextRegion": {
                                "snippet": {"text": row["code"]},
                                "endLine": line + 1,
                                "startLine": line - 1,
                            },
                        }
                    }
                ],
                "properties": {"issue_confidence": "HIGH", "issue_severity": row["issue_severity"]},
                "ruleId": row["test_id"],
                "ruleIndex": list(rules).index(rule["id"]),
            }
        )
    driver = {"name": "bandit", "organization": "PyCQA", "version": "1.8.6", "rules": list(rules.values())}
    return {"$schema": "", "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": made}]}


def peer(folder: Path) -> Path:
    """Return sarif-tools' command, in an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", folder / "peer"], check=True)
    subprocess.run([folder / "peer" / "bin" / "pip", "install", "--quiet", PEER], check=True)
    return folder / "peer" / "bin" / "sarif"


def differences(folder: Path) -> str:
    """Return how the answers differ; ours are without the doubles, which sarif-tools keeps."""
    native, read, theirs = (places(folder / f"{name}.sarif") for name in ("native", "read", "theirs"))
    if native != read:
        return f"ours differ by their input: {list((native - read).items())[:3]}, {list((read - native).items())[:3]}"
    if set(native) != set(theirs):
        return f"the findings differ: {list(set(native) ^ set(theirs))[:3]}"
    if sum(native.values()) >= sum(theirs.values()) or set(native.values()) != {1}:
        return "the doubles are still there"
    return ""


def places(path: Path) -> Counter[tuple[object, ...]]:
    """Return rule, file, line and column of every result of a log."""
    found: Counter[tuple[object, ...]] = Counter()
    for run in json.loads(path.read_text())["runs"]:
        for result in run["results"]:
            where = result["locations"][0]["physicalLocation"]
            region = where["region"]
            found[
                result["ruleId"], where["artifactLocation"]["uri"], region["startLine"], region["startColumn"]
            ] += 1
    return found


def verdict(mine: Measured, theirs: Measured) -> str:
    """Return how the ratios stand to what is asked for."""
    faster, smaller = theirs.seconds / mine.seconds, theirs.peak / mine.peak
    return (
        f"{faster:.1f} times as fast (asked for: {FASTER:.0f}), "
        f"1/{smaller:.1f} of the memory (asked for: 1/{SMALLER:.0f})"
    )


if __name__ == "__main__":
    sys.exit(main())
