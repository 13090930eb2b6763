"""Harvest's JSON into our records: pure functions, no calls.

Terms
    hours               decimal hours of two digits: a grain of 36 seconds
    spent date          the date the work is booked on; clock times are local to a user whose zone is not told
    external reference  what Harvest's button in another tool leaves behind: that tool's id and address
    task                what kind of work it was; it stands as the record's one tag

While a timer runs ``hours`` grows with it, so a running entry counts 0. A reference's id counts as a
ticket's only where the service is a helpdesk that we know: other tools' ids are numbers too.
"""

from __future__ import annotations

from connectors.errors import Malformed
from connectors.harvest.settings import PRODUCT
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry
from connectors.value_reader import ValueReader

READ = ValueReader(PRODUCT)
GRAIN_SECONDS = 36
HELPDESK_HOSTS = ("zendesk.com", "freshdesk.com")
NEGATIVE = "the hours are below zero: Harvest's entries are corrected themselves, so correct the one that was too long"


def entry_from_api(raw: object, *, account: str) -> TimeEntry:
    """Translate a time entry ("Time Entries" of the API documentation)."""
    item = READ.an_object(raw, "a time entry")
    project, client = _named(item.get("project"), "project"), _named(item.get("client"), "client")
    person, task = _named(item.get("user"), "user"), _named(item.get("task"), "task")
    is_running = item.get("is_running") is True
    started = READ.instant_or_none(item.get("timer_started_at"), "timer_started_at") if is_running else None
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=READ.identity(item.get("id"), "id"),
        state=EntryState.RUNNING if is_running else EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=0 if is_running else seconds_of(item.get("hours")),
        work_date=READ.day(item.get("spent_date"), "spent_date"),
        description=READ.text(item.get("notes"), "notes"),
        started_at=started,
        person_id=person[0],
        person_name=person[1],
        project_id=project[0],
        project_name=project[1],
        client_id=client[0],
        client_name=client[1],
        tags=(task[1],) if task[1] else (),
        billable=READ.flag(item.get("billable"), "billable"),
        locked=any(item.get(name) is True for name in ("is_locked", "is_closed", "is_billed")),
        references=_references(item.get("external_reference")),
        source_updated_at=READ.instant(item.get("updated_at"), "updated_at"),
        grain_seconds=GRAIN_SECONDS,
    )


def seconds_of(hours: object) -> int:
    """Whole seconds of decimal hours."""
    seconds = READ.seconds_of_hours(hours, "hours", grain=1)
    if seconds < 0:
        raise Malformed(PRODUCT, NEGATIVE)
    return seconds


def _references(value: object) -> tuple[TicketReference, ...]:
    if value is None:
        return ()
    reference = READ.an_object(value, "external_reference")
    url, service, identity = reference.get("permalink"), reference.get("service"), reference.get("id")
    is_helpdesk = isinstance(service, str) and service.endswith(HELPDESK_HOSTS)
    return (
        TicketReference(
            via="external_reference",
            ticket_id=str(identity) if is_helpdesk and isinstance(identity, (str, int)) else None,
            url=url if isinstance(url, str) and url else None,
        ),
    )


def _named(value: object, what: str) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    item = READ.an_object(value, what)
    return READ.identity(item.get("id"), f"{what}.id"), READ.text_or_none(item.get("name"), f"{what}.name")
