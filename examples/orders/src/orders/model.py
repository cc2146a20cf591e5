"""What an order is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from orders.money import Money


@dataclass(frozen=True)
class Line:
    """So many pieces of one article."""

    article: str
    pieces: int
    price: Money

    @property
    def total(self) -> Money:
        return self.price * self.pieces


@dataclass(frozen=True)
class Order:
    """What a customer bought, and when; `refunded` is what went back."""

    number: int
    placed: date
    lines: tuple[Line, ...]
    refunded: Money

    @property
    def total(self) -> Money:
        return sum((line.total for line in self.lines), Money(0, self.refunded.currency))
