"""Pure: the repository -> which projects are called, and with which inputs. Every input carries its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.ci_plan import pythons
from ci_actions.ci_plan.model import Signs
from ci_actions.ci_plan.signs import MORE_FILES, is_test, signs
from ci_actions.commands.init import frontend, groups, needs, ownership, places, services
from ci_actions.commands.init.groups import How
from ci_actions.commands.init.model import WORKFLOWS, Facts, Given, Project
from ci_actions.kit.errors import BadInput
from ci_actions.project import managers, requirements
from ci_actions.project.files import LOCKS, ProjectFiles
from ci_actions.project.model import Manager
from ci_actions.project.releases import RELEASES
from ci_actions.quality import detection, tools
from ci_actions.quality.config import TOOLS
from ci_actions.workflows import reading
from ci_actions.workflows.document import Scalar

#: What must be there before these can be built, where no wheel is: https://packages.ubuntu.com
_BUILT_WITH = {
    "psycopg2": "libpq-dev", "mysqlclient": "default-libmysqlclient-dev pkg-config",
    "python-ldap": "libldap2-dev libsasl2-dev", "pygraphviz": "graphviz libgraphviz-dev", "pycairo": "libcairo2-dev pkg-config",
    "pygobject": "libgirepository1.0-dev", "pyaudio": "portaudio19-dev", "xmlsec": "libxmlsec1-dev pkg-config",
    "pyodbc": "unixodbc-dev", "gdal": "libgdal-dev", "dbus-python": "libdbus-1-dev", "pycups": "libcups2-dev",
    "systemd-python": "libsystemd-dev", "python-magic": "libmagic1", "weasyprint": "libpango-1.0-0 libpangoft2-1.0-0",
}  # fmt: skip
_OTHERS = (
    "No Python project was found: only documents, security and a frontend are checked. For others give ci.yml "
    "quality-command, test-command with coverage-files, and security-command"
)
_UNSAID = "requires-python in pyproject.toml would say which versions are supported"
_ID = re.compile(r"[^A-Za-z0-9_-]+")
#: Their locks are what set-up installs, and it is an error that one is not there.
_WITH_A_LOCK = (Manager.UV, Manager.POETRY, Manager.PDM, Manager.PIPENV)
_HOST = re.compile(r"\W*https?://(?:[^/@\s]*@)?([\w.-]+)")
#: Hosts of the index that everybody has without asking.
_PUBLIC = re.compile(r"(?:^|\.)py(?:pi|pi\.python|thonhosted)\.org$")
_VERSION = re.compile(r"(?<![\d.])3\.(\d{1,2})(?![\d])")
_TOX = re.compile(r"\bpy3(\d{1,2})\b|\bpy3\.(\d{1,2})\b|\b(?:py)?\{([^}]*)\}")


def projects(facts: Facts) -> tuple[Project, ...]:
    """Return the projects to call the CI for: those with tests of their own, or what the repository is as a whole."""
    known = {folder: _signs(facts, folder) for folder in facts.projects}
    folders = tuple(_called(facts, known))
    if not folders:
        return (_without_python(facts),)
    ids = _ids(folders)
    return tuple(
        _Look(facts, known, folder, ids[folder], alone=len(folders) == 1).project() for folder in folders
    )


def _signs(facts: Facts, folder: str) -> Signs:
    """Return what a folder consists of. Raises BadInput for a root whose pyproject.toml is no TOML."""
    own = places.own(folder, facts.files, tuple(facts.projects))
    start = f"{folder}/" if folder else ""
    more = {name: facts.content[start + name] for name in MORE_FILES if start + name in facts.content}
    try:
        return signs(facts.projects[folder], own, more)
    except BadInput:
        if folder:
            return Signs()  # a template, perhaps: nobody could install it
        raise


def _called(facts: Facts, known: Mapping[str, Signs]) -> Iterator[str]:
    """Yield the folders that get a job each."""
    python = [folder for folder, about in known.items() if about.python]
    if "" not in python:
        yield from (each for each in python if not any(_inside(each, other) for other in python))
        return
    inner = [each for each in python if each and known[each].tests]
    if inner and _tested_from_the_root(facts, inner):
        yield ""
        return
    root = known[""]
    if root.tests or root.package or not inner:
        yield ""
    yield from inner


def _inside(folder: str, other: str) -> bool:
    return folder != other and places.below(other, folder)


def _tested_from_the_root(facts: Facts, inner: Sequence[str]) -> bool:
    """Whether a workspace of uv has its test tools at the root alone, so that nothing is tested in its members."""
    root = facts.projects[""]
    if not root.table("pyproject.toml", "tool", "uv", "workspace"):
        return False

    def has_pytest(folder: str) -> bool:
        found = groups.of_project(facts.projects[folder], Manager.UV)
        return any(needs.PYTEST in each.brings for each in found)

    return has_pytest("") and not any(has_pytest(each) for each in inner)


def _ids(folders: Sequence[str]) -> dict[str, str]:
    """Return the ids of jobs: `ci` where there is one project, else the names of the folders."""
    if len(folders) == 1:
        return {folders[0]: "ci"}
    found: dict[str, str] = {}
    for folder in folders:
        short = _id(folder.rpartition("/")[2]) if folder else "ci"
        found[folder] = short if short not in found.values() else _id(folder.replace("/", "-"))
    return found


def _id(text: str) -> str:
    """Return a job's id: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_id"""
    made = _ID.sub("-", text).strip("-") or "project"
    return made if made[0].isalpha() or made[0] == "_" else f"p-{made}"


def _without_python(facts: Facts) -> Project:
    """Return the call for a repository in which nothing of Python was found."""
    found = frontend.find(facts, "")
    return Project(
        directory="",
        id="ci",
        given=found.given,
        seen=(("Python", "no project of Python was found, so nothing of it is installed"), *found.seen),
        notes=(_OTHERS, *found.notes),
    )


class _Look:
    """Looks at one project."""

    def __init__(
        self, facts: Facts, known: Mapping[str, Signs], folder: str, id: str, *, alone: bool
    ) -> None:
        self.facts = facts
        self.known = known
        self.folder = folder
        self.id = id
        self.alone = alone
        self.files: ProjectFiles = facts.projects[folder]
        self.signs = known[folder]
        others = tuple(each for each, about in known.items() if about.python)
        self.own = places.own(folder, facts.files, others)
        self.given: list[Given] = []
        self.nightly: list[Given] = []
        self.seen: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def project(self) -> Project:
        """Return everything that was found."""
        self._place()
        manager = self._manager()
        versions = self._versions()
        found = self._groups(manager) if manager else ()
        self._services(found)
        self._before_install(found)
        more = frontend.find(self.facts, self.folder)
        if self.alone or more.folder_is_below:
            self.given += more.given
            self.seen += more.seen
            self.notes += more.notes
        self._parts()
        self._commands()
        return Project(
            directory=self.folder,
            id=self.id,
            given=tuple(self.given),
            nightly=tuple(self.nightly),
            seen=tuple(self.seen),
            notes=tuple(self.notes),
            manager=manager,
            versions=versions,
        )

    def _give(self, name: str, value: str, why: str, check: str = "") -> None:
        self.given.append(Given(name=name, value=value, why=why, check=check))

    def _text(self, name: str) -> str:
        return self.facts.text(f"{self.folder}/{name}" if self.folder else name)

    # --- what it is -----------------------------------------------------------------------------

    def _place(self) -> None:
        if self.folder:
            self._give("working-directory", self.folder, f"{self.signs.python} makes a project of it")
        if self.folder or not self.alone:
            why = (
                "the only project keeps the short name"
                if self.alone
                else "tells its artifacts from the others'"
            )
            self._give("name", self.id, why)
        if self.folder or not self.alone:
            return
        for each, about in self.known.items():
            if each and about.python:
                found = (
                    "is tested with the rest" if about.tests else "has no tests of its own, so it gets no job"
                )
                self.seen.append((each, found))

    def _manager(self) -> Manager | None:
        try:
            found = managers.detect(self.files)
        except BadInput as unclear:
            return self._unclear_manager(unclear)
        self.seen.append(("manager", f"{found.manager}, from {found.reason}"))
        if found.manager in _WITH_A_LOCK and not found.locks:
            lacking = f"{found.manager} has no lock here"
            check = f"{lacking}, so that versions are chosen anew each time; commit one"
            self._give("lock-policy", "prefer", lacking, check)
        return found.manager

    def _unclear_manager(self, unclear: BadInput) -> Manager | None:
        poetry = "poetry" in self.files.table("pyproject.toml", "tool")
        for manager, lock, fits in (
            (Manager.POETRY, "poetry.lock", poetry),
            (Manager.UV, "uv.lock", True),
            (Manager.PDM, "pdm.lock", True),
            (Manager.PIPENV, "Pipfile.lock", True),
        ):
            if fits and lock in self.files:
                self._give("manager", str(manager), "one of several locks", unclear.problems[0].rstrip("."))
                return manager
        self.notes.append(f"How it is installed is not clear: {unclear.problems[0]}")
        return None

    def _versions(self) -> tuple[str, ...]:
        try:
            found = pythons.choose(self.files, "", ())
        except BadInput:
            return self._guessed()
        self.seen.append(("Python", f"{', '.join(found.versions)}, from {found.versions_why}"))
        if found.primary not in found.versions or found.primary != found.versions[-1]:
            self.seen.append(("Python of the other jobs", f"{found.primary}, from {found.primary_why}"))
        self.notes += found.warnings
        return found.versions

    def _guessed(self) -> tuple[str, ...]:
        """Return versions that only tools name, or the one but newest: many packages have no wheels for the newest."""
        final = [each.name for each in RELEASES if not each.prerelease]
        found: tuple[str, ...] = (final[-2],)
        why = "the newest but one"
        for name, minors in self._named_versions():
            if minors:
                found, why = tuple(f"3.{each}" for each in sorted(minors)), f"{name} names them"
                break
        self._give("python-versions", ", ".join(found), why, _UNSAID)
        return found

    def _named_versions(self) -> Iterator[tuple[str, set[int]]]:
        """Yield what names versions, our own file first: what it was written from may be gone since."""
        path = f"{WORKFLOWS}/ci.yml"
        if ownership.is_marked(self.facts.content.get(path, b"")):
            job = reading.workflow(self.facts.content[path]).jobs.get(self.id)
            given = job.given.get("python-versions") if job else None
            text = given.text if isinstance(given, Scalar) else ""
            yield path, {int(each) for each in _VERSION.findall(text)}
        for name in ("tox.ini", "tox.toml"):
            parts = (part for found in _TOX.findall(self._text(name)) for part in found)
            yield name, {int(each) for part in parts for each in _minors(part)}
        yield "noxfile.py", {int(each) for each in _VERSION.findall(self._text("noxfile.py"))}
        for path in self.facts.files:
            others = not ownership.is_marked(self.facts.content.get(path, b""))
            if others and path.startswith(f"{WORKFLOWS}/"):
                lines = [each for each in self.facts.text(path).splitlines() if "python" in each.lower()]
                yield path, {int(each) for each in _VERSION.findall("\n".join(lines))}

    # --- what it needs --------------------------------------------------------------------------

    def _groups(self, manager: Manager) -> tuple[groups.Group, ...]:
        """Choose groups and extras, and return those that are installed."""
        known = needs.with_what_comes_along(groups.of_project(self.files, manager))
        linters = self._linters()
        runtime = sorted(groups.left_out(self.files, manager))
        tests = tuple(dict.fromkeys((*self._tests(known), *runtime))) if self.signs.tests else ()
        choice = needs.choose(known, tests, linters, most=1 if manager is Manager.HATCH else 0)
        for how in (How.GROUP, How.EXTRA):
            if names := choice.names(how):
                self._give(how.value, ", ".join(names), choice.why(how))
        if names := choice.test_groups:
            self._give("test-groups", ", ".join(names), "the tests need no linters, and start sooner without")
        for each in choice.missing:
            self._lacks(each, manager, linters, runtime)
        chosen = {group for group, _ in choice.chosen}
        if self.folder == "" and self.alone and self._is_workspace(manager):
            self._give(
                "install-args", "--all-packages", "the members of the workspace are tested from the root"
            )
        return tuple(each for each in known if each.how is How.ALWAYS or each in chosen)

    def _lacks(self, each: str, manager: Manager, linters: Mapping[str, str], runtime: Sequence[str]) -> None:
        """Say what it means that nothing brings a distribution."""
        if each == needs.PYTEST:
            self.notes.append(
                "pytest is named in no dependency group, extra or requirements file, so the tests cannot run: "
                + _declare(manager)
            )
        elif each == needs.COVERAGE:
            found = f"{self.signs.coverage} is there, but nothing installs coverage.py"
            check = f"{found}, so that nothing is measured; with it, take this out"
            self._give("coverage", "false", found, check)
        elif each in linters and self._is_locked(each):
            found = f"{linters[each]}; no group names it, but the lock has it, through another package"
            self.seen.append((each, found))
        elif each in linters:
            said = f"{each} is configured ({linters[each]}) but nothing installs it, which quality takes for an error"
            self.notes.append(f"{said}: {_declare(manager)}")
        elif each in runtime:
            said = (
                f"the project needs {each}, and no requirements file has it, which are what set-up installs"
            )
            self.notes.append(f"{said}: compile one from pyproject.toml, or add it")
        else:
            self.notes.append(f"the tests import {each}, and no group that is installed brings it")

    def _is_locked(self, name: str) -> bool:
        """Whether a lock that lists packages by name has one."""
        line = f'name = "{name}"'.encode()
        return any(line in self.files.content.get(lock, b"") for lock in LOCKS)

    def _is_workspace(self, manager: Manager) -> bool:
        return (
            manager is Manager.UV
            and bool(self.files.table("pyproject.toml", "tool", "uv", "workspace"))
            and any(each and about.tests for each, about in self.known.items())
        )

    def _linters(self) -> dict[str, str]:
        """Return the distributions of the linters that the project configures, and why each one runs."""
        wanted = tools.config_files()
        folders = [""] if not self.folder else ["", *_up(self.folder)]
        configs = {
            path: data
            for path, data in self.facts.content.items()
            if path.rpartition("/")[0] in folders and path.rpartition("/")[2] in wanted
        }
        start = f"{self.folder}/" if self.folder else ""
        project = detection.Project(
            prefix=self.folder, files=tuple(start + each for each in self.own), configs=configs
        )
        found: dict[str, str] = {}
        configured = bool(self.files.table("pyproject.toml", "tool", "ci-actions", "quality").get("tools"))
        for name in TOOLS:
            tool = tools.load(name)
            detected = tool.detect(project)
            configured = configured or detected is not None
            if detected and not detected.only_hook and name != "hooks":
                found.setdefault(detection.normalised(tool.package), detected.reason)
        if not configured and any(each.endswith((".py", ".pyi")) for each in self.own):
            self.notes.append(
                "no linter is configured, which quality takes for an error: configure one, like [tool.ruff] in "
                "pyproject.toml, or give quality: 'false'"
            )
        return found

    def _tests(self, known: Sequence[groups.Group]) -> tuple[str, ...]:
        sources = [self._text(each) for each in self.own if each.endswith(".py") and _is_of_tests(each)]
        pyproject = self.files.table("pyproject.toml", "tool", "pytest")
        settings = [
            _flat(pyproject),
            *(self._text(name) for name in ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")),
        ]
        return needs.of_tests(sources, settings, known, self._modules(), measured=bool(self.signs.coverage))

    def _modules(self) -> Iterator[str]:
        """Yield the names by which the project's own code is imported."""
        for path in self.own:
            if path.endswith(".py"):
                first, _, rest = path.removeprefix("src/").partition("/")
                yield first if rest else first.removesuffix(".py")

    def _services(self, installed: Sequence[groups.Group]) -> None:
        if not self.signs.tests:
            return
        brings = frozenset().union(*(each.brings for each in installed)) if installed else frozenset()
        found = services.find(self.facts, self.folder, brings)
        night = services.integration(self.facts, self.folder, self.own)
        self.given += found.given
        self.nightly += night.given
        self.notes += (*found.notes, *night.notes)
        if locust := next((each for each in self.own if each.rpartition("/")[2] == "locustfile.py"), ""):
            self.notes.append(
                f"{locust} is there: give nightly.yml locust-file, load-host and load-start-command for a load test"
            )

    def _before_install(self, installed: Sequence[groups.Group]) -> None:
        brings = frozenset().union(*(each.brings for each in installed)) if installed else frozenset()
        wanted = {each: _BUILT_WITH[each] for each in sorted(brings & _BUILT_WITH.keys())}
        if wanted:
            packages = sorted({package for listed in wanted.values() for package in listed.split()})
            command = f"sudo apt-get update && sudo apt-get install --yes {' '.join(packages)}"
            self._give("before-install", command, f"{', '.join(wanted)} cannot be built or used without")

    # --- what there is --------------------------------------------------------------------------

    def _parts(self) -> None:
        parts = (
            ("tests", self.signs.tests, "none were found, so none run; once there is a test_*.py they do"),
            ("coverage", self.signs.coverage, "nothing says that coverage is measured, so it is not judged"),
            ("build", self.signs.package, "no [build-system], so no package is built"),
            ("documents", self.signs.documents, "none"),
        )
        for name, found, otherwise in parts:
            self.seen.append((name, found or otherwise))

    def _commands(self) -> None:
        """Say that another way of starting the tests is left aside."""
        for name, pattern in (
            ("tox.ini", r"^\[tox\]|^\[testenv"),
            ("tox.toml", r""),
            ("noxfile.py", r"@(?:nox\.)?session"),
            ("Makefile", r"^tests?\s*:"),
            ("justfile", r"^tests?\b.*:"),
        ):
            if (text := self._text(name)) and re.search(pattern, text, re.MULTILINE):
                self.notes.append(
                    f"{name} starts the tests too, perhaps with settings of its own; ci.yml runs pytest itself: "
                    "test-args and test-env take what it needs, test-command another command"
                )
        if hosts := _hosts(self.files):
            self.notes.append(
                f"packages come from {', '.join(hosts)}, too: where a password is asked for, give the secret netrc"
            )
        if ".gitmodules" in self.facts.content:
            self.notes.append("there are git submodules, and ci.yml does not check them out")
        if "filter=lfs" in self.facts.text(".gitattributes"):
            self.notes.append("there are files in Git LFS, and ci.yml checks their pointers out only")


def _minors(text: str) -> Iterator[str]:
    """Yield the minor versions in a part of a list of tox: `11`, `39,310` or `3.12,py313`."""
    for part in text.split(","):
        found = re.fullmatch(r"(?:py)?(?:3\.?)?(\d{1,2})", part.strip())
        if found and 6 <= int(found[1]) <= 30:
            yield found[1]


def _hosts(files: ProjectFiles) -> list[str]:
    """Return the hosts of package indexes that are not everybody's."""
    found = (_HOST.match(each) for each in _indexes(files))
    hosts = {each[1].lower() for each in found if each}
    return sorted(each for each in hosts if not _PUBLIC.search(each))


def _indexes(files: ProjectFiles) -> Iterator[str]:
    """Yield the addresses of indexes, in the words of uv, Poetry, PDM, Pipenv and pip."""
    tables = [
        *(files.table("pyproject.toml", "tool", name) for name in ("uv", "poetry", "pdm")),
        files.toml("uv.toml"),
        files.toml("Pipfile"),
    ]
    for table in tables:
        yield from map(str, (table.get("index-url", ""), table.get("extra-index-url", "")))
        for name in ("index", "source"):
            listed = table.get(name)
            for each in listed if isinstance(listed, list) else ():
                if isinstance(each, dict):
                    yield str(each.get("url", ""))
    for name in files.requirement_files():
        for line in requirements.lines(files.content[name].decode("utf-8-sig", "replace")):
            if line.kind is requirements.Kind.OPTION:
                yield from line.text.split()[1:]


def _declare(manager: Manager) -> str:
    """Return what to do so that a tool gets installed."""
    words = {
        Manager.UV: "uv add --dev NAME",
        Manager.POETRY: "poetry add --group dev NAME",
        Manager.PDM: "pdm add --dev NAME",
        Manager.PIPENV: "pipenv install --dev NAME, and give groups: dev",
        Manager.PIP_TOOLS: "add it to a requirements file, compile that, and give groups the file's name",
        Manager.HATCH: "add it to the environment default",
    }
    return words.get(
        manager, "add it to a group `dev` of [dependency-groups] in pyproject.toml, and give groups: dev"
    )


def _up(folder: str) -> Iterator[str]:
    parts = folder.split("/")
    yield from ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def _is_of_tests(path: str) -> bool:
    return is_test(path) or "/tests/" in f"/{path}" or path.endswith("conftest.py")


def _flat(table: object) -> str:
    """Return the words of a table, with its keys: where pytest's settings are looked for, how they nest is no matter."""
    if isinstance(table, dict):
        return "\n".join(f"{key} = {_flat(value)}" for key, value in table.items())
    return " ".join(map(str, table)) if isinstance(table, list) else str(table)
