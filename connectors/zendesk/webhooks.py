"""Webhook calls from Zendesk: proven by signature and age, then read for the ticket they point at.

Two kinds come in. An *event subscription* sends Zendesk's own body (``type: zen:event-type:ticket.…``, the ticket in
``detail.id`` and ``subject``); a *trigger* sends what its author wrote, for us ``{"ticket_id": "{{ticket.id}}"}``.
A body may also be empty, as the product's test call is. Whatever else a body says is not believed: the ticket is
read again.

Source: "Verifying webhook authenticity" and "Anatomy of a webhook request" in the developer documentation: the
signature is base64(HMAC-SHA256(secret, time stamp + raw body)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import SecretStr

from connectors.errors import BadSignature
from connectors.records import WebhookCall
from connectors.value_reader import LONGEST_IDENTITY, Object
from connectors.webhook_proof import content_of, named_ids, require_proof
from connectors.zendesk.settings import PRODUCT

SIGNATURE_HEADER = "x-zendesk-webhook-signature"
TIMESTAMP_HEADER = "x-zendesk-webhook-signature-timestamp"
OLDEST = timedelta(minutes=5)
"""How far a call's time stamp may lie from our clock, either way. Retries are stamped again."""


def read_webhook(headers: Mapping[str, str], body: bytes, now: datetime, secrets: Sequence[SecretStr]) -> WebhookCall:
    """The ticket a genuine call points at; ``headers`` have names in lower case.

    The delivery id is the event's own, or otherwise the signature: both are proven, the header with the invocation's id
    is not. Raises :class:`BadSignature` and :class:`Malformed`.
    """
    stamp, given = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    require_proof(
        PRODUCT,
        given,
        secrets,
        lambda secret: _signature(secret, stamp, body),
        setting="webhook_secret",
        source="the signing secret of the webhook",
    )
    _require_fresh(stamp, now)
    content = content_of(PRODUCT, body, may_be_empty=True)
    event_id = content.get("id")
    is_event = isinstance(content.get("type"), str) and isinstance(event_id, str)
    is_id = is_event and 0 < len(str(event_id)) <= LONGEST_IDENTITY
    return WebhookCall(delivery_id=str(event_id) if is_id else given, ticket_ids=_ticket_ids(content))


def signature(secret: SecretStr, stamp: str, body: bytes) -> str:
    """What the signature header must say."""
    return _signature(secret.get_secret_value().encode(), stamp, body)


def _signature(secret: bytes, stamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, stamp.encode(errors="replace") + body, hashlib.sha256)).decode()


def _require_fresh(stamp: str, now: datetime) -> None:
    try:
        age = now - datetime.fromisoformat(stamp)
    except (ValueError, TypeError, OverflowError):
        raise BadSignature(PRODUCT, "the time stamp of a webhook call is not a time") from None
    if abs(age) > OLDEST:
        raise BadSignature(
            PRODUCT,
            "a webhook call is too old or from the future",
            remedy="It may be a replay; if it happens always, set this machine's clock by NTP.",
        )


def _ticket_ids(content: Object) -> tuple[str, ...]:
    kind, detail, ticket = content.get("type"), content.get("detail"), content.get("ticket")
    if isinstance(kind, str) and kind.startswith("zen:event-type:"):
        is_ticket = kind.startswith("zen:event-type:ticket.")
        return named_ids([detail.get("id")] if is_ticket and isinstance(detail, dict) else [])
    return named_ids([content.get("ticket_id") or (ticket.get("id") if isinstance(ticket, dict) else None)])
