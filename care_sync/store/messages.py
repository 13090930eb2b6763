"""What people are told once, and e-mail that waits to be sent.

Terms
    telling    that something was told: a kind (``low_balance``), whom or what about, and a key that makes it one event
    mail       one message to one recipient; its ``Message-ID`` stays the same however often it is tried

The recipe of claims is :mod:`care_sync.store.leases`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from care_sync.model.lease import Lease, SendState
from care_sync.model.mail import Mail
from care_sync.store.leases import LeasedTable
from care_sync.store.schema import mails, tellings
from care_sync.store.tables import chunks, insert_new


class TellingRepository:
    """What was told, so that it is told once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, kind: str, subject: str, key: str, now: datetime) -> bool:
        """Write down that something is told; ``False`` when it was told before."""
        row = {"kind": kind, "subject": subject, "key": key, "told_at": now}
        return insert_new(self._connection, tellings, row)

    def told(self, kind: str, subjects: Iterable[str]) -> dict[str, set[str]]:
        """The keys that were told of each subject; a subject of which nothing was told is absent."""
        by_key: dict[str, set[str]] = {}
        for some in chunks(subjects):
            query = select(tellings.c.subject, tellings.c.key).where(
                tellings.c.kind == kind, tellings.c.subject.in_(some)
            )
            for row in self._connection.execute(query):
                by_key.setdefault(row.subject, set()).add(row.key)
        return by_key

    def forget(self, kind: str, subject: str, keys: Iterable[str]) -> None:
        """These may be told again."""
        for some in chunks(keys):
            self._connection.execute(
                tellings.delete().where(
                    tellings.c.kind == kind, tellings.c.subject == subject, tellings.c.key.in_(some)
                )
            )


class MailRepository:
    """E-mail that waits to be sent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leases = LeasedTable(connection, mails)

    def plan(self, message_id: str, recipient: str, subject: str, body: str, now: datetime) -> bool:
        """Plan a mail. The same message twice is one mail; tells whether it was new."""
        row = {
            "message_id": message_id,
            "recipient": recipient,
            "subject": subject,
            "body": body,
            "state": SendState.PLANNED.value,
            "attempts": 0,
            "due_at": now,
            "last_error": "",
            "created_at": now,
        }
        return insert_new(self._connection, mails, row)

    def claim(self, now: datetime, until: datetime, limit: int = 50) -> list[Mail]:
        """Take mails that are due; others leave them alone until ``until``.

        A mail whose lease ran out is taken again: SMTP cannot be asked whether it arrived.
        """
        lease = Lease.of(now, until - now)
        rows = self._leases.lock(select(mails).where(self._leases.free(now)).order_by(mails.c.mail_id).limit(limit))
        self._leases.take(rows, lease)
        return [_mail(row, lease) for row in rows]

    def finish(self, mail: Mail, state: SendState, *, error: str = "", due_at: datetime | None = None) -> bool:
        """Write down how a claimed mail ended; ``planned`` with ``due_at`` means: once more, then.

        Tells ``False``, and writes nothing, when the claim ran out and somebody else has taken the mail since.
        """
        return self._leases.finish((mail.mail_id,), mail.lease_token, state, error=error, due_at=due_at)

    def due_count(self, now: datetime) -> int:
        """How many mails are due."""
        query = select(func.count()).select_from(mails).where(self._leases.free(now))
        return self._connection.execute(query).scalar_one()

    def counts(self) -> dict[str, int]:
        """Mails by state."""
        query = select(mails.c.state, func.count()).group_by(mails.c.state)
        return {name: value for name, value in self._connection.execute(query)}

    def prune(self, before: datetime) -> int:
        """Drop mails that were sent, from before an instant."""
        sent = mails.delete().where(mails.c.state == SendState.DONE.value, mails.c.created_at < before)
        return self._connection.execute(sent).rowcount


def _mail(row: Row[Any], lease: Lease) -> Mail:
    begun = row.state == SendState.PLANNED.value
    return Mail(
        mail_id=row.mail_id,
        message_id=row.message_id,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        attempts=row.attempts + begun,
        last_error=row.last_error,
        created_at=row.created_at,
        lease_token=lease.token,
    )
