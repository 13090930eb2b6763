"""What a customer is invoiced for a month, line by line, each traceable to the time entries behind it.

Terms
    invoice      what stands on a customer's account ``invoice:<yyyy-mm>``
    line         the time of one ticket, of one calendar year, at one rate
    correction   a line about a month that was closed before: it is booked on the open month and cites the closed one
    share        the seconds of one time entry that a line holds, with the transactions that put them there

What a month is priced by is kept when it closes: a setting that changes moves only open months.

Promise: the lines' seconds are the balance of the account, to the second, whatever happened on the way; the same
ledger and settings give the same invoice. Amounts: :mod:`care_sync.billing.amounts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from care_sync.billing.amounts import amount_of, tax_on
from care_sync.billing.corrections import corrected_months
from care_sync.errors import IntegrityError, UserError
from care_sync.model.account import Account, AccountKind
from care_sync.model.month import Month
from care_sync.model.prices import PriceList
from care_sync.model.time_entry import StoredEntry
from care_sync.model.transaction import StoredTransaction
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket


@dataclass(frozen=True, slots=True)
class EntryShare:
    """What one time entry has in a line. ``entry_key`` is ``None`` for what a person booked without one."""

    entry_key: str | None
    work_date: date
    person: str
    description: str
    seconds: int
    transactions: tuple[int, ...]
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """The time of one ticket at one rate. ``corrects`` is the closed month (``yyyy-mm``) that it corrects."""

    number: int
    ticket_id: str | None
    ticket_number: str
    subject: str
    corrects: Month | None
    rate: Decimal
    seconds: int
    shares: tuple[EntryShare, ...]

    @property
    def amount(self) -> Decimal:
        """What the line costs, to the cent; negative where it gives back."""
        return amount_of(self.seconds, self.rate)

    @property
    def first_day(self) -> date:
        """The first day on which the time was worked."""
        return min(share.work_date for share in self.shares)

    @property
    def last_day(self) -> date:
        """The last day on which the time was worked."""
        return max(share.work_date for share in self.shares)


@dataclass(frozen=True, slots=True)
class Invoice:
    """A customer's month. It is final when the month is closed; until then it can still change."""

    organization: Organization
    period: Month
    is_closed: bool
    vat_percent: Decimal
    lines: tuple[InvoiceLine, ...]

    @property
    def reference(self) -> str:
        """Our own mark on it, by which it is found again in other programs: letters, digits and hyphens."""
        return invoice_reference(self.organization.id, self.period)

    @property
    def seconds(self) -> int:
        """All the time on it."""
        return sum(line.seconds for line in self.lines)

    @property
    def net(self) -> Decimal:
        """The sum of the lines, without tax."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def vat(self) -> Decimal:
        """The tax on the net total."""
        return tax_on(self.net, self.vat_percent)

    @property
    def total(self) -> Decimal:
        """What is to be paid; what is to be paid back when negative."""
        return self.net + self.vat

    @property
    def is_credit(self) -> bool:
        """Whether it gives money back, and so is a credit note."""
        return self.net < 0


class NoRate(UserError):
    """Work of a day without an hourly rate is to be invoiced; its problems name the settings that are missing."""


@dataclass(frozen=True, slots=True)
class WaitingInvoice:
    """A customer's month that cannot be priced, and what to do about it."""

    organization: Organization
    period: Month
    seconds: int
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvoicedMonth:
    """A month's invoices, and those that wait for a rate."""

    invoices: tuple[Invoice, ...]
    waiting: tuple[WaitingInvoice, ...]


def invoice_reference(organization_id: str, period: Month) -> str:
    """``CS-2026-10-360001``. Ids with other signs than letters and digits have these written as their code points."""
    letters = (letter if letter.isascii() and letter.isalnum() else f"_{ord(letter):x}_" for letter in organization_id)
    return f"CS-{period}-{''.join(letters)}"


def read_invoice(work: UnitOfWork, organization: Organization, period: Month, settings: Settings) -> Invoice:
    """Read a customer's month from the ledger; without lines when nothing is invoiced.

    Raises :class:`NoRate` naming every year without a rate.
    """
    account = Account.invoice(period)
    transactions = work.ledger.on_account(organization.id, account)
    prices = PriceList(work.periods.prices(), settings.ledger.prices)
    lines = _lines(work, organization.id, account, transactions, prices)
    invoice = Invoice(
        organization=organization,
        period=period,
        is_closed=work.periods.months().is_closed(period),
        vat_percent=prices.vat_of(period),
        lines=lines,
    )
    balance = work.ledger.balances(organization.id).get(account, 0)
    if invoice.seconds != balance:
        raise IntegrityError(
            f"the lines of {account} of organization {organization.id} hold {invoice.seconds} seconds "
            f"and the account {balance}; run `care-sync audit`"
        )
    return invoice


def read_invoices(work: UnitOfWork, period: Month, settings: Settings) -> InvoicedMonth:
    """Every customer's invoice of a month that has lines, by the customer's name.

    One that cannot be priced waits by itself: nobody else's does.
    """
    ids = work.ledger.touched(Account.invoice(period))
    known = work.organizations.get_many(ids)
    organizations = [known.get(key) or Organization(key, key) for key in ids]
    invoices: list[Invoice] = []
    waiting: list[WaitingInvoice] = []
    for organization in sorted(organizations, key=lambda customer: (customer.name.casefold(), customer.id)):
        try:
            invoice = read_invoice(work, organization, period, settings)
        except NoRate as error:
            seconds = work.ledger.balances(organization.id).get(Account.invoice(period), 0)
            waiting.append(WaitingInvoice(organization, period, seconds, tuple(error.problems)))
            continue
        if invoice.lines:
            invoices.append(invoice)
    return InvoicedMonth(tuple(invoices), tuple(waiting))


def invoiced_periods(work: UnitOfWork) -> list[Month]:
    """The months of which something stands, or stood, on an invoice: the last closed one and those after it."""
    named = {account.month for _, account in work.ledger.all_balances() if account.kind is AccountKind.INVOICE}
    first = work.periods.months().closed_through or ""
    return sorted(period for period in named if period is not None and period >= first)


_Key = tuple[Month | None, str, int, Decimal | None]
"""Month that is corrected, ticket, year of the work, rate."""


@dataclass(slots=True)
class _Gathered:
    """The legs of one entry that belong to one line."""

    work_date: date
    seconds: int = 0
    transactions: list[int] = field(default_factory=list)
    clauses: tuple[str, ...] = ()
    reason: str = ""


def _lines(
    work: UnitOfWork,
    organization_id: str,
    account: Account,
    transactions: Sequence[StoredTransaction],
    prices: PriceList,
) -> tuple[InvoiceLine, ...]:
    of_the_month = work.ledger.of_organization(organization_id, account.month)
    gathered = _gather(account, transactions, corrected_months(work, of_the_month), prices)
    kept = {
        key: _moved(entries) for key, entries in gathered.items() if sum(entry.seconds for entry in entries.values())
    }
    _require_rates({year for _, _, year, rate in kept if rate is None})
    tickets = work.tickets.get_many({ticket_id for _, ticket_id, _, _ in kept if ticket_id})
    keys = {entry_key for shares in kept.values() for entry_key in shares if entry_key is not None}
    entries = work.entries.get_many(sorted(keys))
    lines: list[InvoiceLine] = []
    for (corrects, ticket_id, _, rate), shares in sorted(kept.items(), key=lambda item: _order(item[0], item[1])):
        ticket = tickets.get(ticket_id)
        assert rate is not None, "lines without a rate were refused"
        lines.append(
            InvoiceLine(
                number=len(lines) + 1,
                ticket_id=ticket_id or None,
                ticket_number=ticket.number if ticket else ticket_id,
                subject=_subject(ticket, shares.values()),
                corrects=corrects,
                rate=rate,
                seconds=sum(share.seconds for share in shares.values()),
                shares=tuple(_share(key, one, entries) for key, one in shares.items()),
            )
        )
    return tuple(lines)


def _gather(
    account: Account,
    transactions: Iterable[StoredTransaction],
    corrected: Mapping[str, Month],
    prices: PriceList,
) -> dict[_Key, dict[str | None, _Gathered]]:
    """The legs on the account by line and entry."""
    gathered: dict[_Key, dict[str | None, _Gathered]] = {}
    for transaction in transactions:
        entry_key = transaction.entry_key
        day = transaction.work_date
        key = (corrected.get(entry_key or ""), transaction.ticket_id or "", day.year, prices.rate_on(day))
        one = gathered.setdefault(key, {}).setdefault(entry_key, _Gathered(transaction.work_date))
        one.work_date = transaction.work_date
        one.seconds += sum(leg.seconds for leg in transaction.legs if leg.account == account)
        one.transactions.append(transaction.transaction_id)
        one.clauses = transaction.clauses
        one.reason = transaction.reason
    return gathered


def _moved(entries: Mapping[str | None, _Gathered]) -> dict[str | None, _Gathered]:
    """The entries that still have something on the line; what was posted and taken back has nothing."""
    return {key: one for key, one in entries.items() if one.seconds != 0}


def _require_rates(missing: Iterable[int]) -> None:
    years = sorted(missing)
    if years:
        raise NoRate(
            "there is no hourly rate for what is to be invoiced",
            [f"set ledger.invoice.rates.{year} in the settings, or ledger.hour_card.rates.{year}" for year in years],
        )


def _order(key: _Key, shares: Mapping[str | None, _Gathered]) -> tuple[str, date, str, int, Decimal]:
    """The month's own time first, then corrections by month; each by day and ticket."""
    corrects, ticket_id, year, rate = key
    return (corrects or "", min(share.work_date for share in shares.values()), ticket_id, year, rate or Decimal(0))


def _subject(ticket: Ticket | None, shares: Iterable[_Gathered]) -> str:
    if ticket is not None:
        return ticket.subject
    return next((share.reason for share in shares if share.reason), "")


def _share(key: str | None, one: _Gathered, entries: Mapping[str, StoredEntry]) -> EntryShare:
    stored = entries.get(key) if key is not None else None
    return EntryShare(
        entry_key=key,
        work_date=one.work_date,
        person=(stored.entry.person_name or stored.entry.person_id or "") if stored else "",
        description=stored.entry.description if stored else one.reason,
        seconds=one.seconds,
        transactions=tuple(one.transactions),
        clauses=one.clauses,
    )
