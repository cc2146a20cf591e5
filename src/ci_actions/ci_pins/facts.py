"""The edge that reads: tracked workflows, actions and hooks, and the tags of the repositories that they use -> Facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ci_actions.ci_pins import reading
from ci_actions.ci_pins.config import Config
from ci_actions.ci_pins.model import Facts, Pin, Tags
from ci_actions.github import answers
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.http import Http
from ci_actions.kit.run import Edges

_FILES = re.compile(r"\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml|" + re.escape(reading.HOOKS))
#: So many repositories in a row without an answer, and no other is asked.
ENOUGH = 2


def gather(config: Config, edges: Edges[Config]) -> Facts:  # noqa: ARG001 - the token is part of the edges
    """Return everything that the repository uses; its whole tree counts, whatever the working directory is."""
    found: list[Pin] = []
    warnings = []
    for path in filter(_FILES.fullmatch, edges.git.files()):
        try:
            data = (edges.root / path).read_bytes()
        except OSError as wrong:
            warnings.append(f"{path} cannot be read: {wrong.strerror}.")
            continue
        found += reading.pins(path, data, edges.context.server_url)
    pins = tuple(_together(found))
    asked = sorted({each.repository for each in pins if not each.problem and "://" not in each.repository})
    edges.progress(f"{len(asked)} repositories are asked for their tags")
    return Facts(pins=pins, tags=dict(_asked(edges.http, asked)), warnings=tuple(warnings))


def _asked(http: Http, repositories: Iterable[str]) -> Iterator[tuple[str, Tags]]:
    """Yield the tags of each repository; after so many without any answer the others would hear the same."""
    silent = 0
    last = Tags(commits={})
    for name in repositories:
        last = last if silent >= ENOUGH else _tags(http, name)
        silent = silent + 1 if last.unreachable else 0
        yield name, last


def _together(found: Iterable[Pin]) -> Iterator[Pin]:
    """Yield each pin once, with all its places."""
    places: dict[Pin, list[tuple[str, int]]] = {}
    for each in found:
        places.setdefault(replace(each, places=()), []).extend(each.places)
    for pin, several in places.items():
        yield replace(pin, places=tuple(several))


def _tags(http: Http, repository: str) -> Tags:
    """Return every tag with the commit it means, whether the tag has an object of its own or not.

    https://docs.github.com/rest/repos/repos#list-repository-tags
    """
    commits: dict[str, str] = {}
    try:
        for page in http.pages(f"/repos/{repository}/tags"):
            if page.status == 404:
                return Tags(commits={}, problem="it does not exist, or the token may not see it")
            found = answers.as_list(answers.granted(page, "contents: read", "maintenance.yml"))
            for each in found:
                commits[str(each.get("name"))] = str(answers.inner(each, "commit").get("sha"))
    except answers.DeniedError as denied:
        return Tags(commits={}, problem=str(denied).rstrip("."))
    except Unavailable as silent:
        return Tags(commits={}, problem=silent.message.rstrip("."), unreachable=True)
    except BadInput as refused:
        return Tags(commits={}, problem=" ".join(refused.problems).rstrip("."))
    return Tags(commits=commits)
