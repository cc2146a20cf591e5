"""Keeps what is written about inputs and outputs equal to their declarations.

`python -m ci_actions.commands.docs` rewrites every `action.yml` and the tables in every README between their
markers; `--check` only says which files differ. `action.yml` is made whole from the capability: it is names,
descriptions and one line per input, and holds no code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ci_actions.capabilities import CAPABILITIES, INTERNAL, load
from ci_actions.commands.doctor.rules import RULES
from ci_actions.commands.help import describe
from ci_actions.kit import markdown
from ci_actions.kit.action import Another, Call, Uses
from ci_actions.kit.earlier import variable
from ci_actions.kit.inputs import Declared, declared, environment_name
from ci_actions.kit.run import COMMON_OUTPUTS, Capability

#: The one default that stands in action.yml: GitHub fills it in.
GITHUB_TOKEN = "github-token"  # noqa: S105 - the name of an input
TOKEN_DEFAULT = "${{ github.token }}"  # noqa: S105 - an expression
_ICONS = {
    "coverage-gate": ("check-circle", "green"),
    "quality": ("check-square", "blue"),
    "python-setup-with-cache": ("package", "yellow"),
    "security-scan": ("shield", "red"),
}


def outputs(capability: Capability[Any]) -> Mapping[str, str]:
    """Return every output of an action with what it holds."""
    return {**COMMON_OUTPUTS, **capability.outputs}


def action_inputs(capability: Capability[Any]) -> Iterator[tuple[str, str, Declared]]:
    """Yield name, description and declaration of every input of an action, aliases included."""
    for each in declared(capability.config):
        if not each.settings_only:
            yield each.name, describe(each), each
            for alias in each.aliases:
                yield alias, f"Another name of `{each.name}`.", each


def action_steps(capability: Capability[Any]) -> Sequence[Call | Another | Uses]:
    """Return the steps of an action: those in its `action.py`, else one call."""
    package = f"ci_actions.{capability.name.replace('-', '_')}"
    if find_spec(f"{package}.action") is None:
        return (Call(phase=""),)
    steps: Sequence[Call | Another | Uses] = import_module(f"{package}.action").STEPS
    return steps


def action_yml(capability: Capability[Any], present: str) -> str:
    """Return the whole `action.yml` of a capability; pins of others' actions stay as they are at `present`."""
    icon, colour = _ICONS.get(capability.name, ("box", "blue"))
    steps = action_steps(capability)
    last = next(each.phase for each in reversed(steps) if isinstance(each, Call)) or capability.name
    internal = "Internal, for our own workflows: " if capability.name in INTERNAL else ""
    lines = [
        f"name: {_quoted(f'ci-actions: {capability.name}')}",
        f"description: {_quoted(internal + capability.question)}",
        "branding:",
        f"  icon: {icon}",
        f"  color: {colour}",
        "",
        "inputs:",
    ]
    names = []
    for name, text, _ in action_inputs(capability):
        names.append(name)
        lines += [f"  {name}:", f"    description: {_quoted(text)}", "    required: false"]
        if name == GITHUB_TOKEN:
            lines.append(f"    default: {TOKEN_DEFAULT}")
    lines += ["", "outputs:"]
    for name, text in outputs(capability).items():
        lines += [
            f"  {name}:",
            f"    description: {_quoted(text)}",
            f"    value: ${{{{ steps.{last}.outputs.{name} }}}}",
        ]
    lines += ["", "runs:", "  using: composite", "  steps:"]
    first = True
    for step in steps:
        if isinstance(step, Call):
            given = {environment_name(name): f"${{{{ inputs.{name} }}}}" for name in names} if first else {}
            lines += _call(capability, step, given)
            first = False
        elif isinstance(step, Another):
            lines += _another(step)
        else:
            lines += _uses(step, present)
    return "\n".join(lines) + "\n"


def _call(capability: Capability[Any], step: Call, given: Mapping[str, str]) -> Iterator[str]:
    after = next((each.after for each in capability.phases if each.name == step.phase), ())
    left = {variable(name): f"${{{{ steps.{name}.outputs.report }}}}" for name in after}
    yield f"    - id: {step.phase or capability.name}"
    if step.when:
        yield f"      if: {step.when}"
    yield "      shell: bash"
    yield "      env:"
    for name, value in {**given, **left, **step.env}.items():
        yield f"        {name}: {value}"
    yield f'      run: bash "$GITHUB_ACTION_PATH/start.sh" {capability.name} {step.phase}'.rstrip()


def _another(step: Another) -> Iterator[str]:
    yield f"    - id: {step.id}"
    yield f"      if: {step.when}"
    yield "      shell: bash"
    yield "      env:"
    for name, value in step.inputs.items():
        yield f"        {environment_name(name)}: {value}"
    yield f'      run: bash "$GITHUB_ACTION_PATH/start.sh" {step.capability}'


def _uses(step: Uses, present: str) -> Iterator[str]:
    pinned = re.search(rf"uses: {re.escape(step.action)}@(?P<commit>[0-9a-f]{{40}}) # (?P<tag>\S+)", present)
    commit, tag = (pinned["commit"], pinned["tag"]) if pinned else (step.commit, step.tag)
    yield f"    - id: {step.id}"
    yield f"      if: {step.when}"
    if step.may_fail:
        yield "      continue-on-error: true"
    yield f"      uses: {step.action}@{commit} # {tag}"
    for title, values in (("env", step.env), ("with", step.inputs)):
        if values:
            yield f"      {title}:"
            yield from (f"        {name}: {value}" for name, value in values.items())


def inputs_table(capability: Capability[Any]) -> str:
    """Return the table of inputs for a README."""
    rows = [[markdown.code(name), _cell(text)] for name, text, _ in action_inputs(capability)]
    settings = [each for each in declared(capability.config) if each.settings_only]
    made = markdown.table(("Input", "Meaning"), rows)
    for each in settings:
        inner = [
            [markdown.code(part.name), _cell(describe(part)), "yes" if part.required else ""]
            for part in declared(each.kind.table or object)
        ]
        header = f"[[tool.ci-actions.{capability.name}.{each.name}]]"
        made += f"\n\nOnly in a settings file, `{header}`: {each.help}\n\n"
        made += markdown.table(("Key", "Meaning", "Required"), inner)
    return made


def outputs_table(capability: Capability[Any]) -> str:
    """Return the table of outputs for a README."""
    rows = [[markdown.code(name), _cell(text)] for name, text in outputs(capability).items()]
    return markdown.table(("Output", "What it holds"), rows)


def workflow_tables(root: Path, text: str) -> str:
    """Return a document in which `<!-- inputs of X -->` is followed by the inputs of the workflow X, and so for secrets."""

    def table(found: re.Match[str]) -> str:
        import yaml

        path, kind = found["path"], found["kind"]
        document = yaml.safe_load((root / path).read_text(encoding="utf-8"))
        # YAML 1.1 reads the key `on` as true.
        declared = document[True]["workflow_call"].get(kind) or {}
        rows = [f"| {kind.capitalize()[:-1]} | What it is |", "|---|---|"]
        for name, about in declared.items():
            default = about.get("default", "")
            said = (
                f"{about['description']} Default: `{default}`."
                if default not in ("", None)
                else about["description"]
            )
            rows.append(f"| `{name}` | {_cell(said)} |")
        return f"<!-- {kind} of {path} -->\n" + "\n".join(rows) + f"\n<!-- end {kind} -->"

    pattern = r"<!-- (?P<kind>inputs|secrets) of (?P<path>\S+) -->\n.*?<!-- end (?P=kind) -->"
    return re.sub(pattern, table, text, flags=re.DOTALL)


def rules_table() -> str:
    """Return the table of what `ci-actions doctor` asks."""
    rows = [
        [markdown.code(each.id), each.level.value, f"{_cell(each.question)} {_cell(each.why)}"]
        for each in RULES
    ]
    return markdown.table(("Rule", "Counts as", "What it asks, and why"), rows)


def with_sections(text: str, sections: Mapping[str, str]) -> str:
    """Return a document with what stands between `<!-- name -->` and `<!-- end name -->` replaced."""
    for name, content in sections.items():
        pattern = rf"(?<=<!-- {name} -->\n).*?(?=\n<!-- end {name} -->)"
        text = re.sub(pattern, lambda _, content=content: content, text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def snippets(root: Path, text: str) -> str:
    """Return a document in which the block after `<!-- file: path -->` holds that file, byte for byte."""

    def block(found: re.Match[str]) -> str:
        path = found["path"]
        language = {"yml": "yaml", "toml": "toml", "py": "python", "sh": "sh"}.get(
            path.rpartition(".")[2], ""
        )
        content = (root / path).read_text(encoding="utf-8").rstrip("\n")
        return f"<!-- file: {path} -->\n```{language}\n{content}\n```"

    return re.sub(r"<!-- file: (?P<path>\S+) -->\n```\w*\n(?:.*?\n)??```", block, text, flags=re.DOTALL)


def internal_readme(capability: Capability[Any]) -> str:
    """Return the whole README of an internal action: what it is a part of, its inputs and its outputs."""
    return "\n".join(
        (
            f"# {capability.name}",
            "",
            "Internal: a part of [our own workflows](https://github.com/org/ci-actions/blob/main/docs/ci.md), whose inputs",
            f"may change in any release. {capability.question}",
            "",
            inputs_table(capability),
            "",
            outputs_table(capability),
            "",
        )
    )


def expected(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every generated or partly generated file with what it must hold."""
    for name in (*CAPABILITIES, *INTERNAL):
        written = root / "actions" / name / "action.yml"
        present = written.read_text(encoding="utf-8") if written.exists() else ""
        yield written, action_yml(load(name), present)
    for name in INTERNAL:
        yield root / "actions" / name / "README.md", internal_readme(load(name))
    for name in CAPABILITIES:
        capability = load(name)
        readme = root / "actions" / name / "README.md"
        sections = {"inputs": inputs_table(capability), "outputs": outputs_table(capability)}
        yield readme, snippets(root, with_sections(readme.read_text(encoding="utf-8"), sections))
    for page in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        text = workflow_tables(root, snippets(root, page.read_text(encoding="utf-8")))
        yield page, with_sections(text, {"rules of doctor": rules_table()})


def main(words: Sequence[str]) -> int:
    """Write or check; return 0 when nothing differed."""
    root = Path(__file__).resolve().parents[3]
    differing = [
        (path, text)
        for path, text in expected(root)
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in differing:
        print(f"{path.relative_to(root)} {'differs: run `make sync`' if '--check' in words else 'written'}")
        if "--check" not in words:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return int(bool(differing) and "--check" in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
