from __future__ import annotations

import re

import pytest

from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.commands import help as pages
from ci_actions.kit.errors import Exit
from ci_actions.kit.inputs import declared


@pytest.mark.parametrize("name", CAPABILITIES)
def test_every_input_is_on_the_page(name: str) -> None:
    text = pages.page(load(name))
    for each in declared(load(name).config):
        if each.settings_only:
            assert f"[[tool.ci-actions.{name}.{each.name}]]" in text
            for inner in declared(each.kind.table or object):
                assert re.search(rf"^    {inner.name}$", text, re.MULTILINE)
        else:
            for written in each.names:
                assert f"--{written}" in text
            default = pages.default_text(each)
            assert not default or f"Default: `{default}`." in " ".join(text.split())


def test_flags_take_no_value_on_the_page() -> None:
    text = pages.page(load("coverage-gate"))
    assert re.search(r"^  --html$", text, re.MULTILINE)
    assert re.search(r"^  --min-overall, --fail-under VALUE$", text, re.MULTILINE)


def test_every_exit_code_is_on_the_first_page() -> None:
    codes = pages.overview().partition("exit codes")[2]
    assert {int(found) for found in re.findall(r"(?:^|\s{2})(\d+) {1,2}\S", codes)} == {
        int(each) for each in Exit
    }


def test_lines_fit_a_terminal() -> None:
    for line in pages.page(load("coverage-gate")).splitlines():
        assert len(line) <= 120


@pytest.mark.parametrize("name", CAPABILITIES)
def test_defaults_are_what_users_would_write(name: str) -> None:
    for each in declared(load(name).config):
        shown = pages.default_text(each)
        assert not set("<>()'\"") & set(shown), f"{each.name}: {shown}"
        if shown and not each.kind.table and not each.kind.flag:
            assert each.kind.parse(shown.split(", ") if each.kind.separators else shown) == each.default
