"""Toggl's webhook calls (Webhooks API v1): proof, validation handshake, and what they point at.

Every call is signed: ``X-Webhook-Signature-256: sha256=<hex>``, an HMAC-SHA256 of the raw body with the
subscription's secret ("Validating received events"). A new subscription sends a ping whose payload is the
*text* ``ping`` with a ``validation_code`` that has to be answered. An event is a hint: it names an entry to
be read again, nothing in it is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.records import WebhookCall
from connectors.toggl.translate import PRODUCT

SIGNATURE_HEADER = "x-webhook-signature-256"


def read_call(headers: Mapping[str, str], body: bytes, *, secret: SecretStr | None, workspace_id: int) -> WebhookCall:
    """Prove a call genuine and read which entries it points at; events of other workspaces name none.

    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    if secret is None:
        raise BadSignature(
            PRODUCT,
            "a webhook call came but no secret is configured",
            remedy="Set webhook_secret to the secret of the subscription.",
        )
    _prove(headers.get(SIGNATURE_HEADER, ""), body, secret)
    event = _event(body)
    code = event.get("validation_code")
    return WebhookCall(
        delivery_id=_delivery_id(event, body),
        entry_ids=_entry_ids(event, workspace_id),
        answer={"validation_code": code} if isinstance(code, str) else None,
    )


def signature(secret: SecretStr, body: bytes) -> str:
    """What the signature header must say."""
    return "sha256=" + hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()


def _prove(given: str, body: bytes, secret: SecretStr) -> None:
    if not hmac.compare_digest(given.encode(), signature(secret, body).encode()):
        raise BadSignature(
            PRODUCT,
            "the signature of a webhook call does not hold",
            remedy="Compare webhook_secret with the secret of the subscription.",
        )


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from None
    if not isinstance(event, dict):
        raise Malformed(PRODUCT, "the body of a webhook call is not an object")
    return event


def _delivery_id(event: Mapping[str, Any], body: bytes) -> str:
    """The event's id; pings all have 0, and some events none, so those go by their content."""
    event_id = event.get("event_id")
    return str(event_id) if event_id else hashlib.sha256(body).hexdigest()


def _entry_ids(event: Mapping[str, Any], workspace_id: int) -> tuple[str, ...]:
    metadata, payload = event.get("metadata"), event.get("payload")
    if not isinstance(metadata, dict) or not isinstance(payload, dict) or metadata.get("model") != "time_entry":
        return ()
    if str(metadata.get("workspace_id", workspace_id)) != str(workspace_id):
        return ()
    entry_id = metadata.get("time_entry_id") or payload.get("id")
    return (str(entry_id),) if entry_id else ()
