"""Pure: which files count as source, so that a changed one has to be in a report.

Nobody else can tell a file that needs no tests from one that the tests forgot; the rule is therefore
visible (`source`, `exclude`) and errs towards asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ci_actions.kit.globs import Matches, matcher
from ci_actions.kit.lines import Lines, from_numbers, numbers

#: Tests and generated files: nothing a report has to measure.
NOT_SOURCE = (
    "test_*.py",
    "*_test.py",
    "*_test.go",
    "conftest.py",
    "*.test.[jt]s",
    "*.test.[jt]sx",
    "*.spec.[jt]s",
    "*.spec.[jt]sx",
    "*Test.java",
    "*Tests.java",
    "tests",
    "test",
    "__tests__",
    "testdata",
    "node_modules",
    "*_pb2.py",
    "*_pb2_grpc.py",
    "*.pb.go",
    "_version.py",
    "*.generated.*",
    "*.d.ts",
)
#: Files and folders beside the source that run no part of it.
BESIDE_SOURCE = (
    "setup.py",
    "noxfile.py",
    "tasks.py",
    "docs",
    "doc",
    "examples",
    "scripts",
    "tools",
    "benchmarks",
    "migrations",
    "alembic",
)
#: The last part of a folder of which only the files count, not the folders in it.
BESIDE = "*"
_CODE = frozenset(
    ".c .cc .clj .cpp .cs .cxx .dart .ex .exs .fs .go .groovy .java .js .jsx .kt .kts .lua .mjs .php .pl .py .pyx .rb .rs "
    ".scala .swift .ts .tsx .vb".split()
)
_CODE_ENDINGS = tuple(_CODE)


def detect(tracked: Iterable[str], measured: Iterable[str], directory: str) -> tuple[str, ...]:
    """Return the folders that hold source, relative to the git root: where measured files lie, and `src` or packages.

    A measured `src/pay/refund.py` makes all of `src` source, a measured `app/main.py` all of `app`, and a measured
    `main.py` the files beside it, for which `*` stands.
    """
    start = f"{directory}/" if directory else ""
    beside = matcher((*NOT_SOURCE, *BESIDE_SOURCE), directory)
    folders: dict[str, None] = {}
    for path in measured:
        if path.startswith(start) and not beside(path):
            top, slash, _ = path[len(start) :].partition("/")
            folders[start + (top if slash else BESIDE)] = None
    for path in tracked:
        if path.startswith(start) and path.endswith(".py") and not beside(path):
            parts = path[len(start) :].split("/")
            if len(parts) > 1 and (parts[0] == "src" or parts[1] == "__init__.py"):
                folders[start + parts[0]] = None
    return tuple(folders)


def is_source(
    source: Sequence[str], exclude: Sequence[str], measured: Iterable[str], directory: str, *, named: bool
) -> Matches:
    """Return whether a changed file has to be in a report.

    It lies in a `source` folder, is neither a test nor generated nor excluded, and is written in a language the
    reports measure; in a folder that the user `named` and of which nothing at all is measured, in any language.
    """
    excluded = matcher((*NOT_SOURCE, *exclude), directory)
    beside = matcher(BESIDE_SOURCE, directory)
    measured = tuple(measured)
    languages = frozenset(_ending(path) for path in measured) & _CODE
    folders = {
        folder: languages if not named or any(_below(path, folder) for path in measured) else _CODE
        for folder in source
    }

    def matches(path: str) -> bool:
        ending = _ending(path)
        return not excluded(path) and any(
            _below(path, folder) and ending in known and not (folder.endswith(BESIDE) and beside(path))
            for folder, known in folders.items()
        )

    return matches


def is_code(path: str) -> bool:
    """Return whether the name is that of a source file in any language."""
    return path.endswith(_CODE_ENDINGS)


def code_lines(path: str, text: Sequence[str], among: Lines) -> Lines:
    """Return those of the lines `among` that hold more than white space, or more than a comment in Python."""
    python = path.endswith(".py")
    found = []
    for number in numbers(among):
        line = text[number - 1].strip() if number <= len(text) else ""
        if line and not (python and line.startswith("#")):
            found.append(number)
    return from_numbers(found)


def statements(path: str, text: Sequence[str]) -> Lines:
    """Return the lines on which a statement of a Python file begins that coverage.py would measure.

    Nothing for another language, for a file that cannot be parsed, and for one with a pragma: there only a report
    can tell. Docstrings, `global` and `nonlocal` are no code.
    """
    source = "\n".join(text)
    if not path.endswith(".py") or "pragma" in source.lower():
        return 0
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    silent = (ast.Global, ast.Nonlocal)
    return from_numbers(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
        and not isinstance(node, silent)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    )


def _below(path: str, folder: str) -> bool:
    if folder.endswith(BESIDE):
        return path.rpartition("/")[0] == folder.removesuffix(BESIDE).rstrip("/")
    return folder in ("", ".") or path == folder or path.startswith(folder.rstrip("/") + "/")


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return "." + name.rpartition(".")[2] if "." in name else ""
