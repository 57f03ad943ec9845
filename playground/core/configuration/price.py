"""A price in one setting: an amount and its currency."""

import re
from dataclasses import dataclass
from decimal import Decimal

_PRICE = re.compile(r"(?P<amount>[0-9]{1,9}(\.[0-9]{1,6})?) (?P<currency>[^\W\d_]{1,20}|\S)")


@dataclass(frozen=True, slots=True)
class Price:
    """So much of a currency.

    >>> Price(Decimal("1.90"), "EUR").words(0.5)
    'about 0.95 EUR'
    """

    amount: Decimal
    currency: str

    def words(self, times: float) -> str:
        """What ``times`` of it are."""
        total = self.amount * Decimal(times)
        if 0 < total < Decimal("0.005"):
            return f"less than 0.01 {self.currency}"
        return f"about {total:,.2f} {self.currency}"


def price(given: str) -> Price | None:
    """``1.90 EUR``; None for "". Raises `ValueError`, with a text that follows a setting's name."""
    if not given:
        return None
    found = _PRICE.fullmatch(given)
    if found is None:
        raise ValueError('must be an amount and a currency, such as "1.90 EUR"')
    return Price(Decimal(found["amount"]), found["currency"])
