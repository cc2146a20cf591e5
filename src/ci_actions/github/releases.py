"""Edge: releases and their assets on GitHub, drafts among them; made so that whoever was killed can go on.

Description of every call: https://docs.github.com/rest/releases and https://docs.github.com/rest/git/refs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.http import Answer, next_page, rate_limit

if TYPE_CHECKING:
    from requests import PreparedRequest

TRIES = 3
#: Seconds for one call; an upload of a few megabytes takes longer than a question.
PATIENCE = 60.0
#: Seconds that one run waits for rate limits, all together. A limit of the hour is not waited for.
LONGEST_WAIT = 180.0
PER_PAGE = "100"
#: More pages than this are a defect of the server, or of ours.
MOST_PAGES = 100

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_SAFE_TO_REPEAT = frozenset({"GET", "PATCH", "DELETE"})


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that is attached to the release."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file of a release. `digest` is `sha256:…`, "" where GitHub does not say."""

    id: int
    name: str
    size: int
    digest: str
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release, draft or published. `upload_url` is where GitHub wants its assets."""

    id: int
    tag: str
    commit: str
    draft: bool
    url: str
    upload_url: str
    body: str
    prerelease: bool = False


class Releases:
    """The releases of one repository on GitHub.

    Every method raises Unavailable when the API does not answer or limits its rate for longer than a run may
    wait, and BadInput when the token has no right to what is asked. No message ever holds the token.
    """

    def __init__(
        self,
        repository: str,
        *,
        token: str,
        api_url: str = "https://api.github.com",
        clock: Clock | None = None,
    ) -> None:
        if not _REPOSITORY.fullmatch(repository):
            raise BadInput(f"'{repository}' is no repository; write for example 'org/ci-actions'.")
        self._api = api_url.rstrip("/")
        self._repository = f"{self._api}/repos/{repository}"
        self._token = token
        self._clock = clock or Clock()
        self._waited = 0.0

    # Releases

    def release(self, tag: str) -> Release | None:
        """Return the release of a tag, None when there is none.

        Drafts are only in the list, never under `/releases/tags/`. Of several drafts the oldest counts: whoever
        publishes at the same time takes the same one.
        """
        found = [release for release in self.all() if release.tag == tag]
        return min(found, key=lambda release: (release.draft, release.id), default=None)

    def published(self, tag: str) -> Release | None:
        """Return the published release of a tag, None when there is none."""
        answer = self.ask("GET", f"/releases/tags/{quote(tag, safe='')}", needs="contents: read")
        return None if answer.status == 404 else _release(an_object(answer, 200))

    def create_draft(self, tag: str, commit: str, body: str, *, prerelease: bool = False) -> Release:
        """Return the draft of a tag, made now unless somebody has made one meanwhile.

        Creating is no call to repeat blindly: after a broken connection the list says whether it worked.
        """
        asked = {
            "tag_name": tag,
            "target_commitish": commit,
            "name": tag,
            "body": body,
            "draft": True,
            "prerelease": prerelease,
            "generate_release_notes": False,
        }
        why: Unavailable | None = None
        for _ in range(TRIES):
            try:
                made = _release(
                    an_object(self.ask("POST", "/releases", body=asked, needs="contents: write"), 201)
                )
            except Unavailable as broken:
                why = broken
                if found := self.release(tag):
                    return found
                continue
            first = self.release(tag) or made
            if first.id != made.id:
                self.delete_draft(made)
            return first
        raise why or Unavailable("GitHub made no release.")

    def delete_draft(self, release: Release) -> None:
        """Delete a draft; raises BadInput for a published release, which stays."""
        if not release.draft:
            raise BadInput(f"The release {release.tag} is published; published releases are never deleted.")
        answer = self.ask("DELETE", f"/releases/{release.id}", needs="contents: write")
        expect(answer, 204, 404)

    def publish(self, release: Release, *, latest: bool) -> Release:
        """Publish a draft; `latest` makes it the one that the repository shows. Publishing twice is harmless."""
        return self._update(release, {"draft": False, "make_latest": "true" if latest else "false"})

    def make_latest(self, release: Release) -> Release:
        """Make a published release the one that the repository shows."""
        return self._update(release, {"make_latest": "true"})

    def describe(self, release: Release, *, title: str, body: str) -> Release:
        """Give a release another title and text; both may change even where releases are immutable."""
        return self._update(release, {"name": title, "body": body})

    def _update(self, release: Release, changes: Mapping[str, object]) -> Release:
        answer = self.ask("PATCH", f"/releases/{release.id}", body=changes, needs="contents: write")
        return _release(an_object(answer, 200))

    def all(self) -> Iterator[Release]:
        """Yield every release, the newest first; drafts for those who may write only."""
        for page in self.pages("/releases", {}, needs="contents: write"):
            yield from (_release(each) for each in a_list(page))

    # Assets

    def assets(self, release: Release) -> tuple[Asset, ...]:
        """Return the assets of a release, unfinished uploads among them."""
        pages = self.pages(f"/releases/{release.id}/assets", {}, needs="contents: read")
        return tuple(_asset(each) for page in pages for each in a_list(page))

    def upload(self, release: Release, name: str, content: bytes, content_type: str) -> None:
        """Upload one asset.

        An upload that broke off leaves an asset that is not complete, or a whole one: the list decides, so that
        none is there twice. https://docs.github.com/rest/releases/assets#upload-a-release-asset
        """
        address = f"{self._uploads(release)}?name={quote(name, safe='')}"
        why: Unavailable | None = None
        for _ in range(TRIES):
            try:
                answer = self.ask(
                    "POST", address, content=content, content_type=content_type, needs="contents: write"
                )
            except Unavailable as broken:
                why = broken
            else:
                if answer.status == 201:
                    return
                if answer.status != 422:  # already_exists
                    expect(answer, 201)
            if self._settled(release, name, content):
                return
        raise why or Unavailable(f"The asset {name} could not be uploaded.")

    def _uploads(self, release: Release) -> str:
        """Return where assets go; the token follows an answer to GitHub's own two hosts only."""
        address = release.upload_url.partition("{")[0]
        api = urlsplit(self._api)
        allowed = (api.netloc, api.netloc.replace("api.", "uploads.", 1))
        if urlsplit(address).scheme != api.scheme or urlsplit(address).netloc not in allowed:
            raise Unavailable(f"GitHub wants assets at {address}, which is not {' or '.join(allowed)}.")
        return address

    def _settled(self, release: Release, name: str, content: bytes) -> bool:
        """Whether the asset is there as it should be; one that is not is deleted."""
        found = next((asset for asset in self.assets(release) if asset.name == name), None)
        if found is None:
            return False
        if found.complete and found.size == len(content) and self.download(found) == content:
            return True
        self.delete_asset(found)
        return False

    def delete_asset(self, asset: Asset) -> None:
        """Delete an asset of a draft; one that is gone already is fine."""
        expect(self.ask("DELETE", f"/releases/assets/{asset.id}", needs="contents: write"), 204, 404)

    def download(self, asset: Asset) -> bytes:
        """Return the bytes of an asset as GitHub holds them."""
        answer = self.ask(
            "GET",
            f"/releases/assets/{asset.id}",
            accept="application/octet-stream",
            needs="contents: read",
        )
        expect(answer, 200)
        return answer.body

    # Refs

    def ref(self, name: str) -> str | None:
        """Return the object that a ref like `heads/main` names, None when there is no such ref."""
        answer = self.ask("GET", f"/git/ref/{quote(name)}", needs="contents: read")
        if answer.status == 404:
            return None
        return str(member(an_object(answer, 200), "object")["sha"])

    def tagged(self, tag: str) -> str | None:
        """Return the commit of a tag, which may be annotated; None when there is no such tag, or it is on no commit."""
        answer = self.ask("GET", f"/git/ref/tags/{quote(tag)}", needs="contents: read")
        if answer.status == 404:
            return None
        found = member(an_object(answer, 200), "object")
        # A tag may be on a tag.
        for _ in range(TRIES):
            if found["type"] != "tag":
                return str(found["sha"]) if found["type"] == "commit" else None
            answer = self.ask("GET", f"/git/tags/{found['sha']}", needs="contents: read")
            found = member(an_object(answer, 200), "object")
        return None

    # The calls themselves

    def pages(self, path: str, parameters: Mapping[str, str], *, needs: str) -> Iterator[Any]:
        """Yield the pages of a list as JSON; `needs` is the permission that a refusal names."""
        page = 1
        for _ in range(MOST_PAGES):
            answer = self.ask(
                "GET", path, {**parameters, "per_page": PER_PAGE, "page": str(page)}, needs=needs
            )
            expect(answer, 200)
            yield answer.json()
            following = next_page(answer.headers)
            if following is None:
                return
            page = following
        raise Unavailable(f"GitHub lists more than {MOST_PAGES} pages of {path}.")

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        needs: str,
        body: Mapping[str, object] | None = None,
        content: bytes | None = None,
        content_type: str = "application/json",
        accept: str = "application/vnd.github+json",
    ) -> Answer:
        """Return the answer, after waiting for rate limits and with repeats where repeating is safe."""
        import json

        address = path if "://" in path else self._repository + path
        headers = {"Accept": accept, "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "ci-actions"}
        data = json.dumps(body).encode() if body is not None else content
        if data is not None:
            headers["Content-Type"] = content_type
        shown = f"{method} {address.split('?')[0]}"
        tries = TRIES if method in _SAFE_TO_REPEAT else 1
        why = "no answer"
        while tries:
            answer = self._once(method, address, parameters, headers, data)
            if isinstance(answer, str):
                why = answer
            elif (wait := rate_limit(answer, self._clock.now())) is not None:
                self._wait(wait, shown)
                continue
            elif answer.status >= 500:
                why = f"status {answer.status}"
            else:
                _refuse(answer, method, shown, needs)
                return answer
            tries -= 1
            if tries:
                self._clock.sleep(1.0)
        raise Unavailable(
            f"{shown} failed ({why}).", advice="Run the same command again: it goes on from here."
        )

    def _once(
        self,
        method: str,
        address: str,
        parameters: Mapping[str, str] | None,
        headers: Mapping[str, str],
        data: bytes | None,
    ) -> Answer | str:
        """Return the answer to one call, or why there is none."""
        import requests

        try:
            response = requests.request(
                method,
                address,
                params=parameters,
                headers=dict(headers),
                data=data,
                # requests drops Authorization itself when a redirect leaves the host.
                auth=self._authorise if self._token else None,
                timeout=PATIENCE,
            )
        except requests.RequestException as broken:
            return type(broken).__name__
        return Answer(response.status_code, response.content, dict(response.headers))

    def _authorise(self, request: PreparedRequest) -> PreparedRequest:
        # As `auth`, not as a header: a header loses against what ~/.netrc holds for the host.
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _wait(self, seconds: float, shown: str) -> None:
        if self._waited + seconds > LONGEST_WAIT:
            raise Unavailable(
                f"{shown}: GitHub limits the rate for another {seconds:.0f} s.",
                advice="Run the same command again then: it goes on from here.",
            )
        self._waited += seconds
        self._clock.sleep(seconds)


def _refuse(answer: Answer, method: str, shown: str, needs: str) -> None:
    """Raise BadInput when the token may not do this; the permission is GitHub's word where it names one."""
    if answer.status == 401:
        raise BadInput(
            f"{shown}: GitHub does not know the token (401). Is GITHUB_TOKEN set, and not expired?"
        )
    if answer.status == 404 and method in ("POST", "PATCH"):
        # GitHub says so too when the token may not see what it would change.
        raise BadInput(f"{shown}: not found (404). Is the repository right, and has the token '{needs}'?")
    if answer.status == 403:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        named = headers.get("x-accepted-github-permissions", "").replace("=", ": ") or needs
        raise BadInput(
            f"{shown}: the token has no right to do this (403). It needs the permission '{named}': add it below "
            "`permissions:` of the job, or use a token that has it."
        )


def expect(answer: Answer, *statuses: int) -> None:
    """Raise Unavailable for an answer with another status than these."""
    if answer.status not in statuses:
        raise Unavailable(f"GitHub answered {answer.status}: {_said(answer)}")


def _said(answer: Answer) -> str:
    return " ".join(answer.body.decode("utf-8", "replace").split())[:300]


def an_object(answer: Answer, status: int) -> Mapping[str, Any]:
    """Return the object in an answer with this status. Raises Unavailable for anything else."""
    expect(answer, status)
    found = answer.json()
    if not isinstance(found, dict):
        raise Unavailable(f"GitHub answered {answer.status} with no object: {_said(answer)}")
    return found


def a_list(value: object) -> Sequence[Any]:
    """Return a list. Raises Unavailable for anything else."""
    if not isinstance(value, list):
        raise Unavailable("GitHub answered with something else than a list.")
    return value


def member(value: object, name: str) -> Any:
    """Return a member of an object. Raises Unavailable where it is missing."""
    if not isinstance(value, dict) or name not in value:
        raise Unavailable(f"GitHub's answer has no '{name}'.")
    return value[name]


def _release(value: Mapping[str, Any]) -> Release:
    return Release(
        id=value["id"],
        tag=value["tag_name"],
        commit=value["target_commitish"],
        draft=value["draft"],
        prerelease=value["prerelease"],
        url=value["html_url"],
        upload_url=value["upload_url"],
        body=value.get("body") or "",
    )


def _asset(value: Mapping[str, Any]) -> Asset:
    return Asset(
        id=value["id"],
        name=value["name"],
        size=value["size"],
        digest=value.get("digest") or "",
        complete=value["state"] == "uploaded",
    )
