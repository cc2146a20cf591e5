"""Evidence that cannot stand in a TOML file: other encodings, archives, large files, SQLite."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

COBERTURA = (
    '<coverage line-rate="1"><packages><package><classes><class name="app" filename="src/app.py"><lines>'
    '<line number="1" hits="1"/><line number="2" hits="1"/><line number="5" hits="1"/><line number="6" hits="1"/>'
    "</lines></class></classes></package></packages></coverage>"
)
ALL_LINES = (1, 2, 5, 6)

Maker = Callable[[Path, Path], bytes | None]


def make(name: str, repository: Path, target: Path) -> bytes | None:
    """Return the bytes of the evidence `name`, or None when it was written to `target` already."""
    return MAKERS[name](repository, target)


def with_mark(*_: Path) -> bytes:
    """Cobertura with a UTF-8 byte order mark."""
    return b"\xef\xbb\xbf" + f'<?xml version="1.0"?>\n{COBERTURA}'.encode()


def utf_16(*_: Path) -> bytes:
    """Cobertura in UTF-16, with its mark, as tools on Windows write it."""
    return f'<?xml version="1.0" encoding="utf-16"?>\n{COBERTURA}'.encode("utf-16")


def latin_1(*_: Path) -> bytes:
    """Cobertura in Latin-1 with a name that needs it."""
    text = COBERTURA.replace("src/app.py", "src/caf\xe9.py")
    return f'<?xml version="1.0" encoding="iso-8859-1"?>\n{text}'.encode("latin-1")


def unknown_encoding(*_: Path) -> bytes:
    """XML in an encoding that nobody knows."""
    return f'<?xml version="1.0" encoding="klingon"?>\n{COBERTURA}'.encode()


def not_utf_8(*_: Path) -> bytes:
    """XML that says nothing of its encoding, so UTF-8, and holds a byte that is none."""
    return COBERTURA.replace("src/app.py", "src/caf\xe9.py").encode("latin-1")


def zeros(*_: Path) -> bytes:
    """What is left of a file after a crashed machine."""
    return bytes(4096)


def gzipped(*_: Path) -> bytes:
    """A compressed report."""
    return gzip.compress(COBERTURA.encode())


def fifty_megabytes(*_: Path) -> bytes:
    """A report of 50 MB: 2 000 other files of 360 lines each, then ours with one line missed."""
    lines = "".join(
        f'<line number="{number}" hits="{number % 7}" branch="false"/>\n' for number in range(1, 361)
    )
    others = "".join(
        f'<class name="m{number}" filename="src/generated/module_{number:04}.py" line-rate="0.5"><methods/><lines>\n{lines}'
        "</lines></class>\n"
        for number in range(3300)
    )
    ours = COBERTURA.replace('number="6" hits="1"', 'number="6" hits="0"').replace(
        "<classes>", f"<classes>{others}"
    )
    return ours.encode()


def four_hundred(*_: Path) -> bytes:
    """Coverage of the history `four-hundred-files`: what changed ran in none but the first hundred."""
    files = {
        f"src/part_{number:03}.py": {
            "executed_lines": [1, 2][: 2 - (number >= 100)],
            "missing_lines": [2][: number >= 100],
        }
        for number in range(400)
    }
    return json.dumps({"meta": {"format": 3}, "files": files}).encode()


# --- coverage.py's data files ----------------------------------------------------------------------


def by_lines(repository: Path, target: Path) -> None:
    """A data file that holds lines."""
    _data(target, lines={"src/app.py": ALL_LINES}, repository=repository)


def by_half(repository: Path, target: Path) -> None:
    """A data file in which the change never ran."""
    _data(target, lines={"src/app.py": (1, 2, 5)}, repository=repository)


def by_arcs(repository: Path, target: Path) -> None:
    """A data file that holds arcs."""
    _data(
        target,
        arcs={"src/app.py": ((-1, 1), (1, 5), (5, -1), (-1, 2), (2, -1), (-5, 6), (6, -5))},
        repository=repository,
    )


def of_another_system(_: Path, target: Path) -> None:
    """A data file made on Windows, of which nothing is here."""
    from coverage import CoverageData

    data = CoverageData(str(target))
    data.add_lines({r"D:\a\shop\shop\lib\app.py": list(ALL_LINES)})
    data.write()


def of_a_syntax_error(repository: Path, target: Path) -> None:
    """A data file with a source that does not parse."""
    _data(target, lines={"src/app.py": ALL_LINES, "src/broken.py": (1,)}, repository=repository)


def without_data(_: Path, target: Path) -> None:
    """A data file in which nothing was measured."""
    from coverage import CoverageData

    data = CoverageData(str(target))
    data.add_lines({})
    data.write()


def with_a_plugin(repository: Path, target: Path) -> None:
    """A data file of a file tracer that is not installed here."""
    from coverage import CoverageData

    data = CoverageData(str(target))
    data.add_lines({str(repository / "src" / "app.py"): list(ALL_LINES)})
    data.add_file_tracers({str(repository / "src" / "app.py"): "nowhere_to_be_found.Plugin"})
    data.write()


def of_the_future(repository: Path, target: Path) -> None:
    """A data file with a schema that no coverage.py has yet."""
    by_lines(repository, target)
    with sqlite3.connect(target) as database:
        database.execute("UPDATE coverage_schema SET version = 99")
    database.close()


def half_a_database(repository: Path, target: Path) -> bytes:
    """The first pages of a data file."""
    by_lines(repository, target)
    return target.read_bytes()[:6000]


def another_database(_: Path, target: Path) -> None:
    """SQLite, but somebody else's."""
    with sqlite3.connect(target) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


#: Open connections that keep a file locked for as long as the tests run.
_LOCKS: list[sqlite3.Connection] = []


def locked(repository: Path, target: Path) -> None:
    """A data file that another process is adding to, and has not committed."""
    by_half(repository, target)
    database = sqlite3.connect(target, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    database.execute("UPDATE line_bits SET numbits = x'66'")
    _LOCKS.append(database)


def not_readable(_: Path, target: Path) -> None:
    """A folder under the name of a report."""
    target.mkdir(parents=True)


def _data(
    target: Path,
    *,
    repository: Path,
    lines: Mapping[str, tuple[int, ...]] | None = None,
    arcs: Mapping[str, tuple[tuple[int, int], ...]] | None = None,
) -> None:
    from coverage import CoverageData

    data = CoverageData(str(target))
    if lines:
        data.add_lines({str(repository / name): list(found) for name, found in lines.items()})
    if arcs:
        data.add_arcs({str(repository / name): list(found) for name, found in arcs.items()})
    data.write()


MAKERS: Mapping[str, Maker] = {
    made.__name__.replace("_", "-"): made
    for made in (
        with_mark,
        utf_16,
        latin_1,
        unknown_encoding,
        not_utf_8,
        zeros,
        gzipped,
        fifty_megabytes,
        four_hundred,
        by_lines,
        by_half,
        by_arcs,
        of_another_system,
        of_a_syntax_error,
        without_data,
        with_a_plugin,
        of_the_future,
        half_a_database,
        another_database,
        locked,
        not_readable,
    )
}
