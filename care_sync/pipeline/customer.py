"""One customer as the steps see it inside one unit of work: the organization, its cards, its free minutes.

Read once at the beginning; what a step posts does not change it, so that every ticket of the customer is decided from
the same state. What was agreed is that of a time: of the ticket's report, or of the month of the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from care_sync.model.account import Account
from care_sync.model.agreement import ALWAYS, Agreements
from care_sync.model.facts import sla_level
from care_sync.model.hour_card import HourCard
from care_sync.model.month import Month
from care_sync.model.prices import PriceList, rate_on
from care_sync.model.terms import Terms
from care_sync.pipeline.agreements import read_agreements
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from connectors.records import Organization

WITHOUT_SLA = "none"
ANY_SLA = "default"


@dataclass(frozen=True, slots=True)
class Customer:
    """``left`` is by card, in seconds; ``drawn`` is what each ticket's own time in open months takes from cards.

    ``insisted`` are tickets for which a card counts, whatever it holds; see :mod:`care_sync.pipeline.decide_and_post`.
    """

    organization: Organization
    agreements: Agreements
    cards: tuple[HourCard, ...]
    left: Mapping[int, int]
    terms: Terms
    drawn: Mapping[str, int] = field(default_factory=dict)
    insisted: frozenset[str] = frozenset()

    def organization_at(self, moment: datetime) -> Organization:
        """The organization with what was agreed then."""
        return self.agreements.at(self.organization, moment)

    def has_card(self, ticket_id: str) -> bool:
        """Whether a card pays for a ticket: any holds time, or one pays for the ticket's own time in an open month."""
        return self.has_time_left or self.drawn.get(ticket_id, 0) > 0 or ticket_id in self.insisted

    @property
    def has_time_left(self) -> bool:
        """Whether any card holds time."""
        return any(left > 0 for left in self.left.values())


def read_customer(work: UnitOfWork, settings: Settings, organization: Organization) -> Customer:
    """Read a customer as the ledger has it now."""
    balances = work.ledger.balances(organization.id)
    cards = tuple(work.cards.of_organization(organization.id))
    drawn: dict[str, int] = {}
    for standing in work.ledger.posted_of_organization(organization.id, work.periods.months().first_open).values():
        if standing.ticket_id is not None:
            on_cards = sum(leg.seconds for leg in standing.shares if leg.account.card_id is not None)
            if on_cards:
                drawn[standing.ticket_id] = drawn.get(standing.ticket_id, 0) + on_cards
    agreements = read_agreements(work, settings, [organization.id])[organization.id]
    return Customer(
        organization=organization,
        agreements=agreements,
        cards=cards,
        left={card.card_id: -balances.get(Account.card(card.card_id), 0) for card in cards},
        terms=_terms(work, settings, organization, agreements),
        drawn=drawn,
    )


def terms_of(work: UnitOfWork, settings: Settings, organization: Organization) -> Terms:
    """What the customer's agreement allows. Unused minutes are carried from the month on in which it began.

    A month in which the agreement changed gives the most that it gave on any of its days.
    """
    agreements = read_agreements(work, settings, [organization.id])[organization.id]
    return _terms(work, settings, organization, agreements)


def _terms(work: UnitOfWork, settings: Settings, organization: Organization, agreements: Agreements) -> Terms:
    zone = settings.company.zone

    def allowance(month: Month) -> int:
        return 60 * max(
            fair_use_minutes(settings, agreement) for agreement in agreements.in_month(organization, month, zone)
        )

    carried_months = settings.ledger.fair_use.carried_months
    first_day = _agreed_since(work, settings, organization) if carried_months else None
    return Terms(
        allowance=cache(allowance),
        carried_months=carried_months,
        first_month=Month.of(first_day) if first_day is not None else None,
        overdraft_seconds=settings.ledger.hour_card.overdraft_seconds,
        rate_of=PriceList(work.periods.prices(), settings.ledger.prices).rate_on,
        card_rate_of=lambda day: rate_on(settings.ledger.hour_card.rates, day),
    )


def _agreed_since(work: UnitOfWork, settings: Settings, organization: Organization) -> date | None:
    """The day on which the customer's agreement began, as far as it is known; work may be dated before it.

    What was seen the first time counts for every ticket before, but minutes are carried from when it was seen.
    """
    written = work.agreed.of_organizations([organization.id]).get(organization.id, ())
    moments = [record.recorded_at if record.since == ALWAYS else record.since for record in written]
    began = min(moments, default=work.organizations.agreed_at(organization.id))
    return None if began is None else began.astimezone(settings.company.zone).date()


def fair_use_minutes(settings: Settings, organization: Organization) -> int:
    """Free minutes a month (K1, M5), by the level that the customer's SLA has in ``organization``."""
    table = settings.ledger.fair_use.minutes_per_month
    level = sla_level(organization)
    if level is None:
        return table.get(WITHOUT_SLA, 0)
    folded = {name.casefold(): minutes for name, minutes in table.items()}
    return folded.get(level.casefold(), folded.get(ANY_SLA, 0))
