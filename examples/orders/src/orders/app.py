"""The HTTP API, as a WSGI application.

GET /health · POST /orders · GET /orders/<number> · POST /orders/<number>/refunds
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from orders import refunds
from orders.model import Line, Order
from orders.money import Money
from orders.store import NotFound, Store

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_MAX_BODY = 64 * 1024
_ORDER = re.compile(r"/orders/(?P<number>\d{1,18})(?P<refunds>/refunds)?")

Answer = tuple[HTTPStatus, Mapping[str, Any]]


class BadRequest(Exception):
    """The client sent something that means nothing here."""


class App:
    """Answers requests; `today` can be set by tests."""

    def __init__(self, store: Store, today: Callable[[], date] = date.today) -> None:
        self._store = store
        self._today = today

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, body = self._answer(environ)
        except BadRequest as wrong:
            status, body = HTTPStatus.BAD_REQUEST, {"error": str(wrong)}
        except NotFound as missing:
            status, body = HTTPStatus.NOT_FOUND, {"error": str(missing)}
        except refunds.Refused as refused:
            status, body = HTTPStatus.CONFLICT, {"error": str(refused)}
        content = json.dumps(body).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [content]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        if (method, path) == ("GET", "/health"):
            return HTTPStatus.OK, {"status": "ok"}
        if (method, path) == ("POST", "/orders"):
            order = self._store.add(self._today(), _lines(_body(environ)))
            return HTTPStatus.CREATED, _as_json(order)
        if found := _ORDER.fullmatch(path):
            order = self._store.get(int(found["number"]))
            if method == "GET" and not found["refunds"]:
                return HTTPStatus.OK, _as_json(order)
            if method == "POST" and found["refunds"]:
                return self._refund(order)
        raise NotFound(f"{method} {path} leads nowhere")

    def _refund(self, order: Order) -> Answer:
        amount = refunds.whole(order, self._today())
        self._store.refund(order, amount)
        return HTTPStatus.CREATED, {"number": order.number, "refunded": str(amount)}


def _body(environ: WSGIEnvironment) -> Any:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > _MAX_BODY:
            raise BadRequest(f"the body is longer than {_MAX_BODY} bytes")
        return json.loads(environ["wsgi.input"].read(length) or b"{}")
    except ValueError as wrong:
        raise BadRequest(f"the body is no JSON ({wrong})") from wrong


def _lines(body: Any) -> tuple[Line, ...]:
    """Return the lines of a new order: `{"lines": [{"article": "tea", "pieces": 2, "price": "4.50 EUR"}]}`."""
    try:
        lines = tuple(map(_line, body["lines"]))
    except (KeyError, TypeError, ValueError) as wrong:
        raise BadRequest(f"each of the lines needs article, pieces and price ({wrong})") from wrong
    if len({line.price.currency for line in lines}) != 1:
        raise BadRequest("an order needs at least one line, and all of them in one currency")
    if len({line.article for line in lines}) != len(lines):
        raise BadRequest("each article is named once")
    return lines


def _line(found: Any) -> Line:
    return Line(_text(found["article"]), _positive(found["pieces"]), Money.parse(_text(found["price"])))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value


def _positive(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is no positive number")
    return value


def _as_json(order: Order) -> Mapping[str, Any]:
    return {
        "number": order.number,
        "placed": order.placed.isoformat(),
        "lines": [
            {"article": line.article, "pieces": line.pieces, "price": str(line.price)} for line in order.lines
        ],
        "total": str(order.total),
        "refunded": str(order.refunded),
    }
