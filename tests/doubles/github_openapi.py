"""GitHub's own OpenAPI description, and a judge of requests and answers that is made of it.

The description is npm's `@octokit/openapi`, pinned with its hash in `tools/github-openapi/`. It is fetched once
into the cache outside the checkout; of 500 MB only the 13 of github.com are kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft7Validator

PIN = Path(__file__).resolve().parents[2] / "tools" / "github-openapi"
WHOLE = "node_modules/@octokit/openapi/generated/api.github.com.json"


def description_or_skip() -> Path:
    """Return the description, fetched now if need be; a missing npm skips, under CI=true it fails."""
    lock = (PIN / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions" / "npm"
    kept = cache / f"github-openapi-{hashlib.sha256(lock).hexdigest()[:16]}.json"
    if kept.is_file():
        return kept
    why = _fetch(kept)
    if why:
        reason = (
            f"no description of GitHub's API: {why}\nInstall Node.js with npm, and let it reach its registry."
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return kept


def _fetch(kept: Path) -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".github-openapi-", dir=kept.parent) as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PIN / name, scratch)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", f"{scratch}/.npm"],
            cwd=scratch, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        if done.returncode != 0:
            return f"npm ci failed: {done.stderr[-600:]}"
        Path(scratch, WHOLE).replace(kept)
    return ""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    path: str
    method: str
    about: Mapping[str, Any]
    values: Mapping[str, str]

    @property
    def id(self) -> str:
        """What GitHub calls it, like `repos/create-release`."""
        return str(self.about["operationId"])


class Description:
    """Judges requests and answers; methods return complaints, nothing when all is well."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole

    @classmethod
    def load(cls, path: Path) -> Description:
        """Read a description."""
        return cls(json.loads(path.read_bytes()))

    @cached_property
    def _patterns(self) -> Sequence[tuple[re.Pattern[str], str]]:
        found = []
        for path in self._whole["paths"]:
            if path != "/repos/{owner}/{repo}" and not path.startswith("/repos/{owner}/{repo}/"):
                continue
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
            # Only the names of git refs hold slashes.
            pattern = pattern.replace("/git/ref/(?P<ref>[^/]+)", "/git/ref/(?P<ref>.+)")
            found.append((re.compile(pattern), path))
        # What is written out comes before what is a parameter: /releases/latest before /releases/{release_id}.
        return sorted(found, key=lambda each: each[1].count("{"))

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the operation that a request calls."""
        for pattern, template in self._patterns:
            found = pattern.fullmatch(path)
            about = self._whole["paths"][template].get(method.lower()) if found else None
            if found and about:
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return Operation(template, method, about, values)
        return None

    def request(
        self,
        operation: Operation,
        query: Mapping[str, Sequence[str]],
        kind: str,
        body: bytes,
        *,
        uploads: bool,
    ) -> Iterator[str]:
        """Yield what GitHub would not understand in a request."""
        known = [self._resolved(each) for each in operation.about.get("parameters", ())]
        if uploads != ("servers" in operation.about):
            yield f"{operation.id} goes to the other host"
        for each in known:
            given = [operation.values[each["name"]]] if each["in"] == "path" else query.get(each["name"], [])
            if each.get("required") and not given:
                yield f"{each['name']} is missing"
            for text in given:
                yield from self._complaints(each["schema"], _typed(text, each["schema"]), each["name"])
        names = {each["name"] for each in known if each["in"] == "query"}
        yield from (f"there is no parameter '{name}'" for name in query if name not in names)
        yield from self._body(operation, kind, body)

    def _body(self, operation: Operation, kind: str, body: bytes) -> Iterator[str]:
        about = operation.about.get("requestBody")
        if about is None:
            if body:
                yield "there is a body, and none is described"
            return
        if operation.id == "repos/upload-release-asset":
            return  # any media type: the description names one as an example
        content = about["content"].get(kind)
        if content is None:
            yield f"the body is {kind or 'nothing'}, not {' or '.join(about['content'])}"
            return
        value = json.loads(body)
        yield from self._complaints(content["schema"], value, "body")
        # GitHub ignores names that it does not know: a typing error would be silent.
        schema = self._resolved(content["schema"])
        properties = {
            name
            for each in (schema, *schema.get("oneOf", ()))
            for name in self._resolved(each).get("properties", ())
        }
        yield from (f"the body has no property '{name}'" for name in value if name not in properties)

    def answer(self, operation: Operation, status: int, body: bytes) -> Iterator[str]:
        """Yield where an answer of the double is none of GitHub's."""
        responses = operation.about["responses"]
        if str(status) not in responses:
            if status < 400:
                yield f"{operation.id} never answers {status}"
            return
        content = self._resolved(responses[str(status)]).get("content", {})
        if "application/json" in content:
            if not body:
                yield f"{operation.id} answers {status} with a body"
                return
            yield from self._complaints(content["application/json"]["schema"], json.loads(body), "answer")
        elif body and status < 400:  # of errors it does not always say what they hold
            yield f"{operation.id} answers {status} without a body"

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return a schema by its name."""
        return self._resolved({"$ref": f"#/components/schemas/{name}"})

    def minimal(self, name: str) -> Any:
        """Return a value that fits a schema, with what is required and nothing else; nobody reads it."""
        return self._filled(self.schema(name))

    def _filled(self, schema: Mapping[str, Any]) -> Any:
        schema = self._resolved(schema)
        if schema.get("nullable") is True:
            return None
        for several in ("allOf", "anyOf", "oneOf"):
            if several in schema:
                return self._filled(schema[several][0])
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object" or "properties" in schema:
            return {name: self._filled(schema["properties"][name]) for name in schema.get("required", ())}
        texts = {"uri": "https://github.com", "date-time": "2026-11-21T12:00:00Z"}
        plain = {"integer": 1, "number": 1, "boolean": False, "array": []}
        return plain.get(schema["type"], texts.get(schema.get("format", ""), ""))

    def _complaints(self, schema: Mapping[str, Any], value: object, where: str) -> Iterator[str]:
        needed: dict[str, Any] = {}
        made = self._translated(schema, needed)
        judge = Draft7Validator({"allOf": [made], "definitions": needed})
        for error in judge.iter_errors(value):
            yield f"{where}{''.join(f'[{part!r}]' for part in error.absolute_path)}: {error.message}"[:400]

    def _translated(self, schema: Any, needed: dict[str, Any]) -> Any:
        """Return a schema of OpenAPI 3.0 as JSON Schema: `nullable` is the difference that matters."""
        if isinstance(schema, list):
            return [self._translated(each, needed) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in needed:
                needed[name] = True
                needed[name] = self._translated(self._resolved(schema), needed)
            return {"$ref": f"#/definitions/{name}"}
        made = {
            key: self._translated(value, needed)
            for key, value in schema.items()
            if key
            not in ("example", "examples", "nullable", "discriminator", "xml", "externalDocs", "x-github")
        }
        return {"anyOf": [{"type": "null"}, made]} if schema.get("nullable") is True else made

    def _resolved(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in value:
            found: Any = self._whole
            for part in value["$ref"].split("/")[1:]:
                found = found[part]
            value = found
        return value


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    if schema.get("type") == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
