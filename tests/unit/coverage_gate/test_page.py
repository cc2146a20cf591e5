from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_actions.coverage_gate import page
from ci_actions.coverage_gate.model import (
    ChangedCoverage,
    FileCoverage,
    FileLines,
    GateResult,
    LineBranches,
    Outcome,
    Read,
    Tally,
    Unmeasured,
    Verdict,
)
from ci_actions.kit import lines

BLOB = "https://github.com/o/r/blob/abc"
NONE = Tally(0, 0)
HOSTILE = (
    "src/<script>alert(1)</script>.py",
    "src/\"onload='x.py",
    "src/new\nline.py",
    "src/rtl\u202egnp.py",
    "src/nul\x00.py",
    "src/sur\udc80.py",
    "src/{{ 7 * 7 }}{% raw %}.py",
    "javascript:alert(1).py",
    "src/]]>-->.py",
)


class Page(HTMLParser):
    """What a browser would find: elements, and text without markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.parts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.parts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.parts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]

    def links(self) -> list[str]:
        return [each["href"] or "" for each in self.all("a")]


def covered(path: str, measured: Iterable[int], hit: Iterable[int], **more: object) -> FileCoverage:
    return FileCoverage(path, lines.from_numbers(measured), lines.from_numbers(hit), **more)  # type: ignore[arg-type]


REFUND = covered(
    "src/pay/refund.py",
    range(1, 101),
    [*range(1, 88), 89, 90, *range(93, 101)],
    branches={5: LineBranches(1, 2)},
)
CHANGE = ChangedCoverage(
    path="src/pay/refund.py",
    status="M",
    measured=lines.from_ranges([(5, 6), (85, 95)]),
    missed=lines.from_numbers([88, 91, 92]),
    partial=lines.from_numbers([5]),
    tally=Tally(9, 13),
)
FILES = (
    REFUND,
    covered("src/pay/charge.py", range(1, 41), range(1, 41)),
    covered("src/__init__.py", [], []),
    covered("src/stock/csv.py", range(1, 31), range(1, 5)),
)


def gate(verdict: Verdict, **more: object) -> GateResult:
    values: dict[str, object] = {
        "name": "new-code",
        "scope": "new-code",
        "metric": "lines",
        "verdict": verdict,
        "minimum": Decimal(85),
        "tally": Tally(10, 14),
    }
    return GateResult(**(values | more))  # type: ignore[arg-type]


def outcome(**more: object) -> Outcome:
    values: dict[str, object] = {
        "metric": "lines",
        "gates": (),
        "overall": Tally(140, 170),
        "lines": Tally(140, 170),
        "branches": Tally(1, 2),
        "critical": None,
        "new_code": None,
        "files": FILES,
        "changed": (),
        "unmeasured": (),
        "reads": (),
        "blob_url": BLOB,
        "head": "abc",
    }
    return Outcome(**(values | more))  # type: ignore[arg-type]


def render(it: Outcome, headline: str = "coverage-gate", verdict: str = "failed", next_step: str = "") -> str:
    return page.render(it, headline=headline, verdict=verdict, next_step=next_step)


def read(it: Outcome) -> Page:
    return Page(render(it))


def test_the_whole_page_loads_nothing_and_runs_nothing() -> None:
    shown = read(outcome(changed=(CHANGE,)))
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & {tag for tag, _ in shown.seen}
    assert not any(name.startswith("on") for _, attributes in shown.seen for name in attributes)


def test_every_section_has_a_heading_and_every_column_a_scope() -> None:
    shown = read(
        outcome(
            changed=(CHANGE,),
            gates=(gate(Verdict.NOT_MET, needed=2),),
            unmeasured=(Unmeasured(path="src/new.py", lines=6),),
        )
    )
    assert len(shown.all("h1")) == 1
    headings = {each.get("id") for each in shown.all("h2")}
    assert {each["aria-labelledby"] for each in shown.all("section") if "aria-labelledby" in each} <= headings
    assert all(each.get("scope") in {"col", "row"} for each in shown.all("th"))
    pictures = [each for each in shown.all("svg") if "aria-hidden" not in each]
    assert all(each.get("role") == "img" and each.get("aria-label") for each in pictures)
    identifiers = [each["id"] for _, each in shown.seen if "id" in each]
    assert len(identifiers) == len(set(identifiers))


def test_gates_say_their_verdict_in_words() -> None:
    shown = read(
        outcome(
            gates=(
                gate(Verdict.NOT_MET, delta="-1.20"),
                gate(Verdict.NOT_APPLICABLE, name="critical", tally=None, reason="no critical file changed"),
            )
        )
    )
    assert "new-code new-code, lines 71.42 % 10 of 14 85 % -1.20 ✗ not met" in shown.text
    assert "critical new-code, lines n/a – 85 % – – n/a no critical file changed" in shown.text


def test_without_a_delta_there_is_no_column_for_it() -> None:
    assert "Delta" not in read(outcome(gates=(gate(Verdict.MET),))).text


def test_a_gate_for_each_file_shows_how_many_are_below() -> None:
    below = gate(
        Verdict.NOT_MET, scope="per-file", needed=4, offenders=(("src/a.py", Tally(1, 4)), ("src/b.py", NONE))
    )
    shown = read(outcome(gates=(below, gate(Verdict.MET, scope="per-file"))))
    assert "2 files below" in shown.text
    assert "every file" in shown.text
    assert "src/a.py 25.00 % (1 of 4)" in shown.text


def test_what_to_do_next_names_the_lines() -> None:
    red = gate(
        Verdict.NOT_MET, needed=2, remedy=(FileLines("src/pay/refund.py", lines.from_numbers([88, 91, 92])),)
    )
    shown = read(outcome(gates=(red,)))
    assert "new-code: cover 2 more lines src/pay/refund.py lines 88 , 91–92" in shown.text
    assert f"{BLOB}/src/pay/refund.py#L91-L92" in shown.links()


@pytest.mark.parametrize(
    ("metric", "needed", "said"),
    [
        ("lines", 1, "1 more line"),
        ("branches", 3, "3 more branches"),
        ("combined", 1, "1 more line or branch"),
        ("lines", Decimal("1.5"), "1.5 more lines"),
    ],
)
def test_what_is_missing_has_its_unit(metric: str, needed: int | Decimal, said: str) -> None:
    shown = read(outcome(gates=(gate(Verdict.NOT_MET, metric=metric, needed=needed),)))
    assert f"cover {said} " in shown.text


def test_a_red_gate_without_a_remedy_points_to_its_reason() -> None:
    assert "See the reason" in read(outcome(gates=(gate(Verdict.NOT_MET, tally=None),))).text


def test_a_changed_file_with_its_strip_and_ranges() -> None:
    shown = read(outcome(changed=(CHANGE,)))
    assert "modified · 69.23 % 9 of 13 covered" in shown.text
    assert "Missed: 88 , 91–92" in shown.text
    assert "Partly covered: 5" in shown.text
    (strip,) = [each for each in shown.all("svg") if each.get("class") == "strip"]
    assert strip["aria-label"] == "100 lines: 96 covered, 1 partly, 3 missed; 13 changed"


def test_a_changed_file_without_measured_lines_says_so() -> None:
    bare = replace(CHANGE, measured=0, missed=0, partial=0, tally=NONE, status="R100")
    assert "renamed · no changed line is measured" in read(outcome(changed=(bare,))).text


def test_changed_files_are_outlined_in_the_picture() -> None:
    text = render(outcome(changed=(CHANGE,)))
    assert text.count('class="outline"') == 2  # on the screen and on the phone
    assert "src/pay/refund.py: 97.00 % (97 of 100); changed, 3 of 13 changed lines missed" in text


def test_the_picture_leaves_out_what_has_no_lines() -> None:
    shown = read(outcome())
    assert "left out: 1 without measured lines" in shown.text
    titles = "".join(re.findall(r"<title>[^<]*</title>", render(outcome())))
    assert "src/__init__.py" not in titles


def test_no_change_has_its_reason() -> None:
    assert "no change here" in read(outcome(no_change="no change here")).text
    assert "touches no measured file" in read(outcome()).text


def test_nothing_at_all_is_a_page_too() -> None:
    shown = read(
        outcome(files=(), overall=NONE, lines=NONE, branches=NONE, problems=("0 lines",), blob_url="")
    )
    assert "nothing to draw" in shown.text
    assert "No report was read" in shown.text
    assert "No verdict because 0 lines" in shown.text
    assert shown.links() == []


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (None, "unknown"),
        (-5.0, "in the future"),
        (59.0, "less than a minute"),
        (61.0, "1 minute"),
        (7300.0, "2 hours"),
        (200_000.0, "2 days"),
    ],
)
def test_what_was_read(age: float | None, said: str) -> None:
    report = Read(file="cov.xml", format="cobertura", tool="", files=3, lines=1200, age=age)
    assert f"cov.xml cobertura – 3 1,200 {said}" in read(outcome(reads=(report,))).text


def test_files_in_no_report() -> None:
    shown = read(
        outcome(
            unmeasured=(
                Unmeasured(path="src/new.py", lines=lines.from_ranges([(1, 9)]), closest="/app/new.py"),
            )
        )
    )
    assert "src/new.py 1–9 /app/new.py" in shown.text
    assert f"{BLOB}/src/new.py#L1-L9" in shown.links()


def test_facts_are_short() -> None:
    shown = read(
        outcome(
            head="0123456789abcdef" * 2 + "01234567",
            base="main",
            base_how="the input",
            directory="services/pay",
            metric="combined",
            baseline=Tally(9, 10),
            baseline_note="of yesterday",
            now=1_700_000_000.0,
        )
    )
    assert (
        "at 0123456789ab against main (the input) in services/pay counts lines and branches baseline 90.00 % "
        "of yesterday 2023-11-14 22:13 UTC"
    ) in shown.text


def test_a_revision_need_not_be_known() -> None:
    assert "coverage-gate counts lines" in read(outcome(head="")).text


def everywhere(names: Iterable[str]) -> Outcome:
    """Return an outcome with these names wherever a name can stand."""
    return outcome(
        files=tuple(replace(REFUND, path=name) for name in names),
        changed=tuple(replace(CHANGE, path=name, status=name) for name in names),
        gates=tuple(
            gate(
                Verdict.NOT_MET,
                name=name,
                scope=name,
                reason=name,
                delta=name,
                remedy=(FileLines(name, 6),),
                offenders=((name, Tally(1, 2)),),
            )
            for name in names
        ),
        unmeasured=tuple(Unmeasured(path=name, lines=6, closest=name) for name in names),
        reads=tuple(Read(file=name, format=name, tool=name, files=1, lines=1, age=1.0) for name in names),
        problems=tuple(names),
        warnings=tuple(names),
        loosened=tuple(names),
        base=names[0] if isinstance(names, tuple) else "",
        base_how="<b>",
        head="<b>",
        baseline_note="<b>",
        directory="<b>",
    )


def assert_harmless(text: str) -> None:
    shown = Page(text)
    assert not {"script", "b", "img"} & {tag for tag, _ in shown.seen}
    assert not any(name.startswith("on") for _, attributes in shown.seen for name in attributes)
    assert all(link.startswith(BLOB + "/") and not re.search(r"[\s\"'<>]", link) for link in shown.links())
    # What is left of control and direction characters is visible.
    assert all(sign.isprintable() or sign == "\n" for sign in unescape(text))
    text.encode()


def test_hostile_names_stay_text() -> None:
    text = page.render(
        everywhere(HOSTILE), headline=HOSTILE[0], verdict="</style><script>", next_step="</title><script>"
    )
    assert_harmless(text)
    assert "src/nul\\x00.py" in text
    assert "src/rtl\\x202egnp.py" in text
    assert "{{ 7 * 7 }}" in text


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4, unique=True))
def test_any_name_stays_text(names: list[str]) -> None:
    assert_harmless(render(everywhere(tuple(names))))


def test_without_a_server_nothing_is_linked() -> None:
    assert read(outcome(changed=(CHANGE,), blob_url="")).links() == []
    assert read(outcome(changed=(CHANGE,), blob_url="javascript:alert(1)//")).links() == []


def test_ten_thousand_files_stay_a_page() -> None:
    many = tuple(
        covered(
            f"services/area{number % 23}/part{number % 211}/module_{number}.py",
            range(1, 20 + number % 300),
            [],
        )
        for number in range(10_000)
    )
    text = render(outcome(files=many, changed=tuple(replace(CHANGE, path=each.path) for each in many[:300])))
    assert len(text.encode()) < 1_500_000
    assert "… and 8,000 more files" in text
    assert "… and 200 more changed files" in text


def test_long_lists_are_counted() -> None:
    names = [f"src/m{number}.py" for number in range(60)]
    shown = read(
        outcome(
            gates=(gate(Verdict.NOT_MET, remedy=tuple(FileLines(name, 2) for name in names)),),
            unmeasured=tuple(Unmeasured(path=name, lines=2) for name in names),
            reads=tuple(
                Read(file=name, format="lcov", tool="", files=1, lines=1, age=None) for name in names
            ),
            changed=(replace(CHANGE, missed=lines.from_numbers(range(1, 99, 2))),),
        )
    )
    assert shown.text.count("and 10 more files") == 2
    assert "and 10 more reports" in shown.text
    assert "and 37 more" in shown.text


def test_small_files_are_one_box_in_the_picture() -> None:
    many = [covered(f"src/m{number}.py", range(1, 9 + 40 * (number < 5)), [1]) for number in range(2000)]
    text = render(outcome(files=tuple(many)))
    assert "and 1,995 more files" in text


@given(st.sets(st.integers(1, 5000), min_size=1, max_size=200))
def test_a_strip_shows_every_line_and_stays_in_its_box(numbers: set[int]) -> None:
    last = max(numbers)
    drawn = page._segments(lines.from_numbers(numbers), last, 0, 10)
    parts = [(int(left), int(right)) for left, right in re.findall(r"M(\d+) 0H(\d+)V10H\d+z", drawn)]
    assert all(0 <= left < right <= page.COLUMNS for left, right in parts)
    assert all(before[1] < after[0] for before, after in pairwise(parts))
    for number in numbers:
        at = (number - 1) * page.COLUMNS // last
        assert any(left <= at < right for left, right in parts)


@pytest.mark.parametrize(
    ("tally", "band"),
    [
        (Tally(99_999, 100_000), "b4"),
        (Tally(1, 1), "b5"),
        (Tally(3, 4), "b3"),
        (Tally(1, 2), "b2"),
        (Tally(1, 4), "b1"),
        (Tally(0, 1), "b0"),
        (NONE, "bn"),
    ],
)
def test_colours_are_compared_exactly(tally: Tally, band: str) -> None:
    assert page._band(tally) == band


def test_text_in_the_picture_can_be_read_in_light_and_in_dark() -> None:
    style = files("ci_actions").joinpath("coverage_gate/page.html").read_text("utf-8")
    light, dark = style.split("prefers-color-scheme: dark", 1)

    def luminance(colour: str) -> float:
        shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        parts = [
            float(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4) for each in shares
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for theme, brightest_first in ((light, False), (dark, True)):
        colours = {name: luminance(value) for name, value in re.findall(r"--(\w+): (#[0-9a-f]{6})", theme)}
        for band in "543210n":
            low, high = sorted((colours[f"b{band}"], colours[f"t{band}"]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, band
        # Lightness alone tells the order: on grey paper, and for eyes that see no colours.
        scale = [colours[f"b{band}"] for band in "012345"]
        assert scale == sorted(scale, reverse=brightest_first)


def test_jinja_is_loaded_only_when_a_page_is_made() -> None:
    asked = "import sys, ci_actions.coverage_gate.page; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
