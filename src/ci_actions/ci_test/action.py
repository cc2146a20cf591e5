"""The steps of `action.yml`: the tests, and what of their coverage only the interpreter that ran them knows."""

from __future__ import annotations

from ci_actions.kit.action import Another, Call

STEPS = (
    Call(phase=""),
    Another(
        id="collect",
        capability="coverage-gate",
        # What other tools measured says itself which lines could have run.
        when="steps.ci-test.outputs.coverage-measured == 'true' && inputs.coverage-files == ''",
        inputs={
            "working-directory": "${{ inputs.working-directory }}",
            "collect": "${{ steps.ci-test.outputs.report-dir }}/collected.json",
        },
    ),
)
