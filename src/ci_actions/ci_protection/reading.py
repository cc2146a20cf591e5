"""Pure: the file that declares the protection, and GitHub's answers about it -> values.

    branches:
      main:
        required-checks: [ci / all-green]
        reviews: 1
        linear-history: true
        force-pushes: false

Rules: https://docs.github.com/rest/repos/rules#get-rules-for-a-branch
Classic protection: https://docs.github.com/rest/branches/branch-protection#get-branch-protection
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ci_actions.ci_protection.model import BY_NAME, OPEN, PROPERTIES, Declared, Layer, Property, Value
from ci_actions.github.answers import inner
from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import suggestion
from ci_actions.workflows import document
from ci_actions.workflows.document import Items, Node, Scalar, Table

CLASSIC = (
    "only a token with administration: read (the secret protection-token) may read classic branch protection"
)


# --- the file ------------------------------------------------------------------------------------------


def declared(data: bytes, file: str) -> tuple[Declared, ...]:
    """Return what is declared of each branch. Raises BadInput with everything that is wrong, and where."""
    read = document.read(data)
    problems = [f"{file}:{each.place}: {each.text}" for each in read.problems]
    found = []
    branches = read.root.get("branches") if isinstance(read.root, Table) else None
    if not problems and not isinstance(branches, Table):
        problems.append(f"{file}: write `branches:`, and below it each branch with what it asks for")
    for key, _ in read.root.entries if isinstance(read.root, Table) else ():
        if key.text != "branches":
            problems.append(
                f"{file}:{key.place}: '{key.text}' is unknown{suggestion(key.text, ['branches'])}"
            )
    for branch, node in branches.entries if isinstance(branches, Table) else ():
        if not isinstance(node, Table) or not node.entries:
            problems.append(f"{file}:{branch.place}: '{branch.text}' says nothing that can be compared")
            continue
        values: dict[str, Value] = {}
        for key, value in node.entries:
            try:
                values[key.text] = _value(key.text, value)
            except ValueError as wrong:
                problems.append(f"{file}:{key.place}: {wrong}")
        lines = {key.text: key.place.line for key, _ in node.entries}
        found.append(Declared(branch=branch.text, line=branch.place.line, values=values, lines=lines))
    if problems:
        raise BadInput(*problems, file=file)
    return tuple(found)


def _value(name: str, node: Node) -> Value:
    """Return a declared value; raises ValueError that says what is allowed."""
    about = BY_NAME.get(name)
    if about is None:
        known = ", ".join(each.name for each in PROPERTIES)
        raise ValueError(f"'{name}' is unknown{suggestion(name, BY_NAME)}; there are {known}")
    if isinstance(about.loosest, tuple):
        items = node.items if isinstance(node, Items) else ()
        texts = tuple(each.text for each in items if isinstance(each, Scalar) and each.text)
        if not isinstance(node, Items) or len(texts) != len(items):
            raise ValueError(f"'{name}' must be a list of names, like [ci / all-green]")
        return tuple(sorted(set(texts)))
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(about.loosest, bool):
        if isinstance(value, bool):
            return value
        raise ValueError(f"'{name}' must be true or false")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10:
        return value
    raise ValueError(f"'{name}' must be a whole number from 0 to 10")


# --- rulesets ------------------------------------------------------------------------------------------


def of_rules(rules: Iterable[Mapping[str, Any]]) -> Layer:
    """Return what all active rules of a branch ask for together: the strictest of each."""
    found: dict[str, Value] = dict(OPEN)
    for rule in rules:
        for name, value in _of_rule(str(rule.get("type")), inner(rule, "parameters")):
            found[name] = stricter(BY_NAME[name], found[name], value)
    return Layer(values=found)


def _of_rule(kind: str, about: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    plain: dict[str, tuple[str, Value]] = {
        "required_linear_history": ("linear-history", True),
        "required_signatures": ("signed-commits", True),
        "merge_queue": ("merge-queue", True),
        "non_fast_forward": ("force-pushes", False),
        "deletion": ("deletions", False),
    }
    if kind in plain:
        yield plain[kind]
    elif kind == "required_status_checks":
        yield "required-checks", _contexts(about.get("required_status_checks"))
        yield "up-to-date", about.get("strict_required_status_checks_policy") is True
    elif kind == "pull_request":
        yield "pull-request", True
        yield "reviews", _count(about.get("required_approving_review_count"))
        yield "dismiss-stale-reviews", about.get("dismiss_stale_reviews_on_push") is True
        yield "code-owner-reviews", about.get("require_code_owner_review") is True
        yield "last-push-approval", about.get("require_last_push_approval") is True
        yield "resolved-conversations", about.get("required_review_thread_resolution") is True


def stricter(about: Property, one: Value, other: Value) -> Value:
    """Return what holds where two protections ask for a property."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(sorted({*one, *other}))
    if about.allows:
        return bool(one) and bool(other)
    return max(one, other)


# --- classic protection --------------------------------------------------------------------------------


def of_branch(branch: Mapping[str, Any]) -> Layer:
    """Return what a read-only token is told of classic protection: the checks, or that there is none at all."""
    protection = inner(branch, "protection")
    if branch.get("protected") is False or protection.get("enabled") is False:
        return Layer(values=OPEN)
    checks = inner(protection, "required_status_checks")
    if "contexts" not in checks and "checks" not in checks:
        return Layer(values={}, why=CLASSIC)
    return Layer(values={"required-checks": _required(checks)}, why=CLASSIC)


def of_protection(protection: Mapping[str, Any]) -> Layer:
    """Return what classic protection asks for, as a token is told that may read it. It says nothing of merge queues."""
    checks = inner(protection, "required_status_checks")
    reviews = protection.get("required_pull_request_reviews")
    about = reviews if isinstance(reviews, dict) else {}

    def enabled(name: str) -> bool:
        return inner(protection, name).get("enabled") is True

    return Layer(
        values={
            "required-checks": _required(checks),
            "up-to-date": checks.get("strict") is True,
            "pull-request": isinstance(reviews, dict),
            "reviews": _count(about.get("required_approving_review_count")),
            "dismiss-stale-reviews": about.get("dismiss_stale_reviews") is True,
            "code-owner-reviews": about.get("require_code_owner_reviews") is True,
            "last-push-approval": about.get("require_last_push_approval") is True,
            "resolved-conversations": enabled("required_conversation_resolution"),
            "linear-history": enabled("required_linear_history"),
            "signed-commits": enabled("required_signatures"),
            "force-pushes": enabled("allow_force_pushes"),
            "deletions": enabled("allow_deletions"),
        },
        why="GitHub's API does not tell whether classic protection asks for a merge queue",
    )


def _required(checks: Mapping[str, Any]) -> tuple[str, ...]:
    if checks.get("enforcement_level") == "off":
        return ()
    contexts = checks.get("contexts")
    plain = {each for each in (contexts if isinstance(contexts, list) else ()) if isinstance(each, str)}
    return tuple(sorted({*plain, *_contexts(checks.get("checks"))}))


def _contexts(value: object) -> tuple[str, ...]:
    found = value if isinstance(value, list) else []
    return tuple(
        sorted({str(each["context"]) for each in found if isinstance(each, dict) and "context" in each})
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
