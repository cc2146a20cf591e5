"""The door that leads nowhere; what workflows, actions and examples keep to is in test_static.py."""

from __future__ import annotations

from pathlib import Path

import yaml

from ci_actions.capabilities import CAPABILITIES

ROOT = Path(__file__).resolve().parents[2]


def test_the_wrong_door_names_every_action_that_can_be_used() -> None:
    door = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (step,) = door["runs"]["steps"]
    assert "exit 2" in step["run"]
    assert any(f"org/ci-actions/{name}@v1" in step["run"] for name in CAPABILITIES)
