"""Webhook calls from Freshdesk's automation rules: proven by a shared secret, then read for the ticket they point at.

Freshdesk signs nothing. A rule can send headers of its own, so ours sends a secret in ``X-CareSync-Secret``, and the
address must be an ``https://`` one, or the secret goes over the line for all to read. Whoever has it can make us read
tickets again, and nothing else: nothing that a body says is believed but the number of a ticket.

Bodies are what the rule's author wrote, for us ``{"ticket_id": {{ticket.id}}}``, or in the simple form
``{"freshdesk_webhook": {"ticket_id": …}}``.

Source: "Using webhooks in automation rules".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.freshdesk.client import PRODUCT
from connectors.reading import is_number
from connectors.records import WebhookCall

HEADER = "x-caresync-secret"


def read_webhook(headers: Mapping[str, str], body: bytes, now: datetime, secret: SecretStr | None) -> WebhookCall:
    """The ticket a genuine call points at; ``headers`` have names in lower case.

    Freshdesk gives deliveries no id, and the calls about two changes of one ticket are the same to the letter, so a
    delivery is known by its body and the second in which it came.
    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    if secret is None:
        raise BadSignature(
            PRODUCT,
            "a webhook call came but no secret is configured",
            remedy="Set webhook_secret to what the automation rule sends in the header X-CareSync-Secret.",
        )
    given = headers.get(HEADER, "").strip().encode(errors="replace")
    if not hmac.compare_digest(given, secret.get_secret_value().encode()):
        raise BadSignature(
            PRODUCT,
            "a webhook call does not bring the secret",
            remedy="Compare webhook_secret with the header X-CareSync-Secret of the automation rule.",
        )
    moment = now.replace(microsecond=0).isoformat().encode()
    return WebhookCall(hashlib.sha256(moment + b"\n" + body).hexdigest(), ticket_ids=_ticket_ids(_content(body)))


def _content(body: bytes) -> Mapping[str, Any]:
    if not body.strip():
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from None
    if not isinstance(content, dict):
        raise Malformed(PRODUCT, "the body of a webhook call is not an object")
    simple = content.get("freshdesk_webhook")
    return simple if isinstance(simple, dict) else content


def _ticket_ids(content: Mapping[str, Any]) -> tuple[str, ...]:
    found = content.get("ticket_id")
    return (str(found),) if isinstance(found, (int, str)) and is_number(str(found)) else ()
