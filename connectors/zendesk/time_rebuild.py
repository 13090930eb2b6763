"""The Time Tracking app's time, rebuilt from a ticket's audits. Pure.

The app keeps no entries: with every update of a ticket it raises one ticket field, the *total* of all seconds, and
writes the seconds of that update into another, the *last update*. Where an update took exactly as long as the one
before, the second does not change and the audit says nothing of it; the difference of the totals always tells.

Terms
    submission   an update whose difference of the total is what the last update says: somebody's time
    correction   any other change of the total, as people make by hand: it lengthens the newest time of the ticket, or
                 takes back from it and, when that is used up, from the time before it

Promise: what is rebuilt adds up to the ticket's total, nothing of it is negative, and what was taken back entirely is
gone. Source: "Using the Time Tracking app" in Zendesk help, and the audits of the Support API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.value_reader import MOST_SECONDS, whole_number_of
from connectors.zendesk.value_reader import READ


@dataclass(frozen=True, slots=True)
class SpentTime:
    """Time of one person, submitted with one audit at an instant (UTC). It was worked before that."""

    audit_id: str
    author_id: str | None
    submitted_at: datetime
    seconds: int


def rebuilt(audits: Iterable[Mapping[str, Any]], total_field: str, last_update_field: str | None) -> list[SpentTime]:
    """The time of a ticket out of its audits, the oldest first; the fields are given by their numbers."""
    spent: list[SpentTime] = []
    total, last_update = 0, 0
    for audit in audits:
        before = total
        for event in READ.objects(audit.get("events") or [], "audit.events"):
            if event.get("type") in ("Create", "Change"):
                if str(event.get("field_name")) == total_field:
                    total = _seconds(event.get("value"), total)
                elif str(event.get("field_name")) == last_update_field:
                    last_update = _seconds(event.get("value"), last_update)
        difference = total - before
        is_submission = last_update_field is None or difference == last_update
        if difference > 0 and (is_submission or not spent):
            author_id = READ.identity_or_none(audit.get("author_id"), "audit.author_id")
            at = READ.instant(audit.get("created_at"), "audit.created_at")
            spent.append(SpentTime(READ.identity(audit.get("id"), "audit.id"), author_id, at, difference))
        elif difference > 0:
            spent[-1] = replace(spent[-1], seconds=spent[-1].seconds + difference)
        else:
            _take_back(spent, -difference)
    return spent


def _take_back(spent: list[SpentTime], seconds: int) -> None:
    while seconds > 0 and spent:
        newest = spent.pop()
        if newest.seconds > seconds:
            spent.append(replace(newest, seconds=newest.seconds - seconds))
        seconds -= newest.seconds


def _seconds(value: Any, before: int) -> int:
    """A field's value in seconds; an empty one is none, and what is no number changes nothing."""
    if value in (None, ""):
        return 0
    seconds = whole_number_of(value)
    return before if seconds is None or seconds > MOST_SECONDS else max(seconds, 0)
