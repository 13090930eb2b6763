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
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from connectors.freshdesk.client import PRODUCT
from connectors.records import WebhookCall
from connectors.webhook_proof import content_of, named_ids, require_proof

HEADER = "x-caresync-secret"


def read_webhook(headers: Mapping[str, str], body: bytes, now: datetime, secrets: Sequence[SecretStr]) -> WebhookCall:
    """The ticket a genuine call points at; ``headers`` have names in lower case.

    Freshdesk gives deliveries no id, and the calls about two changes of one ticket are the same to the letter, so a
    delivery is known by its body and the second in which it came.
    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    require_proof(
        PRODUCT,
        headers.get(HEADER, "").strip(),
        secrets,
        lambda secret: secret.decode(),
        setting="webhook_secret",
        source="what the automation rule sends in the header X-CareSync-Secret",
    )
    content = content_of(PRODUCT, body, may_be_empty=True)
    simple = content.get("freshdesk_webhook")
    moment = now.replace(microsecond=0).isoformat().encode()
    return WebhookCall(
        hashlib.sha256(moment + b"\n" + body).hexdigest(),
        ticket_ids=named_ids([(simple if isinstance(simple, dict) else content).get("ticket_id")]),
    )
