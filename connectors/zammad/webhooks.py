"""Webhook calls from Zammad's triggers: proven by signature, then read for the ticket they point at.

``X-Hub-Signature: sha1=<hex>`` is an HMAC-SHA1 of the raw body with the webhook's signature token. The usual body is
``{"ticket": {"id": …}, "article": …}``; whoever writes a body of his own gives us ``{"ticket_id": …}``. Whatever else a
body says is not believed: the ticket is read again.

Source: "Webhook" in the admin documentation, and Zammad's source for the signature and the headers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.reading import is_number
from connectors.records import WebhookCall
from connectors.zammad.client import PRODUCT

SIGNATURE_HEADER = "x-hub-signature"
DELIVERY_HEADER = "x-zammad-delivery"


def read_webhook(headers: Mapping[str, str], body: bytes, secret: SecretStr | None) -> WebhookCall:
    """The ticket a genuine call points at; ``headers`` have names in lower case.

    A call that is tried again has the delivery's id of the first time. The id is not signed, so the body counts too:
    whoever plays a call again under another id makes us read its ticket once more, and nothing else.
    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    if secret is None:
        raise BadSignature(
            PRODUCT,
            "a webhook call came but no secret is configured",
            remedy="Set webhook_secret to the HMAC SHA1 signature token of the webhook.",
        )
    given = headers.get(SIGNATURE_HEADER, "")
    if not hmac.compare_digest(given.encode(errors="replace"), signature(secret, body).encode()):
        raise BadSignature(
            PRODUCT,
            "the signature of a webhook call does not hold",
            remedy="Compare webhook_secret with the HMAC SHA1 signature token of the webhook.",
        )
    told = headers.get(DELIVERY_HEADER, "").encode(errors="replace")
    return WebhookCall(hashlib.sha256(told + b"\n" + body).hexdigest(), ticket_ids=_ticket_ids(_content(body)))


def signature(secret: SecretStr, body: bytes) -> str:
    """What the signature header must say."""
    return "sha1=" + hmac.new(secret.get_secret_value().encode(), body, "sha1").hexdigest()


def _content(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from None
    if not isinstance(content, dict):
        raise Malformed(PRODUCT, "the body of a webhook call is not an object")
    return content


def _ticket_ids(content: Mapping[str, Any]) -> tuple[str, ...]:
    ticket = content.get("ticket")
    found = ticket.get("id") if isinstance(ticket, dict) else content.get("ticket_id")
    return (str(found),) if isinstance(found, (int, str)) and is_number(str(found)) else ()
