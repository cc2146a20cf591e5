"""What `ci-actions init` writes keeps our own rules, and names nothing that our workflows do not have."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.test_static import FILES, ROOT, actionlint, parsed
from tests.contract.workflow_rules import RULES, Files, Rule
from tests.golden.repositories import REPOSITORIES, written

from ci_actions.commands.init.model import WORKFLOWS
from ci_actions.commands.init.workflows import MAINTENANCE, NIGHTLY
from ci_actions.workflows import reading


def workflows(name: str) -> dict[str, str]:
    """Return the workflows for a repository, as if they were examples."""
    return {
        f"examples/{name}/{each.path.rpartition('/')[2]}": each.after.decode()
        for each in written(name)
        if each.path.startswith(WORKFLOWS)
    }


WRITTEN = {path: text for name in REPOSITORIES for path, text in workflows(name).items()}


def test_there_is_something_to_look_at() -> None:
    assert {path.rpartition("/")[2] for path in WRITTEN} == {
        "ci.yml",
        "nightly.yml",
        "maintenance.yml",
        "comment.yml",
    }
    assert len(WRITTEN) == 4 * len(REPOSITORIES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_rules_are_kept(rule: Rule) -> None:
    found = [each for each in rule(Files({**FILES.texts, **WRITTEN})) if each.startswith(tuple(WRITTEN))]
    assert not found, "\n".join([f"{(rule.__doc__ or '').strip()}", *found])


def declared(workflow: str) -> set[str]:
    called = FILES.workflows[f".github/workflows/{workflow}.yml"].called
    assert called
    return set(called.inputs)


def test_every_input_that_can_be_given_is_one() -> None:
    """Also those that none of the repositories here needs: by what stands in the source."""
    source = ROOT / "src" / "ci_actions" / "commands" / "init"
    text = "".join(path.read_text() for path in source.glob("*.py"))
    given = set(re.findall(r'\b(?:name=|_give\(|input=|variable=)\s*"([a-z]+(?:-[a-z]+)*)"', text))
    services = {"PostgreSQL", "Redis"}
    assert {"working-directory", "frontend-outputs", "redis-variable", "install-args"} <= given
    of_night = {"compose-file", "integration-command"}
    assert given - services - of_night - {"python-version"} <= declared("ci")
    assert of_night <= declared("nightly")
    assert set(NIGHTLY) <= declared("nightly") & declared("ci")
    assert {*MAINTENANCE, "python-version"} <= declared("maintenance")


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    """Also in dependabot.yml."""
    for name in REPOSITORIES:
        for each in written(name):
            if each.path.startswith(".github/"):
                (tmp_path / name / each.path).parent.mkdir(parents=True, exist_ok=True)
                # What was there before is the user's.
                fresh = each.before is None
                (tmp_path / name / each.path).write_bytes(
                    each.after if fresh else b"version: 2\nupdates: []\n"
                )
    zizmor = Path(sys.executable).with_name("zizmor")
    config = ROOT / "examples" / "zizmor.yml"
    words = [str(zizmor), "--pedantic", "--offline", "--no-progress", f"--config={config}", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("completed") == 5 * len(REPOSITORIES)


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    done = actionlint(tmp_path, WRITTEN)
    assert done.returncode == 0, done.stdout + done.stderr


def test_githubs_parser_finds_nothing(tmp_path: Path) -> None:
    for path, text in {**FILES.texts, **WRITTEN}.items():
        if path.endswith(".yml"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
    assert parsed(tmp_path, *WRITTEN) == {path: [] for path in WRITTEN}


@pytest.mark.parametrize("name", ["ci", "comment", "nightly", "maintenance"])
def test_they_are_of_the_form_of_the_examples(name: str) -> None:
    """The example of each workflow is one that init could have written: the same triggers, rights and callees."""
    example = reading.workflow((ROOT / "examples" / "workflows" / f"{name}.yml").read_bytes())
    made = reading.workflow(workflows("library")[f"examples/library/{name}.yml"].encode())
    assert made.events == example.events
    assert made.permissions == example.permissions or (made.permissions and not made.permissions.levels)
    called = {job.uses.text: job.permissions for job in made.jobs.values() if job.uses}
    for job in example.jobs.values():
        assert job.uses
        found, wanted = called[job.uses.text], job.permissions
        assert found
        assert wanted
        assert found.levels == wanted.levels
