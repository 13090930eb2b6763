"""Toggl's webhook calls (Webhooks API v1): proof, validation handshake, and what they point at.

Every call is signed: ``X-Webhook-Signature-256: sha256=<hex>``, an HMAC-SHA256 of the raw body with the
subscription's secret ("Validating received events"). A new subscription sends a ping whose payload is the
*text* ``ping`` with a ``validation_code`` that has to be answered. An event is a hint: it names an entry to
be read again, nothing in it is believed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from connectors.records import WebhookCall
from connectors.toggl.translate import PRODUCT
from connectors.value_reader import LONGEST_IDENTITY, Object
from connectors.webhook_proof import content_of, named_ids, require_proof

SIGNATURE_HEADER = "x-webhook-signature-256"


def read_call(
    headers: Mapping[str, str], body: bytes, *, secrets: Sequence[SecretStr], workspace_id: int
) -> WebhookCall:
    """Prove a call genuine and read which entries it points at; events of other workspaces name none.

    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    require_proof(
        PRODUCT,
        headers.get(SIGNATURE_HEADER, ""),
        secrets,
        lambda secret: _signature(secret, body),
        setting="webhook_secret",
        source="the secret of the subscription",
    )
    event = content_of(PRODUCT, body)
    code = event.get("validation_code")
    return WebhookCall(
        delivery_id=_delivery_id(event, body),
        entry_ids=_entry_ids(event, workspace_id),
        answer={"validation_code": code} if isinstance(code, str) else None,
    )


def signature(secret: SecretStr, body: bytes) -> str:
    """What the signature header must say."""
    return _signature(secret.get_secret_value().encode(), body)


def _signature(secret: bytes, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def _delivery_id(event: Object, body: bytes) -> str:
    """The event's id; pings all have 0, and some events none, so those go by their content."""
    event_id = event.get("event_id")
    is_id = isinstance(event_id, (int, str)) and bool(event_id) and len(str(event_id)) <= LONGEST_IDENTITY
    return str(event_id) if is_id else hashlib.sha256(body).hexdigest()


def _entry_ids(event: Object, workspace_id: int) -> tuple[str, ...]:
    metadata, payload = event.get("metadata"), event.get("payload")
    if not isinstance(metadata, dict) or not isinstance(payload, dict) or metadata.get("model") != "time_entry":
        return ()
    if str(metadata.get("workspace_id", workspace_id)) != str(workspace_id):
        return ()
    return named_ids([metadata.get("time_entry_id") or payload.get("id")])
