"""Tags of others, branches and how they are protected, and caches: the part of the double that upkeep calls.

It tells of classic protection what GitHub tells: to a token with administration: read all of it, to any other that may read
branches only the checks that are required.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.doubles.github_answers import Answered, as_json, error

if TYPE_CHECKING:
    from tests.doubles.github_api import Api
    from tests.doubles.github_openapi import Operation

#: What each call needs: any one of these.
NEEDS = {
    "repos/get": (("metadata", "read"),),
    "repos/list-tags": (("contents", "read"),),
    "repos/get-branch": (("contents", "read"),),
    "repos/get-branch-rules": (("metadata", "read"),),
    "repos/get-repo-rulesets": (("metadata", "read"),),
    "repos/get-branch-protection": (("administration", "read"),),
    "actions/get-actions-cache-list": (("actions", "read"),),
    "actions/delete-actions-cache-by-id": (("actions", "write"),),
}


@dataclass
class Upkeep:
    """The state, free for tests to read and to change."""

    api: Api
    #: Tags with their commits, of any public repository by its name.
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Branches, each with its classic protection, None for one without.
    branches: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rulesets: list[dict[str, Any]] = field(default_factory=list)
    caches: dict[int, dict[str, Any]] = field(default_factory=dict)
    default_branch: str = "main"

    # What tests set up

    def rule(self, branch: str, kind: str, **parameters: Any) -> None:
        """Add an active rule of a ruleset to a branch."""
        made: dict[str, Any] = {
            "type": kind,
            "ruleset_source_type": "Repository",
            "ruleset_source": "x",
            "ruleset_id": 1,
        }
        self.rules.setdefault(branch, []).append(made | ({"parameters": parameters} if parameters else {}))

    def ruleset(self, name: str, enforcement: str) -> None:
        """Add a ruleset for branches."""
        made = self.api.description.minimal("repository-ruleset")
        self.rulesets.append(made | {"name": name, "enforcement": enforcement, "target": "branch"})

    def cache(
        self, ref: str, key: str, created: str, used: str = "", version: str = "v", size: int = 1024
    ) -> int:
        """Add a cache, and return its id."""
        id = self.api.number()
        self.caches[id] = {
            "id": id, "ref": ref, "key": key, "version": version, "created_at": created,
            "last_accessed_at": used or created, "size_in_bytes": size,
        }  # fmt: skip
        return id

    # Answering

    def do(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        """Return the answer to a call that is understood and allowed."""
        branch = operation.values.get("branch", "").replace("%2F", "/")
        calls: dict[str, Callable[[], Answered]] = {
            "repos/get": self._repository,
            "repos/list-tags": lambda: self._tags(operation, query),
            "repos/get-branch": lambda: self._branch(branch),
            "repos/get-branch-rules": lambda: self.api.page(operation, query, self.rules.get(branch, [])),
            "repos/get-repo-rulesets": lambda: self.api.page(operation, query, self.rulesets),
            "repos/get-branch-protection": lambda: self._protection(branch),
            "actions/get-actions-cache-list": lambda: self._caches(operation, query),
            "actions/delete-actions-cache-by-id": lambda: self._delete(int(operation.values["cache_id"])),
        }
        return calls[operation.id]()

    def _repository(self) -> Answered:
        made = self.api.description.minimal("full-repository")
        return as_json(200, made | {"full_name": self.api.repository, "default_branch": self.default_branch})

    def _tags(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        named = f"{operation.values['owner']}/{operation.values['repo']}"
        url = f"{self.api.url}/repos/{named}"
        listed = [
            {
                "name": name, "commit": {"sha": sha, "url": f"{url}/commits/{sha}"}, "node_id": "T_1",
                "zipball_url": f"{url}/zipball/{name}", "tarball_url": f"{url}/tarball/{name}",
            }
            for name, sha in self.tags.get(named, {}).items()
        ]  # fmt: skip
        return self.api.page(operation, query, listed)

    def _branch(self, name: str) -> Answered:
        if name not in self.branches:
            return error(404, "Branch not found")
        classic = self.branches[name]
        checks = (classic or {}).get("required_status_checks")
        protection = {
            "enabled": classic is not None,
            "required_status_checks": {
                "enforcement_level": "non_admins" if checks else "off",
                "contexts": checks["contexts"] if checks else [],
                "checks": checks["checks"] if checks else [],
            },
        }
        made = self.api.description.minimal("branch-with-protection") | {
            "name": name, "protected": classic is not None or name in self.rules, "protection": protection,
        }  # fmt: skip
        return as_json(200, made)

    def _protection(self, name: str) -> Answered:
        classic = self.branches.get(name)
        return as_json(200, classic) if classic else error(404, "Branch not protected")

    def _caches(self, operation: Operation, query: Mapping[str, Sequence[str]]) -> Answered:
        listed = list(self.caches.values())
        return self.api.page(
            operation, query, listed, lambda page: {"total_count": len(listed), "actions_caches": page}
        )

    def _delete(self, id: int) -> Answered:
        return (204, {}, b"") if self.caches.pop(id, None) else error(404, "Not Found")
