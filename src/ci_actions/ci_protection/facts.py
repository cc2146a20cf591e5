"""The edge that reads: the file that declares, and what GitHub tells of each branch in it -> Facts."""

from __future__ import annotations

from urllib.parse import quote

from ci_actions.ci_protection import reading
from ci_actions.ci_protection.config import FILE, Config
from ci_actions.ci_protection.model import OPEN, Actual, Facts, Layer
from ci_actions.github import answers
from ci_actions.kit.errors import BadInput, CiActionsError
from ci_actions.kit.http import Answer, Http
from ci_actions.kit.run import Edges

_COULD_NOT = (answers.DeniedError, CiActionsError)


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what is declared and what is so. Raises BadInput for a file that cannot be meant, or that is named and not there."""
    try:
        data = (edges.root / config.file).read_bytes()
    except FileNotFoundError:
        if config.file == FILE:
            return Facts(actual={})
        raise BadInput(f"input 'file' is '{config.file}', which does not exist", file=config.file) from None
    except OSError as wrong:
        raise BadInput(f"{config.file} cannot be read: {wrong.strerror}", file=config.file) from None
    declared = reading.declared(data, config.file)
    repository = edges.context.repository
    if not repository:
        raise BadInput("GITHUB_REPOSITORY says which repository is asked, and is not set: owner/name")
    trusted = (
        Http(edges.context.api_url, config.protection_token, edges.clock) if config.protection_token else None
    )
    asked = _Asked(edges.http, trusted, f"/repos/{repository}")
    return Facts(
        file=config.file,
        declared=declared,
        actual={each.branch: asked.branch(each.branch) for each in declared},
        idle=asked.idle_rulesets(),
    )


class _Asked:
    """Asks about branches; what may not be read becomes a layer that says why."""

    def __init__(self, http: Http, trusted: Http | None, path: str) -> None:
        self._http = http
        self._trusted = trusted
        self._path = path

    def branch(self, name: str) -> Actual:
        """Return a branch as it is protected."""
        quoted = quote(name, safe="")
        try:
            answer = self._http.ask("GET", f"{self._path}/branches/{quoted}")
            if answer.status == 404:
                return Actual(exists=False)
            about = answers.as_object(_granted(answer))
        except _COULD_NOT as why:
            return Actual(layers=(Layer(values={}, why=_why(why)),))
        classic = reading.of_branch(about)
        if classic.why and self._trusted:
            classic = self._protection(self._trusted, quoted, classic)
        return Actual(layers=(self._rules(quoted), classic))

    def _rules(self, quoted: str) -> Layer:
        try:
            pages = self._http.pages(f"{self._path}/rules/branches/{quoted}")
            return reading.of_rules([rule for page in pages for rule in answers.as_list(_granted(page))])
        except _COULD_NOT as why:
            return Layer(values={}, why=f"the rules of the branch: {_why(why)}")

    def _protection(self, trusted: Http, quoted: str, told: Layer) -> Layer:
        """Return classic protection as the other token may read it, else what everybody is told."""
        try:
            answer = trusted.ask("GET", f"{self._path}/branches/{quoted}/protection")
            if answer.status == 404 and answers.words_of(answer).startswith("Branch not protected"):
                # Only a token that may read it is told so.
                return Layer(values=OPEN)
            return reading.of_protection(answers.as_object(_granted(answer, "administration: read")))
        except _COULD_NOT as why:
            return Layer(values=told.values, why=f"the secret protection-token: {_why(why)}")

    def idle_rulesets(self) -> tuple[str, ...]:
        """Return the names of rulesets that are not enforced; none where they may not be read: they protect nothing."""
        try:
            pages = self._http.pages(f"{self._path}/rulesets", {"includes_parents": "true"})
            found = [each for page in pages for each in answers.as_list(_granted(page))]
        except _COULD_NOT:
            return ()
        return tuple(
            f"{each.get('name')} ({each.get('enforcement')})"
            for each in found
            if each.get("enforcement") != "active" and each.get("target", "branch") == "branch"
        )


def _granted(answer: Answer, needs: str = "contents: read") -> Answer:
    return answers.granted(answer, needs, "maintenance.yml")


def _why(error: Exception) -> str:
    text = " ".join(error.problems) if isinstance(error, CiActionsError) else str(error)
    return text.rstrip(".")
