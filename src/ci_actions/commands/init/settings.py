"""Pure: the settings of a project that differ from ours by default, and how they get into its file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ci_actions.commands.init.model import Facts
from ci_actions.coverage_gate.config import Config
from ci_actions.kit.inputs import declared

SECTION = "coverage-gate"
_OPTION = re.compile(r"--cov-fail-under(?:=|\s+|[\"'],\s*[\"'])(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Setting:
    """One setting: the line of TOML, and why."""

    line: str
    why: str


@dataclass(frozen=True)
class Wanted:
    """What the file of a project is to say; without settings the defaults fit, and `why` says so."""

    path: str
    settings: tuple[Setting, ...]
    why: str = ""


def wanted(facts: Facts, folder: str) -> Wanted:
    """Return the settings of a project, and the file they belong to."""
    start = f"{folder}/" if folder else ""
    path = f"{start}pyproject.toml"
    if path not in facts.content or f"{start}ci-actions.toml" in facts.content:
        path = f"{start}ci-actions.toml"
    found = _threshold(facts, start)
    default = next(each.default for each in declared(Config) if each.field == "min_overall")
    if found is None and is_there(facts.content.get(path, b""), path):
        return Wanted(path, (), f"it has settings of {SECTION}, which stay")
    if found is None:
        return Wanted(path, (), f"nothing says which coverage is wanted, so the gate asks for {default} %")
    value, where = found
    if value == default:
        return Wanted(path, (), f"{where} is what the gate asks for without settings")
    return Wanted(path, (Setting(f"min-overall = {value.normalize():f}", f"As {where}."),))


def _threshold(facts: Facts, start: str) -> tuple[Decimal, str] | None:
    """Return the percentage that the project asks for already, and where; 0 asks for nothing."""
    for text, where in _thresholds(facts, start):
        try:
            value = Decimal(text)
            if 0 < value <= 100:
                return value, f"{where} says"
        except InvalidOperation:
            continue
    return None


def _thresholds(facts: Facts, start: str) -> Iterator[tuple[str, str]]:
    """Yield what is written, what counts first before: pytest-cov's option, then the files in the order of coverage.py."""
    import tomllib

    for name in ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        if found := _OPTION.search(facts.text(start + name)):
            yield found[1], f"--cov-fail-under in {name}"
    for name, section in (
        (".coveragerc", "report"),
        ("setup.cfg", "coverage:report"),
        ("tox.ini", "coverage:report"),
    ):
        if text := _of_ini(facts.text(start + name), section):
            yield text, f"fail_under in {name}"
    try:
        document: object = tomllib.loads(facts.text(f"{start}pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return
    for key in ("tool", "coverage", "report", "fail_under"):
        document = document.get(key) if isinstance(document, dict) else None
    if document is not None:
        yield str(document), "fail_under in [tool.coverage.report]"


def _of_ini(text: str, section: str) -> str:
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        return ""
    return parser.get(section, "fail_under", fallback="").strip()


def is_there(content: bytes, path: str) -> bool:
    """Whether a file has settings of this section; they are the user's, whoever wrote them first."""
    return SECTION in _tables(_parsed(content), path)


def are_any(content: bytes, path: str) -> bool:
    """Whether a file has settings of ours at all."""
    return bool(_tables(_parsed(content), path))


def new(settings: tuple[Setting, ...]) -> str:
    """Return a whole `ci-actions.toml`."""
    return _table(SECTION, settings)


def inserted(content: bytes, path: str, settings: tuple[Setting, ...]) -> bytes | None:
    """Return the file with the settings as its last table; None where it would mean something else then.

    All that is there stays, byte by byte; a last line without an end gets one.
    """
    if not content.strip():
        return content + new(settings).encode() if not path.endswith("pyproject.toml") else None
    end = b"\r\n" if b"\r\n" in content else b"\n"
    name = f"tool.ci-actions.{SECTION}" if path.endswith("pyproject.toml") else SECTION
    gap = b"" if content.endswith(b"\n") else end
    gap += b"" if content.endswith(end * 2) else end
    after = content + gap + _table(name, settings).encode().replace(b"\n", end)
    return after if _adds_only(content, after, path) else None


def _table(name: str, settings: tuple[Setting, ...]) -> str:
    return f"[{name}]\n" + "".join(f"# {each.why}\n{each.line}\n" for each in settings)


def _adds_only(before: bytes, after: bytes, path: str) -> bool:
    old, now = _parsed(before), _parsed(after)
    if old is None or now is None:
        return False
    added = dict(_tables(now, path))
    if added.pop(SECTION, None) is None or added != _tables(old, path):
        return False
    return _without(now, path) == _without(old, path)


def _parsed(content: bytes) -> Mapping[str, object] | None:
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None


def _tables(document: Mapping[str, object] | None, path: str) -> Mapping[str, object]:
    """Return our settings in a file."""
    found: object = document or {}
    for key in ("tool", "ci-actions") if path.endswith("pyproject.toml") else ():
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _without(document: Mapping[str, object], path: str) -> Mapping[str, object]:
    """Return everything in a file that is not ours."""
    if not path.endswith("pyproject.toml"):
        return {}
    tool = document.get("tool", {})
    rest = (
        {key: value for key, value in tool.items() if key != "ci-actions"} if isinstance(tool, dict) else tool
    )
    return {**document, "tool": rest}
