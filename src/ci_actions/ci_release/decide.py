"""Pure: facts -> whether the tag may be released, and what is said of the release."""

from __future__ import annotations

from collections.abc import Iterator

from ci_actions.ci_release import changelog, tags
from ci_actions.ci_release.config import Config
from ci_actions.ci_release.model import Cause, Facts, Outcome
from ci_actions.kit.errors import Exit

#: Characters of what changed: a release takes 125 000 (https://docs.github.com/rest/releases/releases#create-a-release), and
#: whoever makes it has a word to add.
LONGEST = 120_000


def decide(_: Config, facts: Facts) -> Outcome:
    """Return the verdict; every reason against it is named at once."""
    found = _section(facts)
    causes = (*_place(facts), *_version(facts), *_changes(facts, found))
    return Outcome(
        facts=facts, causes=causes, warnings=tuple(_warnings(facts, found)), notes=_cut(found or "")
    )


def _place(facts: Facts) -> Iterator[Cause]:
    tag = facts.tag.text
    if not facts.tagged:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"There is no tag {tag} here, and none on the remote.",
            advice=f"Push it: git tag {tag} && git push origin {tag}",
        )
    elif facts.tagged != facts.commit:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"The tag {tag} is on {facts.tagged[:12]}, and {facts.commit[:12]} is checked out.",
            advice=f"Check {tag} out. If it was moved while this ran: a tag of a release never moves, take the next version.",
        )
    if not facts.on_branch:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"{facts.commit[:12]}, the commit of {tag}, is not on '{facts.branch}'.",
            advice=f"Merge it into {facts.branch} first and tag what came of that, with the next version.",
        )


def _version(facts: Facts) -> Iterator[Cause]:
    tag, declared = facts.tag, facts.declared
    if declared and declared.version and not tags.same(declared.version, tag.version):
        yield Cause(
            code=Exit.NOT_MET,
            text=f"{declared.where} says version {declared.version}, and the tag is {tag.text}.",
            advice=f"Set the version to {tag.version} and tag that commit, or tag v{tags.normal(declared.version)}.",
            file="pyproject.toml",
        )
    elif facts.built_version and not tags.same(facts.built_version, tag.version):
        yield Cause(
            code=Exit.NOT_MET,
            text=f"What was built names version {facts.built_version}, and the tag is {tag.text}.",
            advice="A version from git needs the tag and the history in the checkout, and a tree without changes.",
        )


def _section(facts: Facts) -> str | None:
    """Return the section of the version, "" for one that says nothing, None without one."""
    if facts.changelog is None:
        return None
    rst = changelog.is_rst(facts.changelog.path, facts.changelog.text)
    return changelog.section(facts.changelog.text, facts.tag.version, rst=rst)


def _changes(facts: Facts, found: str | None) -> Iterator[Cause]:
    version = facts.tag.version
    if facts.changelog is None:
        yield Cause(
            code=Exit.NOT_MET,
            text="There is no changelog.",
            advice=f"Add CHANGELOG.md with a section ## [{version}] that says what changed, or name yours with changelog.",
        )
    elif found is None:
        rst = changelog.is_rst(facts.changelog.path, facts.changelog.text)
        known = changelog.versions(facts.changelog.text, rst=rst)
        shown = (
            f"it has {', '.join(known[:5])}{' …' if len(known) > 5 else ''}"
            if known
            else "it has none of any version"
        )
        yield Cause(
            code=Exit.NOT_MET,
            text=f"{facts.changelog.path} has no section for {version}: {shown}.",
            advice=f"Add one: ## [{version}] - YYYY-MM-DD, with what changed below it.",
            file=facts.changelog.path,
        )
    elif not found:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"The section for {version} in {facts.changelog.path} says nothing.",
            advice="Write what changed, for those who use it.",
            file=facts.changelog.path,
        )


def _warnings(facts: Facts, found: str | None) -> Iterator[str]:
    nobody = not (facts.declared and facts.declared.version) and not facts.built_version
    if nobody and (facts.dist is not None or facts.declared is None):
        yield f"Nothing here says which version the project has: nobody has compared it with {facts.tag.text}."
    if found and len(found) > LONGEST:
        yield f"What changed is longer than {LONGEST:,} characters, which is all that a release takes, and was cut."


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 10].rpartition("\n")[0] + "\n\n…\n"
