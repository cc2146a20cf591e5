"""Pure: what a change itself makes milder: our settings, and those of the tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ci_actions.quality.config import Config
from ci_actions.quality.detection import HOOK_FILES, read_hooks, read_tables

_MILDER: Mapping[str, Sequence[str | bool]] = {
    "scope": ("all", "new"),
    "on_missing": ("fail", "warn"),
    "version_drift": ("fail", "warn", "ignore"),
    "new_suppressions": ("fail", "warn", "report", "ignore"),
    "pre_commit": ("true", "auto", "false"),
    "severity": ("low", "tool", "medium", "high"),
    "config_from": ("base", "head"),
    "dry_run": (False, True),
}
#: Keys whose lists leave something out: more of it is milder. `tool.ruff` and others are where they stand in TOML.
_LONGER = frozenset(
    """
    ignore extend-ignore exclude extend-exclude force-exclude per-file-ignores extend-per-file-ignores allowed-confusables
    disable disable_error_code ignore-paths ignore-patterns ignored-modules ignored-classes extend_exclude skip skip_glob
    extend_skip extend_skip_glob per_file_ignores extend_ignore ignore_paths ignore_patterns extend-skip extend-skip-glob
    skip-glob ignored_modules ignored_classes external builtins unfixable
    """.split()
)
#: Keys whose lists ask for something: less of it is milder.
_SHORTER = frozenset(
    "select extend-select enable enable_error_code include files packages modules src strict load-plugins plugins fail-on".split()
)
#: Switches that are milder when they are on, and when they are off.
_ON = frozenset(
    """
    ignore_missing_imports ignore_errors skip_string_normalization allow_untyped_defs allow_redefinition allow_untyped_globals
    allow_untyped_calls implicit_optional exit-zero exit_zero suggestion-mode skip-magic-trailing-comma force_exclude
    """.split()
)
_OFF = frozenset(
    """
    strict check_untyped_defs disallow_untyped_defs disallow_incomplete_defs disallow_untyped_calls disallow_any_generics
    disallow_any_explicit disallow_any_expr disallow_any_unimported disallow_any_decorated disallow_subclassing_any
    disallow_untyped_decorators no_implicit_optional no_implicit_reexport strict_equality strict_optional
    warn_return_any warn_unused_ignores warn_redundant_casts warn_unreachable warn_unused_configs warn_no_return
    extra_checks preview recursive
    """.split()
)
#: Numbers that are milder when they are larger, and when they are smaller.
_LARGER = frozenset(
    "line-length line_length max-line-length max_line_length max-complexity max_complexity".split()
)
_SMALLER = frozenset({"fail-under", "fail_under"})
#: Words in the order of their mildness, strict first.
_WORDS = {"typeCheckingMode": ("strict", "standard", "basic", "off")}
_DIAGNOSTICS = ("error", "true", "warning", "information", "false", "none")
#: Tables of pyproject.toml that belong to tools of ours.
_TABLES = ("ruff", "black", "isort", "mypy", "pylint", "pyright", "djlint")


def settings(before: Config, after: Config) -> Iterator[str]:
    """Yield, in the user's words, every setting of ours that asks for less than before."""
    for name, order in _MILDER.items():
        old, new = getattr(before, name), getattr(after, name)
        if order.index(new) > order.index(old):
            yield f"{name.replace('_', '-')} goes from {str(old).lower()} to {str(new).lower()}"
    if gone := [name for name in before.wanted() if name not in after.wanted()]:
        yield f"tools loses {_quoted(gone)}"
    if gone := [name for name in before.require if name not in after.require]:
        yield f"require loses {_quoted(gone)}"
    if more := [glob for glob in after.exclude if glob not in before.exclude]:
        yield f"exclude gains {_quoted(more)}"
    if before.paths != after.paths:
        yield f"paths goes from {', '.join(before.paths) or 'everything'} to {', '.join(after.paths) or 'everything'}"


def tool_settings(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """Yield what the settings of tools in one file ask for less than before.

    Of a file that was not there (`before` is None) nothing is milder; an empty one stands for what it now replaces.
    """
    if before == after:
        return
    if path.rpartition("/")[2] in HOOK_FILES:
        gone = {hook.id for hook in read_hooks(path, before or b"")} - {
            hook.id for hook in read_hooks(path, after or b"")
        }
        if gone:
            yield f"{path} loses {'hook' if len(gone) == 1 else 'hooks'} {_quoted(sorted(gone))}"
        return
    old, new = _sections(path, before), _sections(path, after)
    for name, keys in old.items():
        if name not in new and ".overrides " not in name:
            yield f"{path} loses [{name}]"
        else:
            yield from _milder(f"{path} [{name}]", keys, new.get(name, {}))
    for name, keys in new.items():
        if name not in old and (old or before is not None):
            # A new section can hold nothing but what makes milder, such as an override of mypy for one module.
            yield from _milder(f"{path} [{name}]", {}, keys)


def _sections(path: str, content: bytes | None) -> dict[str, dict[str, Any]]:
    """Return the tables of our tools in a file, flat: `tool.ruff.lint` is one of its own."""
    tables = read_tables(path, content) if content is not None else None
    if not isinstance(tables, dict):
        return {}
    name = path.rpartition("/")[2]
    if name == "pyproject.toml":
        tool = tables.get("tool", {})
        tables = {f"tool.{each}": tool[each] for each in _TABLES if isinstance(tool, dict) and each in tool}
    elif name.endswith(".toml"):
        tables = {name: tables}
    found: dict[str, dict[str, Any]] = {}
    for section, table in tables.items():
        if isinstance(table, dict) and not section.startswith(
            ("coverage", "tool:pytest", "metadata", "options")
        ):
            _flatten(section, table, found)
    return found


def _flatten(name: str, table: Mapping[str, Any], found: dict[str, dict[str, Any]]) -> None:
    flat = found.setdefault(name, {})
    for key, value in table.items():
        if key == "overrides" and isinstance(value, list):
            for row in value:
                if isinstance(row, dict):
                    modules = row.get("module", "?")
                    label = ", ".join(modules) if isinstance(modules, list) else str(modules)
                    _flatten(
                        f"{name}.overrides {label}", {k: v for k, v in row.items() if k != "module"}, found
                    )
        elif isinstance(value, dict) and key not in _LONGER:
            _flatten(f"{name}.{key}", value, found)
        else:
            flat[key] = value


def _milder(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in (*old, *(key for key in new if key not in old)):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if key in _LONGER:
            if more := [each for each in _items(after) if each not in _items(before)]:
                yield f"{where}: {key} gains {_quoted(more)}"
        elif key in _SHORTER and (isinstance(before, list) or (isinstance(before, str) and key not in _OFF)):
            if gone := [each for each in _items(before) if each not in _items(after)]:
                yield f"{where}: {key} loses {_quoted(gone)}"
        elif _is_milder(key, before, after):
            yield f"{where}: {key} goes from {_word(before)} to {_word(after)}"


def _is_milder(key: str, before: object, after: object) -> bool:
    if key in _ON:
        return _true(after) and not _true(before)
    if key in _OFF:
        return (_true(before) and not _true(after)) or (
            before is None and after is not None and not _true(after)
        )
    if key in _LARGER or key in _SMALLER:
        old, new = _number(before), _number(after)
        if old is None or new is None:
            return key in _SMALLER and old is not None
        return new > old if key in _LARGER else new < old
    order = _WORDS.get(key) or (_DIAGNOSTICS if key.startswith("report") else ())
    if order:
        words = [_word(value) for value in (before, after)]
        if words[1] in order:
            return words[0] not in order or order.index(words[1]) > order.index(words[0])
    return False


def _true(value: object) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1", "yes", "on")


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _word(value: object) -> str:
    return "unset" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _items(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{glob}: {rule}" for glob, rules in value.items() for rule in _items(rules)]
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    if value is None:
        return []
    return [part.strip() for part in str(value).replace("\n", ",").split(",") if part.strip()]


def _quoted(words: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(f"'{word}'" for word in words[:limit])
    return shown + (f" and {len(words) - limit} more" if len(words) > limit else "")
