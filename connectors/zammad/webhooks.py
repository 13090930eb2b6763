"""Webhook calls from Zammad's triggers: proven by signature, then read for the ticket they point at.

``X-Hub-Signature: sha1=<hex>`` is an HMAC-SHA1 of the raw body with the webhook's signature token. The usual body is
``{"ticket": {"id": …}, "article": …}``; whoever writes a body of his own gives us ``{"ticket_id": …}``. Whatever else a
body says is not believed: the ticket is read again.

Source: "Webhook" in the admin documentation, and Zammad's source for the signature and the headers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from connectors.records import WebhookCall
from connectors.webhook_proof import content_of, named_ids, require_proof
from connectors.zammad.client import PRODUCT

SIGNATURE_HEADER = "x-hub-signature"
DELIVERY_HEADER = "x-zammad-delivery"


def read_webhook(headers: Mapping[str, str], body: bytes, secrets: Sequence[SecretStr]) -> WebhookCall:
    """The ticket a genuine call points at; ``headers`` have names in lower case.

    A call that is tried again has the delivery's id of the first time. The id is not signed, so the body counts too:
    whoever plays a call again under another id makes us read its ticket once more, and nothing else.
    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    require_proof(
        PRODUCT,
        headers.get(SIGNATURE_HEADER, ""),
        secrets,
        lambda secret: _signature(secret, body),
        setting="webhook_secret",
        source="the HMAC SHA1 signature token of the webhook",
    )
    content = content_of(PRODUCT, body)
    ticket = content.get("ticket")
    ticket_id = ticket.get("id") if isinstance(ticket, dict) else content.get("ticket_id")
    delivery = headers.get(DELIVERY_HEADER, "").encode(errors="replace")
    return WebhookCall(hashlib.sha256(delivery + b"\n" + body).hexdigest(), ticket_ids=named_ids([ticket_id]))


def signature(secret: SecretStr, body: bytes) -> str:
    """What the signature header must say."""
    return _signature(secret.get_secret_value().encode(), body)


def _signature(secret: bytes, body: bytes) -> str:
    return "sha1=" + hmac.new(secret, body, "sha1").hexdigest()
