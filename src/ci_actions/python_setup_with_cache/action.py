"""The steps of `action.yml`: our phases around GitHub's own actions for interpreters and caches.

Everything is saved before the job's tests run: the post steps of others save only when the whole job was green.
"""

from __future__ import annotations

from ci_actions.kit.action import Call, Uses

_SETUP = "steps.plan.outputs.setup == 'true'"
_CACHE = "27d5ce7f107fe9357f9df03efb73ab90386fccae"

STEPS = (
    Call(phase="plan"),
    Uses(
        id="python",
        action="actions/setup-python",
        commit="5fda3b95a4ea91299a34e894583c3862153e4b97",
        tag="v7.0.0",
        when="steps.plan.outputs.setup-python == 'true'",
        inputs={
            "python-version": "${{ steps.plan.outputs.python-request }}",
            "architecture": "${{ steps.plan.outputs.architecture }}",
            "allow-prereleases": "${{ steps.plan.outputs.allow-prereleases }}",
            "freethreaded": "${{ steps.plan.outputs.freethreaded }}",
            "check-latest": "${{ steps.plan.outputs.check-latest }}",
            "update-environment": "${{ steps.plan.outputs.update-environment }}",
        },
    ),
    Call(
        phase="key", when=_SETUP, env={"CI_ACTIONS_TARGET_PYTHON": "${{ steps.python.outputs.python-path }}"}
    ),
    Uses(
        id="restore",
        action="actions/cache/restore",
        commit=_CACHE,
        tag="v5.0.5",
        when="steps.key.outputs.restore == 'true'",
        may_fail=True,
        # A cache that is slow is worth less than an installation; the default is ten minutes.
        env={"SEGMENT_DOWNLOAD_TIMEOUT_MINS": "2"},
        inputs={
            "path": "${{ steps.key.outputs.cache-path }}",
            "key": "${{ steps.key.outputs.cache-key }}",
            "restore-keys": "${{ steps.key.outputs.restore-keys }}",
        },
    ),
    Call(
        phase="install",
        when=_SETUP,
        env={
            "CI_ACTIONS_RESTORE_OUTCOME": "${{ steps.restore.outcome }}",
            "CI_ACTIONS_MATCHED_KEY": "${{ steps.restore.outputs.cache-matched-key }}",
        },
    ),
    Uses(
        id="save",
        action="actions/cache/save",
        commit=_CACHE,
        tag="v5.0.5",
        when="steps.install.outputs.save == 'true'",
        may_fail=True,
        inputs={
            "path": "${{ steps.key.outputs.cache-path }}",
            "key": "${{ steps.key.outputs.cache-key }}",
        },
    ),
    Call(
        phase="finish",
        when="always()",
        env={
            "CI_ACTIONS_PYTHON_OUTCOME": "${{ steps.python.outcome }}",
            "CI_ACTIONS_SAVE_OUTCOME": "${{ steps.save.outcome }}",
        },
    ),
)
