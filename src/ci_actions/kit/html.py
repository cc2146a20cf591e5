"""What the HTML pages of all capabilities share: self-contained, without scripts, for screen and paper.

A page is a template in the package that extends `kit/page.html`, which brings the head of the page, the
styles and two blocks to fill, `style` and `main`. Everything a template prints is escaped, and shown on one
line with control characters visible (`kit.markdown.plain`): names and messages come from whoever wrote the
change under test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ci_actions.kit.markdown import plain

if TYPE_CHECKING:
    from jinja2 import Environment

#: How a result (`kit.report.Result`) looks; the word itself always stands beside it.
TONES: Mapping[str, str] = MappingProxyType(
    {
        "passed": "good",
        "failed": "bad",
        "error": "bad",
        "rolled-back": "bad",
        "would-fail": "warn",
        "partial": "warn",
        "skipped": "neutral",
    }
)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands on top of every page.

    `loosened` and `warnings` stand above the verdict, `problems` and `next_step` right below it. `facts` are
    short remarks such as the revision.
    """

    capability: str
    headline: str
    verdict: str
    next_step: str = ""
    problems: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def tone(self) -> str:
        """How the verdict looks."""
        return TONES.get(self.verdict, "neutral")


def render(template: str, frame: Frame, **values: object) -> str:
    """Return the page that a template of the package makes, such as `coverage_gate/page.html`."""
    return environment().get_template(template).render(frame=frame, **values)


@cache
def environment() -> Environment:
    """Return the environment of all pages: escapes everything, and a name that is not there is an error."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["grouped"] = grouped
    return made


def blob_link(blob_url: str, path: str, first: int = 0, last: int = 0) -> str:
    """Return the address of a file, or of lines of it, below `https://…/blob/<sha>`; empty if there is none.

    Only http and https become links; a path with `.` or `..` in it, which a browser would resolve, does not.
    """
    if urlsplit(blob_url).scheme not in {"http", "https"} or {".", "..", ""} & set(path.split("/")):
        return ""
    address = f"{blob_url.rstrip('/')}/{quote(path.encode('utf-8', 'surrogateescape'))}"
    if not first:
        return address
    return f"{address}#L{first}" if last <= first else f"{address}#L{first}-L{last}"


def grouped(number: object) -> str:
    """Return a number with commas between its thousands."""
    return f"{number:,}"


def _source(name: str) -> str:
    # importlib.resources, not a file's path: the package may lie in an archive.
    from importlib.resources import files

    return files("ci_actions").joinpath(name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    """Return what a template prints for a value: plain text; markup that the page made itself stays."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return plain(value)
    return value
