"""The store: what CareSync knows, in one database.

    with store.begin() as work:          # one transaction: all of it or nothing
        work.tickets.upsert(...)

Terms
    store          a database that has been migrated
    unit of work   one transaction, with a repository per concern

Promise: what a unit of work did is there when its block has ended, on SQLite and PostgreSQL alike; when the
block raises, or the process dies in it, nothing of it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, NestedTransaction

from care_sync.store.agreements import AgreedRepository
from care_sync.store.cards import CardRepository
from care_sync.store.customer_names import CustomerNameRepository
from care_sync.store.decisions import DecisionRepository
from care_sync.store.engine import connect, transaction
from care_sync.store.entries import EntryRepository
from care_sync.store.invoices import InvoiceDraftRepository, InvoiceNumberRepository
from care_sync.store.ledger import LedgerRepository
from care_sync.store.messages import MailRepository, TellingRepository
from care_sync.store.migrate import require_current
from care_sync.store.months import PeriodRepository
from care_sync.store.operations import (
    BudgetRepository,
    DeliveryRepository,
    JobRepository,
    PassRepository,
)
from care_sync.store.outbox import OutboxRepository, ShownRepository
from care_sync.store.recalculations import RecalculationRepository
from care_sync.store.reviews import RulingRepository, VerdictRepository
from care_sync.store.seal import Seal
from care_sync.store.settled_tickets import SettledTicketRepository
from care_sync.store.tickets import OrganizationRepository, PersonRepository, TicketRepository
from care_sync.store.tokens import StoreTokens, TokenRepository
from care_sync.store.work import AttentionRepository, CursorRepository, DirtyRepository
from connectors.protocols import BudgetState


class Attempt:
    """A part of a transaction that somebody may still take back."""

    def __init__(self, nested: NestedTransaction) -> None:
        self._nested = nested

    def take_back(self) -> None:
        """Nothing of what the block did stays; it must do nothing more."""
        self._nested.rollback()


class UnitOfWork:
    """One transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.organizations = OrganizationRepository(connection)
        self.customer_names = CustomerNameRepository(connection)
        self.agreed = AgreedRepository(connection)
        self.people = PersonRepository(connection)
        self.tickets = TicketRepository(connection)
        self.entries = EntryRepository(connection)
        self.dirty = DirtyRepository(connection)
        self.decisions = DecisionRepository(connection)
        self.ledger = LedgerRepository(connection)
        self.cards = CardRepository(connection)
        self.periods = PeriodRepository(connection)
        self.settled_tickets = SettledTicketRepository(connection)
        self.verdicts = VerdictRepository(connection)
        self.rulings = RulingRepository(connection)
        self.recalculations = RecalculationRepository(connection)
        self.tellings = TellingRepository(connection)
        self.mails = MailRepository(connection)
        self.invoice_numbers = InvoiceNumberRepository(connection)
        self.invoice_drafts = InvoiceDraftRepository(connection)
        self.outbox = OutboxRepository(connection)
        self.shown = ShownRepository(connection)
        self.cursors = CursorRepository(connection)
        self.budgets = BudgetRepository(connection)
        self.tokens = TokenRepository(connection)
        self.jobs = JobRepository(connection)
        self.passes = PassRepository(connection)
        self.deliveries = DeliveryRepository(connection)
        self.attention = AttentionRepository(connection)

    @contextmanager
    def attempt(self) -> Iterator[Attempt]:
        """A block that can be taken back while the rest of the transaction stays."""
        nested = self._connection.begin_nested()
        with nested:
            yield Attempt(nested)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """A block whose writes are taken back at its end: what a dry run is made of."""
        nested = self._connection.begin_nested()
        try:
            yield
        finally:
            nested.rollback()


class Store:
    """A migrated database. Safe to share between threads; every unit of work has its own connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """A unit of work that may write."""
        with transaction(self.engine) as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A unit of work that only reads; on SQLite it does not wait for writers."""
        with transaction(self.engine, reading=True) as connection:
            yield UnitOfWork(connection)

    @property
    def budgets(self) -> StoreBudgets:
        """Request budgets in short transactions of their own, as connectors want them."""
        return StoreBudgets(self)

    def tokens(self, seal: Seal, sleep: Callable[[float], None]) -> StoreTokens:
        """Tokens of products in short transactions of their own, as connectors want them."""
        return StoreTokens(self.begin, self.read, seal, sleep)

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


class StoreBudgets:
    """Keeps :class:`connectors.protocols.BudgetStorage` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, account: str) -> BudgetState | None:
        """What was last saved for ``account``."""
        with self._store.read() as work:
            return work.budgets.load(account)

    def save(self, account: str, state: BudgetState) -> None:
        """Keep ``state``."""
        with self._store.begin() as work:
            work.budgets.save(account, state)


def open_store(url: str) -> Store:
    """Open a store that is migrated already. Raises :class:`care_sync.errors.UserError` when it is not."""
    engine = connect(url)
    require_current(engine)
    return Store(engine)
