from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ci_actions.kit import emit
from ci_actions.kit.errors import Exit
from ci_actions.kit.html import TONES
from ci_actions.kit.report import Report, Result


def test_every_result_has_a_mark_and_a_tone() -> None:
    assert set(emit.MARKS) == set(Result)
    assert set(TONES) == {each.value for each in Result}


def test_results_are_the_words_of_the_output() -> None:
    words = {each.value for each in Result}
    assert words == {"passed", "failed", "error", "skipped", "would-fail", "rolled-back", "partial"}


def test_a_report_is_a_value() -> None:
    made = Report(capability="x", result=Result.PASSED, exit_code=Exit.PASSED, headline="x: fine")
    assert made == Report(capability="x", result=Result.PASSED, exit_code=Exit.PASSED, headline="x: fine")
    with pytest.raises(FrozenInstanceError):
        made.headline = "y"  # type: ignore[misc]
