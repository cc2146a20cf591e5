"""bandit: weaknesses in Python code. https://bandit.readthedocs.io

It ends green for a file that it cannot parse and for one that does not exist, so nothing of that is believed: every
file that it was asked for must be among those that it measured, and none among its errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple

from ci_actions.findings.model import Finding, Kind, Region, Severity, new_finding
from ci_actions.findings.packed import packed, unpacked
from ci_actions.kit.apart import Apart, one_by_one
from ci_actions.kit.globs import matcher
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Marker
from ci_actions.security_scan.scanners import (
    Ask,
    Choice,
    Ended,
    NoAnswer,
    Pin,
    Reading,
    Scanner,
    Task,
    Tree,
    chosen,
    not_chosen,
)
from ci_actions.security_scan.scanners.native import (
    count,
    document,
    ended_well,
    listed,
    listing,
    number,
    relative,
    rows,
    severity,
    table,
    text,
)
from ci_actions.security_scan.shards import divided

TESTS = ("tests", "test", "test_*.py", "*_test.py", "conftest.py")
#: Seconds that bandit takes for so many bytes, about: only the order of the processes depends on it.
BYTES_PER_SECOND = 150_000
#: A process costs its start; below this much source each, more of them are slower.
SHARD_BYTES = 400_000
#: A process costs its start; less output than this beside the first one's is read faster without.
OUTPUT_FOR_TWO = 2_000_000

#: What a result says in words; the first marks it as one.
_WORDS = ("issue_text", "test_id", "issue_severity", "issue_confidence", "test_name", "more_info")
_words_of = itemgetter(*_WORDS)

_new = tuple.__new__  # What a named tuple does, at half of the price.

#: Their messages end with the password itself.
_PASSWORDS = ("B105", "B106", "B107")
_VALUE = re.compile(r": (?P<quote>['\"])(?P<value>.*)(?P=quote)$", re.DOTALL)
_PLAIN = re.compile(r".{0,3}|[A-Za-z]?[a-z]*(?:[-_. ][a-z]+)*|\$\{\{.*\}\}", re.DOTALL)
#: https://bandit.readthedocs.io/en/latest/config.html#suppressing-individual-lines
_NOSEC = re.compile(r"#\s*nosec(?P<tests>[^#\n]*)")
_NAMES_A_TEST = re.compile(r"\bB\d{3}\b|\b[a-z]+(?:_[a-z0-9]+)+\b")


def applies(config: Config, tree: Tree) -> Choice:
    """Python sources, without tests unless these are wanted too."""
    sources = [path for path in tree.files if path.endswith((".py", ".pyw"))]
    if not sources:
        return not_chosen("no Python file")
    is_test = matcher(() if config.scan_tests else TESTS)
    files = [path for path in sources if not is_test(path)]
    if not files:
        return not_chosen("no Python file but tests (scan-tests is false)")
    left_out = len(sources) - len(files)
    without = f", without {count(left_out, 'test')}" if left_out else ""
    return chosen(f"{count(len(files), 'Python file')}{without}", files)


def configuration(config: Config, tree: Tree) -> tuple[str, ...]:
    """Return the options that name the project's own configuration; bandit finds none for single files."""
    own = config.settings_of("bandit").config
    if own:
        return ("-c", own)
    found: tuple[str, ...] = ()
    project = "/".join(part for part in (tree.directory, "pyproject.toml") if part)
    if b"[tool.bandit" in (tree.read(project) or b""):
        found += ("-c", project)
    initial = "/".join(part for part in (tree.directory, ".bandit") if part)
    if tree.read(initial) is not None:
        found += ("--ini", initial)
    return found


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return one process per shard. What bandit says about a file depends on that file alone."""
    sizes = {path: ask.tree.sizes.get(path, 0) for path in ask.files}
    options = ("bandit", "-f", "json", "-q", *configuration(ask.config, ask.tree))
    return tuple(
        Task(
            argv=(ask.place.python, "-I", "-X", "utf8", ask.place.agent, *options),
            asked=shard,
            stdin="\0".join(f"./{path}" for path in shard).encode("utf-8", "surrogateescape"),
            weight=1 + sum(map(sizes.__getitem__, shard)) / BYTES_PER_SECOND,
        )
        for shard in divided(sizes, ask.place.jobs, SHARD_BYTES)
    )


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return what all shards say together, in the order of the files."""
    findings: list[Finding] = []
    secrets: list[str] = []
    errors: dict[str, str] = {}
    metrics: dict[str, Mapping[str, Any]] = {}
    for each in ended:
        ended_well(each, 0, 1)
    for each, found in zip(ended, reports(ended, ask.tree.root, ask.place.apart), strict=True):
        mine = found.findings
        if bool(mine) is not (each.code == 1):
            raise NoAnswer(f"It ended with exit code {each.code} and reported {count(len(mine), 'finding')}.")
        findings += mine
        secrets += found.secrets
        errors |= found.errors
        metrics |= found.metrics
    asked = [path for each in ended for path in each.asked]
    unseen = [path for path in asked if path not in metrics and path not in errors]
    findings.sort(
        key=lambda each: (each.path, each.region.line if each.region else 0, each.rule, each.message)
    )
    _agree(findings, metrics, ask)
    return Reading(
        findings=tuple(findings),
        examined=len(asked) - len(unseen) - len(errors),
        gaps=tuple(_gaps(errors, unseen, ask)),
        notes=_notes(ask),
        markers=sum(number(row.get("nosec")) + number(row.get("skipped_tests")) for row in metrics.values()),
        bare_markers=tuple(_bare(metrics, ask.tree)),
        secrets=tuple(secrets),
    )


@dataclass(kw_only=True)
class Report:
    """What one process of bandit printed; paths are relative to the git root, `secrets` as in a Reading."""

    findings: list[Finding] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def reports(ended: Sequence[Ended], root: str, apart: Apart) -> Iterator[Report]:
    """Return what each process printed, read side by side where that is worth it; raises what `report` raises."""
    if sum(len(each.output) for each in ended[1:]) < OUTPUT_FOR_TWO:
        apart = one_by_one
    return apart(partial(report, root=root), ended, pack=_packed, unpack=_unpacked)


def report(ended: Ended, root: str = "") -> Report:
    """Return what a process printed; raises NoAnswer where that is no report of bandit."""
    made = Report()
    secret = Kind.SECRET

    def read(row: dict[str, Any]) -> object:
        # A result becomes a finding as soon as it is parsed: all of them at once, as JSON, take several times the
        # memory, and the time to fill it.
        if "issue_text" not in row:
            return row
        one = finding(row, root)
        if one.kind is secret:
            made.secrets += passwords(row)
        return one

    found = table(document(ended, hook=read), "report of bandit")
    results = listing(found.get("results"), "results", (Finding, dict))
    made.findings += [each if isinstance(each, Finding) else finding(each, root) for each in results]
    for row in rows(found.get("errors"), "errors"):
        made.errors[relative(text(row.get("filename")), root)] = text(row.get("reason"))
    for path, row in table(found.get("metrics"), "metrics").items():
        if path != "_totals":
            made.metrics[relative(path, root)] = table(row, "metrics")
    return made


def _packed(made: Report) -> tuple[Any, ...]:
    return packed(made.findings), made.secrets, made.errors, made.metrics


def _unpacked(given: tuple[Any, ...]) -> Report:
    findings, secrets, errors, metrics = given
    return Report(findings=unpacked(findings), secrets=secrets, errors=errors, metrics=metrics)


def finding(row: Mapping[str, Any], root: str = "") -> Finding:
    """Return one result of bandit as a finding."""
    try:
        rule, kind, severe, sure, message, title, url = _said(*_words_of(row))
    except (KeyError, TypeError):  # One of them is missing, or no text but a list.
        rule, kind, severe, sure, message, title, url = _said(*(text(row.get(name)) for name in _WORDS))
    path = relative(str(row.get("filename", "")), root)
    return new_finding(path, region(row), "bandit", rule, kind, severe, sure, message, title, url)


class _Said(NamedTuple):
    """What a finding takes over from the words of a result."""

    rule: str
    kind: Kind
    severity: Severity
    confidence: Severity
    message: str
    title: str
    url: str


@lru_cache(maxsize=4096)  # A report says the same few things again and again.
def _said(message: object, rule: object, severe: object, sure: object, name: object, url: object) -> _Said:
    is_password = text(rule) in _PASSWORDS
    return _Said(
        rule=text(rule),
        kind=Kind.SECRET if is_password else Kind.CODE,
        severity=severity(severe),
        confidence=severity(sure),
        message=text(message).partition(":")[0] if is_password else text(message),
        title=text(name).replace("_", " "),
        url=text(url),
    )


def region(row: Mapping[str, Any]) -> Region:
    """Return where a result is; its columns count bytes, and its end belongs to the last of its lines."""
    line, begin, end = row.get("line_number"), row.get("col_offset"), row.get("end_col_offset")
    line = last = line if type(line) is int and line > 0 else 0
    begin = begin + 1 if type(begin) is int and begin >= 0 else 0
    end = end + 1 if type(end) is int and end >= 0 else 0
    spanned = row.get("line_range")
    if spanned and spanned != [line]:
        last = max((each for each in spanned if isinstance(each, int) and each > line), default=line)
    code = row.get("code")
    if isinstance(code, str) and not code.isascii():
        lines = _shown(code)
        begin, end = _characters(begin, lines.get(line, "")), _characters(end, lines.get(last, ""))
    if not begin or (last == line and end <= begin):
        end = 0
    return _new(Region, (line, begin, last, end))


def passwords(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the password in the message of a result, as it stands in the source and as it is printed.

    Not the plain words that bandit takes for one (`token = "github-token"`): hidden, they would be missing everywhere.
    """
    found = _VALUE.search(str(row.get("issue_text", "")))
    if text(row.get("test_id")) in _PASSWORDS and found and not _PLAIN.fullmatch(found["value"]):
        value = found["value"]
        yield value
        if "\\" in value:
            yield value.encode("latin-1", "backslashreplace").decode("unicode_escape", "replace")


def _agree(findings: Sequence[Finding], metrics: Mapping[str, Mapping[str, Any]], ask: Ask) -> None:
    """Raise NoAnswer when bandit counted other findings than it reported."""
    counted = sum(
        number(value)
        for row in metrics.values()
        for name, value in row.items()
        if name.startswith("SEVERITY.")
    )
    if counted != len(findings) and not _thresholds(ask):
        raise NoAnswer(f"It counted {count(counted, 'finding')} and reported {len(findings)}.")


def _thresholds(ask: Ask) -> bool:
    """Whether the project's `.bandit` makes bandit leave out findings that it counts."""
    options = configuration(ask.config, ask.tree)
    initial = ask.tree.read(options[-1]) if "--ini" in options else None
    return re.search(rb"(?m)^\s*(?:level|confidence)\s*[=:]", initial or b"") is not None


def _gaps(errors: Mapping[str, str], unseen: Sequence[str], ask: Ask) -> Iterator[str]:
    broken = [path for path, why in errors.items() if "syntax error" in why]
    if broken:
        yield (
            f"{count(len(broken), 'file')} could not be parsed ({listed(broken)}: syntax error for the Python that "
            "bandit runs on; a newer one can be named with `python`)"
        )
    others = [path for path in errors if path not in broken]
    if others:
        yield f"{count(len(others), 'file')} could not be read ({listed(others)}: “{errors[others[0]]}”)"
    if unseen and not _leaves_out(ask):
        yield f"{count(len(unseen), 'file')} of those it was asked for did not appear in its report ({listed(unseen)})"
    if len(errors) + len(unseen) >= len(ask.files):
        yield "it looked at no file"


def _leaves_out(ask: Ask) -> bool:
    return any(
        b"exclude" in (ask.tree.read(path) or b"") for path in configuration(ask.config, ask.tree)[1::2]
    )


def _notes(ask: Ask) -> tuple[str, ...]:
    files = configuration(ask.config, ask.tree)[1::2]
    return (f"bandit is configured by {' and '.join(files)}.",) if files else ()


def _bare(metrics: Mapping[str, Mapping[str, Any]], tree: Tree) -> Iterator[Marker]:
    """Yield every `# nosec` that names no test, in the files where bandit met one."""
    for path in sorted(path for path, row in metrics.items() if number(row.get("nosec"))):
        lines = (tree.read(path) or b"").decode("utf-8", "replace").splitlines()
        for position, line in enumerate(lines, 1):
            found = _NOSEC.search(line)
            if found and not _NAMES_A_TEST.search(found["tests"]):
                yield Marker(path=path, line=position, text="# nosec")


def _shown(code: str) -> dict[int, str]:
    """Return the lines of a snippet by their numbers: each begins with its own."""
    found = {}
    for line in code.split("\n"):
        position, _, rest = line.partition(" ")
        if position.isascii() and position.isdigit():
            found[int(position)] = rest
    return found


def _characters(column: int, line: str) -> int:
    """Return the column in characters for one in bytes; the same where the line does not go so far."""
    before = line.encode("utf-8", "surrogateescape")[: max(column - 1, 0)]
    return len(before.decode("utf-8", "ignore")) + 1 if column and len(before) == column - 1 else column


SCANNER = Scanner(name="bandit", pin=Pin.LOCK, unit="files", applies=applies, tasks=tasks, classify=classify)
