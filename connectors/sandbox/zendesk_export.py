"""The incremental export of the sandbox's Zendesk: order, the last-minute gap, and cursors.

Tickets come by ``generated_timestamp`` and number; what changed within the minute before the request is left out. A
cursor names the last ticket that was given (``base64("<timestamp>.0||<number>|")``, as recorded) and is good for ever,
also at the end of the stream. Source: "Incremental exports" and "Using the incremental export API".
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from typing import Any

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer
from connectors.sandbox.values import whole_number
from connectors.sandbox.zendesk_people import start_time
from connectors.sandbox.zendesk_shapes import ZendeskShapes
from connectors.sandbox.zendesk_state import ZendeskAccount

GAP = timedelta(minutes=1)
MOST_TICKETS = 1000
CURSOR = re.compile(r"(\d{1,12})\.0\|\|(\d{1,18})\|")


def export_tickets(account: ZendeskAccount, shapes: ZendeskShapes, query: Parameters) -> Answer:
    """A page of ``/incremental/tickets/cursor``."""
    newest = int((account.now() - GAP).timestamp())
    try:
        behind = _position(query, newest)
        size = min(whole_number(query, "per_page", MOST_TICKETS, least=1), MOST_TICKETS)
    except ValueError as error:
        return Answer(422 if "recent" in str(error) else 400, {"error": "InvalidValue", "description": str(error)})
    waiting = sorted(
        (ticket.generated_timestamp, ticket.id)
        for ticket in account.records.tickets.values()
        if behind < (ticket.generated_timestamp, ticket.id) and ticket.generated_timestamp <= newest
    )
    given = waiting[:size]
    tickets = [account.records.tickets[ticket_id] for _, ticket_id in given]
    cursor = _cursor(*given[-1]) if given else query.get("cursor")
    address = shapes.url("incremental/tickets/cursor")
    data: dict[str, Any] = {
        "tickets": [shapes.ticket(ticket, exported=True) for ticket in tickets],
        **shapes.beside(tickets, query.get("include", "")),
        "after_url": f"{address}?cursor={cursor}" if cursor else None,
        "before_url": None,
        "after_cursor": cursor,
        "before_cursor": None,
        "end_of_stream": len(given) == len(waiting),
    }
    return Answer(data=data)


def _position(query: Parameters, newest: int) -> tuple[int, int]:
    """What the page begins behind: a time stamp and a ticket."""
    if "cursor" in query:
        try:
            matched = CURSOR.fullmatch(base64.b64decode(query["cursor"], validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            matched = None
        if matched is None:
            raise ValueError("cursor is not valid")
        return int(matched[1]), int(matched[2])
    start = start_time(query)
    if start > newest:
        raise ValueError("Too recent start_time. Use a start_time older than 1 minute")
    return start, 0


def _cursor(timestamp: int, ticket_id: int) -> str:
    return base64.b64encode(f"{timestamp}.0||{ticket_id}|".encode()).decode()
