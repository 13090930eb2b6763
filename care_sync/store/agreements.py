"""Hour cards, closed periods, and what a person judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select

from care_sync.store.schema import cards, ledger_head, periods, rulings, verdicts
from care_sync.store.tables import chunks, upsert


@dataclass(frozen=True, slots=True)
class CardRow:
    """A prepaid hour card as it was bought: whole seconds, euro per hour.

    ``taken_over_on`` is the first day whose work it pays, where another administration has counted what came before.
    """

    card_id: int
    organization_id: str
    bought_on: date
    seconds: int
    rate: Decimal
    reference: str
    taken_over_on: date | None = None

    @property
    def covers_from(self) -> date:
        """The first day whose work it pays."""
        return self.taken_over_on or self.bought_on


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A month that nothing can alter any more.

    ``transaction_id`` and ``hash`` are the end of the ledger's chain when it closed: no later transaction is of it.
    """

    period: str
    closed_at: datetime
    closed_by: str
    transaction_id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's judgement of reviewed time: of ``judged_seconds``, ``charged_seconds`` are charged.

    What an entry holds beyond what was judged waits for a judgement of its own.
    """

    entry_key: str
    judged_seconds: int
    charged_seconds: int
    reason: str
    actor: str
    decided_at: datetime


class CardRepository:
    """Hour cards. What is left on them is the ledger's knowledge."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        organization_id: str,
        bought_on: date,
        seconds: int,
        rate: Decimal,
        reference: str,
        taken_over_on: date | None = None,
    ) -> CardRow:
        """Add a card; its number is given here."""
        result = self._connection.execute(
            cards.insert().values(
                organization_id=organization_id,
                bought_on=bought_on,
                seconds=seconds,
                rate=str(rate),
                reference=reference,
                taken_over_on=taken_over_on,
            )
        )
        key = result.inserted_primary_key
        assert key is not None
        return CardRow(int(key[0]), organization_id, bought_on, seconds, rate, reference, taken_over_on)

    def get(self, card_id: int) -> CardRow | None:
        """One card."""
        row = self._connection.execute(select(cards).where(cards.c.card_id == card_id)).one_or_none()
        return None if row is None else _card(row)

    def of_organization(self, organization_id: str) -> list[CardRow]:
        """A customer's cards, oldest purchase first (H2)."""
        query = select(cards).where(cards.c.organization_id == organization_id)
        ordered = query.order_by(cards.c.bought_on, cards.c.card_id)
        return [_card(row) for row in self._connection.execute(ordered)]

    def all(self) -> list[CardRow]:
        """Every card, oldest purchase first."""
        query = select(cards).order_by(cards.c.bought_on, cards.c.card_id)
        return [_card(row) for row in self._connection.execute(query)]


class PeriodRepository:
    """Closed months, as ``yyyy-mm``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def close(self, period: str, now: datetime, actor: str) -> None:
        """Write down that a month is closed. There is no way back.

        Raises :class:`care_sync.errors.IntegrityError` for a month that does not come after the closed ones.
        """
        head = self._connection.execute(select(ledger_head.c.transaction_id, ledger_head.c.hash)).one()
        self._connection.execute(
            periods.insert().values(
                period=period,
                closed_at=now,
                closed_by=actor,
                transaction_id=head.transaction_id,
                hash=head.hash,
            )
        )

    def closed(self) -> list[ClosedPeriod]:
        """Closed months in order."""
        rows = self._connection.execute(select(periods).order_by(periods.c.period))
        return [ClosedPeriod(row.period, row.closed_at, row.closed_by, row.transaction_id, row.hash) for row in rows]

    def closed_through(self) -> str | None:
        """The last closed month; every month up to it is closed too."""
        found: str | None = self._connection.execute(select(func.max(periods.c.period))).scalar_one()
        return found


class VerdictRepository:
    """Judgements; all of them are kept, and the last one on an entry stands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def decide(self, verdict: Verdict) -> None:
        """Add a judgement."""
        self._connection.execute(
            verdicts.insert().values(
                entry_key=verdict.entry_key,
                judged_seconds=verdict.judged_seconds,
                charged_seconds=verdict.charged_seconds,
                reason=verdict.reason,
                actor=verdict.actor,
                decided_at=verdict.decided_at,
            )
        )

    def get_many(self, entry_keys: Iterable[str]) -> dict[str, Verdict]:
        """The judgement that stands, by entry."""
        found: dict[str, Verdict] = {}
        for keys in chunks(entry_keys):
            query = select(verdicts).where(verdicts.c.entry_key.in_(keys)).order_by(verdicts.c.verdict_id)
            found.update({row.entry_key: _verdict(row) for row in self._connection.execute(query)})
        return found

    def history(self, entry_key: str) -> list[Verdict]:
        """Every judgement of an entry, oldest first."""
        query = select(verdicts).where(verdicts.c.entry_key == entry_key).order_by(verdicts.c.verdict_id)
        return [_verdict(row) for row in self._connection.execute(query)]


class RulingRepository:
    """What was last taken over from a ticket in which an agent decides on reviewed time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_many(self, ticket_ids: Iterable[str]) -> dict[str, str]:
        """What each of these tickets said."""
        found: dict[str, str] = {}
        for keys in chunks(ticket_ids):
            query = select(rulings.c.ticket_id, rulings.c.said).where(rulings.c.ticket_id.in_(keys))
            found.update({row.ticket_id: row.said for row in self._connection.execute(query)})
        return found

    def keep(self, ticket_id: str, said: str, now: datetime) -> None:
        """Remember that this was taken over."""
        upsert(self._connection, rulings, [{"ticket_id": ticket_id, "said": said, "taken_at": now}])

    def forget(self, ticket_ids: Iterable[str]) -> None:
        """These tickets say nothing any more: what they say next is new."""
        for keys in chunks(ticket_ids):
            self._connection.execute(rulings.delete().where(rulings.c.ticket_id.in_(keys)))


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(row.entry_key, row.judged_seconds, row.charged_seconds, row.reason, row.actor, row.decided_at)


def _card(row: Row[Any]) -> CardRow:
    return CardRow(
        row.card_id,
        row.organization_id,
        row.bought_on,
        row.seconds,
        Decimal(row.rate),
        row.reference,
        row.taken_over_on,
    )
