"""Redmine's webhook calls (Redmine 7 and newer): proof, and what they point at.

A call is signed when its webhook has a secret: ``X-Redmine-Signature-256: sha256=<hex>``, an HMAC-SHA256 of the raw
body. Its body is ``{"type": "time_entry.updated", "timestamp": …, "data": {"time_entry": {…}}}``. A call that fails is
never sent again, so it only makes things faster: an event names an entry to be read, nothing in it is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.records import WebhookCall
from connectors.redmine.translate import PRODUCT, identifier, object_of

SIGNATURE_HEADER = "x-redmine-signature-256"


def read_call(headers: Mapping[str, str], body: bytes, *, secret: SecretStr | None) -> WebhookCall:
    """Prove a call genuine and read which entry it points at; events of other things name none.

    Redmine gives deliveries no id: they go by their content. Raises :class:`BadSignature` and :class:`Malformed`.
    """
    if secret is None:
        raise BadSignature(
            PRODUCT,
            "a webhook call came but no secret is configured",
            remedy="Set webhook_secret to the secret of the webhook.",
        )
    expected = "sha256=" + hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(headers.get(SIGNATURE_HEADER, "").encode(), expected.encode()):
        raise BadSignature(
            PRODUCT,
            "the signature of a webhook call does not hold",
            remedy="Compare webhook_secret with the secret of the webhook.",
        )
    try:
        event = object_of(json.loads(body), "webhook call")
    except ValueError:
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from None
    named: tuple[str, ...] = ()
    if str(event.get("type")).startswith("time_entry."):
        data = object_of(event.get("data"), "webhook call's data")
        named = (str(identifier(object_of(data.get("time_entry"), "time entry"))),)
    return WebhookCall(delivery_id=hashlib.sha256(body).hexdigest(), entry_ids=named)
