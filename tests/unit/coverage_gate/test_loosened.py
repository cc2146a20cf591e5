from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from ci_actions.coverage_gate import loosened
from ci_actions.coverage_gate.config import Config, NamedGate
from ci_actions.kit.lines import from_numbers

STRICT = Config(
    exclude=("gen",),
    critical_paths=("src/pay",),
    expect_reports=("linux", "windows"),
    source=("src",),
    baseline="artifact",
    require_baseline=True,
    config_from="base",
    ratchet_update="never",
    gate=(
        NamedGate(name="domain", min=Decimal(95), exclude=("x",), paths=("src/domain",)),
        NamedGate(name="all", min=Decimal(50)),
    ),
)


def said(**changed: Any) -> list[str]:
    return list(loosened.settings(STRICT, replace(STRICT, **changed)))


def gate(position: int, **changed: Any) -> tuple[NamedGate, ...]:
    gates = list(STRICT.gate)
    gates[position] = replace(gates[position], **changed)
    return tuple(gates)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"min_overall": Decimal(79)}, "min-overall goes from 80 to 79"),
        ({"min_overall": Decimal("79.999")}, "min-overall goes from 80 to 79.999"),
        ({"min_critical": None}, "min-critical goes from 90 to off"),
        ({"min_new_code": Decimal(0)}, "min-new-code goes from 85 to 0"),
        ({"on_unmeasured_file": "uncovered"}, "on-unmeasured-file goes from fail to uncovered"),
        ({"on_unmeasured_file": "ignore"}, "on-unmeasured-file goes from fail to ignore"),
        ({"partial_branches": "half"}, "partial-branches goes from missed to half"),
        ({"min_changed_lines": 5}, "min-changed-lines goes from 0 to 5"),
        ({"baseline_tolerance": Decimal("0.1")}, "baseline-tolerance goes from 0 to 0.1"),
        ({"exclude": ("gen", "src/pay", "b")}, "exclude gains 'src/pay', 'b'"),
        ({"critical_paths": ()}, "critical-paths loses 'src/pay'"),
        ({"expect_reports": ("linux",)}, "expect-reports loses 'windows'"),
        ({"source": ("lib",)}, "source goes from src to lib"),
        ({"source": ()}, "source goes from src to detection"),
        ({"metric": "lines"}, "metric goes from auto to lines"),
        ({"baseline": "none"}, "baseline goes from artifact to none"),
        ({"allow_empty_critical": True}, "allow-empty-critical goes from false to true"),
        ({"require_baseline": False}, "require-baseline goes from true to false"),
        ({"dry_run": True}, "dry-run goes from false to true"),
        ({"config_from": "head"}, "config-from goes from base to head"),
        ({"ratchet_update": "always"}, "ratchet-update goes from never to always"),
        ({"gate": STRICT.gate[1:]}, "gate 'domain' is gone"),
        ({"gate": gate(0, name="other")}, "gate 'domain' is gone"),
        ({"gate": gate(0, min=Decimal(94))}, "gate 'domain': min goes from 95 to 94"),
        ({"gate": gate(0, exclude=("x", "y"))}, "gate 'domain': exclude gains 'y'"),
        ({"gate": gate(0, paths=("src/domain/a",))}, "gate 'domain': paths loses 'src/domain'"),
        ({"gate": gate(1, paths=("src",))}, "gate 'all' no longer holds for all files"),
        ({"gate": gate(1, scope="per-new-file")}, "gate 'all' goes from overall auto to per-new-file auto"),
        ({"gate": gate(1, metric="lines")}, "gate 'all' goes from overall auto to overall lines"),
    ],
)
def test_what_asks_for_less_is_said(changed: dict[str, Any], expected: str) -> None:
    assert said(**changed) == [expected]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"min_overall": Decimal("80.0")},
        {"min_overall": Decimal(81)},
        {"exclude": ()},
        {"critical_paths": ("src/pay", "src/money")},
        {"expect_reports": ("linux", "windows", "macos")},
        {"gate": (*STRICT.gate, NamedGate(name="new", min=Decimal(1)))},
        {"gate": gate(0, min=Decimal(96), exclude=(), paths=("src/domain", "b"))},
        {"html": True, "annotations": "off", "report_dir": "x"},
    ],
)
def test_what_asks_for_more_or_the_same_is_not(changed: dict[str, Any]) -> None:
    assert said(**changed) == []


def test_from_nothing_anything_is_stricter() -> None:
    lax = Config(
        min_overall=None,
        on_unmeasured_file="ignore",
        partial_branches="covered",
        min_changed_lines=9,
        dry_run=True,
    )
    assert list(loosened.settings(lax, Config())) == []
    assert list(loosened.settings(Config(), Config(source=("src",), baseline="artifact"))) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("4", "3", ["expect-reports goes from 4 to 3"]),
        ("4", "5", []),
        ("4", "linux", ["expect-reports loses '4'"]),
        ("", "3", []),
    ],
)
def test_numbers_of_reports(before: str, after: str, expected: list[str]) -> None:
    old, new = (Config(expect_reports=(text,) if text else ()) for text in (before, after))
    assert list(loosened.settings(old, new)) == expected


#: Inputs that ask for nothing: where things are, how they are shown. A new input belongs here or into `loosened.settings`.
NEUTRAL = {
    "working_directory", "base", "deepen", "github_token", "files", "format", "path_map", "python", "collect", "history",
    "annotations", "comment_id", "summary", "html", "badge", "report_dir", "cobertura_out",
}  # fmt: skip
LAX: dict[str, Any] = {
    "dry_run": True, "config_from": "head", "min_overall": None, "min_critical": None, "min_new_code": None,
    "critical_paths": (), "allow_empty_critical": True, "gate": (), "metric": "lines",
    "partial_branches": "covered", "source": (), "exclude": ("x",), "on_unmeasured_file": "ignore",
    "min_changed_lines": 9, "expect_reports": (), "baseline": "none", "baseline_tolerance": Decimal(1),
    "require_baseline": False, "ratchet_update": "always",
}  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in fields(Config)])
def test_every_input_is_either_neutral_or_watched(name: str) -> None:
    if name in NEUTRAL:
        assert name not in LAX
        return
    assert said(**{name: LAX[name]}), f"coverage_gate/loosened.py does not notice a milder '{name}'"


# --- coverage.py -------------------------------------------------------------------------------

RC = b"[run]\nomit =\n    a.py\n    b.py\n[report]\nexclude_lines = pragma: no cover, def __repr__\n"


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        (".coveragerc", None, RC, [
            ".coveragerc: coverage.py's omit gains 'a.py', 'b.py'",
            ".coveragerc: coverage.py's exclude_lines gains 'pragma: no cover', 'def __repr__'",
        ]),
        (".coveragerc", RC, RC, []),
        (".coveragerc", RC, None, []),
        (".coveragerc", RC, RC.replace(b"b.py", b"b.py\n    src/*"), [".coveragerc: coverage.py's omit gains 'src/*'"]),
        ("setup.cfg", b"", b"[coverage:run]\nomit = a\n[run]\nomit = b", ["setup.cfg: coverage.py's omit gains 'a'"]),
        ("svc/tox.ini", b"", b"[coverage:report]\npartial_also = x", ["svc/tox.ini: coverage.py's partial_also gains 'x'"]),
        ("pyproject.toml", b"", b"[tool.coverage.report]\nexclude_also = ['x', 'y']\nfail_under = 3",
         ["pyproject.toml: coverage.py's exclude_also gains 'x', 'y'"]),
        ("pyproject.toml", b"[tool.coverage.run]\nomit = ['a']", b"[tool.coverage.run]\nomit = []", []),
        ("pyproject.toml", b"", b"tool = 1", []),
        ("pyproject.toml", b"", b"[tool.coverage.run\nomit = ['a']", []),
        (".coveragerc", b"", b"omit = a", []),
        (".coveragerc", b"\xff", b"\xff[run]\nomit = a", []),
    ],
)  # fmt: skip
def test_coverage_settings(path: str, before: bytes | None, after: bytes | None, expected: list[str]) -> None:
    assert list(loosened.coverage_settings(path, before, after)) == expected


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("if x:  # pragma: no cover", True),
        ("if x:  #pragma:no cover", True),
        ("if x:  # pragma no cover", True),
        ("if x:  # PRAGMA: NO COVER", True),
        ("while x:  # pragma: no branch", True),
        ("if x:  # no cover", False),
        ("if x:  # pragma: nothing", False),
    ],
)
def test_pragmas(line: str, found: bool) -> None:
    text = ("import a  # pragma: no cover", line, line)
    said = list(loosened.pragmas("src/a.py", text, from_numbers([2, 3, 9])))
    assert said == (["src/a.py:2-3: new '# pragma: no cover' or 'no branch'"] if found else [])
