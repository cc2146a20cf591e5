"""Answers of GitHub's REST API as values that are what they should be, and refusals in the user's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.http import Answer, Http


class DeniedError(Exception):
    """The token may not do this, or the conversation is closed to it; the text says which permission is missing."""


def granted(answer: Answer, needs: str, caller: str, status: int = 200) -> Answer:
    """Return an answer with this status. Raises DeniedError, BadInput or Unavailable for any other.

    `needs` is the permission and `caller` the workflow whose calling job must have it.
    """
    if answer.status == status:
        return answer
    said = words_of(answer)
    if answer.status == 401:
        raise BadInput(
            f"GitHub does not know the token (401: {said}). Is 'github-token' given, and not expired?"
        )
    if answer.status in (403, 404):
        closed = "locked" in said
        cure = "" if closed else f" Add `{needs}` to the permissions of the job that calls {caller}."
        raise DeniedError(f"GitHub refuses ({answer.status}: {said.rstrip('.')}).{cure}")
    raise Unavailable(f"GitHub answered {answer.status}: {said}")


def words_of(answer: Answer) -> str:
    """Return GitHub's own words for a refusal."""
    import json

    try:
        message = json.loads(answer.body)["message"]
    except (ValueError, KeyError, TypeError):
        message = answer.body.decode("utf-8", "replace")
    return " ".join(str(message).split())[:300]


def as_object(answer: Answer) -> Mapping[str, Any]:
    """Return the object that an answer holds. Raises Unavailable for anything else."""
    found = answer.json()
    if not isinstance(found, dict):
        raise Unavailable(f"GitHub answered {answer.status} with no object.")
    return found


def as_list(answer: Answer) -> list[Mapping[str, Any]]:
    """Return the list of objects that an answer holds. Raises Unavailable for anything else."""
    found = answer.json()
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unavailable(f"GitHub answered {answer.status} with something else than a list.")
    return found


def inner(about: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object inside another one, an empty one where there is none."""
    found = about.get(key)
    return found if isinstance(found, dict) else {}


class Viewer:
    """Whom the token stands for: of an app's token its bot; asked once, when it is first of use.

    The REST API tells it to people only; the viewer of the GraphQL API is whoever asks.
    https://docs.github.com/graphql/reference/queries#viewer
    """

    def __init__(self, http: Http, needs: str, caller: str) -> None:
        self._http = http
        self._needs = needs
        self._caller = caller
        self._me: tuple[int, str] | None = None

    @property
    def login(self) -> str:
        """Its name, as answers show it."""
        return self._asked()[1]

    def is_me(self, author: Mapping[str, Any]) -> bool:
        """Whether an account is the one that the token stands for."""
        id, login = self._asked()
        return author.get("id") == id or author.get("login") == login

    def _asked(self) -> tuple[int, str]:
        if self._me is None:
            answer = self._http.graphql("query { viewer { databaseId login } }")
            data = inner(as_object(granted(answer, self._needs, self._caller)), "data")
            viewer = inner(data, "viewer")
            self._me = (viewer.get("databaseId") or 0, viewer.get("login") or "")
        if not any(self._me):
            raise Unavailable("GitHub does not say whose token this is, so that nothing is known to be ours.")
        return self._me
