"""Pure: reports -> title, text and comments of an issue. The words are ours; what a report brought stands in code.

Whatever is text in a report goes through `markdown.code` and nothing else: it can be no mention, no reference, no link and
no HTML. An escaped `#1` still is a reference for GitHub, which looks for them in what Markdown has made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ci_actions.ci_report_issue.model import Critical, IssueReport, Marker, Run, Section
from ci_actions.kit import markdown

#: Characters of a title: https://docs.github.com/rest/issues/issues#create-an-issue
LONGEST_TITLE = 200
#: Sections in all, and rows of each: the first pair with which the text is short enough.
_FITS = ((50, 100), (50, 50), (50, 25), (50, 12), (50, 6), (25, 3), (10, 1), (3, 1))
#: Signs of one text, of a name in a comment, and names in a comment.
_SIGNS, _NAME, _NAMES = 300, 100, 10

_MARKS = {"passed": "✅", "failed": "❌", "error": "⛔", "incomplete": "⚠️", "skipped": "⏭️"}
_MARKER = re.compile(
    r"by=(?P<by>[0-9a-f-]{1,40}) run=(?P<run>[0-9]{1,18})\.(?P<attempt>[0-9]{1,9}) head=(?P<head>[0-9a-f]{40,64}) "
    r"first=(?P<first_run>[0-9]{1,18})@(?P<first_head>[0-9a-f]{40,64})@(?P<first_time>[0-9]{1,12}) "
    r"green=(?P<green>[0-9a-f]{40,64}|-) reds=(?P<reds>[0-9]{1,9}) sections=(?P<sections>[0-9a-f,]{0,3000}) -->"
)
_KEY = re.compile(r"<!-- ci-actions:issue key=(?P<key>[0-9a-z-]{1,40}) ")


# --- the marker ------------------------------------------------------------------------------------


def marker_in(body: str) -> Marker | None:
    """Return what the first line of an issue says; None for an issue that does not begin as ours do.

    One with a key alone for a line that somebody has changed.
    """
    begins = _KEY.match(body)
    if not begins:
        return None
    line = body.splitlines()[0]
    found = _MARKER.fullmatch(line, begins.end())
    if not found:
        return Marker(key=begins["key"])
    return Marker(
        key=begins["key"],
        by=found["by"],
        run=int(found["run"]),
        attempt=int(found["attempt"]),
        head=found["head"],
        first_run=int(found["first_run"]),
        first_head=found["first_head"],
        first_time=int(found["first_time"]),
        green=found["green"].strip("-"),
        reds=int(found["reds"]),
        sections=tuple(filter(None, found["sections"].split(","))),
    )


def first_line(marker: Marker) -> str:
    """Return the hidden first line of an issue."""
    return (
        f"<!-- ci-actions:issue key={marker.key} by={marker.by} run={marker.run}.{marker.attempt} head={marker.head} "
        f"first={marker.first_run}@{marker.first_head}@{marker.first_time} green={marker.green or '-'} "
        f"reds={marker.reds} sections={','.join(marker.sections)} -->"
    )


def with_marker(body: str, marker: Marker) -> str:
    """Return the text of an issue with another first line, and nothing else changed."""
    _, newline, rest = body.partition("\n")
    return first_line(marker) + newline + rest


# --- titles ----------------------------------------------------------------------------------------


def title(run: Run, name: str) -> str:
    """Return the title of the issue of a workflow."""
    return _line(f"{run.workflow}{f' ({name})' if name else ''} is red")


def critical_title(found: Critical) -> str:
    """Return the title of the issue of a vulnerability."""
    return _line(f"Critical vulnerability {found.id}" + (f": {found.title}" if found.title.strip() else ""))


def _line(text: str) -> str:
    """Return a title; Markdown and HTML mean nothing in it, but names might be called."""
    shown = markdown.plain(text).replace("@", "@\u200b").strip()
    return shown if len(shown) <= LONGEST_TITLE else f"{shown[: LONGEST_TITLE - 1]}…"


# --- texts -----------------------------------------------------------------------------------------


def body(
    run: Run, name: str, marker: Marker, why: str, reports: Sequence[IssueReport], *, refused: int = 0
) -> str:
    """Return the text of the issue of a workflow that is red, and `why`, never longer than GitHub takes."""
    which = _text(run.workflow) + (f" ({_text(name)})" if name else "")
    head = [f"❌ {which} is red: {why}.", _history(run, marker)]
    if refused:
        what = "1 report was refused" if refused == 1 else f"{refused} reports were refused"
        head.append(f"⛔ {what}: {markdown.link('the log says why', run.url)}.")
    if not reports:
        head.append(f"The run left no report: {markdown.link('its jobs', run.url)} say what is wrong.")
    for most, rows in _FITS:
        parts = (first_line(marker), *head, *_reports(reports, most, rows), _FOOT)
        made = "\n\n".join(parts) + "\n"
        if markdown.length(made) <= markdown.LONGEST:
            return made
    raise AssertionError("three sections of one row each are always short enough")


def critical_body(run: Run, marker: Marker, found: Critical) -> str:
    """Return the text of the issue of a vulnerability."""
    parts = [first_line(marker), f"⛔ {_text(found.id)}" + (f": {_text(found.title)}" if found.title else "")]
    if found.url:
        parts.append(f"<{found.url}>")
    parts += [_history(run, marker), _CRITICAL_FOOT]
    return "\n\n".join(parts) + "\n"


_KEPT = "---\n\nKept by ci-actions: what is written into this text is overwritten, comments stay."
_FOOT = f"{_KEPT} It is closed when a run is green."
_CRITICAL_FOOT = f"{_KEPT} It is closed when a complete scan no longer finds it."


def _history(run: Run, marker: Marker) -> str:
    last = f"{_run(run)}, {_day(run.time)}"
    first = last
    if marker.first_run != run.id:
        before = markdown.link("an earlier run", f"{run.repository_url}/actions/runs/{marker.first_run}")
        first = f"{before} of {_commit(run, marker.first_head)}, {_day(marker.first_time)}"
    green = "not known"
    if marker.green:
        compared = f"{run.repository_url}/compare/{marker.green}...{marker.first_head}"
        green = f"{_commit(run, marker.green)} ({markdown.link('what came between', compared)})"
    rows = [["First red", first], ["Last red", last], ["Red runs", f"{marker.reds:,}"], ["Last green", green]]
    return markdown.table(("", ""), rows)


def _reports(reports: Sequence[IssueReport], most: int, rows: int) -> Iterator[str]:
    left = most
    shown = sorted(reports, key=lambda each: (not each.red, each.green))[:most]
    for report in shown:
        yield f"## {_MARKS[report.result]} {_text(report.title)}: {report.result}"
        sections = [each for each in report.sections if each.rows]
        for section in sections[:left]:
            yield _section(section, rows)
        if len(sections) > left:
            yield f"… and {len(sections) - left:,} more sections."
        left = max(0, left - len(sections))
    if len(reports) > len(shown):
        yield f"… and {len(reports) - len(shown):,} more reports."


def _section(section: Section, rows: int) -> str:
    shown = [f"- {_text(row) or '(empty)'}" for row in section.rows[:rows]]
    more = len(section.rows) - len(shown)
    if more:
        shown.append(f"- … and {more:,} more.")
    return f"### {_text(section.title)} ({len(section.rows):,})\n\n" + "\n".join(shown)


# --- comments --------------------------------------------------------------------------------------


def closed(run: Run) -> str:
    """Return the comment with which the issue of a workflow is closed."""
    return f"✅ Green in {_run(run)}.\n"


def critical_closed(run: Run) -> str:
    """Return the comment with which the issue of a vulnerability is closed."""
    return f"✅ Not found any more by {_run(run)}, which scanned everything.\n"


def reopened(run: Run) -> str:
    """Return the comment with which an issue is opened again."""
    return f"❌ Red again in {_run(run)}.\n"


def changed(run: Run, new: Sequence[str], gone: int) -> str:
    """Return the comment for other sections being red than before: the titles of the new ones, how many are gone."""
    names = ", ".join(_text(each, _NAME) for each in new[:_NAMES])
    more = f" and {len(new) - _NAMES:,} more" if len(new) > _NAMES else ""
    said = [f"now also {names}{more}"] if new else []
    if gone:
        said.append(f"{gone:,} {'section is' if gone == 1 else 'sections are'} no longer red")
    return f"❌ Still red in {_run(run)}, for other reasons: {'; '.join(said)}.\n"


def duplicate(kept: int) -> str:
    """Return the comment with which the younger of two issues is closed."""
    return f"The same as #{kept}, which is older: two runs have opened an issue at the same time.\n"


def _text(text: str, most: int = _SIGNS) -> str:
    """Return what a report brought: on one line, in code, cut."""
    return markdown.code(text if len(text) <= most else text[: most - 1] + "…")


def _run(run: Run) -> str:
    again = f", attempt {run.attempt}" if run.attempt > 1 else ""
    return f"{markdown.link(f'run {run.number}', run.url)}{again} of {_commit(run, run.head)}"


def _commit(run: Run, sha: str) -> str:
    return markdown.link(f"`{sha[:9]}`", f"{run.repository_url}/commit/{sha}")


def _day(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
