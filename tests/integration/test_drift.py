"""Drift, judged by the real managers: we never say `in step` where they say that the lock has drifted, nor the reverse."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.doubles.package_index import Index, Package
from tests.integration.managers import UV, environment_of
from tests.sampling import sampled

from ci_actions.project import drift, managers
from ci_actions.project.answer import State
from ci_actions.project.files import ProjectFiles
from ci_actions.project.reading import read_project

pytestmark = pytest.mark.integration

PACKAGES = [
    *(Package(name="alpha", version=version) for version in ("1.0", "1.1", "2.0")),
    *(Package(name="beta", version=version, requires=["alpha"]) for version in ("1.0", "1.2")),
    Package(name="gamma", version="1.0", extras={"more": ["delta"]}),
    Package(name="delta", version="1.0"),
    Package(name="omega-lib", version="3.1"),
]
NAMES = ("alpha", "beta", "gamma", "gamma[more]", "delta", "Omega_Lib")
SPECIFIERS = ("", ">=1", ">=1.0", "==1.1", "<2", "~=1.0", "!=1.0", ">=1,<2", ">=2", "==1.*")
EXAMPLES = [pytest.param(10, id="few"), pytest.param(300, id="many", marks=pytest.mark.slow)]
MARKERS = ("", "python_version < '3.12'", "sys_platform == 'win32'", "python_version >= '3.8'")


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index(PACKAGES) as served:
        yield served


@pytest.fixture(scope="module")
def environ(index: Index, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Points every manager at the index, and at folders that nobody else uses."""
    scratch = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
    return {
        **kept,
        "HOME": str(scratch),
        "XDG_CACHE_HOME": str(scratch / "cache"),
        "UV_CACHE_DIR": str(scratch / "uv"),
        "UV_DEFAULT_INDEX": index.url,
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_CACHE_DIR": str(scratch / "pip"),
        "PDM_PYPI_URL": index.url,
        "PDM_CHECK_UPDATE": "false",
        "PIPENV_PYPI_MIRROR": index.url,
        "POETRY_VIRTUALENVS_CREATE": "false",
    }


def run(
    argv: Sequence[str | Path], folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def succeed(argv: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> str:
    done = run(argv, folder, environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def state(folder: Path, manager: str) -> State:
    """Return what we say of the one lock in a folder."""
    files = read_project(folder, folder)
    (found,) = drift.check(files, managers.detect(files, manager))
    assert found.answer.reason or found.state is State.IN_STEP
    return found.state


# --- projects ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What a pyproject.toml asks for."""

    dependencies: tuple[str, ...] = ("alpha",)
    requires_python: str = ">=3.11"
    version: str = "1.0"
    extra: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    lint: tuple[str, ...] = ()
    more: str = ""

    def text(self) -> str:
        lines = [
            "[project]",
            'name = "demo"',
            f'version = "{self.version}"',
            f'requires-python = "{self.requires_python}"',
            f"dependencies = {json.dumps(self.dependencies)}",
        ]
        if self.extra:
            lines += ["[project.optional-dependencies]", f"Some_Extra = {json.dumps(self.extra)}"]
        lines += ["[dependency-groups]"] if self.group or self.lint else []
        lines += (
            [f"dev = [{', '.join(map(json.dumps, self.group))}, {{include-group = 'lint'}}]"]
            if self.group
            else []
        )
        lines += [f"lint = {json.dumps(self.lint)}"] if self.group or self.lint else []
        return "\n".join([*lines, self.more, ""])


requirement = st.builds(
    lambda name, specifier, marker: f"{name}{specifier}" + (f" ; {marker}" if marker else ""),
    st.sampled_from(NAMES),
    st.sampled_from(SPECIFIERS),
    st.sampled_from(MARKERS),
)
several = st.lists(requirement, max_size=3, unique=True).map(tuple)
wishes = st.builds(
    Wish,
    dependencies=several,
    requires_python=st.sampled_from(
        (">=3.11", ">=3.10", ">= 3.11", ">=3.11,<4", "~=3.11", ">=3.11,!=3.11.2")
    ),
    version=st.sampled_from(("1.0", "1.0.0", "2.0")),
    extra=several,
    group=several,
    lint=several,
    more=st.sampled_from(("", "[tool.ruff]\nline-length = 99")),
)
#: What people do between two locks: nothing, one thing, or anything.
edits = st.one_of(
    wishes.map(lambda wish: (wish, wish)),
    st.builds(
        lambda wish, other, field: (wish, _with(wish, field, other)),
        wishes,
        wishes,
        st.sampled_from(("dependencies", "requires_python", "version", "extra", "group", "lint", "more")),
    ),
    st.tuples(wishes, wishes),
)


def _with(wish: Wish, field: str, other: Wish) -> Wish:
    return Wish(**{**wish.__dict__, field: getattr(other, field)})


#: An edit, and whether the lock has drifted; all of these we see without the manager.
TOLD = [
    pytest.param(Wish(), Wish(), False, id="nothing"),
    pytest.param(Wish(), Wish(more="[tool.ruff]"), False, id="a linter's setting"),
    pytest.param(Wish(), Wish(dependencies=("alpha", "delta")), True, id="added"),
    pytest.param(Wish(dependencies=("alpha", "delta")), Wish(), True, id="removed"),
    pytest.param(Wish(), Wish(dependencies=("alpha<2",)), True, id="narrowed"),
    pytest.param(Wish(group=("delta",)), Wish(), True, id="a group removed"),
    pytest.param(Wish(), Wish(extra=("delta",)), True, id="an extra added"),
    pytest.param(Wish(), Wish(requires_python=">=3.12"), True, id="another interpreter"),
    pytest.param(
        Wish(group=("delta>=1",), lint=("gamma",)),
        Wish(group=("delta>=1",), lint=("gamma",)),
        False,
        id="groups",
    ),
    pytest.param(
        Wish(dependencies=("alpha ; python_version < '3.12'",)),
        Wish(dependencies=("alpha ; python_version < '3.12'",)),
        False,
        id="a marker",
    ),
]


# --- uv ------------------------------------------------------------------------------------------


def uv_says(before: Wish, after: Wish, folder: Path, environ: Mapping[str, str]) -> bool | None:
    """Return whether uv calls the lock drifted after an edit; None where there is nothing to lock."""
    (folder / "uv.lock").unlink(missing_ok=True)
    (folder / "pyproject.toml").write_text(before.text())
    if run([UV, "lock", "--quiet"], folder, environ).returncode:
        return None
    (folder / "pyproject.toml").write_text(after.text())
    return run([UV, "lock", "--check", "--quiet"], folder, environ).returncode != 0


@pytest.mark.parametrize(("before", "after", "drifted"), TOLD)
def test_uv(before: Wish, after: Wish, drifted: bool, tmp_path: Path, environ: Mapping[str, str]) -> None:
    assert uv_says(before, after, tmp_path, environ) is drifted
    assert state(tmp_path, "uv") is (State.DRIFTED if drifted else State.IN_STEP)


@pytest.mark.parametrize(
    "more",
    [
        "[tool.uv]\noverride-dependencies = ['alpha==1.0']",
        "[tool.uv]\nresolution = 'lowest'",
        "[tool.uv]\nconflicts = [[{extra = 'a'}, {extra = 'b'}]]\n[project.optional-dependencies]\na = []\nb = []",
        "[[tool.uv.index]]\nurl = 'http://127.0.0.1:9/simple'",
        "[tool.uv.sources]\nalpha = {path = 'x'}",
    ],
)
def test_what_else_uv_compares_is_left_to_uv(more: str, tmp_path: Path, environ: Mapping[str, str]) -> None:
    assert uv_says(Wish(), Wish(), tmp_path, environ) is False
    (tmp_path / "pyproject.toml").write_text(Wish(more=more).text())
    assert state(tmp_path, "uv") is State.UNKNOWN


def test_a_workspace_is_left_to_uv(tmp_path: Path, environ: Mapping[str, str]) -> None:
    (tmp_path / "member").mkdir()
    (tmp_path / "member" / "pyproject.toml").write_text(Wish().text())
    root = "[project]\nname='root'\nversion='1'\nrequires-python='>=3.11'\n[tool.uv.workspace]\nmembers=['member']"
    (tmp_path / "pyproject.toml").write_text(root)
    succeed([UV, "lock", "--quiet"], tmp_path, environ)
    files = read_project(tmp_path / "member", tmp_path)
    detected = managers.detect(files)
    assert detected.locks == ("../uv.lock",)
    assert [each.state for each in drift.check(files, detected)] == [State.UNKNOWN]
    assert state(tmp_path, "uv") is State.UNKNOWN


@pytest.mark.parametrize("examples", EXAMPLES)
def test_uv_agrees_on_any_edit(examples: int, tmp_path: Path, environ: Mapping[str, str]) -> None:
    """Slow with the many examples that find rare edits; the few do the same in seconds."""

    @given(edit=edits)
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    def agrees(edit: tuple[Wish, Wish]) -> None:
        drifted = uv_says(*edit, tmp_path, environ)
        if drifted is not None:
            assert state(tmp_path, "uv") is not (State.IN_STEP if drifted else State.DRIFTED)

    agrees()


# --- those that keep a digest ---------------------------------------------------------------------

POETRY = """\
[tool.poetry]
name = "demo"
version = "1.0"
description = ""
authors = []
package-mode = false

[tool.poetry.dependencies]
python = "^3.11"
{dependencies}

[[tool.poetry.source]]
name = "loopback"
url = "{url}"
"""


def poetry_says(name: str, folder: Path, environ: Mapping[str, str]) -> bool:
    """Return whether Poetry calls the lock drifted."""
    done = run([environment_of(name) / "poetry", "check", "--lock"], folder, environ)
    return "poetry.lock was not found" in done.stderr or "changed significantly" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["poetry", "poetry-1"])
def test_poetry(name: str, tmp_path: Path, environ: Mapping[str, str], index: Index) -> None:
    def write(dependencies: str) -> None:
        (tmp_path / "pyproject.toml").write_text(POETRY.format(dependencies=dependencies, url=index.url))

    write('alpha = "^1.0"')
    succeed([environment_of(name) / "poetry", "lock", "--no-interaction"], tmp_path, environ)
    assert not poetry_says(name, tmp_path, environ)
    assert state(tmp_path, "auto") is State.IN_STEP
    write('alpha = "^1.0"\ndelta = "*"')
    assert poetry_says(name, tmp_path, environ)
    assert state(tmp_path, "auto") is State.DRIFTED
    files = read_project(tmp_path, tmp_path)
    (found,) = drift.check(files, managers.detect(files))
    # The command that we name mends it.
    succeed([environment_of(name) / "poetry", *found.mend.split()[1:], "--no-interaction"], tmp_path, environ)
    assert state(tmp_path, "auto") is State.IN_STEP


#: Runs inside Poetry's environment: for pairs of pyproject files, is a lock of the first fresh for the second?
ASK_POETRY = """
import json, pathlib, sys, tempfile
from poetry.__version__ import __version__
from poetry.packages.locker import Locker
try:
    import tomllib
except ImportError:
    import tomli as tomllib

def locker(path, text):
    document = tomllib.loads(text)
    old = __version__.startswith("1.")
    return Locker(path, document.get("tool", {}).get("poetry", {}) if old else document)

for line in sys.stdin:
    before, after = json.loads(line)
    path = pathlib.Path(tempfile.mkdtemp()) / "poetry.lock"
    header = "# This file is automatically @generated by Poetry %s and should not be changed by hand.\\n" % __version__
    made = locker(path, before)._get_content_hash()
    body = '\\n[metadata]\\nlock-version = "2.1"\\npython-versions = "*"\\ncontent-hash = "%s"\\n' % made
    path.write_text(header + "package = []\\n" + body)
    print(json.dumps([path.read_text(), locker(path, after).is_fresh()]), flush=True)
"""

ASK_PDM = """
import json, pathlib, sys, tempfile
from pdm.core import Core

core = Core()
for line in sys.stdin:
    before, after = json.loads(line)
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "pyproject.toml").write_text(before)
    made = core.create_project(folder).pyproject_content_hash()
    body = '[metadata]\\nlock_version = "4.5.0"\\ncontent_hash = "sha256:%s"\\n' % made
    (folder / "pdm.lock").write_text(body)
    (folder / "pyproject.toml").write_text(after)
    print(json.dumps([body, core.create_project(folder).is_lockfile_hash_match()]), flush=True)
"""

ASK_PIPENV = """
import json, os, pathlib, sys, tempfile
from pipenv.project import Project

for line in sys.stdin:
    texts = json.loads(line)
    found = []
    for text in texts:
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / "Pipfile").write_text(text)
        os.chdir(folder)
        found.append(Project().pipfile.calculate_hash())
    body = json.dumps({"_meta": {"hash": {"sha256": found[0]}, "pipfile-spec": 6}, "default": {}})
    print(json.dumps([body, found[0] == found[1]]), flush=True)
"""


class Asked:
    """A manager's own code in a process that answers one line with another: what it makes, and whether it fits."""

    def __init__(self, name: str, script: str, folder: Path, environ: Mapping[str, str]) -> None:
        (folder / "ask.py").write_text(script)
        self._process = subprocess.Popen(
            [environment_of(name) / "python", folder / "ask.py"],
            cwd=folder,
            env={**environ, "PIPENV_IGNORE_VIRTUALENVS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(30) == 0

    def ask(self, before: str, after: str) -> tuple[str, bool]:
        """Return the lock that the manager makes of the first text, and whether it fits the second."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([before, after]) + "\n")
        self._process.stdin.flush()
        made, fits = json.loads(self._process.stdout.readline())
        return made, fits


def judge(manager: str, lock: str, source: str, texts: tuple[str, str]) -> State:
    """Return what we say of a lock and the source after the edit."""
    content = {lock: texts[0].encode(), source: texts[1].encode()}
    files = ProjectFiles(names=frozenset(content), content=content)
    (found,) = drift.check(files, managers.detect(files, manager))
    return found.state


def tables(*, poetry: bool) -> st.SearchStrategy[str]:
    """Return pyproject files with what the digests are made of, and with what they are not."""
    dependency = st.one_of(
        st.sampled_from(
            ('"*"', '"^1.0"', "{version = '>=1', extras = ['more']}", "{path = '../x', develop = true}")
        ),
        st.integers(1, 3).map(lambda version: f"[{{version = '{version}', python = '<3.12'}}]"),
    )
    own = st.fixed_dictionaries(
        {},
        optional={
            "dependencies": st.dictionaries(
                st.sampled_from(("python", "alpha", "Beta")), dependency, max_size=3
            ),
            "dev-dependencies": st.dictionaries(st.sampled_from(("delta", "alpha")), dependency, max_size=2),
            "extras": st.just({"some": "['alpha']"}),
            "group.dev.dependencies": st.dictionaries(
                st.sampled_from(("delta", "gamma")), dependency, max_size=2
            ),
            "scripts": st.just({"run": "'demo:main'"}),
        },
    )

    def poetry_text(values: dict[str, dict[str, str]]) -> str:
        lines = []
        for table, entries in values.items():
            lines += [f"[tool.poetry.{table}]", *(f"{key} = {value}" for key, value in entries.items())]
        return "\n".join(lines) + "\n"

    pdm = st.sampled_from(
        (
            "",
            "[tool.pdm.resolution]\nrespect-source-order = true\n",
            "[tool.pdm.resolution.overrides]\nalpha = '1.0'\n",
            "[tool.pdm.dev-dependencies]\nTest_it = ['delta', 'gamma>=1']\ndev = ['alpha']\n",
            "[[tool.pdm.source]]\nname = 'other'\nurl = 'https://example.com/simple'\n",
            "[tool.pdm.scripts]\nrun = 'x'\n",
        )
    )
    project = st.one_of(wishes.map(Wish.text), st.just("[project]\nname = 'demo'\nversion = '1'\n"))
    if not poetry:
        return st.builds("{}\n{}".format, project, pdm)
    return st.builds("{}\n{}".format, st.one_of(st.just(""), project), own.map(poetry_text))


def pipfiles() -> st.SearchStrategy[str]:
    section = st.dictionaries(
        st.sampled_from(("alpha", "beta-lib", "gamma")),
        st.sampled_from(
            ('"*"', '">=1"', "{version = '*', extras = ['more']}", "{path = '.', editable = true}")
        ),
        max_size=3,
    )
    names = ("packages", "dev-packages", "requires", "source", "docs", "scripts", "pipenv")
    fixed = {
        "requires": st.just({"python_version": "'3.11'"}),
        "scripts": st.just({"run": "'x'"}),
        "pipenv": st.just({"allow_prereleases": "true"}),
        "source": st.just({"name": "'own'", "url": "'https://example.com'", "verify_ssl": "false"}),
    }

    def text(values: dict[str, dict[str, str]]) -> str:
        lines = []
        for name, entries in values.items():
            lines += [f"[[{name}]]" if name == "source" else f"[{name}]"]
            lines += [f"{key} = {value}" for key, value in entries.items()]
        return "\n".join(lines) + "\n"

    return st.fixed_dictionaries({}, optional={name: fixed.get(name, section) for name in names}).map(text)


DIGESTS = [
    pytest.param("poetry", ASK_POETRY, "poetry", "poetry.lock", "pyproject.toml", id="poetry 2"),
    pytest.param("poetry-1", ASK_POETRY, "poetry", "poetry.lock", "pyproject.toml", id="poetry 1"),
    pytest.param("pdm", ASK_PDM, "pdm", "pdm.lock", "pyproject.toml", id="pdm"),
    pytest.param("pipenv", ASK_PIPENV, "pipenv", "Pipfile.lock", "Pipfile", id="pipenv"),
]


@pytest.mark.parametrize(("name", "script", "manager", "lock", "source"), DIGESTS)
def test_digests_are_those_of_the_real_managers(
    name: str, script: str, manager: str, lock: str, source: str, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    text = pipfiles() if manager == "pipenv" else tables(poetry=manager == "poetry")
    with Asked(name, script, tmp_path, environ) as real:

        @given(edit=st.one_of(st.tuples(text, text), text.map(lambda one: (one, one))))
        @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
        def agrees(edit: tuple[str, str]) -> None:
            made, fits = real.ask(*edit)
            # A digest that fits another version of Poetry is left to Poetry, which says that it has drifted.
            allowed = {State.IN_STEP} if fits else {State.DRIFTED, State.UNKNOWN}
            if source == "Pipfile" and "[[source]]" not in edit[1]:
                # Without a source the environment says what it means.
                allowed.add(State.UNKNOWN)
            assert judge(manager, lock, source, (made, edit[1])) in allowed

        agrees()


def test_pdm(tmp_path: Path, environ: Mapping[str, str]) -> None:
    pdm = environment_of("pdm") / "pdm"
    (tmp_path / "pyproject.toml").write_text(Wish(group=("delta",), lint=("gamma",)).text())
    succeed([pdm, "lock", "--quiet"], tmp_path, environ)
    assert state(tmp_path, "auto") is State.IN_STEP
    assert run([pdm, "lock", "--check"], tmp_path, environ).returncode == 0
    (tmp_path / "pyproject.toml").write_text(
        Wish(dependencies=("alpha<2",), group=("delta",), lint=("gamma",)).text()
    )
    assert run([pdm, "lock", "--check"], tmp_path, environ).returncode != 0
    assert state(tmp_path, "auto") is State.DRIFTED


def test_pdm_with_a_pylock(tmp_path: Path, environ: Mapping[str, str]) -> None:
    pdm = environment_of("pdm") / "pdm"
    (tmp_path / "pdm.toml").write_text('[lock]\nformat = "pylock"\n')
    (tmp_path / "pyproject.toml").write_text(Wish().text())
    succeed([pdm, "lock", "--quiet"], tmp_path, environ)
    files = read_project(tmp_path, tmp_path)
    assert managers.detect(files).locks == ("pylock.toml",)
    assert state(tmp_path, "auto") is State.IN_STEP
    (tmp_path / "pyproject.toml").write_text(Wish(dependencies=("delta",)).text())
    assert state(tmp_path, "auto") is State.DRIFTED


def test_pipenv(tmp_path: Path, environ: Mapping[str, str], index: Index) -> None:
    pipenv = environment_of("pipenv") / "pipenv"
    source = f"[[source]]\nname = 'loopback'\nurl = '{index.url}'\nverify_ssl = false\n"
    own = {**environ, "PIPENV_VENV_IN_PROJECT": "1", "PIPENV_IGNORE_VIRTUALENVS": "1"}
    del own["PIPENV_PYPI_MIRROR"]
    (tmp_path / "Pipfile").write_text(f"{source}[packages]\nalpha = '<2'\n")
    succeed([pipenv, "lock"], tmp_path, own)
    assert succeed([pipenv, "verify"], tmp_path, own)
    assert state(tmp_path, "auto") is State.IN_STEP
    (tmp_path / "Pipfile").write_text(f"{source}[packages]\nalpha = '*'\n")
    assert run([pipenv, "verify"], tmp_path, own).returncode != 0
    assert state(tmp_path, "auto") is State.DRIFTED


# --- compiled requirements ------------------------------------------------------------------------


def compile_with(tool: str, folder: Path, environ: Mapping[str, str], *options: str) -> bool:
    argv: list[str | Path]
    if tool == "uv":
        argv = [UV, "pip", "compile", "--quiet", "requirements.in", "-o", "requirements.txt", *options]
    else:
        argv = [
            environment_of("pip-tools") / "pip-compile", "--quiet", "--strip-extras", "requirements.in", *options,
        ]  # fmt: skip
    return run(argv, folder, environ).returncode == 0


def pins(folder: Path) -> dict[str, str]:
    """Return what a compiled file pins: the name, and the version with its marker."""
    found = {}
    for line in (folder / "requirements.txt").read_text().splitlines():
        if "==" in line and not line.lstrip().startswith("#"):
            name, _, rest = line.partition("==")
            found[name] = rest
    return found


@pytest.mark.parametrize("tool", sampled(("uv", "pip-compile"), {"uv"}))
@pytest.mark.parametrize(
    ("before", "after", "drifted"),
    [
        (["alpha<2", "beta"], ["beta", "alpha<2"], False),
        (["alpha<2"], ["alpha<1.1"], True),
        (["alpha"], ["alpha", "delta"], True),
        (["beta"], ["beta", "alpha>=1"], False),
        (["alpha", "delta"], ["alpha"], True),
        (["beta", "alpha"], ["beta"], False),
        (["beta"], ["alpha"], True),
        (["beta", "-c limits.txt"], ["beta", "-c limits.txt"], False),
    ],
)
def test_compiled(
    tool: str, before: list[str], after: list[str], drifted: bool, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    """Slow with pip-compile, which takes seconds each time; test_pip_compile is one of its rows."""
    check_compiled(tool, before, after, tmp_path, environ, drifted=drifted)


def test_pip_compile(tmp_path: Path, environ: Mapping[str, str]) -> None:
    check_compiled("pip-compile", ["beta", "delta"], ["beta"], tmp_path, environ, drifted=True)


def check_compiled(
    tool: str, before: list[str], after: list[str], folder: Path, environ: Mapping[str, str], *, drifted: bool
) -> None:
    (folder / "limits.txt").write_text("alpha<2\n")
    (folder / "requirements.in").write_text("\n".join(before))
    assert compile_with(tool, folder, environ)
    first = pins(folder)
    (folder / "requirements.in").write_text("\n".join(after))
    assert state(folder, "auto") is (State.DRIFTED if drifted else State.IN_STEP)
    assert compile_with(tool, folder, environ)
    assert (pins(folder) != first) is drifted


wanted_lines = st.lists(requirement, min_size=1, max_size=4, unique=True)
line_edits = st.one_of(wanted_lines.map(lambda one: (one, one)), st.tuples(wanted_lines, wanted_lines))
styles = st.sampled_from(((), ("--universal",), ("--no-annotate",), ("--no-header",), ("--no-strip-extras",)))


@pytest.mark.parametrize("examples", EXAMPLES)
def test_compiled_agrees_on_any_edit(examples: int, tmp_path: Path, environ: Mapping[str, str]) -> None:
    """Where we say `in step`, compiling again neither adds a pin nor changes one; where we say `drifted`, it does something.

    Slow with the many examples that find rare edits; the few do the same in seconds.
    """

    @given(edit=line_edits, style=styles)
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    def agrees(edit: tuple[list[str], list[str]], style: tuple[str, ...]) -> None:
        before, after = edit
        (tmp_path / "requirements.txt").unlink(missing_ok=True)
        (tmp_path / "requirements.in").write_text("\n".join(before))
        if not compile_with("uv", tmp_path, environ, *style):
            return
        first = pins(tmp_path)
        (tmp_path / "requirements.in").write_text("\n".join(after))
        ours = state(tmp_path, "pip-tools") if first else State.UNKNOWN
        if not compile_with("uv", tmp_path, environ, *style):
            assert ours is not State.IN_STEP
            return
        second = pins(tmp_path)
        if ours is State.IN_STEP:
            assert second.items() <= first.items()
        if ours is State.DRIFTED:
            assert second != first

    agrees()
