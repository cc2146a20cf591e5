"""Pure: answers of GitHub's REST API, checked: the status that was hoped for, the shape that was documented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ci_actions.kit.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from ci_actions.kit.http import Answer


class DeniedError(Exception):
    """The token has no right to what was asked, or what was asked for is not there: GitHub says 404 for both."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"GitHub refuses ({status}: {said.rstrip('.')})")
        self.status = status
        self.said = said


def granted(answer: Answer, *statuses: int) -> Answer:
    """Return an answer with one of these statuses, 200 without any.

    Raises DeniedError for 403 and 404, BadInput for a token that GitHub does not know, Unavailable for any other.
    """
    if answer.status in (statuses or (200,)):
        return answer
    told = said(answer)
    if answer.status == 401:
        raise BadInput(f"GitHub does not know the token (401: {told}). Is it given, and not expired?")
    if answer.status in (403, 404):
        raise DeniedError(answer.status, told)
    raise Unavailable(f"GitHub answered {answer.status}: {told}")


def said(answer: Answer) -> str:
    """Return GitHub's own words for a refusal, on one line."""
    import json

    try:
        message = json.loads(answer.body)["message"]
    except (ValueError, KeyError, TypeError):
        message = answer.body.decode("utf-8", "replace")
    return " ".join(str(message).split())[:300]


def an_object(answer: Answer) -> Mapping[str, Any]:
    """Return the object that an answer holds; raises Unavailable."""
    found = answer.json()
    if not isinstance(found, dict):
        raise Unavailable(f"GitHub answered {answer.status} with no object.")
    return found


def a_list(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; raises Unavailable for anything else."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Unavailable("GitHub answered with something else than a list.")
    yield from value


def inner(about: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object behind a key, an empty one where there is none."""
    found = about.get(key)
    return found if isinstance(found, dict) else {}
