"""Redmine's webhook calls (Redmine 7 and newer): proof, and what they point at.

A call is signed when its webhook has a secret: ``X-Redmine-Signature-256: sha256=<hex>``, an HMAC-SHA256 of the raw
body. Its body is ``{"type": "time_entry.updated", "timestamp": …, "data": {"time_entry": {…}}}``. A call that fails is
never sent again, so it only makes things faster: an event names an entry to be read, nothing in it is believed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from connectors.records import WebhookCall
from connectors.redmine.translate import PRODUCT, READ
from connectors.webhook_proof import content_of, named_ids, require_proof

SIGNATURE_HEADER = "x-redmine-signature-256"


def read_call(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[SecretStr]) -> WebhookCall:
    """Prove a call genuine and read which entry it points at; events of other things name none.

    Redmine gives deliveries no id: they go by their content. Raises :class:`BadSignature` and :class:`Malformed`.
    """
    require_proof(
        PRODUCT,
        headers.get(SIGNATURE_HEADER, ""),
        secrets,
        lambda secret: "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        setting="webhook_secret",
        source="the secret of the webhook",
    )
    event = content_of(PRODUCT, body)
    entry_ids: tuple[str, ...] = ()
    if str(event.get("type")).startswith("time_entry."):
        data = READ.an_object(event.get("data"), "the data of a webhook call")
        entry = READ.an_object(data.get("time_entry"), "time_entry")
        entry_ids = named_ids([READ.identity(entry.get("id"), "time_entry.id")])
    return WebhookCall(delivery_id=hashlib.sha256(body).hexdigest(), entry_ids=entry_ids)
