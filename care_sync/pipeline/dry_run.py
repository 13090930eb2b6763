"""What a pass would change, or has planned, as a person reads it: a diff by ticket.

#1042  Betalingen via iDEAL komen niet door  (Bakkerij Van Dam)
  - sla_undetermined
  + sla_not_included
  ~ care_minutes: 40 → 95
  + note: CareSync: buiten het SLA …
  ledger  0:55 (toggl:1:2201)  pending −0:55, card:7 +0:55
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from care_sync.model.account import CONTRA
from care_sync.model.transaction import StoredTransaction
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import CommentKind, FieldValue, Ticket, TicketChange

FIRST_LINE = 100
"""Characters of a comment that a diff shows."""


@dataclass(slots=True)
class Difference:
    """What changes on one ticket: planned writes, and transactions of its time. ``ticket`` is ``None`` for postings
    whose ticket is not in the store.
    """

    ticket_id: str
    ticket: Ticket | None
    customer: str
    changes: list[TicketChange] = field(default_factory=list)
    transactions: list[StoredTransaction] = field(default_factory=list)

    def lines(self) -> list[str]:
        """A headline, then a line for each thing that changes."""
        number = self.ticket.number if self.ticket else self.ticket_id
        subject = self.ticket.subject if self.ticket else ""
        parts = [f"#{number}  {subject}  ({self.customer or 'no organization'})"]
        fields: Mapping[str, FieldValue] = self.ticket.fields if self.ticket else {}
        for change in self.changes:
            parts += [f"  - {tag}" for tag in sorted(change.remove_tags)]
            parts += [f"  + {tag}" for tag in sorted(change.add_tags)]
            parts += [
                f"  ~ {name}: {_text(fields.get(name))} → {_text(value)}" for name, value in change.fields.items()
            ]
            if change.comment is not None:
                kind = "reply to the customer" if change.comment.kind is CommentKind.REPLY else "note"
                parts.append(f"  + {kind}: {change.comment.body.splitlines()[0][:FIRST_LINE]} …")
        for transaction in self.transactions:
            legs = ", ".join(
                f"{leg.account} {_signed(leg.seconds)}" for leg in transaction.legs if leg.account not in CONTRA
            )
            parts.append(f"  ledger  {transaction.kind} {transaction.entry_key or ''}: {legs}")
        return parts

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; seconds are whole, debit positive."""
        return {
            "ticket_id": self.ticket_id,
            "customer": self.customer,
            "changes": [
                {
                    "reference": change.reference,
                    "add_tags": sorted(change.add_tags),
                    "remove_tags": sorted(change.remove_tags),
                    "fields": {name: _plain(value) for name, value in change.fields.items()},
                    "comment": None
                    if change.comment is None
                    else {"kind": change.comment.kind.value, "body": change.comment.body},
                }
                for change in self.changes
            ],
            "transactions": [
                {
                    "kind": transaction.kind,
                    "entry": transaction.entry_key,
                    "period": transaction.period,
                    "legs": [{"account": leg.account, "seconds": leg.seconds} for leg in transaction.legs],
                }
                for transaction in self.transactions
            ],
        }


def differences(
    work: UnitOfWork, site: Site, *, after_transaction: int, not_planned: Collection[int] = ()
) -> list[Difference]:
    """What was posted after a transaction, and what is planned and was not before; by ticket number."""
    posted: dict[str, list[StoredTransaction]] = {}
    for transaction in work.ledger.each(after=after_transaction):
        posted.setdefault(transaction.ticket_id or "", []).append(transaction)
    planned = {
        key: [row for row in rows if row.outbox_id not in not_planned]
        for key, rows in work.outbox.all_unfinished().items()
    }
    ids = [key for key in {**posted, **planned} if posted.get(key) or planned.get(key)]
    tickets = work.tickets.get_many(ids)
    organizations = work.organizations.get_many(
        {ticket.organization_id for ticket in tickets.values() if ticket.organization_id}
    )
    found = []
    for key in ids:
        ticket = tickets.get(key)
        owner = organizations.get(ticket.organization_id or "") if ticket else None
        changes = [row.change for row in planned.get(key, ())]
        found.append(Difference(key, ticket, owner.name if owner else "", changes, posted.get(key, [])))
    return sorted(found, key=lambda record: (len(record.ticket.number) if record.ticket else 0, record.ticket_id))


def _signed(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    clock = f"{minutes // 60}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")
    return f"{'−' if seconds < 0 else '+'}{clock}"


def _text(value: FieldValue) -> str:
    return "empty" if value in (None, "") else str(value)


def _plain(value: FieldValue) -> Any:
    return list(value) if isinstance(value, tuple) else value if isinstance(value, (str, int, float, bool)) else None
