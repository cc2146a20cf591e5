"""How each format begins, and what else is found under the name of a coverage report.

A wrong file in the right place (an error page saved as coverage.xml, the pointer instead of the large file,
another tool's JSON) is the common case of "unparsable", so it is named instead of reported as a syntax error.
"""

from __future__ import annotations

import re

from ci_actions.kit.errors import CannotJudge

_SQLITE = b"SQLite format 3\x00"
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
#: Without a mark: the first character of a report is ASCII, so the zeros around it tell (RFC 4627, section
#: 3).
_ZEROS = ((b"\x00[^\x00]", "utf-16-be"), (b"[^\x00]\x00", "utf-16-le"))

# Declarations, comments and processing instructions before the outermost element.
_PROLOGUE = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>\[]*(?:\[.*?\]\s*)?>)+", re.DOTALL)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)")
_CLOVER_ATTRIBUTE = re.compile(r"\s(?:clover|generated)\s*=")

#: Files of other tools, told by a piece of their text: JSON by a key, XML by its outermost element.
_JSON = (
    (
        r'"(?:statementMap|fnMap|branchMap)"\s*:',
        "Istanbul's coverage-final.json",
        "Have Istanbul write 'cobertura' or 'lcov'.",
    ),
    (
        r'"pct"\s*:',
        "Istanbul's coverage-summary.json, which holds no lines",
        "Have Istanbul write 'cobertura' or 'lcov'.",
    ),
    (r'sarif|"runs"\s*:', "SARIF, findings of a scanner", "SARIF belongs to security-scan."),
    (r'"llvm\.coverage\.json\.export"', "LLVM's JSON export", "Write 'llvm-cov export --format=lcov'."),
    (r'"source_files"\s*:', "a Coveralls request", "Write 'lcov' or 'cobertura'."),
    (r'"RSpec"|"coverage"\s*:\s*\{', "SimpleCov's result set", "Add simplecov-lcov or simplecov-cobertura."),
    (r'"gcovr/format_version"', "gcovr's JSON", "Write 'gcovr --cobertura'."),
)
_XML = {
    "html": ("an HTML page, perhaps an error page", "Was it downloaded without checking the answer?"),
    "CoverageSession": ("OpenCover XML", "Convert it with ReportGenerator: '-reporttypes:Cobertura'."),
    "testsuites": ("JUnit XML, results of tests", "Name the coverage report, not the test report."),
    "testsuite": ("JUnit XML, results of tests", "Name the coverage report, not the test report."),
    "Error": ("an error answer of a storage service", "Was it downloaded without checking the answer?"),
    "results": ("Visual Studio's dynamic coverage XML", "Write '--coverage-output-format cobertura'."),
    "CoverageDSPriv": ("Visual Studio's coverage XML", "Write '--coverage-output-format cobertura'."),
    "Root": ("dotCover's XML", "Convert it with ReportGenerator: '-reporttypes:Cobertura'."),
    "scoverage": ("scoverage's own XML", "Use the Cobertura file that scoverage writes beside it."),
    "checkstyle": ("Checkstyle XML, findings of a linter", "Name the coverage report."),
    "svg": ("an SVG picture, perhaps a badge", "Name the coverage report."),
}
_BYTES = (
    (
        b"version https://git-lfs.github.com/",
        "a Git LFS pointer, not the file it stands for",
        "Check out with 'lfs: true'.",
    ),
    (
        b"!coverage.py: This is a private format",
        "a data file of coverage.py before 5.0",
        "Use coverage 5.0 or newer.",
    ),
    (b"PK\x03\x04", "a zip archive", "Unpack it first."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it first."),
    (b"\x01\xc0\xc0", "JaCoCo's execution data", "Have JaCoCo write its XML report."),
    (b"{\\rtf", "a text document", "Name the coverage report."),
)
_ACCEPTED = (
    "Coverage reports are Cobertura, JaCoCo or Clover XML, LCOV, Go cover profiles, coverage.py's data files "
    "or JSON, and what 'coverage-gate --collect' writes."
)


def format_of(head: bytes) -> str | None:
    """Return the name of the format of a file that begins with `head`, None if it is none of ours."""
    if head.startswith(_SQLITE):
        return "data"
    text = _text(head).lstrip()
    if text.startswith("<"):
        return _format_of_xml(text)
    if text.startswith("{"):
        return _format_of_json(text)
    if re.match(r"mode:\s*(?:set|count|atomic)\b", text):
        return "go"
    if re.match(r"(?:#[^\n]*\n\s*)*(?:TN|SF|VER):", text):
        return "lcov"
    return None


def _format_of_xml(text: str) -> str | None:
    name, attributes, rest = _outermost(text)
    if name == "report" and re.search(r"<(?:sessioninfo|group|package|counter)\b|JACOCO|\sname\s*=", text):
        return "jacoco"
    if name != "coverage" or _is_sonar(rest):
        return None
    if _CLOVER_ATTRIBUTE.search(attributes) or re.match(
        r"\s*/?>\s*(?:<!--.*?-->\s*)*<(?:test)?project\b", rest, re.DOTALL
    ):
        return "clover"
    # An outermost element alone is what an empty Cobertura report looks like.
    return "cobertura"


def _is_sonar(rest: str) -> bool:
    return "<project" not in rest and bool(re.search(r"<(?:lineToCover|file\s+path)\b", rest[:2000]))


def _format_of_json(text: str) -> str | None:
    if re.search(r'"format"\s*:\s*"ci-actions-coverage"', text):
        return "collected"
    if _json_of_others(text):
        return None
    return "coverage-json" if re.search(r'"meta"\s*:\s*\{|"executed_lines"\s*:', text) else None


def _json_of_others(text: str) -> tuple[str, str] | None:
    # coverage.py's file names and contexts could hold any of these words: it is told by how it begins.
    if re.match(r'\{\s*"meta"\s*:\s*\{', text):
        return None
    return next(((what, advice) for pattern, what, advice in _JSON if re.search(pattern, text)), None)


def foreign(path: str, head: bytes) -> CannotJudge | None:
    """Return an error that says what this file is instead of a coverage report, None if nobody knows."""
    known = _known(head)
    if known is None:
        return None
    what, advice = known
    return CannotJudge(f"{path} is {what}.", advice=advice, file=path)


def refusal(path: str, head: bytes) -> CannotJudge:
    """Return an error that says what this file is instead of a coverage report, or how it begins."""
    found = foreign(path, head)
    if found is not None:
        return found
    name = re.split(r"[/\\]", path)[-1]
    if name == ".coverage" or name.startswith(".coverage."):
        what = "is not a data file of coverage.py, which would begin with 'SQLite format 3'"
    else:
        what = "is no coverage report that we know"
    begin = ascii(head[:24].decode("latin-1"))
    return CannotJudge(f"{path} {what}: it begins with {begin}.", advice=_ACCEPTED, file=path)


def _known(head: bytes) -> tuple[str, str] | None:
    if not head.strip(b" \t\r\n\x00"):
        what = "empty" if not head else "nothing but white space or zeros"
        return what, "Did the job that writes it end early?"
    for begin, what, advice in _BYTES:
        if head.startswith(begin):
            return what, advice
    text = _text(head).lstrip()
    if text.startswith("<"):
        return _known_xml(text)
    if text.startswith(("{", "[")):
        return _json_of_others(text)
    return None


def _known_xml(text: str) -> tuple[str, str] | None:
    name, _, rest = _outermost(text)
    if re.match(r"<!doctype\s+html\b|<html\b", text, re.IGNORECASE):
        name = "html"
    if name == "coverage" and _is_sonar(rest):
        return "SonarQube's generic coverage XML", "Have the tool write Cobertura or LCOV."
    return _XML.get(name)


def _outermost(text: str) -> tuple[str, str, str]:
    """Return name and attributes of the outermost element and the text behind it, empty if there is none."""
    prologue = _PROLOGUE.match(text)
    element = _ELEMENT.match(text, prologue.end() if prologue else 0)
    return (element[1], element[2], text[element.end() :]) if element else ("", "", "")


def _text(head: bytes) -> str:
    """Return the beginning of a text file, whatever its encoding; bytes that are none do not matter here."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    for pattern, encoding in _ZEROS:
        if re.match(pattern, head, re.DOTALL):
            return head.decode(encoding, "replace")
    return head.decode("utf-8", "replace")
