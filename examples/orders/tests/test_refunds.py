from datetime import date, timedelta

import pytest

from orders import refunds
from orders.model import Line, Order
from orders.money import Money

PLACED = date(2026, 5, 1)


def order(refunded: int = 0) -> Order:
    lines = (Line("tea", 2, Money.parse("4.50 EUR")), Line("pot", 1, Money.parse("31.00 EUR")))
    return Order(7, PLACED, lines, Money(refunded, "EUR"))


@pytest.mark.parametrize("days", [0, 30])
def test_the_whole_order_is_refunded(days: int) -> None:
    assert refunds.whole(order(), PLACED + timedelta(days)) == Money.parse("40.00 EUR")


def test_after_the_period_nothing_is_refunded() -> None:
    with pytest.raises(refunds.Refused, match="order 7 is older than 30 days"):
        refunds.whole(order(), PLACED + timedelta(days=31))


def test_nothing_is_refunded_twice() -> None:
    with pytest.raises(refunds.Refused, match=r"9.00 EUR of order 7 were refunded already"):
        refunds.whole(order(refunded=900), PLACED)
