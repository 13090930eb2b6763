"""Writing the same fields to many tickets with one call, and following the job to its end.

Only changes of fields alone go this way, where several tickets get the very same values: tags are replaced as a whole
by Freshdesk and differ from ticket to ticket, and comments carry a mark each.

Promise: this is a short cut and decides nothing. A ticket whose job says that it was changed is done; every other is
left to be written by itself, which is also how a job that fails, disappears or takes too long is survived: the values
are the same, and writing them twice changes nothing more.

Source: "Update multiple tickets" in the API reference; the job's body as other clients read it: ``status``, and
``data`` with ``id`` and ``success`` per ticket.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from connectors.custom_fields import FieldMap
from connectors.errors import ConnectorError, Invalid
from connectors.freshdesk.client import PRODUCT, FreshdeskClient
from connectors.records import TicketChange
from connectors.value_reader import Object, is_number

FEWEST = 4
"""Fewer tickets are written one by one: reading and writing each costs less than a call, its job and the waiting."""
MOST = 100
POLL_SECONDS = (1.0, 2.0, 3.0, 5.0, 10.0)
"""Between two questions after a job; the last goes on."""
LONGEST_JOB_SECONDS = 120.0
UNDER_WAY = frozenset({"IN_PROGRESS", "QUEUED", "PENDING", "CREATED"})


def write_alike(
    changes: Sequence[TicketChange], client: FreshdeskClient, fields: FieldMap, sleep: Callable[[float], None]
) -> frozenset[str]:
    """Write what can be written together; gives the tickets that are done."""
    groups: dict[str, list[TicketChange]] = {}
    for change in changes:
        if (
            change.fields
            and not (change.add_tags or change.remove_tags or change.comment)
            and is_number(change.ticket_id)
        ):
            try:
                values = fields.write(PRODUCT, change.fields)
            except Invalid:
                continue
            groups.setdefault(json.dumps(values, sort_keys=True), []).append(change)
    done: set[str] = set()
    for written, group in groups.items():
        for start in range(0, len(group), MOST):
            part = [change.ticket_id for change in group[start : start + MOST]]
            if len(part) >= FEWEST:
                try:
                    done |= _write_together(part, {"custom_fields": json.loads(written)}, client, sleep)
                except ConnectorError:
                    return frozenset(done)
    return frozenset(done)


def _write_together(
    ticket_ids: Sequence[str], properties: Object, client: FreshdeskClient, sleep: Callable[[float], None]
) -> set[str]:
    job_id = client.update_many(ticket_ids, properties)
    waited, round_ = 0.0, 0
    while waited < LONGEST_JOB_SECONDS:
        pause = POLL_SECONDS[min(round_, len(POLL_SECONDS) - 1)]
        sleep(pause)
        waited, round_ = waited + pause, round_ + 1
        job = client.job(job_id)
        if str(job.get("status")).upper() not in UNDER_WAY:
            return _done(job) & set(ticket_ids)
    return set()


def _done(job: Object) -> set[str]:
    results = job.get("data")
    return {
        str(item.get("id"))
        for item in (results if isinstance(results, list) else [])
        if isinstance(item, dict) and item.get("success") is True
    }
