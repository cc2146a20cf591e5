"""Edge: reads reports, and has coverage.py data files analysed where that can be done right."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_actions.coverage_gate import formats
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.discovery import Discovery, Found
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.globs import matcher
from ci_actions.kit.run import Edges

if TYPE_CHECKING:
    from mmap import mmap

#: Reports of this size and more are mapped, not read: their pages can be dropped again.
LARGE = 1 << 20


def read_reports(
    config: Config, edges: Edges[Config], found: Discovery, meanwhile: Callable[[], None]
) -> tuple[tuple[CoverageReport, ...], list[Found], list[str]]:
    """Return the reports with the paths they wrote, the data files that coverage.py has to analyse, and warnings.

    `meanwhile` is other work, done while a second process reads, if one does.
    """
    if not config.files:
        edges.progress(f"coverage reports found: {', '.join(each.name for each in found.files)}")
        if found.left_aside:
            edges.progress(f"left aside, as they stand beside better ones: {', '.join(found.left_aside)}")
    reports = []
    data = []
    seen: dict[bytes, str] = {}
    warnings = []
    for each in found.files:
        kind = formats.Format(each.forced) if each.forced else formats.recognise(each.name, head(each.path))
        if kind is formats.Format.DATA:
            data.append(each)
            continue
        report, fingerprint = _read(each, kind, edges, counts=bool(config.cobertura_out), meanwhile=meanwhile)
        if other := seen.get(fingerprint):
            warnings.append(f"{each.name} and {other} are byte for byte the same report.")
        seen[fingerprint] = each.name
        reports.append(report)
    return tuple(reports), data, warnings


def _read(
    found: Found,
    kind: formats.Format,
    edges: Edges[Config],
    *,
    counts: bool,
    meanwhile: Callable[[], None],
) -> tuple[CoverageReport, bytes]:
    from mmap import ACCESS_READ, mmap

    try:
        with found.path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < LARGE:
                content = file.read()
                return formats.read(found.name, content, kind, counts=counts), _fingerprint(content)
            with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped, edges.jobs.spare(1) as helpers:
                report = formats.read(
                    found.name, mapped, kind, counts=counts, meanwhile=meanwhile, processes=1 + helpers
                )
                return report, _fingerprint(mapped)
    except OSError as denied:
        raise CannotJudge(f"{found.name} cannot be read: {denied.strerror}.") from denied


def _fingerprint(content: bytes | mmap) -> bytes:
    """Return what tells two reports apart; for a large one its length and its ends, where the differences are."""
    from zlib import crc32

    return b"%d-%d-%d" % (len(content), crc32(content[:LARGE]), crc32(content[-LARGE:]))


def head(path: Path) -> bytes:
    """Return the beginning of a file, enough to tell its format."""
    try:
        with path.open("rb") as file:
            return file.read(formats.HEAD)
    except OSError as denied:
        raise CannotJudge(f"{path} cannot be read: {denied.strerror}.") from denied


def analyse(
    config: Config, edges: Edges[Config], data: Sequence[Found], only: Sequence[str] | None
) -> CoverageReport:
    """Analyse coverage.py data files in the interpreter that made them."""
    names = tuple(each.name for each in data)
    label = names[0] + (f" (+{len(names) - 1})" if len(names) > 1 else "")
    report = as_report(label, collect(config, edges, data, only))
    return replace(report, parts=names if len(names) > 1 else ())


def as_report(label: str, document: Mapping[str, object]) -> CoverageReport:
    """Return what the agent said as the same report that its file is read as, checked the same way."""
    return formats.read(label, json.dumps(document).encode(), formats.Format.COLLECTED)


def collect(
    config: Config, edges: Edges[Config], data: Sequence[Found], only: Sequence[str] | None = None
) -> dict[str, object]:
    """Return what the agent says of the data files, in the job's own interpreter."""
    from ci_actions.coverage_gate import data_files

    python = data_files.find_python(
        config.python, which=edges.which, venv=_environment(edges), windows=os.name == "nt"
    )
    shown = data[0].name + (f" and {len(data) - 1} more" if len(data) > 1 else "")
    edges.progress(f"analysing {shown} with {' '.join(python)}")
    # The agent works, and this process waits for it: its processor is the agent's first.
    with edges.jobs.spare(edges.jobs.total - 1) as helpers:
        request = data_files.Request(
            data=tuple(each.path for each in data),
            root=edges.directory,
            only=None if only is None else tuple(only),
            jobs=1 + helpers,
            vendor=_own_coverage(),
        )
        return data_files.collect(edges.process, python, request)


def _own_coverage() -> Path | None:
    """Return the folder of our own dependencies, for an interpreter of the job that has no coverage."""
    from importlib.util import find_spec

    found = find_spec("coverage")
    return Path(found.origin).parents[1] if found and found.origin else None


def _environment(edges: Edges[Config]) -> str:
    """Return the environment of the project: the activated one, else the `.venv` that uv and others make."""
    own = edges.directory / ".venv"
    return edges.environ.get("VIRTUAL_ENV", "") or (str(own) if own.is_dir() else "")


def needed_only(
    config: Config, change: Sequence[ChangedFile] | None, tracked: frozenset[str], edges: Edges[Config]
) -> list[str] | None:
    """Return the only files whose analysis any gate needs; None when one needs all."""
    together = [gate for gate in config.gate if gate.scope != "new-code" and not gate.paths]
    if config.min_overall is not None or together or config.baseline != "none":
        return None
    if config.html or config.badge or config.cobertura_out or change is None:
        return None
    patterns = [*config.critical_paths, *(path for gate in config.gate for path in gate.paths)]
    wanted = matcher(patterns, edges.prefix)
    paths = {each.path for each in change if each.status != "D"} | set(filter(wanted, tracked))
    return sorted(str(edges.root / path) for path in paths)
