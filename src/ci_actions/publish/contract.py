"""What consumers rely on, read from a tree, and what a change of it means for the version. Pure.

The rules are those of platform §8.4 step 7: a removed, renamed or retyped input or output, a changed default, a
raised permission, a changed job or check name, a raised Python or runner floor and a changed meaning of an
exit code are major, whatever the commit messages say. Nothing of the tree is run: `action.yml` and the
workflows are read as YAML, the declarations of inputs (`declare(KIND, default=…)`) as syntax.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ci_actions.kit.errors import CannotJudge
from ci_actions.publish import tree
from ci_actions.publish.commits import Level
from ci_actions.publish.tree import Files

_WORKFLOWS = ".github/workflows/"
_RANK = {"none": 0, "read": 1, "write": 2}
#: The runner that first knows `$/`: https://github.com/actions/runner/releases/tag/v2.336.0
_SELF_REFERENCE_RUNNER = (2, 336)
_CODE = re.compile(r"(?m)^(\d+)[ ]{2,}(\S.*)$")
T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """One difference between two contracts: what it raises, and a sentence that says why."""

    level: Level
    text: str


@dataclass(frozen=True)
class Input:
    """An input of an action, a workflow, or a settings file. `kind` is the name of its type."""

    required: bool = False
    default: str = ""
    kind: str = ""
    choices: tuple[str, ...] = ()
    bounds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Action:
    """A public action."""

    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Workflow:
    """A public reusable workflow. `permissions` is the most that any of its jobs asks for."""

    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()
    secrets: Mapping[str, bool] = field(default_factory=dict)
    permissions: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, str] = field(default_factory=dict)
    runners: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contract:
    """All that consumers rely on."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    exit_codes: Mapping[int, str] = field(default_factory=dict)
    python: tuple[int, ...] = ()
    runner: tuple[int, ...] = ()


# --- comparing ---------------------------------------------------------------------------------


def compare(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Return every difference, the gravest first."""
    found = [
        *_members("action", old.actions, new.actions, _actions),
        *_members("workflow", old.workflows, new.workflows, _workflows),
        *_exit_codes(old.exit_codes, new.exit_codes),
        *_floor("Python", old.python, new.python),
        *_floor("runner", old.runner, new.runner),
    ]
    return tuple(sorted(found, key=lambda change: (-change.level, change.text)))


def _members(kind: str, old: Mapping[str, T], new: Mapping[str, T], inner: Any) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Change(Level.MAJOR, f"{kind} {name} is gone")
        elif name not in old:
            yield Change(Level.MINOR, f"{kind} {name} is new")
        else:
            yield from inner(name, old[name], new[name])


def _actions(name: str, old: Action, new: Action) -> Iterator[Change]:
    yield from _inputs(name, old.inputs, new.inputs)
    yield from _names(f"{name}: output", old.outputs, new.outputs)


def _workflows(name: str, old: Workflow, new: Workflow) -> Iterator[Change]:
    yield from _inputs(name, old.inputs, new.inputs)
    yield from _names(f"{name}: output", old.outputs, new.outputs)
    yield from _secrets(name, old.secrets, new.secrets)
    yield from _permissions(name, old.permissions, new.permissions)
    yield from _names(f"{name}: job", frozenset(old.jobs), frozenset(new.jobs))
    for job in sorted(old.jobs.keys() & new.jobs.keys()):
        if old.jobs[job] != new.jobs[job]:
            text = f"{name}: the check of job '{job}' was named '{old.jobs[job]}', is '{new.jobs[job]}'"
            yield Change(Level.MAJOR, text)
        if old.runners.get(job) != new.runners.get(job):
            text = f"{name}: job '{job}' ran on {old.runners.get(job)}, runs on {new.runners.get(job)}"
            yield Change(Level.MAJOR, text)


def _inputs(where: str, old: Mapping[str, Input], new: Mapping[str, Input]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        label = f"{where}: input '{name}'"
        if name not in new:
            yield Change(Level.MAJOR, f"{label} is gone")
        elif name not in old:
            required = new[name].required
            yield Change(*((Level.MAJOR, f"{label} is new and required") if required else
                           (Level.MINOR, f"{label} is new")))  # fmt: skip
        else:
            yield from _input(label, old[name], new[name])


def _input(label: str, old: Input, new: Input) -> Iterator[Change]:
    if old.required != new.required:
        level, text = (
            (Level.MAJOR, "must be given now") if new.required else (Level.MINOR, "may be left out now")
        )
        yield Change(level, f"{label} {text}")
    elif old.default != new.default:
        yield Change(Level.MAJOR, f"{label} had the default {_shown(old.default)}, has {_shown(new.default)}")
    # An older tree may not say its types; then there is nothing to compare.
    if old.kind and new.kind and old.kind != new.kind:
        yield Change(Level.MAJOR, f"{label} was {old.kind}, is {new.kind}")
        return
    yield from _choices(label, old.choices, new.choices)
    yield from _bounds(label, old.bounds, new.bounds)


def _choices(label: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    for choice in sorted({*old} - {*new}) if new else ():
        yield Change(Level.MAJOR, f"{label} no longer takes '{choice}'")
    for choice in sorted({*new} - {*old}) if old else ():
        yield Change(Level.MINOR, f"{label} takes '{choice}' too")
    if new and not old:
        yield Change(Level.MAJOR, f"{label} took anything, takes {', '.join(new)} only")
    if old and not new:
        yield Change(Level.MINOR, f"{label} takes anything now")


def _bounds(label: str, old: tuple[int, ...], new: tuple[int, ...]) -> Iterator[Change]:
    """Compare the arguments of `whole(minimum, maximum)`; a missing maximum is the largest."""
    if old == new or not old or not new:
        return
    low, high = new[0] - old[0], (new[1:] or (10**9,))[0] - (old[1:] or (10**9,))[0]
    if low > 0 or high < 0:
        yield Change(Level.MAJOR, f"{label} takes fewer numbers than before")
    else:
        yield Change(Level.MINOR, f"{label} takes more numbers than before")


def _names(what: str, old: frozenset[str], new: frozenset[str]) -> Iterator[Change]:
    for name in sorted(old - new):
        yield Change(Level.MAJOR, f"{what} '{name}' is gone")
    for name in sorted(new - old):
        yield Change(Level.MINOR, f"{what} '{name}' is new")


def _secrets(where: str, old: Mapping[str, bool], new: Mapping[str, bool]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        label = f"{where}: secret '{name}'"
        if name not in new:
            yield Change(Level.MAJOR, f"{label} is gone: a call that hands it on is invalid")
        elif new[name] and not old.get(name, False):
            yield Change(Level.MAJOR, f"{label} is required")
        elif name not in old:
            yield Change(Level.MINOR, f"{label} is new")
        elif old[name] and not new[name]:
            yield Change(Level.MINOR, f"{label} may be left out now")


def _permissions(where: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for scope in sorted(old.keys() | new.keys()):
        before, after = old.get(scope, "none"), new.get(scope, "none")
        if _RANK[after] > _RANK[before]:
            text = f"{where}: asks for '{scope}: {after}', had '{before}': callers that do not grant it fail to start"
            yield Change(Level.MAJOR, text)
        elif before != after:
            yield Change(Level.PATCH, f"{where}: asks for '{scope}: {after}' instead of '{before}'")


def _exit_codes(old: Mapping[int, str], new: Mapping[int, str]) -> Iterator[Change]:
    for code in sorted(old.keys() | new.keys()):
        if code not in new:
            yield Change(Level.MAJOR, f"exit code {code} ({old[code]}) is gone")
        elif code not in old:
            yield Change(Level.MINOR, f"exit code {code} ({new[code]}) is new")
        elif old[code] != new[code]:
            yield Change(Level.MAJOR, f"exit code {code} meant '{old[code]}', means '{new[code]}'")


def _floor(what: str, old: tuple[int, ...], new: tuple[int, ...]) -> Iterator[Change]:
    if new > old:
        yield Change(Level.MAJOR, f"the oldest {what} was {_dotted(old) or 'any'}, is {_dotted(new)}")
    elif new < old:
        yield Change(Level.MINOR, f"the oldest {what} was {_dotted(old)}, is {_dotted(new) or 'any'}")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _shown(default: str) -> str:
    return f"'{default}'" if default else "nothing"


# --- reading -----------------------------------------------------------------------------------


def read(files: Files) -> Contract:
    """Return the contract of a tree. Raises CannotJudge, with the file, for one that cannot be read."""
    declarations = _Declarations(files)
    actions = {name: _action(files, name, declarations) for name in tree.public_actions(files)}
    workflows = {path.removeprefix(_WORKFLOWS): _workflow(path, files) for path in public_workflows(files)}
    uses_self = any(b"uses: $/" in files[path].data for path in public_workflows(files))
    return Contract(
        actions=actions,
        workflows=workflows,
        exit_codes=_codes(files),
        python=_python_floor(files),
        runner=_SELF_REFERENCE_RUNNER if uses_self else (),
    )


def public_workflows(files: Files) -> tuple[str, ...]:
    """Return the paths of the workflows that consumers may call: those without an underscore, and callable."""
    return tuple(
        path
        for path in sorted(files)
        if path.startswith(_WORKFLOWS)
        and path.endswith((".yml", ".yaml"))
        and not path.removeprefix(_WORKFLOWS).startswith(("_", "."))
        and "workflow_call" in _triggers(_yaml(path, files))
    )


def _yaml(path: str, files: Files) -> Mapping[Any, Any]:
    import yaml

    try:
        made = yaml.safe_load(files[path].data)
    except yaml.YAMLError as why:
        raise CannotJudge(f"{path} is no YAML: {why}", file=path) from why
    if not isinstance(made, dict):
        raise CannotJudge(f"{path} is empty, or no mapping", file=path)
    return made


def _triggers(document: Mapping[Any, Any]) -> Mapping[str, Any]:
    # YAML 1.1 takes the key `on` for a boolean.
    found = document.get("on", document.get(True)) or {}
    if isinstance(found, str):
        return {found: {}}
    return {key: {} for key in found} if isinstance(found, list) else found


def _action(files: Files, name: str, declarations: _Declarations) -> Action:
    path = next(path for end in ("yml", "yaml") if (path := f"{tree.ACTIONS}/{name}/action.{end}") in files)
    document = _yaml(path, files)
    declared = declarations.inputs(f"src/ci_actions/{name.replace('-', '_')}/config.py")
    inputs = {
        key: _given_by_action(about or {}, declared.get(key))
        for key, about in (document.get("inputs") or {}).items()
    }
    # What only a settings file holds is relied on as well.
    return Action({**declared, **inputs}, frozenset(document.get("outputs") or {}))


def _given_by_action(about: Mapping[str, Any], declared: Input | None) -> Input:
    default = _text(about.get("default"))
    required = bool(about.get("required")) and not default
    if declared is None:
        return Input(required=required, default=default)
    return Input(
        required=required or (declared.required and not default),
        default=default or declared.default,
        kind=declared.kind,
        choices=declared.choices,
        bounds=declared.bounds,
    )


def _workflow(path: str, files: Files) -> Workflow:
    document = _yaml(path, files)
    call = _triggers(document)["workflow_call"] or {}
    jobs: Mapping[str, Any] = document.get("jobs") or {}
    inputs = {
        name: Input(
            required=bool((about or {}).get("required")),
            default=_text((about or {}).get("default")),
            kind=str((about or {}).get("type", "string")),
            choices=tuple(map(str, (about or {}).get("options") or ())),
        )
        for name, about in (call.get("inputs") or {}).items()
    }
    secrets = {
        name: bool((about or {}).get("required")) for name, about in (call.get("secrets") or {}).items()
    }
    return Workflow(
        inputs=inputs,
        outputs=frozenset(call.get("outputs") or {}),
        secrets=secrets,
        permissions=_asked(document, jobs),
        jobs={name: str(about.get("name", name)) for name, about in jobs.items()},
        runners={name: str(about.get("runs-on", about.get("uses", ""))) for name, about in jobs.items()},
    )


def _asked(document: Mapping[Any, Any], jobs: Mapping[str, Any]) -> dict[str, str]:
    """Return the most that any job asks for; a job without permissions has those of the workflow."""
    above = document.get("permissions", {})
    most: dict[str, str] = {}
    for job in jobs.values():
        for scope, level in _grants(job.get("permissions", above)).items():
            if _RANK.get(level, 0) > _RANK.get(most.get(scope, "none"), 0):
                most[scope] = level
    return most


def _grants(permissions: Any) -> Mapping[str, str]:
    if isinstance(permissions, str):  # read-all, write-all
        return {"all": permissions.removesuffix("-all")}
    return {str(scope): str(level) for scope, level in (permissions or {}).items()}


def _codes(files: Files) -> dict[int, str]:
    """Return the exit codes and what they mean: the table in the docstring of `kit/errors.py`."""
    module = _parsed("src/ci_actions/kit/errors.py", files)
    text = (ast.get_docstring(module) or "") if module else ""
    return {int(code): meaning.strip() for code, meaning in _CODE.findall(text)}


def _python_floor(files: Files) -> tuple[int, ...]:
    if "pyproject.toml" not in files:
        return ()
    found = re.search(rb'(?m)^requires-python\s*=\s*"[^"\d]*(\d+)\.(\d+)', files["pyproject.toml"].data)
    return (int(found[1]), int(found[2])) if found else ()


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(path: str, files: Files) -> ast.Module | None:
    if path not in files:
        return None
    try:
        return ast.parse(files[path].data)
    except SyntaxError as why:
        raise CannotJudge(f"{path} cannot be parsed: {why}", file=path) from why


class _Declarations:
    """The dataclasses that declare inputs, read as syntax; names are followed into the modules they come from."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._modules: dict[str, dict[str, ast.stmt]] = {}

    def inputs(self, path: str) -> dict[str, Input]:
        """Return the inputs of the class `Config` of a module, aliases and inherited ones included."""
        return self._of("Config", path)

    def _find(self, name: str, path: str) -> tuple[ast.stmt | None, str]:
        """Return the statement that defines a name, and the module it stands in."""
        found = self._module(path).get(name)
        if isinstance(found, ast.ImportFrom) and found.module and not found.level:
            original = next(each.name for each in found.names if (each.asname or each.name) == name)
            return self._find(original, f"src/{found.module.replace('.', '/')}.py")
        return found, path

    def _module(self, path: str) -> dict[str, ast.stmt]:
        if path not in self._modules:
            module = _parsed(path, self._files)
            self._modules[path] = dict(_definitions(module.body if module else []))
        return self._modules[path]

    def _of(self, name: str, path: str) -> dict[str, Input]:
        node, where = self._find(name, path)
        if not isinstance(node, ast.ClassDef):
            return {}
        found: dict[str, Input] = {}
        for base in node.bases:
            if isinstance(base, ast.Name):
                found |= self._of(base.id, where)
        for field_ in node.body:
            if isinstance(field_, ast.AnnAssign) and isinstance(field_.target, ast.Name):
                found |= self._field(field_.target.id.replace("_", "-"), field_.value, where)
        return found

    def _field(self, name: str, value: ast.expr | None, path: str) -> dict[str, Input]:
        if not isinstance(value, ast.Call) or ast.unparse(value.func) != "declare" or not value.args:
            return {}
        keywords = {each.arg: each.value for each in value.keywords}
        kind, default = value.args[0], keywords.get("default")
        made = self._declared(kind, default, path)
        aliases = self._value(keywords["aliases"], path) if "aliases" in keywords else ()
        found = {str(each): made for each in (name, *aliases)}
        if made.kind == "tables" and isinstance(kind, ast.Call) and kind.args:
            inner = self._of(ast.unparse(kind.args[0]), path)
            found |= {f"{name}.{key}": each for key, each in inner.items()}
        return found

    def _declared(self, kind: ast.expr, default: ast.expr | None, path: str) -> Input:
        arguments = kind.args if isinstance(kind, ast.Call) else []
        name = ast.unparse(kind.func if isinstance(kind, ast.Call) else kind)
        values: list[Any] = []
        for each in arguments:
            if isinstance(each, ast.Starred):
                values += self._value(each.value, path)
            else:
                values.append(self._value(each, path))
        return Input(
            required=default is None,
            default="" if default is None else self._default(default, path),
            kind=name,
            choices=tuple(map(str, values)) if name == "one_of" else (),
            bounds=tuple(value for value in values if isinstance(value, int)) if name == "whole" else (),
        )

    def _default(self, node: ast.expr, path: str) -> str:
        # `Decimal(80)` and `Decimal("80")` are one default.
        if isinstance(node, ast.Call) and len(node.args) == 1:
            node = node.args[0]
        value = self._value(node, path)
        return _text("" if value in ("", (), None) else value)

    def _value(self, node: ast.expr, path: str) -> Any:
        """Return what an expression stands for: a literal, or the literal of a constant; else its text."""
        if isinstance(node, ast.Name):
            found, where = self._find(node.id, path)
            if isinstance(found, (ast.Assign, ast.AnnAssign)) and found.value is not None:
                return self._value(found.value, where)
        try:
            return ast.literal_eval(node)
        except ValueError:
            return ast.unparse(node)


def _definitions(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name, node
        elif isinstance(node, ast.ImportFrom):
            yield from ((each.asname or each.name, node) for each in node.names)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node
        elif isinstance(node, ast.Assign):
            yield from ((each.id, node) for each in node.targets if isinstance(each, ast.Name))
