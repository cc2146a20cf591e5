"""Edge: what coverage was before, from a file, a branch or an artifact; and the history of it.

A baseline that is not there yet is no error (the ratchet is then n/a, unless `require-baseline`); one that
is there and cannot be read is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ci_actions.coverage_gate.config import BASELINE_SCHEMA, METRICS, Config
from ci_actions.coverage_gate.model import Baseline, Tally
from ci_actions.kit.context import Context
from ci_actions.kit.errors import CannotJudge, Unavailable
from ci_actions.kit.git import Git
from ci_actions.kit.http import Http

FILE = "coverage-baseline.json"
ARTIFACT = "coverage-baseline"
#: A baseline of a hundred thousand files has a tenth of it.
LARGEST = 64 * 1024 * 1024


def fetch(
    config: Config, directory: Path, git: Git, http: Http, context: Context
) -> tuple[Baseline | None, str]:
    """Return the baseline, or None and why there is none.

    Raises CannotJudge for a baseline that cannot be read.
    """
    kind, _, rest = config.baseline.partition(":")
    if kind == "none":
        return None, ""
    if kind == "file":
        path = directory / rest
        if not path.is_file():
            return None, f"there is no {rest} yet"
        return parse(path.read_bytes(), rest), ""
    if kind == "branch":
        return _from_branch(rest, git)
    return _from_artifact(http, context)


def parse(content: bytes, where: str) -> Baseline:
    """Return the baseline in a file that an earlier run wrote.

    Raises CannotJudge when it is none.
    """
    try:
        document = json.loads(content)
        totals = document["totals"]
        if document["schema"] != BASELINE_SCHEMA:
            raise CannotJudge(
                f"The baseline {where} has the schema '{document['schema']}', this release reads {BASELINE_SCHEMA}.",
                advice="Let the default branch write a new one.",
            )
        tallies = {name: _tally(totals[name]) for name in METRICS if name in totals}
        return Baseline(tallies=tallies, sha=str(document.get("sha", "")), where=where)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise CannotJudge(
            f"The baseline {where} cannot be read: it is not what coverage-gate writes.",
            advice="Delete it, and let the default branch write a new one.",
        ) from wrong


def history(path: Path) -> tuple[str, ...]:
    """Return the lines of a history, none where there is none yet."""
    try:
        return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except FileNotFoundError:
        return ()


def _tally(found: Mapping[str, object]) -> Tally:
    covered, total = found["covered"], found["total"]
    if not isinstance(covered, int) or not isinstance(total, int) or not 0 <= covered <= total:
        raise ValueError
    return Tally(covered, total)


def _from_branch(name: str, git: Git) -> tuple[Baseline | None, str]:
    where = f"{FILE} on branch {name}"
    sha = git.remote_ref(name)
    if sha and not git.has(sha) and (why := git.fetch(sha, depth=1)):
        raise CannotJudge(f"The baseline branch {name} cannot be fetched: {why}.")
    revision = sha or git.resolve(name)
    if revision is None:
        return None, f"there is no branch {name} yet"
    content = git.show(revision, FILE)
    return (parse(content, where), "") if content is not None else (None, f"there is no {where} yet")


def _from_artifact(http: Http, context: Context) -> tuple[Baseline | None, str]:
    """Read the newest artifact of the default branch; needs `actions: read`."""
    if not context.repository:
        return None, "artifacts can be read only in GitHub Actions"
    try:
        answer = http.api(
            f"/repos/{context.repository}/actions/artifacts", {"name": ARTIFACT, "per_page": "100"}
        )
        if answer.status != 200:
            return None, f"GitHub answered {answer.status} for the artifacts; the job needs actions: read"
        listed = answer.json()
        found = [each for each in _artifacts(listed) if _of_branch(each, context.default_branch)]
        if not found:
            return None, f"the default branch has no artifact {ARTIFACT} yet"
        newest = max(found, key=lambda each: str(each.get("created_at", "")))
        packed = http.api(f"/repos/{context.repository}/actions/artifacts/{newest['id']}/zip")
    except Unavailable as away:
        return None, away.message
    if packed.status != 200:
        return None, f"GitHub answered {packed.status} for the artifact {ARTIFACT}"
    return parse(_unpacked(packed.body), f"artifact {ARTIFACT}"), ""


def _artifacts(listed: object) -> list[Mapping[str, object]]:
    found = listed.get("artifacts") if isinstance(listed, dict) else None
    return [
        each
        for each in found or ()
        if isinstance(each, dict) and isinstance(each.get("id"), int) and each.get("expired") is not True
    ]


def _of_branch(artifact: Mapping[str, object], branch: str) -> bool:
    run = artifact.get("workflow_run")
    # A fork may have a branch of the same name: only our own repository's runs count.
    return isinstance(run, dict) and (
        run.get("head_branch") == branch and run.get("head_repository_id") == run.get("repository_id")
    )


def _unpacked(packed: bytes) -> bytes:
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(packed)) as archive:
            if archive.getinfo(FILE).file_size > LARGEST:
                raise CannotJudge(f"{FILE} in the artifact {ARTIFACT} is larger than {LARGEST} bytes.")
            return archive.read(FILE)
    except (BadZipFile, KeyError) as wrong:
        raise CannotJudge(f"The artifact {ARTIFACT} holds no {FILE}.") from wrong
