"""bandit: weaknesses in Python code. https://bandit.readthedocs.io

It ends green for a file that it cannot parse and for one that does not exist, so nothing of that is believed: every
file that it was asked for must be among those that it measured, and none among its errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region
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
    results: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    metrics: dict[str, Mapping[str, Any]] = {}
    for each in ended:
        ended_well(each, 0, 1)
        found = table(document(each), "report of bandit")
        mine = rows(found.get("results"), "results")
        if bool(mine) is not (each.code == 1):
            raise NoAnswer(f"It ended with exit code {each.code} and reported {count(len(mine), 'finding')}.")
        results += mine
        root = ask.tree.root
        for row in rows(found.get("errors"), "errors"):
            errors[relative(text(row.get("filename")), root)] = text(row.get("reason"))
        for path, row in table(found.get("metrics"), "metrics").items():
            if path != "_totals":
                metrics[relative(path, root)] = table(row, "metrics")
    asked = [path for each in ended for path in each.asked]
    unseen = [path for path in asked if path not in metrics and path not in errors]
    findings = sorted(
        (finding(row, ask.tree.root) for row in results),
        key=lambda each: (each.path, each.region.line if each.region else 0, each.rule, each.message),
    )
    _agree(findings, metrics, ask)
    return Reading(
        findings=tuple(findings),
        examined=len(asked) - len(unseen) - len(errors),
        gaps=tuple(_gaps(errors, unseen, ask)),
        notes=_notes(ask),
        markers=sum(number(row.get("nosec")) + number(row.get("skipped_tests")) for row in metrics.values()),
        bare_markers=tuple(_bare(metrics, ask.tree)),
        secrets=tuple(password for row in results for password in passwords(row)),
    )


def finding(row: Mapping[str, Any], root: str = "") -> Finding:
    """Return one result of bandit as a finding."""
    rule = text(row.get("test_id"))
    message = text(row.get("issue_text"))
    if rule in _PASSWORDS:
        message = message.partition(":")[0]
    return Finding(
        tool="bandit",
        rule=rule,
        kind=Kind.SECRET if rule in _PASSWORDS else Kind.CODE,
        severity=severity(row.get("issue_severity")),
        confidence=severity(row.get("issue_confidence")),
        message=message,
        title=text(row.get("test_name")).replace("_", " "),
        path=relative(str(row.get("filename", "")), root),
        region=region(row),
        url=text(row.get("more_info")),
    )


def region(row: Mapping[str, Any]) -> Region:
    """Return where a result is; its columns count bytes, and its end belongs to the last of its lines."""
    line = number(row.get("line_number"))
    lines = [each for each in row.get("line_range") or () if isinstance(each, int)]
    last = max([line, *lines])
    code = str(row.get("code", ""))
    # Where every character is one byte, nothing has to be counted.
    shown = {} if code.isascii() else _shown(code)
    begin = _column(row.get("col_offset"), shown.get(line, ""))
    end = _column(row.get("end_col_offset"), shown.get(last, ""))
    if not begin or not end or (last == line and end <= begin):
        return Region(line, begin, last)
    return Region(line, begin, last, end)


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


def _column(offset: object, line: str) -> int:
    """Return the column, counted in characters from 1, of an offset in bytes; 0 when it is not known."""
    if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        return 0
    before = line.encode("utf-8", "surrogateescape")[:offset]
    return len(before.decode("utf-8", "ignore")) + 1 if len(before) == offset else offset + 1


SCANNER = Scanner(name="bandit", pin=Pin.LOCK, unit="files", applies=applies, tasks=tasks, classify=classify)
