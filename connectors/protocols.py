"""The protocols that products' connectors keep, and the ones they need from their host.

A connector knows its product and HTTP; it knows nothing of SLAs. It raises
:class:`connectors.errors.ConnectorError` and nothing else for what the product does. It never sleeps or
reads the clock itself: both come in through :class:`Environment`.

All methods may be called again after a crash with the cursor that was last stored: records that come
twice are the same record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from connectors.credentials import ForgottenTokens, TokenStorage
from connectors.records import (
    BookedInvoice,
    ChangeResult,
    CheckResult,
    DraftInvoice,
    EntryPage,
    Organization,
    TicketChange,
    TicketPage,
    TimeEntry,
    WebhookCall,
)


@dataclass(frozen=True, slots=True)
class BudgetState:
    """How many requests an account has left, as last seen. ``resets_at`` is an aware UTC instant."""

    remaining: int | None
    resets_at: datetime | None


class BudgetStorage(Protocol):
    """Where request budgets outlive a restart; the daemon keeps them in its store."""

    def load(self, account: str) -> BudgetState | None:
        """What was last saved for ``account`` (for example ``toggl:123``), or ``None``."""

    def save(self, account: str, state: BudgetState) -> None:
        """Keep ``state`` for ``account``."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What a connector gets from its host instead of reaching for it.

    ``now`` gives an aware UTC instant; ``sleep`` waits that many seconds; ``budgets`` persists limits, ``tokens`` what
    OAuth gave.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    budgets: BudgetStorage
    tokens: TokenStorage = field(default_factory=ForgottenTokens)


@runtime_checkable
class Helpdesk(Protocol):
    """A helpdesk account."""

    @property
    def product(self) -> str:
        """The product's registered name, such as ``zendesk``."""

    @property
    def account(self) -> str:
        """The account within the product, such as its subdomain."""

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """Yield tickets that changed, page by page, from ``cursor`` (or from ``since`` without one).

        A ticket can come more than once, also unchanged. Deleted and merged tickets come too. The cursor
        of a page is to be stored in the same transaction as its records. A cursor that the product no
        longer accepts raises :class:`connectors.errors.Invalid`; reading starts again from ``since``.
        """

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets as they are now, in as few requests as possible.

        Tickets that do not exist are absent. ``cursor`` is ``None``, ``last`` is true.
        """

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every organization, in pages."""

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write ``changes`` in as few requests as possible; yield one result per change.

        At most one change per ticket may stand in ``changes``. Never raises for a single ticket's failure.
        """

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Which of ``references`` stand on the ticket: how an uncertain write is settled.

        Absence means that the write did not and will not take effect; while that cannot be known, as when the product
        may still be at it, it raises :class:`connectors.errors.Unavailable`.
        """

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine and read what it points at (headers' names in lower case).

        Raises :class:`connectors.errors.BadSignature` or :class:`connectors.errors.Malformed`.
        """

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""

    def check(self) -> Sequence[CheckResult]:
        """Try credentials, permissions, configured fields and the clock; write nothing."""


@runtime_checkable
class TimeTracker(Protocol):
    """A time-tracking account or workspace, seen whole: every colleague's entries."""

    @property
    def product(self) -> str:
        """The product's registered name, such as ``toggl``."""

    @property
    def account(self) -> str:
        """The account or workspace within the product."""

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield what is known to have changed, page by page: the fast lane.

        It may leave changes out (the window finds those) and may repeat entries. Deleted entries come
        with ``state=deleted`` where the product tells of them.
        """

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield *every* entry with ``first <= work_date <= last``: the window that is compared as a set.

        Complete or an error: a page that cannot be read raises, so that absence means something.
        """

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry as it is now; ``None`` when the product says that it is gone.

        Missing permission raises :class:`connectors.errors.PermissionMissing`: forbidden is not gone.
        """

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine and read what it points at (headers' names in lower case).

        Raises :class:`connectors.errors.BadSignature` or :class:`connectors.errors.Malformed`.
        """

    def budget(self) -> BudgetState | None:
        """Requests left, as the product last told; ``None`` where it has no quota."""

    def check(self) -> Sequence[CheckResult]:
        """Try credentials, permissions and the clock; write nothing."""


@runtime_checkable
class Ending(Protocol):
    """A connector whose credentials end some day, and that knows when."""

    def check_end(self) -> Sequence[CheckResult]:
        """Whether the credentials last, as far as is known without asking the product."""


@runtime_checkable
class Bookkeeping(Protocol):
    """A bookkeeping administration, in which invoices are made as drafts."""

    @property
    def product(self) -> str:
        """The product's registered name, such as ``moneybird``."""

    @property
    def account(self) -> str:
        """The administration within the product."""

    def invoice(self, reference: str) -> BookedInvoice | None:
        """The invoice, draft or sent, that carries our reference; ``None`` when there is none."""

    def create_draft(self, draft: DraftInvoice) -> BookedInvoice:
        """Make a draft. The product does not look whether the reference is there already: ask :meth:`invoice` first.

        An error with ``uncertain`` says that the draft may have been made.
        """

    def check(self) -> Sequence[CheckResult]:
        """Try credentials, administration and configured ids; write nothing."""
