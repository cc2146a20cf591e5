"""Pure: which index a package comes from, as managers and pip are configured.

pip: https://pip.pypa.io/en/stable/topics/configuration/ (files, then variables, then the requirements file). uv reads
`UV_…` and its own tables, PDM and Pipenv theirs. An address that a lock names itself counts more, unless it is the public
index: that is asked wherever this machine is told to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ci_actions.project import requirements
from ci_actions.project.credentials import strip_credentials
from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager

_OPTION = re.compile(r"(--index-url|--extra-index-url|--pypi-url|-i)(?:\s*=\s*|\s+)(\S+)")
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}|\$([A-Za-z0-9_]+)")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The index, those to ask besides, and whether none may be asked; `public` is the one that stands for no index at all."""

    index: str = ""
    extra: tuple[str, ...] = ()
    none: bool = False
    public: str = ""

    def over(self, weaker: Sources) -> Sources:
        """Return these sources, with what they leave open from others."""
        return Sources(
            index=self.index or weaker.index,
            extra=self.extra or weaker.extra,
            none=self.none or weaker.none,
            public=self.public or weaker.public,
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every index to ask, once each."""
        told = (self.index or self.public, *self.extra)
        return tuple(dict.fromkeys(each.rstrip("/") for each in told if each))


def default_index(help: str) -> str:
    """Return the index that pip asks when it is told none, as its own help on `pip install` says; empty if it does not."""
    found = re.search(r"--index-url\b.*?\(default\s+(https?://[^\s()]+)\)", help, re.DOTALL)
    return found[1].rstrip("/") if found else ""


def of_pip(environ: Mapping[str, str], files: Iterable[str], public: str = "") -> Sources:
    """Return what pip is told by variables and by the texts of its configuration files, the strongest last."""
    found = Sources(public=public)
    for text in files:
        found = _of_file(text).over(found)
    told = Sources(
        index=environ.get("PIP_INDEX_URL", ""),
        extra=tuple(environ.get("PIP_EXTRA_INDEX_URL", "").split()),
        none=environ.get("PIP_NO_INDEX", "").lower() in ("1", "true", "yes", "on"),
    )
    return told.over(found)


def _of_file(text: str) -> Sources:
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        # pip says so itself, where it is used.
        return Sources()
    found = Sources()
    for section in ("global", "install"):
        told = Sources(
            index=parser.get(section, "index-url", fallback="").strip(),
            extra=tuple(parser.get(section, "extra-index-url", fallback="").split()),
            none=parser.get(section, "no-index", fallback="").strip().lower() in ("1", "true", "yes", "on"),
        )
        found = told.over(found)
    return found


def of_manager(files: ProjectFiles, manager: Manager, environ: Mapping[str, str], pip: Sources) -> Sources:
    """Return the sources of a project: what its manager is told, and what pip is where that says nothing."""
    if manager is Manager.UV:
        found = _of_uv(files, environ)
    elif manager is Manager.PDM:
        found = _of_pdm(files, environ)
    elif manager is Manager.PIPENV:
        found = _named(_tables(files.toml("Pipfile").get("source")))
    else:
        found = _of_requirements(files)
    made = found.over(pip)
    return replace(
        made,
        index=expanded(made.index, environ),
        extra=tuple(expanded(each, environ) for each in made.extra),
    )


def _of_uv(files: ProjectFiles, environ: Mapping[str, str]) -> Sources:
    told = Sources(
        index=environ.get("UV_DEFAULT_INDEX", "") or environ.get("UV_INDEX_URL", ""),
        extra=tuple(
            # `name=address` names an index.
            re.sub(r"^[\w.-]+=(?=[a-z]+://)", "", each)
            for each in f"{environ.get('UV_INDEX', '')} {environ.get('UV_EXTRA_INDEX_URL', '')}".split()
        ),
    )
    for table in (files.toml("uv.toml"), files.table("pyproject.toml", "tool", "uv")):
        indexes = list(_tables(table.get("index")))
        default = next((_text(each.get("url")) for each in indexes if each.get("default") is True), "")
        others = (
            _text(each.get("url")) for each in indexes if not each.get("default") and not each.get("explicit")
        )
        own = Sources(index=default or _text(table.get("index-url")), extra=tuple(filter(None, others)))
        told = told.over(own)
    return told


def _of_pdm(files: ProjectFiles, environ: Mapping[str, str]) -> Sources:
    told = _named(_tables(files.table("pyproject.toml", "tool", "pdm").get("source")), main="pypi")
    return Sources(index=environ.get("PDM_PYPI_URL", "")).over(told)


def _named(sources: Iterable[Mapping[str, object]], main: str = "") -> Sources:
    """Return named sources: the one called `main` is the index, the first one where none needs a name."""
    found = [(_text(each.get("name")), _text(each.get("url"))) for each in sources]
    index = next((url for name, url in found if not main or name == main), "")
    return Sources(index=index, extra=tuple(url for _, url in found if url and url != index))


def _of_requirements(files: ProjectFiles) -> Sources:
    index, extra, none = "", list[str](), False
    for name in (*files.requirement_files(), *files.requirement_files(".in")):
        for line in requirements.lines(files.text(name)):
            if line.kind is requirements.Kind.OPTION:
                none = none or line.text.strip() == "--no-index"
                found = _OPTION.match(re.sub(r"^-i(?=[^\s=])", "-i ", line.text))
                if found and found[1] == "--extra-index-url":
                    extra.append(found[2])
                elif found:
                    index = found[2]
    return Sources(index=index, extra=tuple(extra), none=none)


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """Return an address with variables filled in; one that is not set stays as it is written."""
    return _VARIABLE.sub(lambda found: environ.get(found[1] or found[2], found[0]), text)


def addresses(locked: str, sources: Sources) -> tuple[str, ...]:
    """Return the indexes to ask for a package: the one that its lock names, with the credentials that we are told."""
    plain = locked.rstrip("/")
    if not plain.startswith(("https://", "http://")) or plain == sources.public:
        return sources.addresses
    known = {strip_credentials(each): each for each in sources.addresses}
    return (known.get(plain, plain),)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _tables(value: object) -> Iterator[Mapping[str, object]]:
    yield from (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))
