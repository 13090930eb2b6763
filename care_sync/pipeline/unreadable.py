"""Records that a product gave and that cannot be read: named to a person, one by one, until they can be.

A ticket or a time entry with a value that cannot be (a year 1026, a duration below zero) is set aside by its connector,
and the rest goes on. What was known of it before stays as it was: nothing of it is posted or given back meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from care_sync.store import UnitOfWork
from connectors.protocols import Helpdesk, TimeTracker
from connectors.records import UnreadableRecord
from connectors.unreadable import ORGANIZATION, PERSON, TICKET, TIME_ENTRY

UNREADABLE = "unreadable_record"
"""The kind of attention; its subject is ``<product>:<account>:<kind>:<id>``."""
NO_ID = "?"
LONGEST_SUBJECT = 200


def note_unreadable(
    work: UnitOfWork,
    source: Helpdesk | TimeTracker,
    unreadable: Sequence[UnreadableRecord],
    now: datetime,
    **read: Iterable[str],
) -> None:
    """Ask for attention for what is unreadable, and take off the list what was read after all.

    ``read`` are the ids of records that could be read: ``tickets``, ``entries``, ``organizations``, ``people``.
    """
    for record in unreadable:
        what = f"{record.kind} {record.id}" if record.id else f"a {record.kind} without a number"
        work.attention.raise_(
            UNREADABLE,
            _subject(source, record.kind, record.id),
            f"{source.product} {source.account}: {what} cannot be read and was set aside: {record.reason}. What was "
            "known of it stays as it was. Correct it there; the next reading takes it up.",
            now,
        )
    noted = {attention.subject for attention in work.attention.all(UNREADABLE)}
    if not noted:
        return
    kinds = {"tickets": TICKET, "entries": TIME_ENTRY, "organizations": ORGANIZATION, "people": PERSON}
    settled = {_subject(source, kinds[name], identity) for name, ids in read.items() for identity in ids}
    # Of entries that are read ticket by ticket, the whole ticket may have been set aside.
    tickets = {identity.partition("-")[0] for identity in read.get("entries", ()) if "-" in identity}
    settled |= {_subject(source, TIME_ENTRY, ticket_id) for ticket_id in tickets}
    still = {_subject(source, record.kind, record.id) for record in unreadable}
    work.attention.resolve(UNREADABLE, sorted((settled & noted) - still))


def noted_entries(work: UnitOfWork, source: TimeTracker) -> list[str]:
    """The ids of time entries that are noted to be unreadable, :data:`NO_ID` for those without one."""
    start = _subject(source, TIME_ENTRY, NO_ID).removesuffix(NO_ID)
    return [
        attention.subject.removeprefix(start)
        for attention in work.attention.all(UNREADABLE)
        if attention.subject.startswith(start)
    ]


def settle_entries(work: UnitOfWork, source: TimeTracker, entry_ids: Iterable[str]) -> None:
    """Take time entries off the list: they can be read, or are gone."""
    work.attention.resolve(UNREADABLE, [_subject(source, TIME_ENTRY, identity) for identity in entry_ids])


def _subject(source: Helpdesk | TimeTracker, kind: str, identity: str | None) -> str:
    return f"{source.product}:{source.account}:{kind}:{identity or NO_ID}"[:LONGEST_SUBJECT]
