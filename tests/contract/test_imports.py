"""Who may import whom, and who may touch the outside: read from the syntax trees, imports inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ci_actions.capabilities import CAPABILITIES, INTERNAL

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in (SOURCE / "ci_actions").rglob("*.py"))

PACKAGES = [f"ci_actions.{name.replace('-', '_')}" for name in (*CAPABILITIES, *INTERNAL)]
#: What several capabilities share, above kit.
FLOOR = (
    "ci_actions.findings",
    "ci_actions.github",
    "ci_actions.project",
    "ci_actions.supply",
    "ci_actions.workflows",
)
#: Runs in the user's interpreter, as a program of its own.
AGENTS = [path for path in FILES if path.endswith("/agent.py")]
#: Starts before anything of ours may be imported.
STARTERS = (
    "ci_actions/__main__.py",
    "ci_actions/bootstrap.py",
    "ci_actions/home.py",
    "ci_actions/vendoring.py",
    "ci_actions/_launch.py",
)

#: Values in, values out: no file, process, network or time.
PURE = [
    "ci_actions/commands/act/consumer.py",
    "ci_actions/commands/act/running.py",
    "ci_actions/commands/check/finished.py",
    *(
        f"ci_actions/commands/doctor/{name}.py"
        for name in ("callees", "files", "ignoring", "judging", "model", "repository", "sarif_out", "shell")
    ),
    *(path for path in FILES if path.startswith("ci_actions/commands/doctor/rules/")),
    *(
        f"ci_actions/commands/init/{name}.py"
        for name in (
            "badge", "dependabot", "frontend", "groups", "looking", "model", "needs", "ownership", "places", "plan",
            "services", "settings", "words", "workflows", "yaml_text",
        )
    ),
    "ci_actions/kit/apart.py",
    "ci_actions/kit/dotenv.py",
    "ci_actions/kit/endpoints.py",
    "ci_actions/kit/errors.py",
    "ci_actions/kit/globs.py",
    "ci_actions/kit/inputs.py",
    "ci_actions/kit/lines.py",
    "ci_actions/kit/markdown.py",
    "ci_actions/kit/masking.py",
    "ci_actions/kit/report.py",
    "ci_actions/kit/untrusted.py",
    "ci_actions/kit/strict.py",
    "ci_actions/kit/diff.py",
    *(
        f"ci_actions/ci_comment/{name}.py"
        for name in ("config", "decide", "model", "payload", "render", "report")
    ),
    *(
        f"ci_actions/ci_aggregate/{name}.py"
        for name in ("config", "decide", "model", "proof", "reading", "report")
    ),
    *(
        f"ci_actions/ci_plan/{name}.py"
        for name in (
            "belonging", "config", "decide", "documents", "loosened", "model", "pythons", "report", "sharing", "signs",
        )
    ),
    *(
        f"ci_actions/ci_release/{name}.py"
        for name in ("changelog", "config", "decide", "model", "report", "tags")
    ),
    *(
        f"ci_actions/ci_release_publish/{name}.py"
        for name in ("config", "decide", "model", "reading", "report")
    ),
    *(
        f"ci_actions/ci_report_issue/{name}.py"
        for name in ("config", "decide", "model", "reading", "render", "report")
    ),
    "ci_actions/workflows/jobs.py",
    *(
        f"ci_actions/ci_test/{name}.py"
        for name in (
            "address", "again", "config", "decide", "junit", "model", "record", "report",
        )
    ),
    *(
        f"ci_actions/coverage_gate/{name}.py"
        for name in (
            "badge", "cobertura_out", "config", "counting", "decide", "evidence", "loosened", "merge",
            "model", "page", "paths", "report", "source_files", "treemap",
        )
    ),
    *(
        f"ci_actions/project/{name}.py"
        for name in (
            "answer", "compiled", "consistency", "content_hashes",
            "credentials", "drift", "durations", "extras", "files", "in_place", "locks", "managers", "marker", "model",
            "python_versions", "ranges", "releases", "requirements", "upgrades", "uv_lock", "version_files",
        )
    ),
    *(
        f"ci_actions/python_setup_with_cache/{name}.py"
        for name in ("action", "config", "decide", "key", "model", "report")
    ),
    *(
        f"ci_actions/quality/{name}.py"
        for name in (
            "config", "decide", "detection", "drift", "loosened", "model", "page", "planning", "report", "sarif_out",
            "suppressions", "tool", "words",
        )
    ),
    *(
        f"ci_actions/ci_{name}.py"
        for room, names in (
            ("caches", ("config", "decide", "model", "report")),
            ("maintenance", ("config", "decide", "model", "report")),
            ("outdated", ("answers", "config", "decide", "indexes", "model", "report", "wanted")),
            ("pins", ("config", "decide", "model", "reading", "report")),
            ("protection", ("config", "decide", "model", "reading", "report")),
            ("stale", ("config", "decide", "model", "report", "words")),
            ("suppressions", ("config", "decide", "model", "report")),
        )
        for name in (f"{room}/{each}" for each in names)
    ),
    *(
        f"ci_actions/ci_{name}.py"
        for name in (
            "build/config", "build/contents", "build/decide", "build/model", "build/report", "codecov/config", "codecov/decide",
            "codecov/model", "codecov/report", "docs/blocks", "docs/config",
            "compose/config", "compose/decide", "compose/model", "compose/report", "compose/states",
            "docs/decide", "docs/gfm", "docs/inlines", "docs/model", "docs/places", "docs/report", "docs/rst", "docs/slugs",
            "flaky/config", "flaky/decide", "flaky/history", "flaky/model", "flaky/report",
            "frontend/config", "frontend/decide", "frontend/model", "frontend/report",
            "load/config", "load/decide", "load/model", "load/report", "load/stats",
            "nightly/config", "nightly/decide", "nightly/model", "nightly/report",
        )
    ),
    *(path for path in FILES if path.startswith("ci_actions/quality/tools/")),
    *(path for path in FILES if path.startswith("ci_actions/findings/")),
    *(path for path in FILES if path.startswith("ci_actions/workflows/")),
    *(
        f"ci_actions/security_scan/{name}.py"
        for name in (
            "advisories", "complaints", "config", "decide", "loosened", "merging", "model", "packages", "page", "pins",
            "report", "sarif_out", "severity", "shards", "words",
        )
    ),
    *(path for path in FILES if path.startswith("ci_actions/security_scan/scanners/")),
    # cobertura_fast forks for large files; the others only parse.
    *(path for path in FILES if "/formats/" in path and not path.endswith("/cobertura_fast.py")),
]  # fmt: skip
EDGES = {
    "asyncio", "ci_actions.ci_test.facts", "ci_actions.ci_test.running", "ci_actions.ci_test.services",
    "ci_actions.coverage_gate.baseline", "ci_actions.coverage_gate.data_files",
    "ci_actions.coverage_gate.discovery", "ci_actions.coverage_gate.facts", "ci_actions.quality.asking",
    "ci_actions.quality.environment", "ci_actions.quality.facts", "ci_actions.quality.fixing", "ci_actions.quality.memory",
    "ci_actions.quality.runner", "ci_actions.quality.trees", "ci_actions.kit.artifacts", "ci_actions.kit.base",
    "ci_actions.kit.clock", "ci_actions.kit.context", "ci_actions.kit.emit", "ci_actions.kit.following",
    "ci_actions.kit.forks", "ci_actions.kit.waiting",
    "ci_actions.kit.git",
    "ci_actions.kit.http", "ci_actions.kit.process", "ci_actions.kit.run", "ci_actions.kit.settings",
    "ci_actions.project.reading", "glob",
    "io", "multiprocessing", "os", "pathlib", "random", "requests", "secrets", "shutil", "signal", "socket",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    typing: bool


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((SOURCE / path).read_text(encoding="utf-8"))


@cache
def imports(path: str) -> tuple[Import, ...]:
    for_types = {
        id(inner)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    return tuple(
        Import(module, node.lineno, id(node) in for_types)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in named(node)
    )


def named(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "imports are absolute"
    assert node.module
    for alias in node.names:
        full = f"{node.module}.{alias.name}"
        is_module = any((SOURCE / full.replace(".", "/")).with_suffix(end).exists() for end in (".py", ""))
        yield full if is_module else node.module


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def below(*folders: str) -> list[str]:
    return [path for path in FILES if path.startswith(folders)]


def allowed_for(path: str) -> tuple[str, ...]:
    """Return the packages of ours that a file may import; `ci_actions` alone stands for its version."""
    package = path.split("/")[1]
    if package == "kit":
        return ("ci_actions.kit",)
    if package == "supply":
        # Fetches what a lock names exactly as a source tree fetches its own dependencies.
        return ("ci_actions.kit", "ci_actions.supply", "ci_actions.home", "ci_actions.vendoring")
    if f"ci_actions.{package}" in FLOOR:
        return ("ci_actions.kit", f"ci_actions.{package}")
    return (f"ci_actions.{package}", "ci_actions.kit", "ci_actions.home", *FLOOR)


def test_the_files_are_found() -> None:
    assert len(FILES) > 40
    assert not set(PURE) - set(FILES), "PURE names a file that is gone"
    assert all(below(package.replace(".", "/")) for package in PACKAGES)


@pytest.mark.parametrize(
    "path", below("ci_actions/kit/", *(f"{each.replace('.', '/')}/" for each in (*PACKAGES, *FLOOR)))
)
def test_packages_import_downwards(path: str) -> None:
    """kit knows no capability; no capability knows another one, a command or the publisher."""
    for each in imports(path):
        if within(each.module, "ci_actions"):
            assert within(each.module, *allowed_for(path)), (
                f"src/{path}:{each.line} imports {each.module}; it may import {', '.join(allowed_for(path))} only. "
                "What several capabilities share moves to findings, project or workflows."
            )


@pytest.mark.parametrize("path", PURE)
def test_pure_modules_import_no_edge(path: str) -> None:
    for each in imports(path):
        if not each.typing:
            assert not within(each.module, *EDGES), (
                f"src/{path}:{each.line} is pure and imports {each.module}: let facts.py read, and pass values"
            )


@pytest.mark.parametrize("path", PURE)
def test_pure_modules_open_and_print_nothing(path: str) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input", "exec", "eval"), (
                f"src/{path}:{node.lineno} is pure and calls {node.func.id}()"
            )


@pytest.mark.parametrize("path", [path for path in FILES if path not in AGENTS])
def test_only_main_reads_the_environment_and_exits(path: str) -> None:
    if path == "ci_actions/cli.py" or path in STARTERS:
        return
    body = tree(path).body
    # `if __name__ == "__main__": sys.exit(main(…))` ends a maintainers' command.
    guarded = {id(inner) for node in body if is_guard(node) for inner in ast.walk(node)}
    assert not guarded or path.startswith("ci_actions/publish/") or path == "ci_actions/commands/docs.py", (
        f"src/{path} has a main of its own; phases have none"
    )
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and id(node) not in guarded:
            assert ast.unparse(node) not in (
                "os.environ",
                "os.environb",
                "os.getenv",
                "sys.exit",
                "sys.argv",
            ), f"src/{path}:{node.lineno} uses {ast.unparse(node)}: only cli does; take it as a parameter"
        if isinstance(node, ast.Raise) and node.exc is not None:
            assert "SystemExit" not in ast.unparse(node.exc), (
                f"src/{path}:{node.lineno} exits; raise a CiActionsError"
            )
    for each in imports(path):
        assert each.module not in ("os.environ", "os.getenv"), f"src/{path}:{each.line} takes the environment"


def is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def test_the_model_of_a_guard() -> None:
    (node,) = ast.parse('if __name__ == "__main__":\n    pass').body
    assert is_guard(node)


@pytest.mark.parametrize("path", FILES)
def test_nothing_imports_an_agent(path: str) -> None:
    modules = [agent.removesuffix(".py").replace("/", ".") for agent in AGENTS]
    for each in imports(path):
        assert each.module not in modules, (
            f"src/{path}:{each.line} imports {each.module}, which runs elsewhere"
        )


@pytest.mark.parametrize("path", AGENTS)
def test_an_agent_imports_nothing_of_ours(path: str) -> None:
    for each in imports(path):
        assert not within(each.module, "ci_actions"), f"src/{path}:{each.line} imports {each.module}"


@pytest.mark.parametrize("path", FILES)
def test_nothing_is_called_utils(path: str) -> None:
    for part in path.removesuffix(".py").split("/"):
        assert part not in ("utils", "util", "helpers", "common", "misc"), (
            f"src/{path}: say what it does instead"
        )


@pytest.mark.parametrize("path", [path for path in FILES if path not in AGENTS])
def test_every_module_says_what_it_is(path: str) -> None:
    assert ast.get_docstring(tree(path)), f"src/{path} has no docstring"


@pytest.mark.parametrize("name", [*CAPABILITIES, *INTERNAL])
def test_a_capability_has_the_shape_of_all(name: str) -> None:
    folder = f"ci_actions/{name.replace('-', '_')}"
    for part in ("__init__", "config", "model", "facts", "decide", "report"):
        assert f"{folder}/{part}.py" in FILES, f"src/{folder} lacks {part}.py"
    assert (ROOT / "actions" / name / "action.yml").is_file(), f"actions/{name} does not exist"


def test_every_package_is_a_capability_or_known() -> None:
    known = {
        "kit",
        "commands",
        "publish",
        *(each.rpartition(".")[2] for each in FLOOR),
        *(each.rpartition(".")[2] for each in PACKAGES),
    }
    packages = {path.split("/")[1] for path in FILES if path.count("/") > 1}
    strange = packages - known
    assert not strange, f"src/ci_actions/{strange} is in no list: add it to CAPABILITIES or INTERNAL"
