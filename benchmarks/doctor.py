"""`ci-actions doctor` on 300 workflows, from an installed wheel beside PyYAML with libyaml, against zizmor offline.

    python benchmarks/doctor.py [--files 300] [--runs 7]

Wanted are at most 2 s, no more than zizmor takes for the same files, and for ten times the files at most eleven times
the time. The two ask different questions; both must find the same unpinned actions in the same lines.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from measure import Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 2.0
SHA = "0123456789abcdef0123456789abcdef01234567"
#: Workflows as projects have them: test matrices, one release, one that calls ours. On average they are as large as the
#: 650 of 55 public repositories, 7 KB.
TEST = """\
name: test {number}
on:
  pull_request:
    branches: [main]
  push:
    branches: [main]
permissions: {{}}
concurrency:
  group: ${{{{ github.workflow }}}}-${{{{ github.event.pull_request.number || github.sha }}}}
  cancel-in-progress: true
env:
  PIP_DISABLE_PIP_VERSION_CHECK: '1'
  SERVICE: service-{number}
jobs:
  changes:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      contents: read # to check out
    outputs:
      source: ${{{{ steps.filter.outputs.source }}}}
    steps:
      - uses: actions/checkout@{sha} # v7.0.1
        with:
          persist-credentials: false
      - id: filter
        shell: bash
        run: |
          if git diff --quiet HEAD^ -- "services/$SERVICE"; then
            echo "source=false" >>"$GITHUB_OUTPUT"
          else
            echo "source=true" >>"$GITHUB_OUTPUT"
          fi
"""
JOB = """\
  test-{part}:
    name: test {part} (${{{{ matrix.python }}}}, ${{{{ matrix.os }}}})
    needs: changes
    if: needs.changes.outputs.source == 'true'
    strategy:
      fail-fast: false
      matrix:
        python: ['3.11', '3.12', '3.13']
        os: [ubuntu-latest, macos-latest]
        include:
          - {{python: '3.14', os: windows-latest}}
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 20
    permissions:
      contents: read # to check out
    services:
      postgres:
        image: postgres:17
        env:
          POSTGRES_PASSWORD: test
        ports: ['5432:5432']
    steps:
      - uses: actions/checkout@{sha} # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-python@v7
        with:
          python-version: ${{{{ matrix.python }}}}
          cache: pip
      - name: install
        run: python -m pip install --requirement requirements/test.txt --editable 'services/service-{number}'
      - name: test
        shell: bash
        env:
          DATABASE_URL: postgresql://postgres:test@localhost:5432/postgres
        run: |
          coverage run -m pytest services/service-{number}/part-{part} --junitxml=report.xml | tee log.txt
          coverage xml -o coverage.xml
      - if: always()
        uses: actions/upload-artifact@{sha} # v7.0.0
        with:
          name: report-{number}-{part}-${{{{ matrix.python }}}}-${{{{ matrix.os }}}}
          path: |
            report.xml
            coverage.xml
            log.txt
"""
TAIL = """\
  all-green:
    if: ${{{{ !cancelled() }}}}
    needs: [changes, {parts}]
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions: {{}}
    steps:
      - env:
          RESULTS: ${{{{ toJSON(needs.*.result) }}}}
        run: if [[ $RESULTS == *failure* || $RESULTS == *cancelled* ]]; then exit 1; fi
"""
RELEASE = """\
name: release {number}
on:
  push:
    tags: ['service-{number}-v*']
permissions: {{}}
jobs:
  build:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: read # to check out
    outputs:
      version: ${{{{ steps.version.outputs.version }}}}
    steps:
      - uses: actions/checkout@v7
        with:
          fetch-depth: 0
          persist-credentials: false
      - id: version
        shell: bash
        env:
          REF: ${{{{ github.ref_name }}}}
        run: echo "version=${{REF##*-v}}" >>"$GITHUB_OUTPUT"
      - run: python -m build --outdir dist services/service-{number}
      - uses: actions/upload-artifact@{sha} # v7.0.0
        with:
          name: dist-{number}
          path: dist/*
  publish:
    needs: build
    runs-on: ubuntu-latest
    timeout-minutes: 10
    environment: pypi
    permissions:
      id-token: write # to publish as this repository
    steps:
      - uses: actions/download-artifact@{sha} # v8.0.1
        with:
          name: dist-{number}
          path: dist
      - uses: pypa/gh-action-pypi-publish@{sha} # v1.14.0
      - env:
          VERSION: ${{{{ needs.build.outputs.version }}}}
        run: echo "Published $VERSION" >>"$GITHUB_STEP_SUMMARY"
"""
CALL = """\
name: ci {number}
on:
  pull_request:
  merge_group:
  push:
    branches: [main]
permissions: {{}}
jobs:
  ci:
    permissions:
      contents: read # to check out, and to fetch what the change is compared with
    uses: org/ci-actions/.github/workflows/ci.yml@{sha} # v1.0.0
    with:
      working-directory: services/service-{number}
      groups: dev
      min-overall: '80'
      min-new-code: '85'
  code-scanning:
    needs: ci
    if: ${{{{ !cancelled() }}}}
    permissions:
      security-events: write # to upload
      actions: read # in a private repository the upload asks which run it belongs to
      contents: read # in a private repository the upload asks for the commit
    uses: org/ci-actions/.github/workflows/code-scanning.yml@{sha} # v1.0.0
"""


def main() -> int:
    """Measure and print; return 1 when a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        few = make_repository(scratch / "few", options.files)
        many = make_repository(scratch / "many", options.files * 10)
        beside, alone = install(scratch, "beside", libyaml=True), install(scratch, "alone", libyaml=False)
        zizmor: list[str | Path] = [
            Path(sys.executable).with_name("zizmor"),
            "--offline",
            "--no-config",
            "--format=json",
        ]
        check(beside, alone, zizmor, few)
        timed = f"{options.files} files"
        candidates = [
            Candidate(f"zizmor, {timed}", [*zizmor, "--no-exit-codes", ".github"], cwd=few),
            Candidate(f"doctor, {timed}", [beside, "doctor"], expected=1, cwd=few),
            Candidate(
                f"doctor, {timed}, one process",
                [beside, "doctor"],
                expected=1,
                cwd=few,
                env={"CI_ACTIONS_JOBS": "1"},
            ),
            Candidate(f"doctor, {timed}, without libyaml", [alone, "doctor"], expected=1, cwd=few),
            Candidate(f"doctor, {options.files * 10} files", [beside, "doctor"], expected=1, cwd=many),
        ]
        measured = measure(candidates, options.runs)
    print(table(measured, candidates[0].name))
    peer, ours, _, _, ten = (each.seconds for each in measured.values())
    print(f"\nten times the files take {ten / ours:.1f} times the time")
    return int(ours > LIMIT or ours > peer or ten / ours > 11)


def make_repository(repository: Path, files: int) -> Path:
    """Make a repository with so many workflows."""
    folder = repository / ".github/workflows"
    folder.mkdir(parents=True)
    for number in range(files):
        (folder / f"w{number:04}.yml").write_text(workflow(number), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    return repository


def workflow(number: int) -> str:
    """Return a workflow: two of four test something, in three to eight jobs."""
    kind = number % 4
    if kind > 1:
        return (RELEASE, CALL)[kind - 2].format(number=number, sha=SHA)
    parts = range(3 + number % 6)
    texts = (TEST, *(JOB for _ in parts), TAIL)
    names = ", ".join(f"test-{part}" for part in parts)
    return "".join(
        text.format(number=number, sha=SHA, part=part, parts=names) for part, text in enumerate(texts, -1)
    )


def install(scratch: Path, name: str, *, libyaml: bool) -> Path:
    """Install a wheel of this checkout, and return its command."""
    wheels = scratch / "wheels"
    if not wheels.exists():
        hatchling = Path(sys.executable).with_name("hatchling")
        subprocess.run(
            [hatchling, "build", "-t", "wheel", "-d", wheels], cwd=ROOT, check=True, capture_output=True
        )
    venv.create(scratch / name, with_pip=True)
    pip: list[str | Path] = [scratch / name / "bin/pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *wheels.glob("*.whl")], check=True)
    if libyaml:
        subprocess.run([*pip, "pyyaml"], check=True)
    command = scratch / name / "bin/ci-actions"
    # The first start fetches the dependencies of a wheel that no release made.
    subprocess.run([command, "--version"], check=True, capture_output=True)
    return command


def check(beside: Path, alone: Path, zizmor: list[str | Path], repository: Path) -> None:
    """Exit where the answers differ: with and without libyaml, and from the peer's on what both ask."""

    def answer(*argv: str | Path) -> bytes:
        return subprocess.run(argv, cwd=repository, capture_output=True, check=False).stdout

    ours = answer(beside, "doctor", "--json")
    if ours != answer(alone, "doctor", "--json"):
        raise SystemExit("another answer without libyaml")
    pinned = [
        (each["file"].rpartition("/")[2], each["line"])
        for each in json.loads(ours)["findings"]
        if each["rule"] == "unpinned"
    ]
    theirs = [
        (
            Path(where["symbolic"]["key"]["Local"]["verbatim_path"]).name,
            where["concrete"]["location"]["start_point"]["row"] + 1,
        )
        for each in json.loads(answer(*zizmor, "--no-exit-codes", ".github"))
        if each["ident"] == "unpinned-uses"
        for where in each["locations"]
        if where["symbolic"]["kind"] == "Primary"
    ]
    if not pinned or sorted(pinned) != sorted(theirs):
        raise SystemExit(f"{len(pinned)} unpinned for us, {len(theirs)} for zizmor")


if __name__ == "__main__":
    sys.exit(main())
