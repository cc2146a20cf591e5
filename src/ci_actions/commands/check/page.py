"""Pure: the page of `ci-actions check`, one row a gate, what each found below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ci_actions.commands.check.finished import Finished, Round
from ci_actions.kit import html
from ci_actions.kit.errors import Exit
from ci_actions.kit.html import TONES, Frame

#: Remarks of one gate that are shown; its own report has all of them.
REMARKS = 50


@dataclass(frozen=True, kw_only=True)
class Row:
    """One gate as the page shows it. `page` is the address of its own page, relative to this one."""

    name: str
    result: str
    tone: str
    seconds: str
    headline: str
    next_step: str
    page: str
    plan: str
    remarks: tuple[Mapping[str, str], ...]
    more: int


def render(found: Round, folder: Path) -> str:
    """Return the page that lies in `folder`."""
    finished, code = found.finished, found.code
    together = len(finished) + len(found.stopped)
    red = [each.name for each in found.red]
    headline = f"{', '.join(red)}: see below" if red else f"All {len(finished)} gates passed"
    if together == 1:
        headline = str(finished[0].report["headline"])
    verdict = "passed" if code == Exit.PASSED else "failed" if code == Exit.NOT_MET else "error"
    frame = Frame(
        capability="check",
        headline=headline,
        verdict=verdict,
        facts=(
            f"{together} gate{'' if together == 1 else 's'}",
            *([f"{len(found.stopped)} stopped"] if found.stopped else []),
            f"exit code {int(code)}",
        ),
    )
    rows = [_row(each, folder) for each in finished]
    return html.render("commands/check/page.html", frame, rows=rows, stopped=found.stopped, notes=found.notes)


def _row(each: Finished, folder: Path) -> Row:
    report: Mapping[str, Any] = each.report
    page = report["outputs"].get("html", "")
    remarks = report["annotations"]
    return Row(
        name=each.name,
        result=each.result.value,
        tone=TONES.get(each.result.value, "neutral"),
        seconds=f"{each.seconds:.1f}",
        headline=report["headline"],
        next_step=report["next-step"],
        page=quote(relpath(page, folder).replace("\\", "/")) if page else "",
        plan=each.plan_hash,
        remarks=tuple(_remark(remark) for remark in remarks[:REMARKS]),
        more=max(len(remarks) - REMARKS, 0),
    )


def _remark(remark: Mapping[str, Any]) -> Mapping[str, str]:
    place = ":".join(str(part) for part in (remark["file"], remark["line"] or "") if part)
    return {"level": remark["level"], "place": place, "message": remark["message"]}
