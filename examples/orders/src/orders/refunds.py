"""How much money goes back to the customer, and when none does."""

from __future__ import annotations

from datetime import date, timedelta

from orders.model import Order
from orders.money import Money

#: So long after the purchase an order can be given back.
PERIOD = timedelta(days=30)


class Refused(Exception):
    """A refund that the customer cannot have, with the reason."""


def whole(order: Order, today: date) -> Money:
    """Return what the customer gets for giving the whole order back."""
    _check(order, today)
    return order.total


def _check(order: Order, today: date) -> None:
    if today > order.placed + PERIOD:
        raise Refused(f"order {order.number} is older than {PERIOD.days} days")
    if order.refunded.cents:
        raise Refused(f"{order.refunded} of order {order.number} were refunded already")
