"""The list of what a release carries of others."""

from __future__ import annotations

import json
from email.parser import Parser
from typing import Any

import pytest

from ci_actions.kit.errors import CannotJudge
from ci_actions.publish import sbom
from ci_actions.publish.tree import File, Files

ONE, TWO = "1" * 64, "2" * 64
LOCK = f"""\
# a comment
Mark_Up==3.0 \\
    --hash=sha256:{TWO} \\
    --hash=sha256:{ONE}
    # via x
six==1.16 ; python_version < "4" \\
    --hash=sha256:{ONE}
"""


def files(**changed: str) -> Files:
    texts = {
        "requirements/runtime.txt": LOCK,
        "vendor/six.py": "six",
        "vendor/six-1.16.dist-info/METADATA": "Name: six\nVersion: 1.16\nLicense-Expression: MIT\n",
        "vendor/six-1.16.dist-info/licenses/LICENSE": "MIT",
        "vendor/mark_up/__init__.py": "x",
        "vendor/mark_up-3.0.dist-info/METADATA": "Name: Mark.Up\nVersion: 3.0\nLicense: MPL-2.0\n",
        "vendor/mark_up-3.0.dist-info/COPYING": "MPL",
        **changed,
    }
    return {path: File(text.encode()) for path, text in texts.items() if text}


def document(**changed: str) -> Any:
    return json.loads(sbom.document(files(**changed), "1.2.3", 1_700_000_000))


def test_names_versions_urls_digests_and_licences() -> None:
    made = document()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert made["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    assert [each["purl"] for each in made["components"]] == ["pkg:pypi/mark-up@3.0", "pkg:pypi/six@1.16"]
    mark_up, six = made["components"]
    assert [each["content"] for each in mark_up["hashes"]] == [ONE, TWO]
    assert mark_up["licenses"] == [{"license": {"id": "MPL-2.0"}}]
    assert six["licenses"] == [{"expression": "MIT"}]
    assert made["dependencies"][0]["dependsOn"] == ["pkg:pypi/mark-up@3.0", "pkg:pypi/six@1.16"]
    names = {each["value"] for each in mark_up["properties"]}
    assert "vendor/mark_up-3.0.dist-info/COPYING" in names


def test_it_is_the_same_every_time_and_another_for_other_files() -> None:
    assert sbom.document(files(), "1.0.0", 1) == sbom.document(
        dict(sorted(files().items(), reverse=True)), "1.0.0", 1
    )
    assert document()["serialNumber"] != document(**{"vendor/six.py": "other"})["serialNumber"]


def test_a_changed_file_changes_the_digest_of_its_package_alone() -> None:
    before, after = document()["components"], document(**{"vendor/six.py": "other"})["components"]
    assert before[0] == after[0]
    assert before[1]["properties"][0] != after[1]["properties"][0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"requirements/runtime.txt": "six==1.16\n"}, "mark-up 3.0"),
        ({"requirements/runtime.txt": LOCK + "new==1\n"}, "new 1"),
        ({"requirements/runtime.txt": LOCK.replace("1.16", "1.17")}, "six 1.16, six 1.17"),
        ({"vendor/six-1.16.dist-info/licenses/LICENSE": ""}, "six in vendor/ has no licence text"),
    ],
)
def test_what_lock_and_folder_disagree_on(changed: dict[str, str], words: str) -> None:
    with pytest.raises(CannotJudge, match=words):
        document(**changed)


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: Apache-2.0 OR BSD-2-Clause", {"expression": "Apache-2.0 OR BSD-2-Clause"}),
        ("License: MIT", {"license": {"id": "MIT"}}),
        ("License: The long text", {"license": {"name": "The long text"}}),
        (
            "Classifier: License :: OSI Approved :: Apache Software License",
            {"license": {"id": "Apache-2.0"}},
        ),
        ("Classifier: License :: OSI Approved :: BSD License", {"license": {"name": "BSD License"}}),
        ("", {"license": {"name": "see its licence file"}}),
    ],
)
def test_licences_are_told_as_well_as_the_package_tells_them(metadata: str, licence: object) -> None:
    assert sbom.licence(Parser().parsestr(f"{metadata}\n\n")) == licence
