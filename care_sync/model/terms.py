"""What a customer's agreement allows: free minutes (K1, M5) and how far a card may be overdrawn.

Terms
    allowance   seconds of fair use that a month gives by itself
    carried     unused seconds of earlier months that may still be used; the oldest are used first
    overdraft   seconds that a card may fall below zero before time goes to the invoice
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from care_sync.model.month import Month

Allowance = Callable[[Month], int]
"""Seconds of fair use that a month gives by itself."""


def no_fair_use(_month: Month) -> int:
    """The allowance of a customer who has none."""
    return 0


def no_rate(_day: date) -> None:
    """The rate where none is known."""
    return


@dataclass(frozen=True, slots=True)
class Terms:
    """One customer's terms.

    ``carried_months``     for how many months unused allowance stays usable; 0: it lapses with its month
    ``first_month``        the first month that gave an allowance to carry (that in which the agreement began);
                           ``None``: nothing is carried
    ``rate_of``            euro per hour that is invoiced for work of a day, ``None`` where none is known
    ``card_rate_of``       euro per hour by which a card is recalculated that falls due on a day (H5)
    ``overdraft_seconds``  how far a card may be drawn below zero; 0: not at all, ``None``: until the next card
    """

    allowance: Allowance = no_fair_use
    carried_months: int = 0
    first_month: Month | None = None
    overdraft_seconds: int | None = 0
    rate_of: Callable[[date], Decimal | None] = no_rate
    card_rate_of: Callable[[date], Decimal | None] = no_rate


class FairUse:
    """What is left of a customer's allowances, while more and more is taken off them."""

    def __init__(self, terms: Terms, absorbed: Mapping[Month, int]) -> None:
        self._terms = terms
        self._absorbed = dict(absorbed)

    def left(self, period: Month) -> int:
        """Seconds that a month may still absorb, those carried into it included."""
        return max(0, self._terms.allowance(period) + self.carried(period) - self._absorbed.get(period, 0))

    def take(self, period: Month, seconds: int) -> None:
        """A month absorbs ``seconds``."""
        self._absorbed[period] = self._absorbed.get(period, 0) + seconds

    def carried(self, period: Month) -> int:
        """Unused seconds of the months before that may still be used in ``period``."""
        kept = self._terms.carried_months
        month = self._terms.first_month
        if not kept or month is None:
            return 0
        unused: dict[Month, int] = {}
        while month < period:
            unused[month] = self._terms.allowance(month)
            to_take = self._absorbed.get(month, 0)
            for earlier in sorted(unused):
                taken = min(unused[earlier], to_take)
                unused[earlier] -= taken
                to_take -= taken
            month = month.next
            unused = {earlier: rest for earlier, rest in unused.items() if month.months_since(earlier) <= kept}
        return sum(unused.values())
