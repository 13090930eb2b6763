"""The story of a minute: from the tracker, by the ticket and its decision, through the ledger, to where it ended up.

Terms
    place    an account on which seconds of an entry stand all in all, and what has become of them there: a card with
             what is left on it, a line of an invoice with its number
    net      everything that was posted and taken back, added up; what stands on two invoices (one of them a credit) is
             told as both

Promise: told from the store alone; places sum to the entry's seconds as the ledger has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from care_sync.billing.invoice import Invoice, InvoiceLine, invoice_reference, read_invoice
from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.ledger.verdicts import verdicts_at
from care_sync.model.account import CONTRA, Account, AccountKind
from care_sync.model.decision import WHOLE_TICKET, StoredDecision
from care_sync.model.duration import clock
from care_sync.model.month import Month
from care_sync.model.review import Verdict
from care_sync.model.time_entry import StoredEntry
from care_sync.model.transaction import StoredTransaction
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket


@dataclass(frozen=True, slots=True)
class Place:
    """Seconds on one account, and in words what became of them there."""

    account: Account
    seconds: int
    told: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"account": self.account, "seconds": self.seconds, "told": self.told}


@dataclass(frozen=True, slots=True)
class EntryStory:
    """One time entry, told from end to end. ``stored`` is ``None`` when only the ledger still knows it."""

    entry_key: str
    stored: StoredEntry | None
    ticket: Ticket | None
    organization: Organization | None
    decision: StoredDecision | None
    verdict: Verdict | None
    transactions: tuple[StoredTransaction, ...]
    places: tuple[Place, ...]

    @property
    def seconds(self) -> int:
        """What the ledger has of it."""
        return sum(place.seconds for place in self.places)

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "entry_key": self.entry_key,
            "entry": None if self.stored is None else _entry_as_json(self.stored),
            "ticket": None if self.ticket is None else _ticket_as_json(self.ticket),
            "organization_id": None if self.organization is None else self.organization.id,
            "customer": None if self.organization is None else self.organization.name,
            "decision": None if self.decision is None else dict(self.decision.outcome),
            "decided_at": None if self.decision is None else self.decision.decided_at.isoformat(),
            "verdict": None if self.verdict is None else _verdict_as_json(self.verdict),
            "transactions": [transaction_as_json(transaction) for transaction in self.transactions],
            "places": [place.as_json() for place in self.places],
            "seconds": self.seconds,
        }


def entry_story(work: UnitOfWork, entry_key: str, settings: Settings) -> EntryStory:
    """Tell of one entry. Raises :class:`UserError` when neither the store nor the ledger knows it."""
    stored = work.entries.get(entry_key)
    transactions = work.ledger.of_entry(entry_key)
    if stored is None and not transactions:
        raise UserError(
            f"there is no time entry {entry_key}",
            ["its key is <tracker>:<account>:<id>, as `care-sync ledger show --ticket` shows them"],
        )
    return _stories(work, {entry_key: stored}, {entry_key: transactions}, settings)[0]


def ticket_stories(work: UnitOfWork, ticket: Ticket, settings: Settings) -> list[EntryStory]:
    """Tell of every entry that belongs, or ever belonged, to a ticket, in the order of the work."""
    entries: dict[str, StoredEntry | None] = {
        of_ticket.entry.key: of_ticket for of_ticket in work.entries.of_tickets([ticket.id]).get(ticket.id, [])
    }
    posted = {item.entry_key for item in work.ledger.of_ticket(ticket.id) if item.entry_key is not None}
    entries.update(work.entries.get_many(sorted(posted - entries.keys())))
    entries.update(dict.fromkeys(posted - entries.keys()))
    transactions = {key: work.ledger.of_entry(key) for key in entries}
    return sorted(_stories(work, entries, transactions, settings), key=_order)


def customer_balances(work: UnitOfWork, organization_id: str, settings: Settings) -> list[Place]:
    """What stands on each of a customer's accounts; contra accounts are left out."""
    books = _Books(work, settings)
    balances = work.ledger.balances(organization_id)
    return [
        Place(account, seconds, books.told(organization_id, account))
        for account, seconds in sorted(balances.items())
        if account not in CONTRA and (seconds or account.card_id is not None)
    ]


def _stories(
    work: UnitOfWork,
    entries: dict[str, StoredEntry | None],
    transactions: dict[str, list[StoredTransaction]],
    settings: Settings,
) -> list[EntryStory]:
    books = _Books(work, settings)
    owners = {key: _owner(stored, transactions[key]) for key, stored in entries.items()}
    verdicts = verdicts_at(
        work, {key: (customer, ticket) for key, (ticket, customer) in owners.items() if customer and ticket}
    )
    tickets = work.tickets.get_many({ticket_id for ticket_id, _ in owners.values() if ticket_id})
    decisions = work.decisions.current(tickets)
    organizations = work.organizations.get_many({one for _, one in owners.values() if one})
    stories = []
    for key, stored in entries.items():
        ticket_id, organization_id = owners[key]
        activity = (stored.link.activity if stored is not None else None) or "work"
        stories.append(
            EntryStory(
                entry_key=key,
                stored=stored,
                ticket=tickets.get(ticket_id or ""),
                organization=organizations.get(organization_id or ""),
                decision=decisions.get((ticket_id or "", activity)) or decisions.get((ticket_id or "", WHOLE_TICKET)),
                verdict=verdicts.get(key),
                transactions=tuple(transactions[key]),
                places=tuple(_places(key, transactions[key], books)),
            )
        )
    return stories


def _owner(stored: StoredEntry | None, transactions: Sequence[StoredTransaction]) -> tuple[str | None, str | None]:
    """The ticket and the customer: as linked now, else as last posted."""
    last = transactions[-1] if transactions else None
    ticket_id = stored.link.ticket_id if stored is not None else None
    organization_id = stored.link.organization_id if stored is not None else None
    return (
        ticket_id or (last.ticket_id if last else None),
        organization_id or (last.organization_id if last else None),
    )


def _places(entry_key: str, transactions: Iterable[StoredTransaction], books: _Books) -> Iterable[Place]:
    net: dict[tuple[str, Account], int] = {}
    for transaction in transactions:
        for leg in transaction.legs:
            if leg.account not in CONTRA:
                key = (transaction.organization_id, leg.account)
                net[key] = net.get(key, 0) + leg.seconds
    for (organization_id, account), seconds in net.items():
        if seconds:
            yield Place(account, seconds, books.told(organization_id, account, entry_key))


class _Books:
    """What has become of an account, read once per customer and month."""

    def __init__(self, work: UnitOfWork, settings: Settings) -> None:
        self._work = work
        self._settings = settings
        self._months = work.periods.months()
        self._cards: dict[str, dict[int, cards.CardState]] = {}
        self._invoices: dict[tuple[str, Month], Invoice | str] = {}

    def told(self, organization_id: str, account: Account, entry_key: str | None = None) -> str:
        """An account in words; with an entry, the very line of the invoice that it stands on."""
        card_id = account.card_id
        if card_id is not None:
            return self._card(organization_id, card_id)
        if account.kind is AccountKind.INVOICE and account.month is not None:
            return self._invoice(organization_id, account.month, entry_key)
        return _WORDS.get(account.kind, "")

    def _card(self, organization_id: str, card_id: int) -> str:
        if organization_id not in self._cards:
            states = cards.states(self._work, organization_id)
            self._cards[organization_id] = {state.card.card_id: state for state in states}
        state = self._cards[organization_id].get(card_id)
        card = state.card if state is not None else self._work.cards.get(card_id)
        if card is not None and card.voided:
            return f"card {card_id} of {card.bought_on}, which was voided"
        if card is not None and card.organization_id != organization_id:
            owner = self._work.organizations.get(card.organization_id)
            return (
                f"card {card_id} of {card.bought_on}, which was moved to {owner.name if owner else 'another customer'}"
            )
        if state is None:
            return "a card that is not there"
        reference = f" ({state.card.reference})" if state.card.reference else ""
        hours = f"{clock(state.left)} of {clock(state.card.seconds)} hours left"
        return f"card {card_id} of {state.card.bought_on}{reference}: {hours}"

    def _invoice(self, organization_id: str, period: Month, entry_key: str | None) -> str:
        invoice = self._read_invoice(organization_id, period)
        if isinstance(invoice, str):
            return invoice
        line = next((line for line in invoice.lines if _holds(line, entry_key)), None) if entry_key else None
        parts = [f"invoice of {period}"]
        if line is not None:
            correction = f", which corrects {line.corrects}" if line.corrects else ""
            parts.append(f"line {line.number}{correction}: {clock(line.seconds)} at {line.rate} is {line.amount} euro")
        elif entry_key is None:
            parts.append(f"{len(invoice.lines)} lines, {invoice.net} euro without tax")
        given = self._work.invoice_numbers.get(organization_id, period)
        draft = self._work.invoice_drafts.get(organization_id, period)
        if given is not None:
            parts.append(f"number {given.number} of {given.issued_on}")
        elif draft is not None:
            parts.append(f"draft {draft.reference} ({draft.state}{', ' + draft.url if draft.url else ''})")
        else:
            parts.append("closed, not sent yet" if invoice.is_closed else "the month is open")
        return "; ".join(parts)

    def _read_invoice(self, organization_id: str, period: Month) -> Invoice | str:
        key = (organization_id, period)
        if key not in self._invoices:
            organization = self._work.organizations.get(organization_id) or Organization(organization_id, "?")
            try:
                self._invoices[key] = read_invoice(self._work, organization, period, self._settings)
            except UserError as error:
                message = "; ".join((error.message, *error.problems))
                self._invoices[key] = f"invoice {invoice_reference(organization_id, period)}: {message}"
        return self._invoices[key]


_WORDS = {
    "sla": "inside the SLA: not charged",
    "fair_use": "free within fair use (K1)",
    "quote": "covered by the quote of its ticket (Q1)",
    "pending": "held until the cause is known (I4)",
    "review": "waits for a person's judgement (K1, O4, X1)",
    "waived": "judged by a person: not charged",
}
"""What each kind of account means for the customer."""


def transaction_as_json(one: StoredTransaction) -> dict[str, Any]:
    """A transaction as plain values."""
    return {
        "transaction_id": one.transaction_id,
        "kind": one.kind,
        "period": one.period,
        "work_date": one.work_date.isoformat(),
        "booked_at": one.booked_at.isoformat(),
        "entry_key": one.entry_key,
        "revision": one.entry_revision,
        "ticket_id": one.ticket_id,
        "legs": {leg.account: leg.seconds for leg in one.legs},
        "rules": list(one.rules),
        "clauses": list(one.clauses),
        "reverses": one.reverses,
        "corrects": one.corrects,
        "actor": one.actor,
        "reason": one.reason,
        "hash": one.hash,
    }


def _entry_as_json(stored: StoredEntry) -> dict[str, Any]:
    entry = stored.entry
    return {
        "tracker": entry.tracker,
        "account": entry.account,
        "id": entry.id,
        "state": entry.state.value,
        "kind": entry.kind.value,
        "seconds": entry.seconds,
        "work_date": entry.work_date.isoformat(),
        "person": entry.person_name or entry.person_id,
        "client": entry.client_name,
        "project": entry.project_name,
        "description": entry.description,
        "revision": stored.revision,
        "link": {
            "state": stored.link.state.value,
            "via": stored.link.via,
            "reason": stored.link.reason,
            "activity": stored.link.activity,
        },
    }


def _ticket_as_json(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "url": ticket.url,
    }


def _verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "judged_seconds": verdict.judged_seconds,
        "charged_seconds": verdict.charged_seconds,
        "reason": verdict.reason,
        "actor": verdict.actor,
        "decided_at": verdict.decided_at.isoformat(),
    }


def _holds(line: InvoiceLine, entry_key: str) -> bool:
    return any(share.entry_key == entry_key for share in line.shares)


def _order(story: EntryStory) -> tuple[str, str]:
    stored = story.stored
    day = stored.entry.work_date if stored is not None else story.transactions[0].work_date
    return (day.isoformat(), story.entry_key)
