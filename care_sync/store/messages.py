"""What people are told once, and e-mail that waits to be sent.

Terms
    telling    that something was told: a kind (``low_balance``), whom or what about, and a key that makes it one event
    mail       one message to one recipient; its ``Message-ID`` stays the same however often it is tried

A mail is ``planned``, is claimed (which moves its due time on, so that a sender that dies leaves it to the next), and
ends ``sent`` or ``failed``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from care_sync.model.mail import Mail, MailState
from care_sync.store.schema import mails, tellings
from care_sync.store.tables import chunks, insert_new, locks_rows


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
        found: dict[str, set[str]] = {}
        for some in chunks(subjects):
            query = select(tellings.c.subject, tellings.c.key).where(
                tellings.c.kind == kind, tellings.c.subject.in_(some)
            )
            for row in self._connection.execute(query):
                found.setdefault(row.subject, set()).add(row.key)
        return found

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

    def plan(self, message_id: str, recipient: str, subject: str, body: str, now: datetime) -> bool:
        """Plan a mail. The same message twice is one mail; tells whether it was new."""
        row = {
            "message_id": message_id,
            "recipient": recipient,
            "subject": subject,
            "body": body,
            "state": MailState.PLANNED.value,
            "attempts": 0,
            "due_at": now,
            "last_error": "",
            "created_at": now,
        }
        return insert_new(self._connection, mails, row)

    def claim(self, now: datetime, until: datetime, limit: int = 50) -> list[Mail]:
        """Take mails that are due; others leave them alone until ``until``."""
        query = (
            select(mails)
            .where(mails.c.state == MailState.PLANNED.value, mails.c.due_at <= now)
            .order_by(mails.c.mail_id)
            .limit(limit)
        )
        if locks_rows(self._connection):
            query = query.with_for_update(skip_locked=True)
        rows = self._connection.execute(query).all()
        for some in chunks(row.mail_id for row in rows):
            self._connection.execute(
                update(mails).where(mails.c.mail_id.in_(some)).values(due_at=until, attempts=mails.c.attempts + 1)
            )
        return [
            Mail(row.mail_id, row.message_id, row.recipient, row.subject, row.body, row.attempts + 1, row.last_error)
            for row in rows
        ]

    def finish(self, mail_id: int, state: MailState, *, error: str = "", due_at: datetime | None = None) -> None:
        """Write down how a claimed mail ended; ``planned`` with ``due_at`` means: once more, then."""
        values: dict[str, object] = {"state": state.value, "last_error": error}
        if due_at is not None:
            values["due_at"] = due_at
        self._connection.execute(update(mails).where(mails.c.mail_id == mail_id).values(values))

    def due_count(self, now: datetime) -> int:
        """How many mails are due."""
        query = (
            select(func.count())
            .select_from(mails)
            .where(mails.c.state == MailState.PLANNED.value, mails.c.due_at <= now)
        )
        return self._connection.execute(query).scalar_one()

    def counts(self) -> dict[str, int]:
        """Mails by state."""
        query = select(mails.c.state, func.count()).group_by(mails.c.state)
        return {name: value for name, value in self._connection.execute(query)}

    def prune(self, before: datetime) -> int:
        """Drop mails that were sent, from before an instant."""
        sent = mails.delete().where(mails.c.state == MailState.SENT.value, mails.c.created_at < before)
        return self._connection.execute(sent).rowcount
