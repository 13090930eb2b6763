"""The sections of what customers agreed on: hour cards, fair use, and the alerts that go with them.

Terms
    level    what the organization field ``sla`` names: ``gold``, ``silver`` …
             ``default`` is any other level, ``none`` a customer without an SLA
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from care_sync.settings.mail import Address
from care_sync.settings.rates import Rates

Hours = Annotated[Decimal, Field(ge=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HourCardSection(_Section):
    """Prepaid hour cards.

    ``minimum_hours``    the least that is sold (H1)
    ``most_hours``       the most that is sold without a question: more looks like a slip
    ``rates``            euro per hour by calendar year, or by the first day from which it holds (H5)
    ``recalculation``    what becomes of a card that falls due (H5): ``propose`` it, ``automatic``, or ``off``; once per
                         card, or every year with ``recalculate_yearly``
    ``overdraft_hours``  how far a card may fall below zero before time goes to the invoice: a number of hours, or
                         ``until_next_card``; a card that is bought later settles it
    """

    minimum_hours: Hours = Decimal(50)
    most_hours: Hours = Decimal(500)
    rates: Rates = {}
    recalculation: Literal["propose", "automatic", "off"] = "propose"
    recalculate_yearly: bool = False
    overdraft_hours: Hours | Literal["until_next_card"] = Decimal(0)

    @property
    def overdraft_seconds(self) -> int | None:
        """The overdraft in whole seconds; ``None`` for no limit."""
        return None if self.overdraft_hours == "until_next_card" else int(self.overdraft_hours * 3600)


class AlertsSection(_Section):
    """Telling that hour cards run low.

    ``low_balance_hours``  the levels, of what all of a customer's cards hold together; each crossing is reported once
    ``customer``           a reply to the customer, on the ticket whose work brought the cards there
    ``owner``              the account owner is informed: by a note on the ticket that the organization field
                           ``owner_ticket`` names, and by a mail to the address in ``owner_email``
    ``mail_to``            addresses that always get the mail
    ``forecast_days``      how many days of use the forecast is made from
    """

    low_balance_hours: tuple[Hours, ...] = (Decimal(5), Decimal(0))
    customer: bool = True
    owner: bool = True
    mail_to: tuple[Address, ...] = ()
    forecast_days: Annotated[int, Field(ge=7, le=730)] = 90

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels in whole seconds, the highest first."""
        return tuple(sorted({int(hours * 3600) for hours in self.low_balance_hours}, reverse=True))


class EstimatesSection(_Section):
    """Telling the agent how much of an agreed estimate is used (M3, M4), in percent; each is reported once."""

    told_at_percent: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = (80, 100)


class FairUseSection(_Section):
    """Free minutes a month (K1, M5) by level, and for how many months unused ones stay usable."""

    minutes_per_month: Mapping[str, Annotated[int, Field(ge=0)]] = {"default": 60, "none": 0}
    carried_months: Annotated[int, Field(ge=0, le=24)] = 0
