"""Each rule on what is wrong, with the place, and on its twin that is right, where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from tests.unit.commands.doctor.repositories import (
    SHA,
    WORKFLOW,
    composite,
    jobs,
    judged,
    marked,
    places,
    steps,
)

from ci_actions.commands.doctor.model import Level
from ci_actions.commands.doctor.rules import RULES

CHECKOUT = f"- uses: actions/checkout@{SHA} # v7.0.1"
UPLOAD = f"actions/upload-artifact@{SHA} # v7.0.0"
CALLEE = ".github/workflows/callee.yml"
ACTION = "tools/x/action.yml"
CALLED = """\
on:
  workflow_call:
    inputs:
      level: {type: string, required: true}
      fast: {type: boolean}
      often: {type: number}
    secrets:
      token: {required: true}
    outputs:
      version: {value: '1'}
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions: {contents: read, packages: write}
    steps: [{run: make}]
"""


@dataclass(frozen=True)
class Case:
    rule: str
    name: str
    bad: str | Mapping[str, str]
    good: str | Mapping[str, str]


def call(text: str) -> str:
    """Return a caller of the workflow of CALLED."""
    return jobs(f"a:\n  permissions: {{contents: read, packages: write}}\n  uses: ./{CALLEE}\n{text}")


def needing(text: str, *, last: str = "run: echo fine", head: str = "all-green") -> str:
    return jobs(
        "a:\n  runs-on: x\n  steps: [{run: make}]\nb:\n  runs-on: x\n  steps: [{run: make}]\n"
        f"{head}:\n  needs: [a, b]\n{text}  runs-on: x\n  steps:\n    - {last}\n"
    )


GIVEN = "  with: {level: x}\n  secrets: {token: x}\n"

CASES = (
    # --- calls
    Case("unknown-callee", "an action of ours",
         steps("- uses: ▸org/ci-actions/coverage@v1"), steps("- uses: org/ci-actions/coverage-gate@v1")),
    Case("unknown-callee", "the repository itself",
         steps("- uses: ▸org/ci-actions@v1"), steps("- uses: org/ci-actions/quality@v1")),
    Case("unknown-callee", "an internal action has no door",
         steps("- uses: ▸org/ci-actions/ci-plan@v1"), steps("- uses: org/ci-actions/actions/ci-plan@v1")),
    Case("unknown-callee", "a workflow of ours",
         jobs("a:\n  uses: ▸org/ci-actions/.github/workflows/cii.yml@v1"),
         jobs("a:\n  permissions: {contents: read}\n  uses: org/ci-actions/.github/workflows/ci.yml@v1")),
    Case("unknown-callee", "one of our own workflows",
         jobs("a:\n  uses: ▸org/ci-actions/.github/workflows/_check.yml@v1"),
         jobs("a:\n  uses: other/ci-actions/.github/workflows/_check.yml@v1")),
    Case("unknown-callee", "a workflow of the repository",
         jobs("a:\n  uses: ▸./.github/workflows/gone.yml"),
         {WORKFLOW: call(GIVEN), CALLEE: CALLED}),
    Case("unknown-callee", "a workflow that cannot be called",
         {WORKFLOW: jobs("a:\n  uses: ▸./.github/workflows/b.yml"), ".github/workflows/b.yml": steps("- run: make")},
         # An action may come from another checkout.
         steps("- uses: ./elsewhere")),
    Case("unknown-callee", "a workflow in a step", steps("- uses: ▸o/r/.github/workflows/x.yml@v1"), steps("- uses: o/r/x@v1")),
    Case("unknown-callee", "an action in a job", jobs("a:\n  uses: ▸org/ci-actions/quality@v1"),
         steps("- uses: org/ci-actions/quality@v1")),
    Case("unknown-input", "of an action of ours",
         steps("- uses: org/ci-actions/coverage-gate@v1\n  with:\n    min-overall: 80\n    ▸min-newcode: 80"),
         steps("- uses: org/ci-actions/coverage-gate@v1\n  with:\n    Min-Overall: 80\n    fail-under: 80")),
    Case("unknown-input", "of a workflow of ours",
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\n  with: {▸python: '3.12', groups: dev}"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\n  with: {python-version: '3.12', groups: dev}")),
    Case("unknown-input", "of another major version nobody here can tell",
         steps("- uses: org/ci-actions/quality@v1\n  with: {▸new: 1}"),
         steps("- uses: other/ci-actions/quality@v1\n  with: {new: 1}")),
    Case("unknown-input", "of an action of the repository",
         {WORKFLOW: steps("- uses: ./tools/x\n  with:\n    ▸lvl: 1"), ACTION: composite("- {run: x, shell: bash}",
         inputs="level: {}")},
         {WORKFLOW: steps("- uses: ./tools/x\n  with:\n    LEVEL: 1"), ACTION: composite("- {run: x, shell: bash}",
         inputs="level: {}")}),
    Case("unknown-input", "an action that is an image takes arguments",
         {WORKFLOW: steps("- uses: ./tools/x\n  with: {▸arg: 1}"),
         ACTION: "name: x\nruns: {using: docker, image: Dockerfile}\n"},
         {WORKFLOW: steps("- uses: ./tools/x\n  with: {args: 1, entrypoint: x}"),
          ACTION: "name: x\nruns: {using: docker, image: Dockerfile}\n"}),
    Case("unknown-secret", "of a workflow of the repository",
         {WORKFLOW: call("  with: {level: x}\n  secrets: {token: x, ▸tokn: x}"), CALLEE: CALLED},
         {WORKFLOW: call("  with: {level: x}\n  secrets: inherit"), CALLEE: CALLED}),
    Case("unknown-secret", "of a workflow of ours",
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\n  secrets:\n    ▸net-rc: x"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\n  secrets:\n    netrc: x")),
    Case("missing-input", "an input",
         {WORKFLOW: jobs(f"a:\n  uses: ▸./{CALLEE}\n  secrets: {{token: x}}"), CALLEE: CALLED}, {WORKFLOW: call(GIVEN),
         CALLEE: CALLED}),
    Case("missing-input", "a secret",
         {WORKFLOW: jobs(f"a:\n  uses: ▸./{CALLEE}\n  with: {{level: x}}"), CALLEE: CALLED}, {WORKFLOW: call(GIVEN),
         CALLEE: CALLED}),
    Case("missing-input", "of an action",
         {WORKFLOW: steps("- uses: ▸./tools/x"), ACTION: composite("- {run: x, shell: bash}",
         inputs="level: {required: true}")},
         {WORKFLOW: steps("- uses: ./tools/x"),
          ACTION: composite("- {run: x, shell: bash}", inputs="level: {required: true, default: low}")}),
    Case("input-value", "a number of ours",
         steps("- uses: org/ci-actions/coverage-gate@v1\n  with:\n    min-overall: ▸0.8\n    min-new-code: ▸'eighty'"),
         steps("- uses: org/ci-actions/coverage-gate@v1\n  with:\n    min-overall: 80\n"
              "    min-new-code: ${{ vars.MIN }}\n    min-critical: ''")),
    Case("input-value", "a choice of ours",
         steps("- uses: org/ci-actions/quality@v1\n  with: {scope: ▸nwe}"),
         steps("- uses: org/ci-actions/quality@v1\n  with: {scope: new}")),
    Case("input-value", "a boolean of ours",
         steps("- uses: org/ci-actions/quality@v1\n  with: {dry-run: ▸yes}"),
         steps("- uses: org/ci-actions/quality@v1\n  with: {dry-run: ~}")),
    Case("input-value", "through a workflow of ours",
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\n  with: {min-overall: ▸high, quality: ▸ture}"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\n  with: {min-overall: '80', quality: 'true'}")),
    Case("input-value", "a boolean and a number of a workflow",
         {WORKFLOW: call("  with: {level: x, fast: ▸yes, often: ▸many}\n  secrets: inherit"), CALLEE: CALLED},
         {WORKFLOW: call("  with: {level: x, fast: true, often: 3}\n  secrets: inherit"), CALLEE: CALLED}),
    Case("input-value", "a list",
         steps("- uses: org/ci-actions/coverage-gate@v1\n  with:\n    critical-paths:\n      ▸- src/a.py"),
         steps("- uses: org/ci-actions/coverage-gate@v1\n  with:\n    critical-paths: |\n      src/a.py")),
    Case("call-keys", "what a call cannot have",
         jobs("a:\n  uses: o/r/.github/workflows/x.yml@v1\n  ▸timeout-minutes: 5\n  ▸env: {A: 1}"),
         jobs("a:\n  name: x\n  if: true\n  strategy: {matrix: {a: [1]}}\n  uses: o/r/.github/workflows/x.yml@v1\n"
              "  secrets: inherit")),
    Case("call-context", "env and secrets",
         jobs("a:\n  uses: o/r/.github/workflows/x.yml@v1\n  with:\n    x: 1${{ inputs.a }}▸${{ env.X }}\n"
              "    y: ▸${{ secrets.Y }}"),
         jobs("a:\n  uses: o/r/.github/workflows/x.yml@v1\n  with:\n    x: ${{ vars.X }}\n  secrets:\n"
              "    y: ${{ secrets.Y }}")),
    # --- outputs
    Case("unknown-output", "a step that is not there",
         steps("- id: one\n  run: x\n- run: echo ▸${{ steps.on.outputs.x }}"),
         steps("- id: one\n  run: x\n- run: echo ${{ steps.ONE.outputs.x }}")),
    Case("unknown-output", "an output of ours",
         steps("- id: g\n  uses: org/ci-actions/coverage-gate@v1\n- if: ▸steps.g.outputs.sarif == ''\n  run: x"),
         steps("- id: g\n  uses: org/ci-actions/coverage-gate@v1\n- if: steps.g.outputs.report == ''\n  run: x")),
    Case("unknown-output", "of a workflow of ours",
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\nb:\n  needs: a\n  runs-on: x\n  steps:\n"
              "    - run: echo ▸${{ needs.a.outputs.verdict }}"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1\nb:\n  needs: a\n  runs-on: x\n  steps:\n"
              "    - run: echo ${{ needs.a.outputs.result }}")),
    Case("unknown-output", "of a job",
         jobs("a:\n  runs-on: x\n  outputs: {v: '1'}\n  steps: [{run: x}]\nb:\n  needs: a\n  runs-on: x\n"
              '  env: {V: "▸${{ needs.a.outputs.w }}"}\n  steps: [{run: x}]'),
         jobs("a:\n  runs-on: x\n  outputs: {v: '1'}\n  steps: [{run: x}]\nb:\n  needs: a\n  runs-on: x\n"
              '  env: {V: "${{ needs.a.outputs.v }}"}\n  steps: [{run: x}]')),
    Case("unknown-output", "a job that is not needed",
         jobs("a:\n  runs-on: x\n  steps: [{run: x}]\nb:\n  if: ▸needs.a.result == 'success'\n  runs-on: x\n"
              "  steps: [{run: x}]"),
         jobs("a:\n  runs-on: x\n  steps: [{run: x}]\nb:\n  needs: [a]\n  if: needs.a.result == 'success'\n"
              "  runs-on: x\n  steps: [{run: x}]")),
    Case("unknown-output", "of a called workflow itself",
         "on:\n  workflow_call:\n    outputs:\n      v: {value: '▸${{ jobs.build.outputs.x }}'}\n"
              "      w: {value: '▸${{ jobs.bild.outputs.x }}'}\n"
         "jobs:\n  build:\n    runs-on: x\n    steps: [{run: x}]\n",
         "on:\n  workflow_call:\n    outputs:\n      v: {value: '${{ jobs.build.outputs.x }}'}\n"
         "jobs:\n  build:\n    runs-on: x\n    outputs: {x: '1'}\n    steps: [{run: x}]\n"),
    Case("unknown-output", "in an action",
         {ACTION: composite("- id: a\n  shell: bash\n  run: x\n- shell: bash\n  run: ▸${{ steps.b.outputs.x }}")},
         {ACTION: composite("- id: a\n  shell: bash\n  run: x\n- shell: bash\n  run: ${{ steps.a.outputs.x }}")}),
    Case("unknown-output", "of an action of the repository",
         {WORKFLOW: steps("- id: x\n  uses: ./tools/x\n- run: ▸${{ steps.x.outputs.mad }}"),
         ACTION: composite("- {run: x, shell: bash}")},
         {WORKFLOW: steps("- id: x\n  uses: ./tools/x\n- run: ${{ steps.x.outputs.made }}"),
         ACTION: composite("- {run: x, shell: bash}")}),
    Case("unknown-need", "a job that is not there",
         jobs("a:\n  needs: ▸[b]\n  runs-on: x\n  steps: [{run: x}]"),
         jobs("a:\n  needs: [b]\n  runs-on: x\nb:\n  runs-on: x\n  steps: [{run: x}]")),
    # --- permissions
    Case("missing-permission", "our code-scanning",
         jobs("a:\n  permissions:\n    ▸contents: read\n  uses: org/ci-actions/.github/workflows/code-scanning.yml@v1"),
         jobs("a:\n  permissions: {security-events: write, actions: read, contents: read}\n"
              "  uses: org/ci-actions/.github/workflows/code-scanning.yml@v1")),
    Case("missing-permission", "of the workflow",
         jobs("a:\n  uses: ▸org/ci-actions/.github/workflows/ci.yml@v1"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1", permissions="{contents: read}")),
    Case("missing-permission", "a workflow that is called by a called one",
         {WORKFLOW: jobs("a:\n  permissions: ▸{contents: write}\n  uses: ./.github/workflows/b.yml"),
          ".github/workflows/b.yml": f"on: workflow_call\njobs:\n  c:\n    uses: ./{CALLEE}\n    with: {{level: x}}\n"
              f"    secrets: inherit\n",
          CALLEE: CALLED},
         {WORKFLOW: jobs("a:\n  permissions: write-all\n  uses: ./.github/workflows/b.yml"),
          ".github/workflows/b.yml": f"on: workflow_call\njobs:\n  c:\n    uses: ./{CALLEE}\n    with: {{level: x}}\n"
              f"    secrets: inherit\n",
          CALLEE: CALLED}),
    Case("missing-permission", "left to the repository's setting",
         "name: x\non: push\njobs:\n  a:\n    uses: ▸org/ci-actions/.github/workflows/code-scanning.yml@v1\n",
         "name: x\non: push\njobs:\n  a:\n    uses: org/ci-actions/.github/workflows/ci.yml@v1\n"),
    Case("missing-permission", "an action of others",
         steps(f"- uses: ▸github/codeql-action/upload-sarif@{SHA} # v4\n- uses: ▸actions/attest@{SHA} # v3"),
         steps(f"- uses: github/codeql-action/upload-sarif@{SHA} # v4", job="permissions: {security-events: write}")),
    Case("missing-permission", "an action of others with a token of its own",
         steps(f"- uses: ▸peter-evans/create-pull-request@{SHA} # v8\n  with: {{token: '${{{{ secrets.GITHUB_TOKEN }}}}'}}"),
         steps(f"- uses: peter-evans/create-pull-request@{SHA} # v8\n  with: {{token: '${{{{ secrets.BOT }}}}'}}")),
    Case("broad-permissions", "write-all",
         jobs("a:\n  permissions: ▸write-all\n  runs-on: x\n  steps: [{run: x}]", permissions="▸write-all"),
         jobs("a:\n  permissions: {contents: write}\n  runs-on: x\n  steps: [{run: x}]", permissions="read-all")),
    # --- trust
    Case("untrusted-checkout", "pull_request_target",
         steps(f"{CHECKOUT}\n  with:\n    ref: ▸${{{{ github.event.pull_request.head.sha }}}}\n- run: make",
         on="pull_request_target"),
         steps(f"{CHECKOUT}\n  with:\n    ref: ${{{{ github.event.pull_request.head.sha }}}}\n- run: make", on="pull_request")),
    Case("untrusted-checkout", "only those of the repository",
         steps(f"{CHECKOUT}\n  with:\n    ref: ▸${{{{ github.head_ref }}}}\n- uses: ./tools/x", on="pull_request_target"),
         steps(f"{CHECKOUT}\n  with:\n    ref: ${{{{ github.head_ref }}}}\n- run: make", on="pull_request_target",
               job="if: github.event.pull_request.head.repo.full_name == github.repository")),
    Case("untrusted-checkout", "workflow_run after a pull request",
         {WORKFLOW: steps("- run: x", on="[push, pull_request]"),
          ".github/workflows/b.yml": steps(f"{CHECKOUT}\n"
              f"  with: {{ref: ▸'${{{{ github.event.workflow_run.head_sha }}}}'}}\n- run: make",
                                           on="\n  workflow_run:\n    workflows: [ci]")},
         {WORKFLOW: steps("- run: x", on="push"),
          ".github/workflows/b.yml": steps(f"{CHECKOUT}\n"
              f"  with: {{ref: '${{{{ github.event.workflow_run.head_sha }}}}'}}\n- run: make",
                                           on="\n  workflow_run:\n    workflows: [ci]")}),
    # --- pins
    Case("unpinned", "others and ours",
         steps("- uses: ▸actions/checkout@v7\n- uses: ▸org/ci-actions/quality@main\n- uses: ▸o/r@" + SHA[:7]),
         steps(f"{CHECKOUT}\n- uses: org/ci-actions/quality@v1\n- uses: org/ci-actions/quality@v1.2.3\n"
              f"- uses: ./tools\n- uses: $/x")),
    Case("unpinned", "workflows", jobs("a:\n  uses: ▸o/r/.github/workflows/x.yml@v1"),
         jobs(f"a:\n  uses: o/r/.github/workflows/x.yml@{SHA} # v1")),
    Case("unversioned-pin", "a SHA alone", steps(f"- uses: ▸o/r@{SHA}"), steps(f"- uses: 'o/r@{SHA}'  # v1.2.3")),
    # --- conditions
    Case("always-true", "two expressions",
         steps("- if: ▸${{ a }} && ${{ b }}\n  run: x"), steps("- if: ${{ a && b }}\n  run: x\n- if: a && 'x}}'\n  run: x")),
    Case("always-true", "a block", steps("- if: ▸|\n    ${{ a }}\n  run: x"),
         steps("- if: |\n    a &&\n    b\n  run: x\n- if: >-\n    ${{ a }}\n  run: x")),
    Case("always-true", "an expression in quotes", jobs("a:\n  if: ▸\"!startsWith('${{ github.ref }}', 'x')\"\n  runs-on: x"),
         jobs("a:\n  if: \"!startsWith(github.ref, 'x')\"\n  runs-on: x")),
    Case("boolean-and-text", "a boolean input",
         "on: {workflow_dispatch: {inputs: {fast: {type: boolean}}}}\njobs:\n  a:\n    if: ▸inputs.fast == 'true'\n"
              "    runs-on: x\n",
         "on: {workflow_dispatch: {inputs: {fast: {type: boolean}}}}\njobs:\n  a:\n    if: inputs.fast == true\n"
              "    runs-on: x\n"),
    Case("boolean-and-text", "an input that is text",
         "on: {workflow_call: {inputs: {fast: {type: boolean}}}}\njobs:\n  a:\n    if: ▸\"'false' != inputs.fast\"\n"
              "    runs-on: x\n",
         "on: {workflow_call: {inputs: {fast: {type: string}}}}\njobs:\n  a:\n    if: \"'false' != inputs.fast\"\n"
              "    runs-on: x\n"),
    Case("boolean-and-text", "the event's inputs",
         "on: {workflow_dispatch: {inputs: {fast: {type: boolean}}}}\njobs:\n  a:\n"
              "    if: ▸github.event.inputs.fast == true\n    runs-on: x\n",
         "on: {workflow_dispatch: {inputs: {fast: {type: boolean}}}}\njobs:\n  a:\n"
              "    if: github.event.inputs.fast == 'true'\n    runs-on: x\n"),
    Case("boolean-and-text", "outputs and variables",
         steps("- id: a\n  run: x\n- if: ▸steps.a.outputs.x == true\n  run: x\n- if: ▸env.X != false\n  run: x"),
         steps("- id: a\n  run: x\n- if: steps.a.outputs.x == 'true'\n  run: x\n"
              "- if: github.event.pull_request.draft == false\n  run: x")),
    Case("boolean-and-text", "an input of an action",
         {ACTION: composite("- if: ▸inputs.fast == true\n  shell: bash\n  run: x", inputs="fast: {default: 'true'}")},
         {ACTION: composite("- if: inputs.fast == 'true'\n  shell: bash\n  run: x", inputs="fast: {default: 'true'}")}),
    Case("boolean-and-text", "of an event",
         steps("- if: ▸github.event.pull_request.draft == 'false'\n  run: x\n"
               "- if: ▸${{ github.event.pull_request.head.repo.fork != 'true' }}\n  run: x"),
         steps("- if: github.event.pull_request.draft != true\n  run: x\n- if: github.event.action == 'true'\n  run: x")),
    Case("text-as-boolean", "a comparison, through a job",
         jobs("a:\n  runs-on: x\n  outputs:\n    go: ${{ github.ref == 'refs/heads/main' && !contains(github.ref, 'x') }}\n"
              "  steps: [{run: x}]\nb:\n  needs: a\n  if: ▸needs.a.outputs.go\n  runs-on: x"),
         jobs("a:\n  runs-on: x\n  outputs:\n    go: ${{ github.ref == 'refs/heads/main' && 'yes' || '' }}\n"
              "  steps: [{run: x}]\nb:\n  needs: a\n  if: needs.a.outputs.go\n  runs-on: x")),
    Case("text-as-boolean", "an input of an action",
         {ACTION: composite("- if: ▸${{ !inputs.fast }}\n  shell: bash\n  run: x", inputs="fast: {default: 'false'}")},
         {ACTION: composite("- if: inputs.name\n  shell: bash\n  run: x", inputs="name: {default: ''}")}),
    Case("text-as-boolean", "a filter of paths, through a job",
         jobs(f"a:\n  runs-on: x\n  outputs: {{src: '${{{{ steps.f.outputs.src }}}}'}}\n  steps:\n    - id: f\n"
              f"      uses: dorny/paths-filter@{SHA} # v4\nb:\n  needs: a\n  if: ▸needs.a.outputs.src\n  runs-on: x"),
         jobs(f"a:\n  runs-on: x\n  outputs: {{src: '${{{{ steps.f.outputs.src_files }}}}'}}\n  steps:\n    - id: f\n"
              f"      uses: dorny/paths-filter@{SHA} # v4\nb:\n  needs: a\n  if: needs.a.outputs.src\n  runs-on: x")),
    Case("text-as-boolean", "what a script writes",
         steps('- id: a\n  run: |\n    echo "go=false" >> $GITHUB_OUTPUT\n- if: ▸always() && steps.a.outputs.go\n  run: x'),
         steps('- id: a\n  run: |\n    echo "go=1" >> $GITHUB_OUTPUT\n- if: steps.a.outputs.go\n  run: x')),
    # --- results
    Case("blind-job", "only prints, and is skipped",
         needing("").replace("all-green:", "▸all-green:"),
         needing("  if: always()\n", last="run: test '${{ contains(needs.*.result, ''failure'') }}' = false")),
    Case("blind-job", "only prints, always", needing("  if: ${{ always() }}\n").replace("all-green:", "▸all-green:"),
         needing("", head="notice")),
    Case("blind-job", "looks, but does not run",
         needing("  if: ▸contains(needs.*.result, 'failure')\n", last="run: exit 1", head="report"),
         needing("  if: failure() && contains(needs.*.result, 'failure')\n", last="run: exit 1", head="report")),
    Case("blind-job", "alls-green without always",
         needing("", last=f"uses: ▸re-actors/alls-green@{SHA} # v1"), needing("  if: always()\n",
         last=f"uses: re-actors/alls-green@{SHA} # v1")),
    Case("not-waited-for", "a job is left out",
         needing("  if: always()\n", last="run: echo '${{ toJSON(needs) }}' | check").replace("[a, b]",
         "▸[a, b]") + "  c:\n    runs-on: x\n    steps: [{run: x}]\n",
         needing("  if: always()\n", last="run: echo '${{ toJSON(needs) }}' | check")
         + "  c:\n    needs: all-green\n    runs-on: x\n    steps: [{run: x}]\n"),
    Case("publishes-anyway", "a release",
         jobs(f"a:\n  runs-on: x\nb:\n  needs: a\n  if: ▸always() && github.ref == 'x'\n  runs-on: x\n  steps:\n"
              f"    - uses: pypa/gh-action-pypi-publish@{SHA} # v1"),
         jobs(f"a:\n  runs-on: x\nb:\n  needs: a\n  if: always() && needs.a.result == 'success'\n  runs-on: x\n  steps:\n"
              f"    - uses: pypa/gh-action-pypi-publish@{SHA} # v1")),
    Case("second-job", "code-scanning does not wait",
         jobs("a:\n  uses: ▸org/ci-actions/.github/workflows/code-scanning.yml@v1"),
         jobs("s:\n  runs-on: x\na:\n  needs: s\n  if: ${{ !cancelled() }}\n"
              "  uses: org/ci-actions/.github/workflows/code-scanning.yml@v1")),
    Case("second-job", "code-scanning is skipped",
         jobs("s:\n  runs-on: x\n▸a:\n  needs: s\n  uses: org/ci-actions/.github/workflows/code-scanning.yml@v1"),
         jobs("s:\n  runs-on: x\na:\n  needs: s\n  if: always()\n"
              "  uses: org/ci-actions/.github/workflows/code-scanning.yml@v1")),
    Case("second-job", "comment outside of workflow_run",
         jobs("a:\n  uses: ▸org/ci-actions/.github/workflows/comment.yml@v1", on="pull_request"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/comment.yml@v1", on="\n  workflow_run:\n    workflows: [ci]")),
    Case("gate-may-fail", "continue-on-error",
         steps("- uses: org/ci-actions/quality@v1\n  ▸continue-on-error: true"),
         steps("- id: q\n  uses: org/ci-actions/quality@v1\n  continue-on-error: true\n"
              "- if: steps.q.outcome == 'failure'\n  run: exit 1")),
    Case("gate-may-fail", "dry-run",
         steps("- uses: org/ci-actions/quality@v1\n  with: {dry-run: ▸true}"),
         steps("- uses: org/ci-actions/quality@v1\n  with: {dry-run: false}")),
    # --- history
    Case("shallow-history", "a remote branch",
         steps(f"{CHECKOUT}\n- run: |\n    echo x\n    ▸git diff --name-only origin/main...HEAD"),
         steps(f"{CHECKOUT}\n  with: {{fetch-depth: 0}}\n- run: git diff --name-only origin/main...HEAD")),
    Case("shallow-history", "something fetches",
         steps(f"{CHECKOUT}\n  with: {{fetch-depth: 2}}\n- run: ▸poetry run diff-cover coverage.xml"),
         steps(f"{CHECKOUT}\n- run: git fetch origin main\n- run: diff-cover coverage.xml")),
    Case("shallow-history", "in a substitution",
         steps(f"{CHECKOUT}\n- run: ▸version=$(git describe --tags)\n- run: ▸npx nx affected -t test"),
         steps(f"{CHECKOUT}\n- run: version=$(git describe --tags --always)\n- run: git describe || true\n"
              f"- run: git diff HEAD")),
    Case("shallow-history", "on a tag", steps(f"{CHECKOUT}\n- run: ▸git describe --tags"),
         steps(f"{CHECKOUT}\n- run: git describe --tags", on="release")),
    Case("shallow-history", "ours deepens itself",
         steps(f"{CHECKOUT}\n- uses: org/ci-actions/coverage-gate@v1\n  with: {{deepen: ▸never}}"),
         steps(f"{CHECKOUT}\n- uses: org/ci-actions/coverage-gate@v1")),
    # --- artifacts
    Case("hidden-files", "coverage data",
         steps(f"- uses: {UPLOAD}\n  with:\n    path: |\n      ▸.coverage\n      ▸**/.coverage.*\n      dist/x\n      !.git"),
         steps(f"- uses: {UPLOAD}\n  with:\n    include-hidden-files: true\n    path: .coverage")),
    Case("hidden-files", "a file in a hidden folder is not hidden, what is searched for in one is",
         steps(f"- uses: {UPLOAD}\n  with: {{path: ▸.ci-actions/*.json}}"),
         steps(f"- uses: {UPLOAD}\n  with: {{path: .ci-actions/x.json}}")),
    Case("hidden-files", "before 4.4",
         steps("- uses: actions/upload-artifact@v4\n  with: {path: ▸.coverage}"),
         steps("- uses: actions/upload-artifact@v4.3.1\n  with: {path: .coverage}")),
    Case("artifact-name", "one for all",
         steps(f"- uses: {UPLOAD}\n  with: {{name: ▸data, path: x}}", job="strategy: {matrix: {a: [1, 2]}}"),
         steps(f"- uses: {UPLOAD}\n  with: {{name: 'data-${{{{ matrix.a }}}}', path: x}}",
         job="strategy: {matrix: {a: [1, 2]}}")),
    Case("artifact-name", "without a name",
         steps(f"- uses: ▸{UPLOAD}", job="strategy: {matrix: {include: [{a: 1}, {a: 2}]}}"),
         steps(f"- uses: {UPLOAD}\n  if: matrix.a == 1", job="strategy: {matrix: {a: [1, 2]}}")),
    Case("artifact-name", "a name of the run",
         steps(f"- uses: {UPLOAD}\n  with: {{name: ▸'x-${{{{ github.sha }}}}', path: x}}",
         job="strategy: {matrix: {a: [1, 2]}}"),
         steps(f"- uses: {UPLOAD}\n  with: {{name: x, path: x}}", job="strategy: {matrix: '${{ fromJSON(inputs.a) }}'}")),
    Case("artifact-folders", "without merge-multiple",
         steps(f"- uses: actions/download-artifact@{SHA} # v8\n  with: {{pattern: c-*, path: parts}}\n"
               "- uses: org/ci-actions/coverage-gate@v1\n  with:\n    files: ▸parts/*.json"),
         steps(f"- uses: actions/download-artifact@{SHA} # v8\n  with: {{pattern: c-*, path: parts, merge-multiple: true}}\n"
               "- uses: org/ci-actions/coverage-gate@v1\n  with:\n    files: parts/*.json")),
    # --- scripts
    Case("no-pipefail", "the default shell",
         steps("- run: |\n    export X=1\n    ▸python -m pytest -q 2>&1 | tee log"),
         steps("- shell: bash\n  run: pytest | tee log")),
    Case("no-pipefail", "somebody else judges",
         steps("- run: ▸tox | tee log | tail -5"),
         steps("- run: mypy . | mypy-baseline filter\n- run: tox -l | grep -q x && tox -e x\n"
              "- run: if tox | grep x; then y; fi")),
    Case("no-pipefail", "of a job and a workflow",
         steps("- run: ▸go test ./... | tee log", job="defaults: {run: {working-directory: x}}"),
         steps("- run: go test ./... | tee log", job="defaults: {run: {shell: bash}}")),
    Case("no-pipefail", "set by hand", steps("- shell: sh\n  run: ▸make test | cat"),
         steps("- run: |\n    set -o pipefail\n    make test | cat")),
    Case("ignored-failure", "ours and others",
         steps("- run: |\n    ▸ci-actions check || true\n    ▸uv run pytest || exit 0"),
         steps("- run: |\n    mypy . > log || true\n    rm x || true")),
    Case("ignored-failure", "words of comfort", steps("- run: ▸pytest || echo failed"),
         steps("- run: |\n    pytest || echo failed=1 >> $GITHUB_OUTPUT\n    mypy . || echo failed && exit 1")),
    Case("no-shell", "a script of an action", {ACTION: composite("- ▸run: x")}, {ACTION: composite("- run: x\n  shell: sh")}),
    Case("composite", "what there is not",
         {ACTION: composite("- shell: bash\n  ▸timeout-minutes: 5\n  env: {A: '▸${{ secrets.A }}'}\n  run: x")},
         {ACTION: composite("- shell: bash\n  env: {A: '${{ inputs.a }}'}\n  run: x", inputs="a: {}")}),
    # --- shape
    Case("unknown-workflow-run", "a name that nothing has",
         {WORKFLOW: steps("- run: x"), ".github/workflows/b.yml": steps("- run: x",
         on="\n  workflow_run:\n    workflows: [CI, ▸Tests]")},
         {WORKFLOW: steps("- run: x"), ".github/workflows/b.yml": steps("- run: x",
         on="\n  workflow_run:\n    workflows: [ci, CodeQL]")}),
    Case("shared-concurrency", "the group of the caller",
         {WORKFLOW: call(GIVEN) + "concurrency:\n  group: ▸x-${{ github.workflow }}\n",
          CALLEE: CALLED + "concurrency: x-${{ github.workflow }}\n"},
         {WORKFLOW: call(GIVEN) + "concurrency:\n  group: x-${{ github.workflow }}\n",
         CALLEE: CALLED + "concurrency: callee-${{ github.workflow }}\n"}),
    Case("path-filter", "before ci.yml",
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1", on="\n  pull_request:\n    ▸paths: [src/**]"),
         jobs("a:\n  uses: org/ci-actions/.github/workflows/ci.yml@v1", on="\n  pull_request:\n    branches: [main]")),
    Case("no-timeout", "a job", jobs("▸a:\n  runs-on: x\n  steps: [{run: x}]"),
         jobs("a:\n  runs-on: x\n  timeout-minutes: 5\n  steps: [{run: x}]")),
)  # fmt: skip


def files(of: str | Mapping[str, str]) -> Mapping[str, str]:
    return {WORKFLOW: of} if isinstance(of, str) else of


def named(case: Case) -> str:
    return f"{case.rule}: {case.name}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_is_wrong_is_found_where_it_stands(case: Case) -> None:
    wanted = marked(files(case.bad))
    assert wanted, "a case without a mark tests nothing"
    assert places(judged(files(case.bad)), case.rule) == wanted


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_is_right_is_left_alone(case: Case) -> None:
    answer = judged(files(case.good))
    assert places(answer, case.rule) == []
    assert not [each for each in answer.found if each.rule == "syntax"]
    assert not answer.unreadable


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in RULES}


def test_what_is_said_names_what_the_user_wrote() -> None:
    text = steps("- uses: org/ci-actions/coverage-gate@v1\n  with: {min-newcode: 80, min-overall: ninety}")
    said = {each.rule: each for each in judged({WORKFLOW: text}).found}
    assert "did you mean 'min-new-code'?" in said["unknown-input"].message
    assert "'min-overall' is 'ninety' but must be a number from 0 to 100" in said["input-value"].message
    assert all(each.fix for each in said.values())


def test_a_grant_that_is_missing_is_named_with_the_job_that_asks_for_it() -> None:
    text = jobs(
        "a:\n  permissions: {contents: read}\n  uses: org/ci-actions/.github/workflows/code-scanning.yml@v1"
    )
    [found] = [each for each in judged({WORKFLOW: text}).found if each.rule == "missing-permission"]
    assert "startup_failure" in found.message
    assert "'upload' asks for `security-events: write`" in found.message
    assert "`security-events: write`, `actions: read`" in found.fix


def test_an_action_without_what_it_requires_is_a_remark_but_a_workflow_is_refused() -> None:
    both = {
        WORKFLOW: jobs(
            f"a:\n  uses: ./{CALLEE}\n  secrets: inherit\nb:\n  runs-on: x\n  steps: [{{uses: ./tools/x}}]"
        ),
        CALLEE: CALLED,
        ACTION: composite("- {run: x, shell: bash}", inputs="level: {required: true}"),
    }
    levels = [each.level for each in judged(both).found if each.rule == "missing-input"]
    assert levels == [Level.PROBLEM, Level.REMARK]


def test_a_workflow_that_ours_lacks_is_not_taken_for_one_of_the_repository() -> None:
    path = ".github/workflows/gone.yml"
    files = {WORKFLOW: jobs(f"a:\n  uses: org/ci-actions/{path}@v1"), path: steps("- run: x")}
    [found] = [each for each in judged(files).found if each.rule == "unknown-callee"]
    assert "there is no .github/workflows/gone.yml in" in found.message


def test_other_files_of_the_repository_are_looked_up_but_not_judged() -> None:
    answer = judged({WORKFLOW: jobs("a:\n  uses: ./.github/workflows/gone.yml")}, whole=False)
    assert places(answer, "unknown-callee") == []
