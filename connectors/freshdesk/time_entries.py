"""Freshdesk's time entries into our records: pure functions, no calls.

Terms
    time spent    ``"hh:mm"``, whole minutes; of a timer that runs, what it came to before it was started again
    executed at   when the work was done, of which people choose the day alone: it is that day's midnight in the
                  account's time zone, or the moment at which a timer was started
    ticket        what time is spent on; no other thing, and no other ticket later

Freshdesk reads an entry under its ticket alone, so the id of an entry here is ``<ticket>-<entry>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.freshdesk.client import PRODUCT, READ
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry
from connectors.value_reader import Object, is_number

GRAIN_SECONDS = 60
TIME_SPENT = re.compile(r"([0-9]{1,5}):([0-5][0-9])")


def entry_from_api(
    item: Object, *, account: str, zone: ZoneInfo, agents: Mapping[str, str], companies: Mapping[str, str]
) -> TimeEntry:
    """Translate a time entry ("Time entries" in the API reference); ``agents`` and ``companies`` are names by id."""
    ticket_id = READ.identity(item.get("ticket_id"), "time_entry.ticket_id")
    is_running = item.get("timer_running") is True
    agent_id = READ.identity_or_none(item.get("agent_id"), "time_entry.agent_id")
    company_id = READ.identity_or_none(item.get("company_id"), "time_entry.company_id")
    started_at = READ.instant(item.get("start_time"), "time_entry.start_time") if is_running else None
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=f"{ticket_id}-{READ.identity(item.get('id'), 'time_entry.id')}",
        state=EntryState.RUNNING if is_running else EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=0 if is_running else seconds_of(item.get("time_spent")),
        work_date=READ.instant(item.get("executed_at"), "time_entry.executed_at").astimezone(zone).date(),
        description=READ.text(item.get("note"), "time_entry.note"),
        started_at=started_at,
        person_id=agent_id,
        person_name=agents.get(agent_id or ""),
        client_id=company_id,
        client_name=companies.get(company_id or ""),
        billable=READ.flag(item.get("billable"), "time_entry.billable"),
        references=(TicketReference("ticket", ticket_id=ticket_id),),
        source_updated_at=READ.instant(item.get("updated_at"), "time_entry.updated_at"),
        grain_seconds=GRAIN_SECONDS,
    )


def id_from_api(item: Object) -> str | None:
    """The id of a time entry, as far as it has one."""
    ticket_id, number = (str(item.get(name)) for name in ("ticket_id", "id"))
    return f"{ticket_id}-{number}" if is_number(ticket_id) and is_number(number) else None


def seconds_of(time_spent: object) -> int:
    """Seconds of ``"hh:mm"``."""
    matched = TIME_SPENT.fullmatch(time_spent) if isinstance(time_spent, str) else None
    if matched is None:
        raise Malformed(PRODUCT, "time_entry.time_spent should be hours and minutes")
    return int(matched[1]) * 3600 + int(matched[2]) * 60


def parts_of(entry_id: str) -> tuple[str, str] | None:
    """Ticket and entry of an id; ``None`` for one that is none of ours."""
    ticket_id, _, number = entry_id.partition("-")
    return (ticket_id, number) if is_number(ticket_id) and is_number(number) else None
