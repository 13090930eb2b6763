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
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.reading import is_number
from connectors.records import WebhookCall
from connectors.zendesk.reading import PRODUCT

SIGNATURE_HEADER = "x-zendesk-webhook-signature"
TIMESTAMP_HEADER = "x-zendesk-webhook-signature-timestamp"
OLDEST = timedelta(minutes=5)
"""How far a call's time stamp may lie from our clock, either way. Retries are stamped anew."""


def read_webhook(headers: Mapping[str, str], body: bytes, now: datetime, secret: SecretStr | None) -> WebhookCall:
    """The ticket a genuine call points at; ``headers`` have names in lower case.

    The delivery id is the event's own, or else the signature: both are proven, the header with the invocation's id
    is not. Raises :class:`BadSignature` and :class:`Malformed`.
    """
    if secret is None:
        raise BadSignature(
            PRODUCT,
            "a webhook call came but no secret is configured",
            remedy="Set webhook_secret to the signing secret of the webhook.",
        )
    stamp, given = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    if not hmac.compare_digest(given.encode(errors="replace"), signature(secret, stamp, body).encode()):
        raise BadSignature(
            PRODUCT,
            "the signature of a webhook call does not hold",
            remedy="Compare webhook_secret with the signing secret of the webhook.",
        )
    _require_fresh(stamp, now)
    content = _content(body)
    event_id = content.get("id")
    is_event = isinstance(content.get("type"), str) and isinstance(event_id, str) and event_id
    return WebhookCall(delivery_id=str(event_id) if is_event else given, ticket_ids=_ticket_ids(content))


def signature(secret: SecretStr, stamp: str, body: bytes) -> str:
    """What the signature header must say."""
    digest = hmac.new(
        secret.get_secret_value().encode(), stamp.encode(errors="replace") + body, hashlib.sha256
    ).digest()
    return base64.b64encode(digest).decode()


def _require_fresh(stamp: str, now: datetime) -> None:
    try:
        age = now - datetime.fromisoformat(stamp)
    except (ValueError, TypeError):
        raise BadSignature(PRODUCT, "the time stamp of a webhook call is no time") from None
    if abs(age) > OLDEST:
        raise BadSignature(
            PRODUCT,
            "a webhook call is too old or from the future",
            remedy="It may be a replay; if it happens always, set this machine's clock by NTP.",
        )


def _content(body: bytes) -> Mapping[str, Any]:
    if not body.strip():
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from None
    if not isinstance(content, dict):
        raise Malformed(PRODUCT, "the body of a webhook call is not an object")
    return content


def _ticket_ids(content: Mapping[str, Any]) -> tuple[str, ...]:
    kind, detail, ticket = content.get("type"), content.get("detail"), content.get("ticket")
    if isinstance(kind, str) and kind.startswith("zen:event-type:"):
        is_ticket = kind.startswith("zen:event-type:ticket.")
        found = detail.get("id") if is_ticket and isinstance(detail, dict) else None
    else:
        found = content.get("ticket_id") or (ticket.get("id") if isinstance(ticket, dict) else None)
    return (str(found),) if found is not None and is_number(str(found)) else ()
