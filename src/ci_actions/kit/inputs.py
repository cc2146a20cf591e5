"""Inputs declared once and read from four places by one rule.

A field `min_overall` of a frozen dataclass is the option `--min-overall`, the action's input
`min-overall`, the variable `INPUT_MIN_OVERALL` and the setting `min-overall` under
`[tool.ci-actions.<capability>]`. Options beat inputs, inputs beat settings, settings beat the default.
An empty string means "not given". Every problem is found before anything is reported.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from ci_actions.kit.errors import BadInput

T = TypeVar("T")
C = TypeVar("C", bound="Common")

_DECLARATION = "ci-actions"
_REQUIRED: Any = object()
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}")
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")


@dataclass(frozen=True, eq=False, repr=False)
class Kind(Generic[T]):
    """A type of value: `allowed` completes "must be …"; `parse` raises ValueError for anything else.

    The text of that ValueError, if it has one, replaces "must be …"; it stands behind the value, or for a
    list it names the item. `separators` are the characters that split a list; a kind without them takes one
    value. `table` is the declaration of a list of tables, which only a settings file can hold.
    """

    allowed: str
    parse: Callable[[Any], T]
    choices: tuple[str, ...] = ()
    separators: str = ""
    flag: bool = False
    table: type[Any] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Declared:
    """One declared input, as options, inputs, settings, help and contract tests see it."""

    field: str
    kind: Kind[Any]
    help: str
    aliases: tuple[str, ...]
    secret: bool
    in_settings: bool
    default: Any

    @property
    def name(self) -> str:
        """The name users write: `min-overall`."""
        return self.field.replace("_", "-")

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is _REQUIRED

    @property
    def settings_only(self) -> bool:
        """Whether only a settings file can hold it."""
        return self.kind.table is not None


def declare(
    kind: Kind[T],
    *,
    help: str,
    default: T = _REQUIRED,
    aliases: Sequence[str] = (),
    secret: bool = False,
    in_settings: bool = True,
) -> T:
    """Declare a field of a Config: its kind, what it means in a sentence, and its default if it is optional.

    Without `in_settings` no settings file can hold it: a change brings its own settings along.
    """
    about = {_DECLARATION: (kind, help, tuple(aliases), secret, in_settings)}
    made: T = dataclasses.field(default=default, metadata=about, repr=not secret)
    return made


def declared(config: type[Any]) -> Iterator[Declared]:
    """Yield the declared inputs of a Config in the order of their declaration."""
    for each in dataclasses.fields(config):
        kind, text, aliases, secret, in_settings = each.metadata[_DECLARATION]
        yield Declared(each.name, kind, text, aliases, secret, in_settings, each.default)


# --- kinds -------------------------------------------------------------------------------------


def _number(text: str) -> Decimal:
    # Decimal reads more than people mean: `1_0`, `NaN`, digits of other scripts, exponents without a bound.
    if not _NUMBER.fullmatch(text) or (value := Decimal(text)) > 100:
        raise ValueError
    return value


def _percent(text: str) -> Decimal:
    value = _number(text.removesuffix("%").strip())
    if 0 < value < 1:
        raise ValueError(f"looks like a fraction. Thresholds are percentages; write {_plain(value * 100)}")
    return value


def _rate(text: str) -> Decimal:
    return _number(text.removesuffix("%").strip())


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _threshold(text: str) -> Decimal | None:
    return None if text == "off" else _percent(text)


def _boolean(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


def _argument(text: str) -> str:
    if text.startswith("-"):
        raise ValueError("must not start with '-', or it would be read as an option of another program")
    return _text(text)


TEXT: Kind[str] = Kind("text", _text)
#: Text that becomes an argument of another program.
ARGUMENT: Kind[str] = Kind("text that does not start with '-'", _argument)
PATH: Kind[str] = Kind("a path", _text)
BOOLEAN: Kind[bool] = Kind("'true' or 'false'", _boolean, ("true", "false"), flag=True)
PERCENT: Kind[Decimal] = Kind("a number from 0 to 100, like '85' or '92.5'", _percent)
#: Where less than one in a hundred is what people ask for.
RATE: Kind[Decimal] = Kind("a percentage from 0 to 100, like '0.1' for one in a thousand", _rate)
THRESHOLD: Kind[Decimal | None] = Kind("a number from 0 to 100, like '85' or '92.5', or 'off'", _threshold)
POINTS: Kind[Decimal] = Kind("a number of percentage points from 0 to 100, like '0.25'", _number)


_NO_LIMIT = 1_000_000_000


def whole(minimum: int, maximum: int = _NO_LIMIT) -> Kind[int]:
    """A whole number between two bounds, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,18}", text) or not minimum <= int(text) <= maximum:
            raise ValueError
        return int(text)

    bounds = f", at least {minimum}" if maximum == _NO_LIMIT else f" from {minimum} to {maximum}"
    return Kind(f"a whole number{bounds}", parse)


def one_of(*choices: str) -> Kind[str]:
    """Exactly one of a few words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError
        return text

    return Kind("one of: " + ", ".join(choices), parse, choices)


def items(
    each: Callable[[str], T],
    allowed: str = "a list, one per line or separated by commas",
    *,
    separators: str = "\n,",
) -> Kind[tuple[T, ...]]:
    """A list, each item read by `each`; empty items are dropped."""

    def parse(parts: Sequence[str]) -> tuple[T, ...]:
        return tuple(each(part) for part in parts)

    return Kind(allowed, parse, separators=separators)


LIST: Kind[tuple[str, ...]] = items(_text)


def tables(of: type[T]) -> Kind[tuple[T, ...]]:
    """A list of TOML tables, each with the declared inputs of a dataclass; only settings files can hold it."""

    def parse(parts: Sequence[T]) -> tuple[T, ...]:
        return tuple(parts)

    return Kind("a list of tables", parse, table=of)


# --- reading -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Common:
    """The inputs that every capability has, and the place for checks across several inputs."""

    working_directory: str = declare(
        PATH,
        default=".",
        in_settings=False,
        help="Folder the action works in; settings are looked for from here up to the git root.",
    )
    dry_run: bool = declare(
        BOOLEAN,
        default=False,
        help="Report everything and end green: a gate that is not met says `would-fail`.",
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can; the names are the user's."""
        return ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ChangeInputs(Common):
    """The inputs of every capability that looks at what a change changes."""

    base: str = declare(
        ARGUMENT,
        default="",
        in_settings=False,
        help="What the change is compared with: a SHA, a ref, `merge-parent`, or `file:<patch>`. "
        "Without it the event decides.",
    )
    deepen: str = declare(
        ARGUMENT,
        default="auto",
        help="How far a shallow clone may be deepened to find the base: `auto`, `never`, or a number of commits.",
    )
    config_from: str = declare(
        one_of("head", "base"),
        default="head",
        help="Whose settings count: the change's own (loosened ones are listed), or those of the base, which it cannot loosen.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token for deepening a shallow clone and for reading the API; `contents: read` is enough.",
    )


@dataclass(frozen=True)
class Settings:
    """The settings of one capability and the file and table they stand in, as messages name it."""

    table: Mapping[str, object]
    file: str = ""
    section: str = ""

    @property
    def where(self) -> str:
        """The file and the table, for messages."""
        return f"{self.file} [{self.section}]"


NO_SETTINGS = Settings({})


@dataclass(frozen=True, eq=False, repr=False)
class Given:
    """One value as the user gave it; `what` names it in messages as the user knows it."""

    what: str
    value: str | Sequence[object] | Mapping[str, object]


class Problems(list[str]):
    """The problems found so far, in the user's words."""


def read(
    config: type[C],
    *,
    options: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
    settings: Settings = NO_SETTINGS,
) -> C:
    """Return the Config that options, `INPUT_…` variables and settings make together.

    Raises BadInput with every problem at once.
    """
    problems = Problems()
    inputs = tuple(declared(config))
    values: dict[str, Any] = {}
    _refuse_unknown(options, settings, inputs, problems)
    for each in inputs:
        given = _given(each, options, environ, settings, problems)
        if given is not None:
            value = _parse(each, given, problems)
            if value is not _REQUIRED:
                values[each.field] = value
        elif each.required:
            problems.append(f"input '{each.name}' is required: {each.help}")
    if problems:
        raise BadInput(*problems)
    made = config(**values)
    if problems := Problems(made.problems()):
        raise BadInput(*problems)
    return made


def complaint(each: Declared, name: str, text: str) -> str:
    """Return what is wrong with a text as the value of an input, nothing if it can be meant; `name` is the user's."""
    problems = Problems()
    _parse(each, Given(f"'{name}'", text), problems)
    return problems[0] if problems else ""


def environment_name(name: str) -> str:
    """Return the variable that carries an input into an action's step: `INPUT_MIN_OVERALL`."""
    return "INPUT_" + name.upper().replace("-", "_")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the closest known word, else nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word.replace("_", "-"), list(known), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _refuse_unknown(
    options: Mapping[str, Sequence[str]], settings: Settings, inputs: Sequence[Declared], problems: Problems
) -> None:
    flags = [f"--{name}" for each in inputs if not each.settings_only for name in each.names]
    for name in options:
        if f"--{name}" not in flags:
            problems.append(f"option '--{name}' is unknown{suggestion('--' + name, flags)}")
    names = [name for each in inputs if each.in_settings for name in each.names]
    elsewhere = [name for each in inputs if not each.in_settings for name in each.names]
    for name in settings.table:
        if name in elsewhere:
            problems.append(
                f"setting '{name}' in {settings.where} cannot stand in a settings file, which a change may change: "
                f"give it as input '{name}' or option '--{name}'"
            )
        elif name not in names:
            problems.append(f"setting '{name}' in {settings.where} is unknown{suggestion(name, names)}")


def _given(
    each: Declared,
    options: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
    settings: Settings,
    problems: Problems,
) -> Given | None:
    """Return what the strongest place that holds a value says; two names for one input are a problem."""
    places = (
        [
            Given(f"option '--{name}'", _repeated(each, name, options[name], problems))
            for name in each.names
            if name in options
        ],
        [
            Given(f"input '{name}'", environ[environment_name(name)])
            for name in each.names
            if environ.get(environment_name(name), "").strip() and not each.settings_only
        ],
        [
            Given(f"setting '{name}' in {settings.where}", _from_toml(settings.table[name]))
            for name in each.names
            if name in settings.table
        ],
    )
    for place in places:
        found = [given for given in place if given.value != ""]
        if len(found) > 1:
            problems.append(f"{found[0].what} and {found[1].what} mean the same; give one of them")
        if found:
            return found[0]
    return None


def _repeated(each: Declared, name: str, values: Sequence[str], problems: Problems) -> str | Sequence[object]:
    if each.kind.separators:
        return [part for value in values for part in _split(value, each.kind.separators)] or ""
    if len(values) > 1:
        problems.append(f"option '--{name}' is given {len(values)} times; it takes one value")
    return values[-1]


def _from_toml(value: object) -> Any:
    """Return a TOML value as the text a user would have typed in YAML; lists and tables stay what they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_from_toml(item) for item in value]
    return value if isinstance(value, (str, dict)) else str(value)


def _split(text: str, separators: str) -> list[str]:
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [part.strip() for part in text.split(separators[0]) if part.strip()]


def _parse(each: Declared, given: Given, problems: Problems) -> object:
    """Return the value, or `_REQUIRED` after adding a problem."""
    value: Any = given.value
    if each.kind.table is not None:
        return _tables(each.kind.table, given, problems)
    if each.kind.separators:
        value = _split(value, each.kind.separators) if isinstance(value, str) else value
        shaped = isinstance(value, list) and all(isinstance(item, str) for item in value)
        value = [item.strip() for item in value if item.strip()] if shaped else value
    else:
        shaped = isinstance(value, str)
        value = value.strip() if shaped else value
    if not shaped:
        problems.append(_complaint(each, given, ""))
        return _REQUIRED
    try:
        return each.kind.parse(value)
    except ValueError as wrong:
        problems.append(_complaint(each, given, str(wrong)))
        return _REQUIRED


def _complaint(each: Declared, given: Given, why: str) -> str:
    shown = "***" if each.secret else _shown(given.value)
    if why:
        # Of a list the reason names the item itself.
        return f"{given.what}: {why}" if each.kind.separators else f"{given.what}: {shown} {why}"
    hint = suggestion(str(given.value), each.kind.choices) if each.kind.choices else ""
    return f"{given.what} is '{shown}' but must be {each.kind.allowed}{hint}"


def _shown(value: object) -> str:
    text = (
        value
        if isinstance(value, str)
        else ", ".join(map(str, value))
        if isinstance(value, list)
        else str(value)
    )
    return text if len(text) <= 200 else text[:200] + "…"


def _tables(of: type[Any], given: Given, problems: Problems) -> object:
    rows = given.value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append(f"{given.what} must be a list of tables, each with its own [[…]] header")
        return _REQUIRED
    made = []
    for position, row in enumerate(rows, 1):
        name = row.get("name")
        label = f"{given.what}, table {position}" + (f" ('{name}')" if isinstance(name, str) else "")
        try:
            made.append(_table(of, row, label))
        except BadInput as bad:
            problems.extend(bad.problems)
    return tuple(made)


def _table(of: type[Any], row: Mapping[str, object], label: str) -> object:
    problems = Problems()
    values: dict[str, object] = {}
    inputs = tuple(declared(of))
    names = [name for each in inputs for name in each.names]
    problems.extend(
        f"{label}: '{name}' is unknown{suggestion(name, names)}" for name in row if name not in names
    )
    for each in inputs:
        found = [name for name in each.names if name in row]
        if found:
            value = _parse(each, Given(f"{label}: '{found[0]}'", _from_toml(row[found[0]])), problems)
            if value is not _REQUIRED:
                values[each.field] = value
        elif each.required:
            problems.append(f"{label}: '{each.name}' is required: {each.help}")
    if problems:
        raise BadInput(*problems)
    return of(**values)
