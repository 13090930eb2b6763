"""What followed from a change: the difference that CareSync made on tickets, in the ledger, and in what people read.

Terms
    seen      what a ticket shows in Zendesk: its tags, our fields, our comments
    followed  the difference between two looks at a ticket, with nothing but our own writes between them
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from care_sync.application import Application
from care_sync.demo.workplace import Workplace
from care_sync.model.account import Account
from care_sync.model.transaction import StoredTransaction


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket in Zendesk; ``comments`` are ours, each with whether the customer reads it."""

    tags: frozenset[str]
    fields: Mapping[str, object]
    comments: tuple[tuple[bool, str], ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """What came and went on a ticket. ``fields`` are title → (before, after); ``notes`` are for colleagues."""

    removed_tags: tuple[str, ...]
    added_tags: tuple[str, ...]
    fields: Mapping[str, tuple[object, object]]
    notes: tuple[str, ...]
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardMoved:
    """A card that a change moved: its customer, and the seconds left on it before and after."""

    card_id: int
    customer: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that can follow, at one instant: each ticket, and where the ledger ends."""

    tickets: Mapping[int, Seen]
    last_transaction: int


def look(application: Application, workplace: Workplace) -> Look:
    """Look at every ticket in Zendesk and at the ledger's end."""
    with application.store.read() as work:
        last = work.ledger.count()
    return Look(
        {
            number: Seen(
                frozenset(ticket.tags),
                workplace.our_fields(number),
                tuple((our_comment["public"], our_comment["body"]) for our_comment in workplace.our_comments(number)),
            )
            for number, ticket in workplace.account.records.tickets.items()
        },
        last,
    )


def followed(before: Look, after: Look) -> dict[int, Followed]:
    """The tickets on which something came or went."""
    return {
        number: _difference(before.tickets.get(number, Seen(frozenset(), {}, ())), seen)
        for number, seen in after.tickets.items()
        if before.tickets.get(number) != seen
    }


def posted(application: Application, before: Look) -> list[StoredTransaction]:
    """What the ledger took up since."""
    with application.store.read() as work:
        return list(work.ledger.each(after=before.last_transaction))


def cards_moved(application: Application, transactions: Sequence[StoredTransaction]) -> list[CardMoved]:
    """The cards that these transactions, the newest there are, moved."""
    moved: Counter[tuple[str, int]] = Counter()
    for transaction in transactions:
        for leg in transaction.legs:
            if (card_id := leg.account.card_id) is not None:
                moved[transaction.organization_id, card_id] += leg.seconds
    results = []
    with application.store.read() as work:
        for (organization_id, card_id), seconds in sorted(moved.items(), key=lambda item: item[0][1]):
            organization = work.organizations.get(organization_id)
            left = -work.ledger.balances(organization_id).get(Account.card(card_id), 0)
            results.append(CardMoved(card_id, organization.name if organization else "", left + seconds, left))
    return results


def _difference(before: Seen, after: Seen) -> Followed:
    new = after.comments[len(before.comments) :]
    fields = {
        title: (before.fields.get(title), after.fields.get(title))
        for title in {**before.fields, **after.fields}
        if before.fields.get(title) != after.fields.get(title)
    }
    return Followed(
        tuple(sorted(before.tags - after.tags)),
        tuple(sorted(after.tags - before.tags)),
        fields,
        tuple(body for is_public, body in new if not is_public),
        tuple(body for is_public, body in new if is_public),
    )
