"""Edge: lays out what the user's interpreter runs, and reads what the agent wrote down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ci_actions.ci_test import record
from ci_actions.ci_test.config import Shard
from ci_actions.ci_test.model import Recorded

AGENT = Path(__file__).with_name("agent.py")
PLUGIN = "ci_actions_ci_test"
#: Runs the agent under a name that coverage.py takes for no file: neither it nor this may be measured as the project's.
LOADER = """\
import io
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
with io.open(os.path.join(FOLDER, "agent.txt"), encoding="utf-8") as _text:
    exec(compile(_text.read(), "<ci-actions>", "exec"))
if __name__ == "__main__":
    sys.modules["{plugin}"] = sys.modules["__main__"]
    launch()
"""


def lay_out(
    folder: Path,
    *,
    shard: Shard,
    durations: Mapping[str, float],
    coverage: str,
    again: Sequence[str] | None = None,
) -> Path:
    """Write what the user's interpreter runs, and what it is asked, into an empty folder; return the file to start.

    `again` are the tests that alone are run once more; then nothing is measured.
    """
    request = {
        "shard": [shard.index, shard.total],
        "durations": dict(durations),
        "coverage": coverage if again is None else "false",
        "again": None if again is None else list(again),
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="ascii")
    (folder / "agent.txt").write_text(AGENT.read_text("utf-8"), encoding="utf-8")
    loader = folder / f"{PLUGIN}.py"
    loader.write_text(LOADER.format(plugin=PLUGIN), encoding="ascii")
    return loader


def read_back(folder: Path, hide: Callable[[str], str]) -> Recorded:
    """Return what the agent wrote down; what it could not write any more is missing there."""
    file = folder / "record.jsonl"
    happened = record.events(file.read_text("ascii", "replace")) if file.is_file() else ()
    found = (record.collection(each.read_text("ascii")) for each in sorted(folder.glob("collection-*.json")))
    return record.recorded(happened, found, hide)
