"""Pure: facts -> outcome. Whether Codecov took the reports, and whose fault it is if it did not."""

from __future__ import annotations

import re

from ci_actions.ci_codecov.config import Config
from ci_actions.ci_codecov.model import Facts, Outcome
from ci_actions.kit.errors import Exit

_ADDRESS = re.compile(r"results will be available at: (\S+)")
_AWAY = re.compile(
    r"too many retries|Request failed\. Retrying|ConnectionError|Max retries exceeded|timed out",
    re.IGNORECASE,
)
_ERROR = re.compile(r"^(?:error|Error|warning)\b[^-:]*(?: - [\d-]+ [\d:,]+ --|:)\s*(?P<text>.+)")
_REFUSED = re.compile(
    r"token|unauthori[sz]ed|forbidden|not found|permission|unknown repository", re.IGNORECASE
)


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the verdict on an upload."""
    address = next((found[1] for line in facts.lines if (found := _ADDRESS.search(line))), "")
    if facts.code == 0:
        return Outcome(facts=facts, code=Exit.PASSED, address=address)
    if facts.code is None:
        text = f"The upload did not end within {config.timeout} minutes and was stopped."
        return Outcome(
            facts=facts, code=Exit.UNAVAILABLE, text=text, advice="Is Codecov reachable from this runner?"
        )
    why = reason(facts.lines)
    if any(_AWAY.search(line) for line in facts.lines):
        text = f"Codecov did not answer: {why}"
        return Outcome(
            facts=facts, code=Exit.UNAVAILABLE, text=text, advice="https://status.codecov.com says how it is."
        )
    if _REFUSED.search(why):
        advice = (
            "Is it the upload token of this repository?"
            if facts.token
            else "A fork has no token: Codecov takes its reports for public repositories only."
            if facts.fork
            else "Give it the secret that holds the upload token."
        )
        return Outcome(
            facts=facts, code=Exit.BAD_INPUT, text=f"Codecov refused the reports: {why}", advice=advice
        )
    return Outcome(
        facts=facts, code=Exit.CANNOT_JUDGE, text=f"The upload ended with exit code {facts.code}: {why}"
    )


def reason(lines: tuple[str, ...]) -> str:
    """Return the line that says most about why an upload failed."""
    errors = [
        found["text"] for line in lines if line.lower().startswith("error") and (found := _ERROR.match(line))
    ]
    others = [line.strip() for line in lines if line.strip()]
    return (errors or others or ["it said nothing."])[-1][:300]
