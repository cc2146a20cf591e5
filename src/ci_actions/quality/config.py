"""The inputs of quality, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, TEXT, ChangeInputs, declare, one_of, suggestion, whole

#: The tools there are, in the order in which reports name them. One module of `tools/` each.
TOOLS = (
    "ruff-check",
    "ruff-format",
    "black",
    "isort",
    "flake8",
    "pylint",
    "mypy",
    "pyright",
    "djlint",
    "hooks",
)
#: Words that stand for several tools.
FAMILIES = {"ruff": ("ruff-check", "ruff-format"), "pre-commit": ("hooks",), "prek": ("hooks",)}

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "findings-new": "How many findings the change brought, or `n/a` where everything counts.",
    "findings-all": "How many findings there are.",
    "files-checked": "How many files of git at least one tool read.",
    "tools-json": "What became of each tool: a JSON array with name, state, version, findings, files.",
    "plan-hash": "Digest of tools, versions, configuration and files: where it is equal, so is the verdict.",
    "sarif-file": "Path of the SARIF file, one run a tool that came to an end; empty if none did.",
    "patch-file": "Path of the patch that formatters and fixers propose; empty if they propose none.",
    "html": "Path of the page, if it was asked for.",
    "comment-payload": "Path of the JSON file from which a trusted workflow writes a comment.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(ChangeInputs):
    """Which tools run, on what, and what counts against a change."""

    tools: tuple[str, ...] = declare(
        LIST,
        default=("auto",),
        help="Which tools run: `auto` (all that the project configures), names, `-name` for all but that one: "
        f"{', '.join(TOOLS)}.",
    )
    require: tuple[str, ...] = declare(
        LIST, default=(), help="Tools that must be configured; one that is not is no verdict."
    )
    paths: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Folders or files for tools whose own configuration names none; everything that git knows without it.",
    )
    exclude: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of files that need not be valid Python, like broken test data; the tools have settings of their own.",
    )
    scope: str = declare(
        one_of("all", "new"),
        default="all",
        help="What counts: every finding, or those that the change brought, told by running the same tools on the base.",
    )
    severity: str = declare(
        one_of("tool", "low", "medium", "high"),
        default="tool",
        help="What counts as a finding: what makes the tool itself fail, or everything from this severity on.",
    )
    on_missing: str = declare(
        one_of("fail", "warn"),
        default="fail",
        help="What it means that a configured tool is not in the project's environment: no verdict, or a warning.",
    )
    version_drift: str = declare(
        one_of("fail", "warn", "ignore"),
        default="warn",
        help="What it means that a hook pins another version of a tool than the environment has.",
    )
    new_suppressions: str = declare(
        one_of("fail", "warn", "report", "ignore"),
        default="report",
        help="What it means that the change adds comments like `# noqa` or `# type: ignore`.",
    )
    pre_commit: str = declare(
        one_of("auto", "true", "false"),
        default="auto",
        help="Whether the hooks of .pre-commit-config.yaml run: if pre-commit or prek is in the environment, always, never.",
    )
    python: str = declare(
        TEXT,
        default="",
        help="Interpreter of the environment that has the tools; without it VIRTUAL_ENV, .venv, the manager's own, or "
        "the job's decides.",
    )
    jobs: int = declare(
        whole(0, 512), default=0, help="How many tools run at a time; 0 is one per processor."
    )
    timeout: int = declare(whole(1, 86_400), default=600, help="Seconds that one tool may take.")
    cache: bool = declare(
        BOOLEAN,
        default=True,
        help="Whether results of an unchanged tree, configuration, tool and environment are used again.",
    )
    fix: bool = declare(
        BOOLEAN,
        default=False,
        in_settings=False,
        help="Run fixers and formatters on the files first, one after the other; refused where edits are not staged.",
    )
    sarif: str = declare(PATH, default="", help="Path of the SARIF file; beside the report without it.")
    comment_id: str = declare(
        TEXT, default="default", help="Tells the comments of several runs on one pull request apart."
    )
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    html: bool = declare(BOOLEAN, default=False, help="Whether the page is written.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        words = [*TOOLS, *FAMILIES, "auto"]
        for word in self.tools:
            if word.removeprefix("-") not in words or word == "-auto":
                yield (
                    f"input 'tools' names '{word}', which is no tool{suggestion(word.removeprefix('-'), words)}; "
                    f"there are: {', '.join(TOOLS)}"
                )
        for word in self.require:
            if word not in words or word == "auto":
                yield f"input 'require' names '{word}', which is no tool{suggestion(word, words)}"
        if self.deepen not in ("auto", "never") and not (self.deepen.isascii() and self.deepen.isdigit()):
            yield f"input 'deepen' is '{self.deepen}' but must be auto, never or a number of commits, like '500'"
        if self.base.startswith("file:") and self.scope == "new":
            yield "scope: new compares with a commit: base must name one, not a patch"
        if not self.wanted():
            yield "input 'tools' leaves no tool: this action would be green whatever the code is like"
        for word in sorted(set(named(self.require)) - set(self.wanted())):
            yield f"input 'require' names {word}, which input 'tools' leaves out"

    def wanted(self) -> tuple[str, ...]:
        """Return the tools that may run, in the order of `TOOLS`."""
        without = named(word[1:] for word in self.tools if word.startswith("-"))
        chosen = [word for word in self.tools if not word.startswith("-")]
        among = set(TOOLS) if not chosen or "auto" in chosen else set(named(chosen))
        return tuple(name for name in TOOLS if name in among and name not in without)

    def asked_for(self) -> tuple[str, ...]:
        """Return the tools that are named one by one, and so run also where nothing configures them."""
        return named(word for word in self.tools if not word.startswith("-") and word != "auto")


def named(words: Iterable[str]) -> tuple[str, ...]:
    """Return the tools that words stand for, each once, in the order of `TOOLS`."""
    found = {name for word in words for name in FAMILIES.get(word, (word,))}
    return tuple(name for name in TOOLS if name in found)
