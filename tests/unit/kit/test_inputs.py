from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.config import Config as CoverageConfig
from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import (
    ARGUMENT,
    BOOLEAN,
    LIST,
    NO_SETTINGS,
    PATH,
    PERCENT,
    POINTS,
    RATE,
    TEXT,
    THRESHOLD,
    Common,
    Settings,
    declare,
    declared,
    environment_name,
    items,
    one_of,
    read,
    suggestion,
    tables,
    whole,
)


def _pair(text: str) -> tuple[str, str]:
    one, equals, other = text.partition("=")
    if not equals:
        raise ValueError(f"'{text}' must be written 'name=value'")
    return one, other


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str = declare(TEXT, help="Its name.")
    min: Decimal = declare(PERCENT, help="What it needs.")
    paths: tuple[str, ...] = declare(LIST, default=(), help="Where.")
    strict: bool = declare(BOOLEAN, default=False, help="Whether.")


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    title: str = declare(TEXT, default="untitled", help="A title.")
    place: str = declare(PATH, default="", help="A place.")
    base: str = declare(ARGUMENT, default="", help="A revision.")
    html: bool = declare(BOOLEAN, default=False, help="A page?")
    min_overall: Decimal | None = declare(
        THRESHOLD, default=Decimal(80), aliases=("fail-under",), help="A share."
    )
    slack: Decimal = declare(POINTS, default=Decimal(0), help="Points.")
    lost: Decimal = declare(RATE, default=Decimal(0), help="What may be lost.")
    share: Decimal = declare(PERCENT, default=Decimal(50), help="A share that cannot be off.")
    jobs: int = declare(whole(1, 64), default=1, help="A number.")
    mode: str = declare(one_of("rollback", "keep", "fail"), default="keep", help="What then.")
    files: tuple[str, ...] = declare(LIST, default=(), help="Some files.")
    pairs: tuple[tuple[str, str], ...] = declare(
        items(_pair, "lines like 'a=b'", separators="\n"), default=(), help="Some pairs."
    )
    token: str = declare(TEXT, default="", secret=True, help="A secret.")
    row: tuple[Row, ...] = declare(tables(Row), default=(), help="Rows.")

    def problems(self) -> Iterable[str]:
        if self.html and not self.place:
            yield "html needs place"
        if self.jobs == 13:
            yield "jobs may not be 13"


@dataclass(frozen=True, kw_only=True)
class Needy(Common):
    release: str = declare(TEXT, aliases=("release-name",), help="Which release.")


def of(
    options: Mapping[str, Sequence[str]] | None = None,
    environ: Mapping[str, str] | None = None,
    toml: str = "",
    config: type[Any] = Config,
) -> Any:
    table = tomllib.loads(toml, parse_float=Decimal) if toml else {}
    settings = Settings(table, "pyproject.toml", "tool.ci-actions.x") if toml else NO_SETTINGS
    return read(config, options=options or {}, environ=environ or {}, settings=settings)


def problems(**given: Any) -> tuple[str, ...]:
    with pytest.raises(BadInput) as refused:
        of(**given)
    assert refused.value.exit_code == 2
    return refused.value.problems


#: name, as typed in YAML or on a command line, as TOML, what it means
VALUES: list[tuple[str, str, str, object]] = [
    ("title", "two words", '"two words"', "two words"),
    ("title", " trimmed ", '" trimmed "', "trimmed"),
    ("title", "12", "12", "12"),
    ("title", "off", '"off"', "off"),
    ("place", "a/b c", '"a/b c"', "a/b c"),
    ("base", "main", '"main"', "main"),
    ("html", "false", "false", False),
    ("html", "FALSE", '"FALSE"', False),
    ("min-overall", "85", "85", Decimal(85)),
    ("min-overall", "92.5", "92.5", Decimal("92.5")),
    ("min-overall", "92.50", "92.50", Decimal("92.5")),
    ("min-overall", "85%", '"85%"', Decimal(85)),
    ("min-overall", "85 %", '"85 %"', Decimal(85)),
    ("min-overall", "0", "0", Decimal(0)),
    ("min-overall", "1", "1", Decimal(1)),
    ("min-overall", "100", "100.0", Decimal(100)),
    ("min-overall", "off", '"off"', None),
    ("fail-under", "70", "70", Decimal(70)),
    ("slack", "0.25", "0.25", Decimal("0.25")),
    ("slack", ".5", '".5"', Decimal("0.5")),
    ("lost", "0.1%", '"0.1%"', Decimal("0.1")),
    ("share", "33", "33", Decimal(33)),
    ("jobs", "64", "64", 64),
    ("jobs", "007", '"007"', 7),
    ("mode", "rollback", '"rollback"', "rollback"),
    ("files", "a.xml", '"a.xml"', ("a.xml",)),
    ("files", "a.xml, b.xml,", '["a.xml", " b.xml "]', ("a.xml", "b.xml")),
    ("files", "\n  a.xml\n\n  b.xml\n", '["a.xml", "", "b.xml"]', ("a.xml", "b.xml")),
    ("files", "4", "4", ("4",)),
    ("files", "3.11,3.12", "[3.11, 3.12]", ("3.11", "3.12")),
    ("pairs", "a=1,2\nb=3", '["a=1,2", "b=3"]', (("a", "1,2"), ("b", "3"))),
    ("token", "s3cret", '"s3cret"', "s3cret"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "typed", "toml", "value"), VALUES)
def test_every_kind_means_the_same_from_every_place(name: str, typed: str, toml: str, value: object) -> None:
    field = {"fail-under": "min_overall"}.get(name, name.replace("-", "_"))
    assert getattr(of(options={name: [typed]}), field) == value
    assert getattr(of(environ={environment_name(name): typed}), field) == value
    assert getattr(of(toml=f"{name} = {toml}"), field) == value


NUMBER = "must be a number from 0 to 100, like '85' or '92.5'"
#: name, as typed, as TOML ("" where TOML cannot say it), what follows "input 'name'"
WRONG: list[tuple[str, str, str, str]] = [
    ("min-overall", "ninety", '"ninety"', f" is 'ninety' but {NUMBER}, or 'off'"),
    ("min-overall", "101", "101", f" is '101' but {NUMBER}, or 'off'"),
    ("min-overall", "100.0001", "100.0001", f" is '100.0001' but {NUMBER}, or 'off'"),
    ("min-overall", "-5", "-5", f" is '-5' but {NUMBER}, or 'off'"),
    ("min-overall", "NaN", "nan", f" is 'NaN' but {NUMBER}, or 'off'"),
    ("min-overall", "1_0", '"1_0"', f" is '1_0' but {NUMBER}, or 'off'"),
    ("min-overall", "1e-999999999", '"1e-999999999"', f" is '1e-999999999' but {NUMBER}, or 'off'"),
    ("min-overall", "٨٥", '"٨٥"', f" is '٨٥' but {NUMBER}, or 'off'"),
    ("min-overall", "Off", '"Off"', f" is 'Off' but {NUMBER}, or 'off'"),
    ("min-overall", "85,0", '"85,0"', f" is '85,0' but {NUMBER}, or 'off'"),
    ("min-overall", "true", "true", f" is 'true' but {NUMBER}, or 'off'"),
    ("min-overall", "0.85", "0.85", ": 0.85 looks like a fraction. Thresholds are percentages; write 85"),
    ("min-overall", "0.855", "0.855", ": 0.855 looks like a fraction. Thresholds are percentages; write 85.5"),
    ("min-overall", ".9", '".9"', ": .9 looks like a fraction. Thresholds are percentages; write 90"),
    ("share", "off", '"off"', f" is 'off' but {NUMBER}"),
    ("lost", "101", "101", " is '101' but must be a percentage from 0 to 100, like '0.1' for one in a thousand"),
    ("slack", "-1", "-1", " is '-1' but must be a number of percentage points from 0 to 100, like '0.25'"),
    ("html", "ture", '"ture"', " is 'ture' but must be 'true' or 'false' (did you mean 'true'?)"),
    ("html", "yes", '"yes"', " is 'yes' but must be 'true' or 'false'"),
    ("html", "1", "1", " is '1' but must be 'true' or 'false'"),
    ("html", "tRUE", '"tRUE"', " is 'tRUE' but must be 'true' or 'false'"),
    ("jobs", "0", "0", " is '0' but must be a whole number from 1 to 64"),
    ("jobs", "65", "65", " is '65' but must be a whole number from 1 to 64"),
    ("jobs", "2.0", "2.0", " is '2.0' but must be a whole number from 1 to 64"),
    ("jobs", "²", '"²"', " is '²' but must be a whole number from 1 to 64"),
    ("mode", "rolback", '"rolback"', " is 'rolback' but must be one of: rollback, keep, fail (did you mean 'rollback'?)"),
    ("mode", "x", '"x"', " is 'x' but must be one of: rollback, keep, fail"),
    ("base", "-x", '"-x"', ": -x must not start with '-', or it would be read as an option of another program"),
    ("title", "a\0b", '"a\\u0000b"', ": a\0b holds a NUL character"),
    ("token", "s3\0cret", '"s3\\u0000cret"', ": *** holds a NUL character"),
    ("pairs", "a=1\nb", '["a=1", "b"]', ": 'b' must be written 'name=value'"),
    ("title", "", '["a list"]', " is 'a list' but must be text"),
    ("title", "", "{ a = 1 }", " is '{'a': 1}' but must be text"),
    ("files", "", "[[1]]", " is '['1']' but must be a list, one per line or separated by commas"),
    ("files", "", "{ a = 1 }", " is '{'a': 1}' but must be a list, one per line or separated by commas"),
    ("token", "", '["s3cret"]', " is '***' but must be text"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "typed", "toml", "said"), WRONG)
def test_what_cannot_be_meant_is_said_in_the_users_words(name: str, typed: str, toml: str, said: str) -> None:
    assert problems(toml=f"{name} = {toml}") == (
        f"setting '{name}' in pyproject.toml [tool.ci-actions.x]{said}",
    )
    if typed:
        assert problems(options={name: [typed]}) == (f"option '--{name}'{said}",)
        assert problems(environ={environment_name(name): typed}) == (f"input '{name}'{said}",)


def test_a_fraction_reads_as_promised() -> None:
    (said,) = problems(environ={"INPUT_MIN_NEW_CODE": "0.85"}, config=CoverageConfig)
    assert said == "input 'min-new-code': 0.85 looks like a fraction. Thresholds are percentages; write 85"


def test_every_problem_comes_at_once() -> None:
    found = problems(
        options={"jobs": ["x"], "colour": ["red"]},
        environ={"INPUT_HTML": "ture", "INPUT_MIN_OVERALL": "0.5"},
        toml='mode = "x"\nfils = "a"\nrow = [{min = 85}]',
    )
    assert [said.split(" but ")[0].split(": ")[0] for said in found] == [
        "option '--colour' is unknown",
        "setting 'fils' in pyproject.toml [tool.ci-actions.x] is unknown (did you mean 'files'?)",
        "input 'html' is 'ture'",
        "input 'min-overall'",
        "option '--jobs' is 'x'",
        "setting 'mode' in pyproject.toml [tool.ci-actions.x] is 'x'",
        "setting 'row' in pyproject.toml [tool.ci-actions.x], table 1",
    ]


def test_what_no_value_alone_shows_is_found_too_and_only_then() -> None:
    assert problems(options={"html": ["true"], "jobs": ["13"]}) == ("html needs place", "jobs may not be 13")
    assert len(problems(options={"html": ["true"], "jobs": ["x"]})) == 1


# --- places ------------------------------------------------------------------------------------


def test_options_beat_inputs_beat_settings_beat_defaults() -> None:
    options, environ, toml = {"jobs": ["2"]}, {"INPUT_JOBS": "3"}, "jobs = 4"
    assert of(options, environ, toml).jobs == 2
    assert of(None, environ, toml).jobs == 3
    assert of(None, None, toml).jobs == 4
    assert of().jobs == 1


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_an_empty_string_is_not_given(nothing: str) -> None:
    assert of(None, {"INPUT_JOBS": nothing, "INPUT_FILES": nothing}, 'jobs = 4\nfiles = ["a"]').jobs == 4
    assert of(None, {"INPUT_FILES": nothing}, 'files = ["a"]').files == ("a",)


def test_an_empty_option_is_not_given() -> None:
    assert of({"jobs": [""]}, {"INPUT_JOBS": "3"}).jobs == 3
    assert of({"files": [""]}, {"INPUT_FILES": "a"}).files == ("a",)
    assert of(None, None, 'title = ""').title == "untitled"
    assert problems(options={"release": [""]}, config=Needy) == (
        "input 'release' is required: Which release.",
    )


def test_aliases_are_the_same_input_everywhere() -> None:
    assert of({"fail-under": ["70"]}, {"INPUT_MIN_OVERALL": "60"}).min_overall == 70
    assert of({"release-name": ["x"]}, config=Needy).release == "x"
    assert of(None, {"INPUT_FAIL_UNDER": "", "INPUT_MIN_OVERALL": "60"}).min_overall == 60
    assert of(None, {"INPUT_FAIL_UNDER": "60"}, "min-overall = 70").min_overall == 60


def test_two_names_of_one_input_in_one_place_are_a_problem() -> None:
    assert problems(environ={"INPUT_FAIL_UNDER": "60", "INPUT_MIN_OVERALL": "60"}) == (
        "input 'min-overall' and input 'fail-under' mean the same; give one of them",
    )
    assert "mean the same" in problems(options={"min-overall": ["1"], "fail-under": ["2"]})[0]
    assert "mean the same" in problems(toml="min-overall = 1\nfail-under = 2")[0]


def test_a_list_may_be_the_option_repeated_and_nothing_else_may() -> None:
    assert of({"files": ["a,b", "c\nd", ""]}).files == ("a", "b", "c", "d")
    assert problems(options={"jobs": ["1", "2"]}) == ("option '--jobs' is given 2 times; it takes one value",)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("min-overal", " (did you mean '--min-overall'?)"),
        ("fail_under", " (did you mean '--fail-under'?)"),
        ("q", ""),
    ],
)
def test_an_unknown_option(typed: str, hint: str) -> None:
    assert problems(options={typed: ["1"]}) == (f"option '--{typed}' is unknown{hint}",)


def test_what_settings_alone_can_hold_is_no_option_and_no_input() -> None:
    assert problems(options={"row": ["x"]})[0].startswith("option '--row' is unknown")
    assert of(None, {"INPUT_ROW": "x"}).row == ()


def test_variables_of_others_are_left_alone() -> None:
    assert of(None, {"INPUT_SOMETHING": "x", "JOBS": "9", "input_jobs": "9"}) == Config()


# --- tables ------------------------------------------------------------------------------------


def test_tables() -> None:
    toml = '[[row]]\nname = "domain"\nmin = 95\npaths = ["a", "b"]\nstrict = true\n[[row]]\nname = "rest"\nmin = 50.5'
    assert of(None, None, toml).row == (
        Row(name="domain", min=Decimal(95), paths=("a", "b"), strict=True),
        Row(name="rest", min=Decimal("50.5")),
    )


def test_problems_in_tables_name_table_and_key() -> None:
    where = "setting 'row' in pyproject.toml [tool.ci-actions.x]"
    toml = '[[row]]\nname = "a"\nmin = 0.9\nstrct = 1\n[[row]]\nmin = "x"'
    assert problems(toml=toml) == (
        f"{where}, table 1 ('a'): 'strct' is unknown (did you mean 'strict'?)",
        f"{where}, table 1 ('a'): 'min': 0.9 looks like a fraction. Thresholds are percentages; write 90",
        f"{where}, table 2: 'name' is required: Its name.",
        f"{where}, table 2: 'min' is 'x' but {NUMBER}",
    )
    for wrong in ('row = "x"', "row = [1]", "[row]\nmin = 1"):
        assert problems(toml=wrong) == (f"{where} must be a list of tables, each with its own [[…]] header",)


# --- secrets and shapes ------------------------------------------------------------------------


def test_a_secret_is_never_shown() -> None:
    assert "s3cret" not in repr(of({"token": ["s3cret"]}))
    assert "untitled" in repr(of())


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        of().jobs = 2


def test_long_values_are_cut() -> None:
    (said,) = problems(options={"jobs": ["9" * 5000]})
    assert len(said) < 300


def test_declarations_are_what_was_declared() -> None:
    by_name = {each.name: each for each in declared(Config)}
    assert list(by_name)[:2] == ["working-directory", "dry-run"]
    overall = by_name["min-overall"]
    assert overall.names == ("min-overall", "fail-under")
    assert (overall.default, overall.required, overall.secret) == (Decimal(80), False, False)
    assert by_name["token"].secret
    assert [each.name for each in by_name.values() if each.settings_only] == ["row"]
    assert [each.name for each in declared(Needy) if each.required] == ["release"]
    assert environment_name("min-overall") == "INPUT_MIN_OVERALL"


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("min_overal", ["min-overall"], " (did you mean 'min-overall'?)"),
        ("zzz", ["min-overall"], ""),
        ("x", [], ""),
    ],
)
def test_suggestion(word: str, known: list[str], said: str) -> None:
    assert suggestion(word, known) == said


# --- properties --------------------------------------------------------------------------------


@given(st.decimals(1, 100, places=4))
def test_a_percentage_is_read_exactly(value: Decimal) -> None:
    assert of({"share": [f"{value:f}"]}).share == value


@given(st.text(max_size=20))
def test_no_text_is_a_defect(text: str) -> None:
    """Whatever is typed is a value or a problem, and a problem shows what was typed or stars."""
    for name in ("title", "html", "min-overall", "slack", "jobs", "mode", "files", "pairs", "token", "base"):
        found = complaints(name, text)
        assert [said for said in found if f"'{name}'" in said] == found
        if name == "token":
            assert all("***" in said for said in found)


def complaints(name: str, text: str) -> list[str]:
    try:
        of(None, {environment_name(name): text, "INPUT_PLACE": "for html"})
    except BadInput as bad:
        return list(bad.problems)
    return []


@given(st.lists(st.text("abc/*.-é ", min_size=1, max_size=8).map(str.strip).filter(bool), max_size=6))
def test_a_list_is_the_same_however_it_is_written(parts: list[str]) -> None:
    for typed in ([",".join(parts)], ["\n".join(parts)], [" \n ".join(parts)], parts or [""]):
        assert of({"files": typed}).files == tuple(parts)
