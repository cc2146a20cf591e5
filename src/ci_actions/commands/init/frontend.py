"""Pure: which folder holds a frontend that is built with npm, and what its build leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ci_actions.commands.init import places
from ci_actions.commands.init.model import Facts, Given

#: What builds, and where it leaves what it built.
_LEAVES = (
    ("next", ".next/**"), ("nuxt", ".output/**"), ("react-scripts", "build/**"), ("gatsby", "public/**"),
    ("@sveltejs/kit", "build/**"), ("@angular/cli", "dist/**"), ("astro", "dist/**"), ("@vue/cli-service", "dist/**"),
    ("vite", "dist/**"), ("parcel", "dist/**"), ("webpack", "dist/**"), ("rollup", "dist/**"),
)  # fmt: skip
_OUT = re.compile(r"outDir\s*:\s*['\"]([^'\"]+)['\"]")
_NODE = "24"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a frontend means for a project; `folder_is_below` is whether it lies in the project's folder."""

    given: tuple[Given, ...] = ()
    seen: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    folder_is_below: bool = False


def find(facts: Facts, directory: str) -> Found:
    """Return the inputs for the frontend of the project in a folder; nothing where there is none to build."""
    built = [folder for folder in _folders(facts) if "build" in _scripts(_package(facts, folder))]
    near = [each for each in built if places.below(directory, f"{each}/x" if each else "x")]
    candidates = near or built
    if not candidates:
        return Found()
    folder = min(candidates, key=lambda each: (each.count("/"), each))
    shown = f"{folder}/package.json" if folder else "package.json"
    if not any(
        f"{folder}/{name}".lstrip("/") in facts.files for name in ("package-lock.json", "npm-shrinkwrap.json")
    ):
        text = f"{shown} has a build, but no package-lock.json beside it: ci.yml builds frontends with npm ci alone"
        return Found(notes=(text,), folder_is_below=folder in near)
    given = [
        Given(
            name="frontend-directory",
            value=places.relative(folder, directory),
            why=f"{shown} has a script `build`",
        ),
        _outputs(facts, folder),
    ]
    package = _package(facts, folder)
    test = _scripts(package).get("test", "")
    if test and "no test specified" not in test:
        given.append(Given(name="frontend-test", value="npm test", why=f"{shown} has a script `test`"))
    if node := _node(facts, folder, package):
        given.append(node)
    more = tuple(
        f"{each}/package.json is built by nobody: ci.yml takes one frontend"
        for each in candidates
        if each != folder
    )
    return Found(given=tuple(given), notes=more, folder_is_below=folder in near)


def _folders(facts: Facts) -> list[str]:
    return [
        path.rpartition("/")[0]
        for path in facts.files
        if path.rpartition("/")[2] == "package.json" and not places.is_beside(path.rpartition("/")[0])
    ]


def _outputs(facts: Facts, folder: str) -> Given:
    for path in facts.files:
        if not path.startswith(f"{folder}/vite.config." if folder else "vite.config."):
            continue
        found = _OUT.search(facts.text(path))
        if found and not found[1].startswith((".", "/")):
            return Given(name="frontend-outputs", value=f"{found[1].strip('/')}/**", why=f"outDir in {path}")
    package = _package(facts, folder)
    named = {**_table(package, "dependencies"), **_table(package, "devDependencies")}
    for tool, leaves in _LEAVES:
        if tool in named:
            return Given(name="frontend-outputs", value=leaves, why=f"where {tool} puts what it built")
    return Given(
        name="frontend-outputs",
        value="dist/**",
        why="the usual place",
        check="nothing says what the build leaves; without a file there the job is red",
    )


def _node(facts: Facts, folder: str, package: Mapping[str, object]) -> Given | None:
    """Return the version of Node.js where the project names another one than the workflow's own."""
    for place in dict.fromkeys((folder, "")):
        for name in (".nvmrc", ".node-version"):
            path = f"{place}/{name}".lstrip("/")
            found = re.fullmatch(r"v?(\d+(?:\.\d+)*)", facts.text(path).strip())
            if found and found[1].split(".")[0] != _NODE:
                return Given(name="node-version", value=found[1], why=path)
    engine = _table(package, "engines").get("node")
    if (
        isinstance(engine, str)
        and re.fullmatch(r"\^?\d+(?:\.[\dx]+)*", engine)
        and not engine.lstrip("^").startswith(_NODE)
    ):
        return Given(
            name="node-version", value=engine.lstrip("^").split(".")[0], why="engines in package.json"
        )
    return None


def _package(facts: Facts, folder: str) -> Mapping[str, object]:
    try:
        found = json.loads(facts.text(f"{folder}/package.json".lstrip("/")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _scripts(package: Mapping[str, object]) -> Mapping[str, str]:
    return {name: text for name, text in _table(package, "scripts").items() if isinstance(text, str)}


def _table(package: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}
