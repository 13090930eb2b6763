"""The real ledger, fed with what the plain model of the office hears, so that the two can be compared.

The driver is told every event after the model has taken it. What is a fact (whose a ticket is, what an entry lasts,
what a person said) it takes from the model's list of facts; everything that follows from facts (accounts, shares,
corrections, recalculations, euros) is the ledger's own work.

Not driven here, because it is decided before time comes to the ledger: telling customers, and reading products. What is
not built yet stands in ``NOT_DRIVEN`` with its reason.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from care_sync.errors import UserError
from care_sync.ledger import audit, cards, recalculation
from care_sync.ledger.card_changes import Author, correct, move_to, void
from care_sync.ledger.closing import close_month
from care_sync.ledger.posting import post_customer
from care_sync.model.account import CONTRA, Account
from care_sync.model.decided_time import DecidedTime
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.prices import Prices
from care_sync.model.recalculation import Recalculation
from care_sync.model.review import Verdict
from care_sync.model.terms import Terms
from care_sync.settings.agreements import HourCardSection
from care_sync.store import Store, UnitOfWork
from connectors.records import Ticket, TicketStatus
from rules.model.words import Route
from tests.reference import events as heard
from tests.reference.histories import CUSTOMERS, TICKETS
from tests.reference.office import Office
from tests.reference.world import Entry

NOT_DRIVEN: dict[type[object], str] = {
    heard.CustomersMerged: "a transfer between customers is a step of its own",
    heard.CustomersMergeReversed: "a transfer between customers is a step of its own",
    heard.OrganizationsMerged: "that a customer is gone is known to the pipeline, not to the ledger",
}

FIRST_MONTH = Month("2026-05")

RESTS_ON_BALANCES = (
    heard.CardBought
    | heard.CardAdjusted
    | heard.CardWrittenOff
    | heard.CardVoided
    | heard.CardMoved
    | heard.CardCorrected
    | heard.RecalculationDecided
    | heard.ReviewFilledIn
    | heard.PassMade
    | heard.MonthClosed
)
"""Events that ask for what is left, or move it: the ledger must know all facts before them."""


class Books:
    """A store's ledger beside a model."""

    def __init__(self, store: Store, office: Office) -> None:
        self.store = store
        self.office = office
        self.card_ids: dict[int, int] = {}
        self.revisions: Counter[str] = Counter()
        self.verdicts: dict[str, int] = {}

    # --- hearing

    def hear(self, at: datetime, event: heard.Event) -> None:
        """Do what a person or a pass does. Facts wait for the next posting, as they do for the next pass.

        What rests on balances comes after a posting and is followed by one.
        """
        now = at.replace(tzinfo=UTC)
        rests_on_balances = isinstance(event, RESTS_ON_BALANCES)
        with self.store.begin() as work:
            self._keep_tickets(work, now)
            self._keep_verdicts(work, now)
            self._act(work, event, now)
        if rests_on_balances:
            self.post(now)

    def post(self, now: datetime) -> None:
        """Post every customer until nothing moves any more, as a pass does."""
        for _ in range(4):
            with self.store.begin() as work:
                if not sum([self._post(work, customer, now) for customer in CUSTOMERS]):
                    return
        raise AssertionError("posting never comes to an end")

    def _post(self, work: UnitOfWork, customer: str, now: datetime) -> int:
        work.ledger.lock_head()
        worked = [self._decided(entry) for entry in self._entries_of(customer)]
        report = post_customer(
            work, customer, worked, terms=self.terms(customer), now=now, gone=self._gone(customer),
            nobodys=self._nobodys(),
        )  # fmt: skip
        return len(report.transactions)

    def _entries_of(self, customer: str) -> list[Entry]:
        world = self.office.world
        return [
            entry
            for entry in world.entries.values()
            if world.customer_of(entry) == customer
            and world.held_because(entry, settled=bool(self.office.books.pieces.get(entry.key))) is None
        ]

    def _nobodys(self) -> list[str]:
        world = self.office.world
        return [
            entry.key
            for entry in world.entries.values()
            if not entry.deleted
            and (world.customer_of(entry) is None or world.held_because(entry, settled=True) is not None)
        ]

    def _gone(self, customer: str) -> list[str]:
        """Entries that are no time of this customer: deleted, or another customer's. Nobody's time is not gone."""
        world = self.office.world
        return [
            entry.key
            for entry in world.entries.values()
            if entry.deleted or world.customer_of(entry) not in (None, customer)
        ]

    def _decided(self, entry: Entry) -> DecidedTime:
        world = self.office.world
        assert entry.ticket is not None
        basis = self.office.books.bases.get(entry.key)
        return DecidedTime(
            entry.key,
            entry.seconds,
            _route(world.route_of(entry)),
            entry.day,
            world.ticket_that_stays(entry.ticket),
            revision=entry.version,
            started_at=datetime.combine(entry.day, time(), UTC) + timedelta(seconds=entry.start),
            rules=("R",),
            clauses=("Q5",),
            route_as_settled=None if basis is None else _route(basis.route),
        )

    def _keep_tickets(self, work: UnitOfWork, now: datetime) -> None:
        world = self.office.world
        rows = [
            Ticket(
                ticket, ticket, ticket, TicketStatus.OPEN, now, now, organization_id=world.tickets.get(ticket),
                merged_into=world.merged_tickets.get(ticket),
            )
            for ticket in TICKETS
        ]  # fmt: skip
        work.tickets.upsert(rows, now)

    def _keep_verdicts(self, work: UnitOfWork, now: datetime) -> None:
        for key, verdicts in self.office.world.verdicts.items():
            for verdict in verdicts[self.verdicts.get(key, 0) :]:
                work.verdicts.decide(
                    Verdict(key, verdict.customer, verdict.ticket, verdict.judged, verdict.charged, "so", "anna", now)
                )
            self.verdicts[key] = len(verdicts)

    def terms(self, customer: str) -> Terms:
        """What was agreed, as the model knows it."""
        world = self.office.world

        def rate_of(day: date) -> Decimal | None:
            return self.office.books.rate_of(world, day)

        return Terms(
            allowance=lambda month: world.most_agreed_in(customer, "fair_use_seconds", month),
            carried_months=world.most_agreed_in(customer, "carried_months", "2026-08"),
            first_month=FIRST_MONTH,
            rate_of=rate_of,
            card_rate_of=rate_of,
        )

    # --- what people do

    def _act(self, work: UnitOfWork, event: heard.Event, now: datetime) -> None:
        today = now.date()
        if isinstance(event, heard.CardBought) and event.card not in self.card_ids:
            self.card_ids[event.card] = cards.buy(
                work, event.customer, hours=Decimal(event.seconds) / 3600, rate=event.rate, bought_on=event.bought_on,
                reference=event.reference, now=now, actor="anna", override_reason=event.reason, again=event.again,
            ).card_id  # fmt: skip
        elif isinstance(event, heard.CardAdjusted) and event.seconds:
            cards.adjust(
                work, self.card_ids[event.card], seconds=event.seconds, day=event.on, now=now, actor="anna", reason="so"
            )
        elif isinstance(event, heard.CardWrittenOff):
            cards.write_off(
                work, self.card_ids[event.card], seconds=None, day=event.on, now=now, actor="anna", reason="so"
            )
        elif isinstance(event, heard.CardVoided | heard.CardMoved | heard.CardCorrected):
            self._change_card(work, event, now)
        elif isinstance(event, heard.RecalculationDecided):
            self._decide(work, event, now)
        elif isinstance(event, heard.PassMade):
            mode = self.office.world.settings["recalculation"]
            rates = {day: rate for day, rate in self.office.world.rates.items()}
            section = HourCardSection(recalculation=mode, rates=rates)  # type: ignore[arg-type]
            recalculation.judge(work, section, through=today - timedelta(days=1), now=now)
        elif isinstance(event, heard.MonthClosed):
            prices = Prices(dict(self.office.world.rates), Decimal(21))
            close_month(work, Month(event.month), terms=self.terms, prices=prices, now=now, today=today, actor="anna")

    def _change_card(
        self, work: UnitOfWork, event: heard.CardVoided | heard.CardMoved | heard.CardCorrected, now: datetime
    ) -> None:
        author = Author("anna", "so", now)
        card_id = self.card_ids[event.card]
        if isinstance(event, heard.CardVoided):
            void(work, card_id, author, terms=self.terms)
        elif isinstance(event, heard.CardMoved):
            if cards.require(work, card_id).organization_id != event.customer:
                move_to(work, card_id, event.customer, author, terms=self.terms)
        else:
            correct(work, card_id, author, terms=self.terms, seconds=event.seconds, bought_on=event.bought_on)

    def _decide(self, work: UnitOfWork, event: heard.RecalculationDecided, now: datetime) -> None:
        card_id = self.card_ids[event.card]
        terms = self.terms(cards.require(work, card_id).organization_id)
        if event.approved:
            recalculation.approve(work, card_id, event.due_on, terms=terms, now=now, actor="anna", reason="")
        else:
            recalculation.decline(work, card_id, terms=terms, now=now, actor="anna", reason="so")

    # --- what stands

    def balances(self, work: UnitOfWork, customer: str) -> dict[str, int]:
        """Seconds on each account but those of cards."""
        return {
            str(account): seconds
            for account, seconds in work.ledger.balances(customer).items()
            if account not in CONTRA and account.card_id is None and seconds
        }

    def drawn(self, work: UnitOfWork, customer: str) -> dict[str, int]:
        """Seconds of work that the customer's entries stand on cards with, by the model's number of the card."""
        drawn: Counter[str] = Counter()
        numbers = {card_id: number for number, card_id in self.card_ids.items()}
        for transaction in work.ledger.of_organization(customer):
            if transaction.entry_key is not None:
                for leg in transaction.legs:
                    if leg.account.card_id is not None:
                        drawn[f"card:{numbers[leg.account.card_id]}"] += leg.seconds
        return {account: seconds for account, seconds in sorted(drawn.items()) if seconds}

    def compare(self) -> None:
        """Everything stands as the model says, and the ledger is whole."""
        with self.store.read() as work:
            for customer in CUSTOMERS:
                expected = self.office.balances(customer)
                cards_expected = {name: value for name, value in expected.items() if name.startswith("card:")}
                others = {_account(name): value for name, value in expected.items() if name not in cards_expected}
                assert self.balances(work, customer) == others, customer
                assert self.drawn(work, customer) == cards_expected, customer
            for number, card_id in self.card_ids.items():
                left = cards.left_on(work, cards.require(work, card_id))
                assert left == self.office.card_left(number), f"card {number}"

    def compare_whole(self) -> None:
        """The ledger is whole, and invoices come to the same, before any rounding."""
        with self.store.read() as work:
            assert list(audit.verify(work)) == []
            for customer in CUSTOMERS:
                months = {name for name in self.office.balances(customer) if name.startswith("invoice:")}
                for name in months:
                    expected = self.office.invoice(customer, name.partition(":")[2]).euros
                    assert self._euros(work, customer, Account(name)) == expected, (customer, name)

    def _euros(self, work: UnitOfWork, customer: str, account: Account) -> Fraction | None:
        seconds: Counter[Decimal | None] = Counter()
        for transaction in work.ledger.on_account(customer, account):
            rate = self.office.books.rate_of(self.office.world, transaction.work_date)
            seconds[rate] += sum(leg.seconds for leg in transaction.legs if leg.account == account)
        if seconds[None]:
            return None
        return sum((Fraction(total, 3600) * Fraction(rate) for rate, total in seconds.items() if rate), Fraction(0))

    def due_days(self) -> list[Recalculation]:
        """What became of due days."""
        with self.store.read() as work:
            return work.recalculations.all()

    def standing(self, key: str) -> PostedEntry | None:
        """What an entry stands on."""
        with self.store.read() as work:
            return work.ledger.posted([key]).get(key)


def _route(route: str) -> Route:
    return Route(route.partition(":")[0])


def _account(name: str) -> str:
    return name


def refused(office: Office, at: datetime, event: heard.Event) -> bool:
    """Let the model hear an event; whether it refused it."""
    with suppress(heard.Refused):
        office.hear(at, event)
        return False
    return True


def refuses(books: Books, at: datetime, event: heard.Event) -> str:
    """Let the ledger hear an event; why it refused it, empty when it did not."""
    try:
        books.hear(at, event)
    except UserError as error:
        return str(error)
    return ""
