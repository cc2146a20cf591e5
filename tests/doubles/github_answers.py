"""What answers of the double are made of."""

from __future__ import annotations

import json
from typing import Any

TIME = "2026-11-21T12:00:00Z"

Answered = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def user(login: str = "somebody", id: int = 1, kind: str = "User") -> dict[str, Any]:
    """Return an account, as answers show it."""
    url = f"https://api.github.com/users/{login}"
    names = ("avatar", "events", "followers", "following", "gists", "html", "organizations", "received_events",
             "repos", "starred", "subscriptions")  # fmt: skip
    made = {f"{name}_url": f"{url}/{name}" for name in names}
    about = {"login": login, "id": id, "node_id": f"U_{id}", "url": url, "type": kind, "site_admin": False}
    return {**made, **about, "gravatar_id": ""}


def as_json(status: int, value: object) -> Answered:
    """Return an answer that holds JSON."""
    return status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(value).encode()


def error(status: int, text: str) -> Answered:
    """Return a refusal as GitHub words them."""
    return as_json(
        status, {"message": text, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    )
