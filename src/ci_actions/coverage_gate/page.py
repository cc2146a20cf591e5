"""The HTML page of coverage-gate: values of an outcome arranged for `page.html`, which draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from ci_actions.coverage_gate import counting
from ci_actions.coverage_gate.badge import text_width
from ci_actions.coverage_gate.model import (
    ChangedCoverage,
    FileCoverage,
    FileLines,
    GateResult,
    Outcome,
    Read,
    Tally,
    Unmeasured,
    Verdict,
)
from ci_actions.coverage_gate.treemap import Box, Kind, Rectangle, layout
from ci_actions.kit import html, lines
from ci_actions.kit.lines import Lines

#: What a table shows before it counts the rest; this keeps the page of a large repository below 1.5 MB.
FILE_ROWS, CHANGED_ROWS, OTHER_ROWS, RANGES = 2000, 100, 50, 12
#: Pixels and boxes of the picture on a screen and on a phone.
WIDE, NARROW = (1000, 520, 1000), (358, 480, 250)
#: Lower bounds of the classes of colour, in per cent; the last is complete.
BANDS = (0, 25, 50, 75, 90, 100)
#: Gates whose numbers stand on top in large type, and texts of the picture's font size.
FIGURES, FONT = 4, 11
#: Columns of the strip that stands for a file, whatever its length.
COLUMNS = 240

_STATUS = {"A": "added", "M": "modified", "R": "renamed", "C": "copied", "T": "type changed"}
_TONES = {
    Verdict.MET: "good",
    Verdict.NOT_MET: "bad",
    Verdict.NOT_APPLICABLE: "neutral",
    Verdict.NOT_ENFORCED: "warn",
}
_SIGNS = {Verdict.MET: "✓", Verdict.NOT_MET: "✗", Verdict.NOT_APPLICABLE: "–", Verdict.NOT_ENFORCED: "!"}
_UNITS = {"lines": "line", "branches": "branch", "combined": "line or branch"}


def render(outcome: Outcome, *, headline: str, verdict: str, next_step: str = "") -> str:
    """Return the page; `verdict` is the value of a `kit.report.Result`, the other two are plain text."""
    return html.render(
        "coverage_gate/page.html",
        html.Frame(
            capability="coverage-gate",
            headline=headline,
            verdict=verdict,
            next_step=next_step,
            problems=outcome.problems,
            loosened=outcome.loosened,
            warnings=outcome.warnings,
            facts=tuple(_facts(outcome)),
        ),
        **_view(outcome),
    )


def _view(outcome: Outcome) -> dict[str, object]:
    files = {file.path: file for file in outcome.files}
    changed = {each.path: each for each in outcome.changed}
    gates = [_gate(each) for each in outcome.gates]
    red_first = sorted(gates, key=lambda gate: gate.tone != "bad")
    rows = [_row(file, outcome) for file in sorted(outcome.files, key=_most_missed)[:FILE_ROWS]]
    return {
        "maps": _maps(outcome, changed) if outcome.files else (),
        "bands": _legend(),
        "figures": red_first[:FIGURES],
        "gates": gates,
        "has_delta": any(gate.delta for gate in gates),
        "tasks": [_task(each, outcome.blob_url) for each in outcome.gates if each.verdict is Verdict.NOT_MET],
        "changed": [
            _changed(each, files.get(each.path), outcome.blob_url) for each in _in_order(outcome.changed)
        ],
        "changed_more": max(len(outcome.changed) - CHANGED_ROWS, 0),
        "no_change": outcome.no_change,
        "unmeasured": [_unmeasured(each, outcome.blob_url) for each in outcome.unmeasured[:OTHER_ROWS]],
        "unmeasured_more": max(len(outcome.unmeasured) - OTHER_ROWS, 0),
        "reads": [_read(each) for each in outcome.reads[:OTHER_ROWS]],
        "reads_more": max(len(outcome.reads) - OTHER_ROWS, 0),
        "rows": rows,
        "rows_more": len(outcome.files) - len(rows),
        "has_branches": bool(outcome.branches.total),
        "totals": outcome,
    }


def _facts(outcome: Outcome) -> Iterable[str]:
    if outcome.head:
        yield f"at {_short(outcome.head)}"
    if outcome.base:
        yield f"against {_short(outcome.base)}" + (f" ({outcome.base_how})" if outcome.base_how else "")
    if outcome.directory not in {"", "."}:
        yield f"in {outcome.directory}"
    yield f"counts {'lines and branches' if outcome.metric == 'combined' else outcome.metric}"
    if outcome.baseline:
        yield f"baseline {_percent(outcome.baseline)}"
    if outcome.baseline_note:
        yield outcome.baseline_note
    if outcome.now > 0:
        yield f"{datetime.fromtimestamp(outcome.now, UTC):%Y-%m-%d %H:%M} UTC"


def _short(revision: str) -> str:
    return revision[:12] if len(revision) >= 40 and revision.isalnum() else revision


def _percent(tally: Tally) -> str:
    return f"{tally.percent} %" if tally.total else "n/a"


def _counted(number: object, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


# --- gates -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Gate:
    name: str
    scope: str
    metric: str
    value: str
    counts: str
    minimum: str
    delta: str
    verdict: str
    sign: str
    tone: str
    reason: str
    filled: str
    mark: str


def _gate(gate: GateResult) -> _Gate:
    tally = gate.tally if gate.tally and gate.tally.total else None
    # Each file by itself: what they reach together decides nothing, and a bar of it would mislead.
    together = not gate.scope.startswith("per-")
    below = _counted(len(gate.offenders), "file") + " below" if gate.offenders else "every file"
    return _Gate(
        name=gate.name,
        scope=gate.scope,
        metric=gate.metric,
        value="n/a" if not tally else _percent(tally) if together else below,
        counts=f"{tally.covered:,} of {tally.total:,}" if tally else "",
        minimum=f"{gate.minimum:f} %",
        delta=gate.delta,
        verdict=gate.verdict.value,
        sign=_SIGNS[gate.verdict],
        tone=_TONES[gate.verdict],
        reason=gate.reason,
        filled=tally.percent if tally and together else "",
        mark=f"{min(max(gate.minimum, 0), 100):f}",
    )


@dataclass(frozen=True, kw_only=True)
class _Link:
    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Lines of one file, each run with its link."""

    path: str
    href: str
    ranges: tuple[_Link, ...] = ()
    more: int = 0
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What would turn one gate green."""

    gate: str
    needed: str
    places: tuple[_Place, ...]
    more: int
    offenders: tuple[_Place, ...]
    offenders_more: int


def _task(gate: GateResult, blob_url: str) -> _Task:
    unit = _UNITS.get(gate.metric, "line")
    many = {"branch": "branches", "line or branch": "lines or branches"}.get(unit, "lines")
    return _Task(
        gate=gate.name,
        needed=_counted(gate.needed, f"more {unit}", f"more {many}") if gate.needed else "",
        places=tuple(_place(each, blob_url) for each in gate.remedy[:OTHER_ROWS]),
        more=max(len(gate.remedy) - OTHER_ROWS, 0),
        offenders=tuple(
            _Place(path=path, href=html.blob_link(blob_url, path), note=_spoken_tally(tally))
            for path, tally in gate.offenders[:OTHER_ROWS]
        ),
        offenders_more=max(len(gate.offenders) - OTHER_ROWS, 0),
    )


def _spoken_tally(tally: Tally) -> str:
    return f"{_percent(tally)} ({tally.covered:,} of {tally.total:,})" if tally.total else "n/a"


def _place(where: FileLines, blob_url: str) -> _Place:
    ranges, more = _ranges(where.path, where.lines, blob_url)
    return _Place(path=where.path, href=html.blob_link(blob_url, where.path), ranges=ranges, more=more)


def _ranges(path: str, wanted: Lines, blob_url: str) -> tuple[tuple[_Link, ...], int]:
    """Return the first runs of lines with their links, and how many more there are."""
    runs = list(lines.ranges(wanted))
    shown = tuple(
        _Link(
            text=str(first) if first == last else f"{first}–{last}",
            href=html.blob_link(blob_url, path, first, last),
        )
        for first, last in runs[:RANGES]
    )
    return shown, max(len(runs) - RANGES, 0)


# --- changed files ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Changed:
    place: _Place
    partial: _Place
    status: str
    value: str
    counts: str
    nothing: bool
    strip: _Strip | None


@dataclass(frozen=True, kw_only=True)
class _Strip:
    """A file from its first line to its last, as paths in a box of `COLUMNS` by 10."""

    covered: str
    partial: str
    missed: str
    changed: str
    last: int
    said: str


def _in_order(changed: Sequence[ChangedCoverage]) -> list[ChangedCoverage]:
    """Return the changed files that are shown, those with most to do first."""
    return sorted(changed, key=lambda each: (-lines.count(each.missed | each.partial), each.path))[
        :CHANGED_ROWS
    ]


def _changed(change: ChangedCoverage, file: FileCoverage | None, blob_url: str) -> _Changed:
    return _Changed(
        place=_place(FileLines(change.path, change.missed), blob_url),
        partial=_place(FileLines(change.path, change.partial), blob_url),
        status=_STATUS.get(change.status[:1], change.status),
        value=_percent(change.tally),
        counts=f"{change.tally.covered:,} of {change.tally.total:,} covered" if change.tally.total else "",
        nothing=not change.measured,
        strip=_strip(change, file) if file and change.measured else None,
    )


def _strip(change: ChangedCoverage, file: FileCoverage) -> _Strip:
    partial = counting.partial(file) | change.partial
    missed = file.measured & ~file.hit
    covered = file.hit & ~partial
    last = max(lines.last(file.measured), lines.last(change.measured))
    return _Strip(
        covered=_segments(covered, last, 6, 10),
        partial=_segments(partial, last, 4, 10),
        missed=_segments(missed, last, 2, 10),
        changed=_segments(change.measured, last, 0, 1.4),
        last=last,
        said=f"{_counted(last, 'line')}: {lines.count(covered):,} covered, {lines.count(partial):,} partly, "
        f"{lines.count(missed):,} missed; {lines.count(change.measured):,} changed",
    )


def _segments(wanted: Lines, last: int, top: float, bottom: float) -> str:
    """Return an SVG path of a rectangle for each run of lines, at least one column wide."""
    made: list[tuple[int, int]] = []
    for first, end in lines.ranges(wanted):
        left = (first - 1) * COLUMNS // last
        right = max(-(-end * COLUMNS // last), left + 1)
        if made and left <= made[-1][1]:
            made[-1] = (made[-1][0], max(right, made[-1][1]))
        else:
            made.append((left, right))
    return "".join(f"M{left} {top:g}H{right}V{bottom:g}H{left}z" for left, right in made)


# --- tables ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Row:
    path: str
    href: str
    band: str
    value: str
    counts: str
    branches: str
    missing: str


def _row(file: FileCoverage, outcome: Outcome) -> _Row:
    tally = counting.tally(file, outcome.metric)
    in_lines, in_branches = counting.tally(file, "lines"), counting.tally(file, "branches")
    return _Row(
        path=file.path,
        href=html.blob_link(outcome.blob_url, file.path),
        band=_band(tally),
        value=_percent(tally),
        counts=f"{in_lines.covered:,} / {in_lines.total:,}",
        branches=f"{in_branches.covered:,} / {in_branches.total:,}" if in_branches.total else "",
        missing=lines.spoken(file.measured & ~file.hit, 6),
    )


def _most_missed(file: FileCoverage) -> tuple[int, str]:
    return -lines.count(file.measured & ~file.hit), file.path


def _unmeasured(each: Unmeasured, blob_url: str) -> dict[str, object]:
    return {"place": _place(FileLines(each.path, each.lines), blob_url), "closest": each.closest}


def _read(each: Read) -> dict[str, object]:
    return {"read": each, "age": "" if each.age is None else _age(each.age)}


def _age(seconds: float) -> str:
    """Return how long ago something was, in its largest unit."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return _counted(int(seconds // size), unit)
    return "less than a minute" if seconds >= 0 else "in the future"


# --- the picture -----------------------------------------------------------------------------------

#: Where a text stands (x, y), the text, its class.
_Label: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A rectangle of the picture: its class, its tooltip, and the texts that there is room for."""

    kind: str
    x: str
    y: str
    width: str
    height: str
    title: str
    texts: tuple[_Label, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """The outline of a changed file."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, kw_only=True)
class _Map:
    name: str
    width: int
    height: int
    shapes: tuple[_Shape, ...]
    marks: tuple[_Mark, ...]
    said: str
    left_out: int


def _legend() -> tuple[tuple[str, str], ...]:
    """Return class and words of every band, the best first."""
    words = [f"below {BANDS[1]} %", *(f"from {lower} %" for lower in BANDS[1:-1]), "100 %"]
    return tuple((f"b{number}", each) for number, each in reversed(list(enumerate(words))))


def _band(tally: Tally) -> str:
    """Return the class of colour; compared exactly: 99.99 per cent is not the colour of 100."""
    if not tally.total:
        return "bn"
    reached = sum(tally.covered * 100 >= lower * tally.total for lower in BANDS)
    return f"b{reached - 1}"


def _maps(outcome: Outcome, changed: Mapping[str, ChangedCoverage]) -> tuple[_Map, ...]:
    tallies = {file.path: counting.tally(file, outcome.metric) for file in outcome.files}
    weights = [(file.path, lines.count(file.measured)) for file in outcome.files]
    kept = frozenset(each.path for each in _in_order(outcome.changed))
    made = []
    for name, (width, height, limit) in (("screen", WIDE), ("phone", NARROW)):
        tree = layout(weights, width, height, keep=kept, limit=limit)
        shapes = tuple(_shape(box, tallies, changed) for box in tree.boxes)
        said = (
            f"Treemap of {_counted(len(weights) - tree.left_out, 'file')} by folder. Area is measured lines, "
            f"colour is coverage: {_percent(outcome.overall)} overall. "
            "The table of all files says it in words."
        )
        made.append(
            _Map(
                name=name,
                width=width,
                height=height,
                shapes=shapes,
                marks=tuple(_mark(box.at, width, height) for box in tree.boxes if box.path in kept),
                said=said,
                left_out=tree.left_out,
            )
        )
    return tuple(made)


def _shape(box: Box, tallies: Mapping[str, Tally], changed: Mapping[str, ChangedCoverage]) -> _Shape:
    at = box.at
    if box.kind is Kind.FOLDER:
        texts = _folder_label(box)
        kind, title = "folder", box.path or "all files"
    elif box.kind is Kind.REST:
        tally = sum((tallies[path] for path in box.files), counting.NONE)
        files = _counted(len(box.files), "file")
        kind = _band(tally)
        count = f"{len(box.files):,}"
        # A folder that is one box has a name; small files beside larger ones are "and N more files".
        names = (
            (f"{box.label} ({files})", box.label)
            if box.label
            else (f"and {count} more files", f"{count} more", f"+{count}")
        )
        title = f"{box.path or 'top folder'}: {files if box.label else names[0]}, {_spoken_tally(tally)}"
        texts = _texts(box, names, tally, None)
    else:
        tally, change = tallies[box.path], changed.get(box.path)
        kind, title = _band(tally), f"{box.path}: {_spoken_tally(tally)}"
        if change:
            title += f"; changed, {_missed_words(change)}"
        texts = _texts(box, (box.label,), tally, change)
    return _Shape(
        kind=kind,
        x=_pixels(at.x),
        y=_pixels(at.y),
        width=_pixels(at.width),
        height=_pixels(at.height),
        title=title,
        texts=tuple(text for text in texts if text[2]),
    )


def _mark(at: Rectangle, width: float, height: float) -> _Mark:
    """Return an outline inside a rectangle; around its middle, but inside the picture, where it is tiny."""
    wide, high = max(at.width - 3, 5), max(at.height - 3, 5)
    left = min(max(at.x + (at.width - wide) / 2, 2), width - wide - 2)
    top = min(max(at.y + (at.height - high) / 2, 2), height - high - 2)
    return _Mark(x=_pixels(left), y=_pixels(top), width=_pixels(wide), height=_pixels(high))


def _folder_label(box: Box) -> tuple[_Label, ...]:
    at = box.at
    return (_text(box.label, at.x + 5, at.y + 13, at.width - 10, "tf"),) if box.labelled else ()


def _missed_words(change: ChangedCoverage) -> str:
    missed, measured = lines.count(change.missed), lines.count(change.measured)
    return (
        f"{missed:,} of {_counted(measured, 'changed line')} missed" if measured else "no measured line of it"
    )


def _texts(
    box: Box, names: Sequence[str], tally: Tally, change: ChangedCoverage | None
) -> tuple[_Label, ...]:
    """Return the texts that fit into a box: a name, the percentage, and how many changed lines are missed."""
    at, colour = box.at, f"t{_band(tally)[1:]}"
    room = at.width - 12
    percent = f"{tally.percent.partition('.')[0]} %" if tally.total else "n/a"
    if at.height < 18 or not _fits(percent, room):
        return ()

    def room_for(text: str) -> bool:
        return _fits(text, room)

    if at.height < 36:
        return (_text(percent, at.x + 6, at.y + 14, room, colour),)
    found = [
        _text(next(filter(room_for, names), names[-1]), at.x + 6, at.y + 15, room, colour),
        _text(percent, at.x + 6, at.y + 30, room, f"{colour} tp"),
    ]
    if change and change.missed and at.height >= 50:
        count = lines.count(change.missed)
        words = filter(room_for, (f"{count:,} changed missed", f"{count:,} missed"))
        found.append(_text(next(words, ""), at.x + 6, at.y + 44, room, colour))
    return tuple(found)


def _text(text: str, x: float, y: float, room: float, kind: str) -> _Label:
    """Return place, text and class; the text is shortened until it fits, to nothing if need be."""
    if not _fits(text, room):
        # Halving finds the length in few steps, for thousands of boxes.
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _fits(text[:middle] + "…", room) else (low, middle - 1)
        text = text[:low] + "…" if low >= 3 else ""
    return _pixels(x), _pixels(y), text, kind


def _fits(text: str, room: float) -> bool:
    # The widths are those of Verdana; the fonts of the page are about a tenth narrower.
    return text_width(text, FONT) * 0.92 <= room


def _pixels(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
