"""What became of invoices: the numbers they were given, and the drafts they are in the bookkeeping.

The recipe of claims is :mod:`care_sync.store.leases`. When nobody knows whether a draft was made (``uncertain``), the
bookkeeping is searched for its reference before it is asked for again.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, update

from care_sync.model.invoice import InvoiceDraft, InvoiceNumber
from care_sync.model.lease import Lease, SendState
from care_sync.model.month import Month
from care_sync.store.leases import LeasedTable
from care_sync.store.schema import invoice_drafts, invoice_numbers
from care_sync.store.tables import insert_new, queue_for


class InvoiceNumberRepository:
    """Numbers: one row of a year without holes, each given once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Take numbering; until this transaction ends nobody else numbers an invoice or claims a draft."""
        queue_for(self._connection, invoice_numbers)

    def give(
        self,
        organization_id: str,
        period: Month,
        *,
        prefix: str,
        issued_on: date,
        issued_by: str,
        net: Decimal,
        total: Decimal,
    ) -> InvoiceNumber:
        """The number of this month, the next one of the year unless it has one already."""
        self.lock()
        if (known := self.get(organization_id, period)) is not None:
            return known
        newest = select(func.max(invoice_numbers.c.sequence)).where(invoice_numbers.c.year == issued_on.year)
        sequence = (self._connection.execute(newest).scalar_one() or 0) + 1
        given = InvoiceNumber(
            organization_id, period, f"{prefix}{issued_on.year}-{sequence:04}", issued_on, issued_by, net, total
        )
        self._connection.execute(
            invoice_numbers.insert().values(
                organization_id=organization_id,
                period=period,
                year=issued_on.year,
                sequence=sequence,
                number=given.number,
                issued_on=issued_on,
                issued_by=issued_by,
                net=str(net),
                total=str(total),
            )
        )
        return given

    def get(self, organization_id: str, period: Month) -> InvoiceNumber | None:
        """The number of a month, ``None`` when it was never given one."""
        query = select(invoice_numbers).where(
            invoice_numbers.c.organization_id == organization_id, invoice_numbers.c.period == period
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _number(row)

    def all(self) -> list[InvoiceNumber]:
        """Every number that was given, in order."""
        query = select(invoice_numbers).order_by(invoice_numbers.c.year, invoice_numbers.c.sequence)
        return [_number(row) for row in self._connection.execute(query)]


class InvoiceDraftRepository:
    """Drafts, each made once however often and from wherever it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leases = LeasedTable(connection, invoice_drafts)

    def claim(
        self,
        organization_id: str,
        period: Month,
        *,
        reference: str,
        total: Decimal,
        now: datetime,
        lease_until: datetime,
    ) -> InvoiceDraft | None:
        """Take a draft to make; ``None`` when it is done, or when somebody else is at it.

        What comes back tells by ``attempts`` whether anybody tried before: 1 for the first one.
        """
        row = {
            "organization_id": organization_id,
            "period": period,
            "reference": reference,
            "state": SendState.PLANNED.value,
            "attempts": 0,
            "due_at": None,
            "external_id": None,
            "url": None,
            "total": str(total),
            "last_error": "",
            "updated_at": now,
        }
        insert_new(self._connection, invoice_drafts, row)
        again = and_(invoice_drafts.c.state == SendState.FAILED.value, invoice_drafts.c.lease_token.is_(None))
        self._connection.execute(
            update(invoice_drafts)
            .where(self._is(organization_id, period), again)
            .values(state=SendState.PLANNED.value, updated_at=now)
        )
        lease = Lease.of(now, lease_until - now)
        query = select(invoice_drafts).where(self._is(organization_id, period), self._leases.free(now))
        rows = self._leases.lock(query)
        if not rows:
            return None
        self._leases.take(rows, lease)
        key = (organization_id, period)
        self._leases.change(key, lease.token, {"total": str(total), "updated_at": now})
        return self.get(organization_id, period)

    def renew(self, draft: InvoiceDraft, now: datetime, lease_until: datetime) -> InvoiceDraft | None:
        """Keep a claim for longer; ``None`` when it ran out and somebody else has taken it."""
        key = (draft.organization_id, draft.period)
        held = self._leases.change(key, draft.lease_token, {"leased_until": lease_until, "updated_at": now})
        return self.get(draft.organization_id, draft.period) if held else None

    def finish(
        self,
        draft: InvoiceDraft,
        state: SendState,
        now: datetime,
        *,
        external_id: str | None = None,
        url: str | None = None,
        error: str = "",
        not_before: datetime | None = None,
    ) -> bool:
        """Write down how an attempt ended. Nobody takes it up again before ``not_before``.

        Tells ``False``, and writes nothing, when the claim ran out and somebody else has taken the draft since.
        """
        return self._leases.finish(
            (draft.organization_id, draft.period),
            draft.lease_token,
            state,
            error=error,
            due_at=not_before,
            external_id=external_id,
            url=url,
            updated_at=now,
        )

    def forget(self, organization_id: str, period: Month) -> None:
        """Forget a draft that a person deleted in the bookkeeping, so that it can be made again."""
        self._connection.execute(
            delete(invoice_drafts).where(
                invoice_drafts.c.organization_id == organization_id, invoice_drafts.c.period == period
            )
        )

    def get(self, organization_id: str, period: Month) -> InvoiceDraft | None:
        """One draft."""
        row = self._connection.execute(self._of(organization_id, period)).one_or_none()
        return None if row is None else _draft(row)

    def all(self) -> list[InvoiceDraft]:
        """Every draft, by month and customer."""
        query = select(invoice_drafts).order_by(invoice_drafts.c.period, invoice_drafts.c.organization_id)
        return [_draft(row) for row in self._connection.execute(query)]

    def _of(self, organization_id: str, period: Month) -> Any:
        return select(invoice_drafts).where(self._is(organization_id, period))

    def _is(self, organization_id: str, period: Month) -> ColumnElement[bool]:
        return and_(invoice_drafts.c.organization_id == organization_id, invoice_drafts.c.period == period)


def _number(row: Row[Any]) -> InvoiceNumber:
    return InvoiceNumber(
        row.organization_id,
        Month(row.period),
        row.number,
        row.issued_on,
        row.issued_by,
        Decimal(row.net),
        Decimal(row.total),
    )


def _draft(row: Row[Any]) -> InvoiceDraft:
    return InvoiceDraft(
        row.organization_id,
        Month(row.period),
        row.reference,
        SendState(row.state),
        row.attempts,
        row.external_id,
        row.url,
        Decimal(row.total),
        row.last_error,
        row.leased_until,
        row.lease_token,
    )
