import pytest

from orders.money import CurrencyMismatch, Money


def euros(text: str) -> Money:
    return Money.parse(f"{text} EUR")


@pytest.mark.parametrize("text", ["0.00 EUR", "19.90 EUR", "1234.05 CHF"])
def test_an_amount_reads_as_it_is_written(text: str) -> None:
    assert str(Money.parse(text)) == text


def test_cents_may_be_left_out() -> None:
    assert Money.parse("7 EUR") == euros("7.00")


@pytest.mark.parametrize("text", ["", "19,90 EUR", "19.9 EUR", "-1.00 EUR", "19.90", "19.90 eur"])
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        Money.parse(text)


def test_amounts_add_up() -> None:
    assert euros("1.10") + euros("2.20") == euros("3.30")
    assert euros("1.25") * 3 == euros("3.75")
    assert str(euros("1.00") - euros("2.05")) == "-1.05 EUR"


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        euros("1.00") + Money.parse("1.00 CHF")
