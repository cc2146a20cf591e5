from datetime import date
from typing import Any

import pytest

from orders.model import Line
from orders.money import Money
from orders.store import Store

TEA = {"article": "tea", "pieces": 2, "price": "4.50 EUR"}


def test_it_is_healthy(call: Any) -> None:
    assert call("GET", "/health") == (200, {"status": "ok"})


def test_an_order_is_kept(call: Any) -> None:
    status, order = call("POST", "/orders", {"lines": [TEA]})
    assert (status, order["total"], order["refunded"]) == (201, "9.00 EUR", "0.00 EUR")
    assert call("GET", f"/orders/{order['number']}") == (200, order)


def test_an_order_is_refunded_once(call: Any) -> None:
    _, order = call("POST", "/orders", {"lines": [TEA]})
    refunds = f"/orders/{order['number']}/refunds"
    assert call("POST", refunds) == (201, {"number": order["number"], "refunded": "9.00 EUR"})
    assert call("POST", refunds)[0] == 409


def test_an_old_order_is_not_refunded(call: Any, store: Store) -> None:
    order = store.add(date(2026, 1, 1), [Line("tea", 1, Money.parse("4.50 EUR"))])
    status, answer = call("POST", f"/orders/{order.number}/refunds")
    assert (status, answer["error"]) == (409, f"order {order.number} is older than 30 days")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b" " * 70_000,
        {},
        {"lines": []},
        {"lines": [{"article": "tea"}]},
        {"lines": [TEA | {"pieces": 0}]},
        {"lines": [TEA | {"article": ""}]},
        {"lines": [TEA, TEA]},
        {"lines": [TEA, {"article": "pot", "pieces": 1, "price": "1.00 CHF"}]},
    ],
)
def test_nonsense_is_refused(call: Any, body: Any) -> None:
    status, answer = call("POST", "/orders", body)
    assert status == 400
    assert answer["error"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/orders/99"), ("GET", "/"), ("DELETE", "/orders/1")])
def test_what_is_not_there_is_not_found(call: Any, method: str, path: str) -> None:
    assert call(method, path)[0] == 404
