"""GitHub's expressions: what stands between `${{` and `}}`, and after `if:`, as a tree.

Grammar: https://docs.github.com/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 21_000
"""Of one expression; GitHub refuses a longer one."""
_MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*')
      | (?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?))
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
      | (?P<sign>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*])
    )""",
    re.VERBOSE,
)
#: An expression in a text; a `}}` inside of a text of its own does not end it.
_EXPRESSION = re.compile(r"\$\{\{(?P<inner>(?:'[^']*'|[^'}]|\}(?!\}))*)\}\}")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Literal:
    """A value that is written down."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Name:
    """A context: `github`, `inputs`."""

    name: str


@dataclass(frozen=True)
class Access:
    """`of.key` and `of['key']`; `key` is None for `of.*`."""

    of: Expression
    key: Expression | None


@dataclass(frozen=True)
class Call:
    """`name(arguments)`."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Not:
    """`!of`."""

    of: Expression


@dataclass(frozen=True)
class Compare:
    """`left sign right`."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class And:
    """`left && right`: the right one's value if the left one's is truthy."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Or:
    """`left || right`: the left one's value if it is truthy."""

    left: Expression
    right: Expression


Expression = Literal | Name | Access | Call | Not | Compare | And | Or


class NotAnExpression(ValueError):
    """GitHub would refuse this text; the message says why."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Return the tree of an expression without its `${{ }}`. Raises NotAnExpression.

    Trees are remembered: workflows say the same again and again.
    """
    if len(text) > MAX_LENGTH:
        raise NotAnExpression(f"is longer than {MAX_LENGTH} characters")
    parser = _Parser(tuple(_tokens(text)))
    found = parser.either(0)
    parser.end()
    return found


def condition(text: str) -> Expression:
    """Return the tree of an `if:`, which may be written with or without `${{ }}`. Raises NotAnExpression."""
    stripped = text.strip()
    whole = _EXPRESSION.fullmatch(stripped)
    return parse(whole["inner"] if whole else stripped)


def segments(text: str) -> Iterator[str | Expression]:
    """Yield the parts of a text: what stands there as it is, and its expressions. Raises NotAnExpression."""
    position = 0
    for found in _EXPRESSION.finditer(text):
        if found.start() > position:
            yield text[position : found.start()]
        yield parse(found["inner"])
        position = found.end()
    rest = text[position:]
    if "${{" in rest:
        raise NotAnExpression("has a `${{` that nothing closes")
    if rest:
        yield rest


def written(text: str) -> Iterator[tuple[str, Expression]]:
    """Yield the expressions of a text, each as it is written, `${{ }}` included. Raises NotAnExpression."""
    for found in _EXPRESSION.finditer(text):
        yield found[0], parse(found["inner"])


def dotted(expression: Expression) -> tuple[str, ...]:
    """Return `("inputs", "x")` for `inputs.x` and `inputs['x']`, nothing for what is no such path.

    The context is in lower case: GitHub ignores the case of names.
    """
    if isinstance(expression, Name):
        return (expression.name.lower(),)
    if isinstance(expression, Access) and isinstance(expression.key, Literal):
        before = dotted(expression.of)
        return (*before, str(expression.key.value)) if before else ()
    return ()


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions that one is made of."""
    if isinstance(expression, Access):
        return (expression.of, *([expression.key] if expression.key else []))
    if isinstance(expression, Call):
        return expression.arguments
    if isinstance(expression, Not):
        return (expression.of,)
    if isinstance(expression, Compare | And | Or):
        return (expression.left, expression.right)
    return ()


def parts(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all below it."""
    yield expression
    for each in children(expression):
        yield from parts(each)


def paths(expression: Expression) -> Iterator[tuple[str, ...]]:
    """Yield what is looked up in contexts, each path as long as it is written."""
    if found := dotted(expression):
        yield found
        return
    for each in children(expression):
        yield from paths(each)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise NotAnExpression(f"cannot be read from '{text[position:].strip()[:20]}' on")
        kind = found.lastgroup or ""
        yield kind, found[kind]
        position = found.end()


class _Parser:
    """Recursive descent, one method per level of precedence; `depth` bounds what brackets can ask of the stack."""

    def __init__(self, tokens: tuple[tuple[str, str], ...]) -> None:
        self._tokens = tokens
        self._at = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise NotAnExpression(f"has '{self._tokens[self._at][1]}' where it should end")

    def either(self, depth: int) -> Expression:
        if depth > _MAX_DEPTH:
            raise NotAnExpression(f"is nested deeper than {_MAX_DEPTH} levels")
        made = self._both(depth)
        while self._skip("||"):
            made = Or(made, self._both(depth))
        return made

    def _both(self, depth: int) -> Expression:
        made = self._compared(depth)
        while self._skip("&&"):
            made = And(made, self._compared(depth))
        return made

    def _compared(self, depth: int) -> Expression:
        made = self._negated(depth)
        while sign := self._skip(*_COMPARISONS):
            made = Compare(sign, made, self._negated(depth))
        return made

    def _negated(self, depth: int) -> Expression:
        signs = 0
        while self._skip("!"):
            signs += 1
        made = self._followed(depth)
        if signs > _MAX_DEPTH:
            raise NotAnExpression("has too many '!'")
        for _ in range(signs):
            made = Not(made)
        return made

    def _followed(self, depth: int) -> Expression:
        made = self._single(depth)
        while sign := self._skip(".", "["):
            if sign == "[":
                inner = None if self._skip("*") else self.either(depth + 1)
                self._expect("]")
                made = Access(made, inner)
            elif self._skip("*"):
                made = Access(made, None)
            else:
                made = Access(made, Literal(self._name()))
        return made

    def _single(self, depth: int) -> Expression:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if text == "(":
            self._at += 1
            made = self.either(depth + 1)
            self._expect(")")
            return made
        if kind in ("", "sign"):
            raise NotAnExpression(f"has '{text}' where a value should stand" if text else "ends too early")
        self._at += 1
        if kind == "text":
            return Literal(text[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(_number(text))
        if text in _CONSTANTS:
            return Literal(_CONSTANTS[text])
        return Call(text, self._arguments(depth)) if self._skip("(") else Name(text)

    def _arguments(self, depth: int) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while not self._skip(")"):
            if found:
                self._expect(",")
            found.append(self.either(depth + 1))
        return tuple(found)

    def _name(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind != "name":
            raise NotAnExpression("has a '.' without a name behind it")
        self._at += 1
        return text

    def _skip(self, *signs: str) -> str:
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind == "sign" and text in signs:
                self._at += 1
                return text
        return ""

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise NotAnExpression(f"lacks a '{sign}'")


def _number(text: str) -> float:
    unsigned = text.lstrip("+-")
    if unsigned[:2] in ("0x", "0o"):
        return float(int(text, 16 if unsigned[1] == "x" else 8))
    return float(text)
