"""Taking a webhook: prove it genuine, refuse replays, mark what it points at, and be done.

Terms
    source     who called: ``helpdesk:zendesk`` or ``tracker:toggl``
    delivery   one call of a product, known by the id that the product gave it
    replay     a delivery that was taken before; products repeat what they think was lost

Promise: a body is a hint and never the truth, so nothing of it is stored but ids; what they point at is read from
the product by the next pass. A call that cannot be proven genuine or read leaves the store as it was. An answer
never tells more than its caller may know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from care_sync.logs import logger
from care_sync.model.mark import DirtyKind
from care_sync.store import Store
from connectors.errors import BadSignature, ConnectorError
from connectors.protocols import Helpdesk, TimeTracker
from connectors.records import WebhookCall

REASON = "webhook"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the product is answered: an HTTP status and a JSON body."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


def take_helpdesk_call(
    store: Store, helpdesk: Helpdesk, headers: Mapping[str, str], body: bytes, now: datetime
) -> tuple[Answer, bool]:
    """Take a call of the helpdesk; say also whether there is something to do now."""
    return _take(
        store, f"helpdesk:{helpdesk.product}", helpdesk.webhook, DirtyKind.FETCH_TICKET, _tickets, headers, body, now
    )


def take_tracker_call(
    store: Store, name: str, tracker: TimeTracker, headers: Mapping[str, str], body: bytes, now: datetime
) -> tuple[Answer, bool]:
    """Take a call of the time tracker that the site calls ``name``; say also whether there is something to do."""

    def entry_keys(call: WebhookCall) -> list[str]:
        return [f"{tracker.product}:{tracker.account}:{entry_id}" for entry_id in call.entry_ids]

    return _take(store, f"tracker:{name}", tracker.webhook, DirtyKind.FETCH_ENTRY, entry_keys, headers, body, now)


def _tickets(call: WebhookCall) -> list[str]:
    return list(call.ticket_ids)


def _take(
    store: Store,
    source: str,
    verify: Callable[[Mapping[str, str], bytes, datetime], WebhookCall],
    kind: DirtyKind,
    keys: Callable[[WebhookCall], list[str]],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> tuple[Answer, bool]:
    log = logger(__name__).bind(source=source)
    try:
        call = verify(headers, body, now)
    except BadSignature as error:
        log.warning("webhook refused", reason=error.message)
        return Answer(401, {"error": "the signature does not hold"}), False
    except ConnectorError as error:
        log.warning("webhook not understood", reason=error.message)
        return Answer(400, {"error": "the body is not what this product sends"}), False
    if call.answer is not None:
        return Answer(200, call.answer), False
    marked = keys(call)
    with store.begin() as work:
        if call.delivery_id and not work.deliveries.take(source, call.delivery_id, now):
            log.info("webhook repeated", delivery=call.delivery_id)
            return Answer(200, {"status": "seen before"}), False
        work.dirty.mark(kind, marked, REASON, now)
    log.info("webhook taken", delivery=call.delivery_id, marked=len(marked))
    return Answer(202, {"status": "accepted"}), bool(marked)
