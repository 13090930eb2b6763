"""Clockify's webhook calls: the webhook's own token as proof, and what they point at.

``Clockify-Signature`` carries the token of the webhook, **not** a signature over the body: whoever once saw
a call could forge another. So nothing in a body is believed; it only names entries to be read again. There
is no handshake and no delivery id: calls are told apart by their content and the moment they came.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from connectors.clockify.translate import PRODUCT
from connectors.errors import BadSignature, Malformed
from connectors.records import WebhookCall

PROOF_HEADER = "clockify-signature"
EVENT_HEADER = "clockify-webhook-event-type"


def read_call(
    headers: Mapping[str, str], body: bytes, *, tokens: Sequence[SecretStr], workspace_id: str, now: datetime
) -> WebhookCall:
    """Prove a call genuine by its token and read which entries it points at.

    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    given = headers.get(PROOF_HEADER, "").encode()
    known = [hmac.compare_digest(given, token.get_secret_value().encode()) for token in tokens]
    if not any(known):
        raise BadSignature(
            PRODUCT,
            "a webhook call carries a token that is not configured",
            remedy="Copy the token of each webhook from Clockify into webhook_tokens.",
        )
    try:
        content = json.loads(body)
    except ValueError as error:
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from error
    came = hashlib.sha256(headers.get(EVENT_HEADER, "").encode() + body).hexdigest()
    return WebhookCall(
        delivery_id=f"{came}:{now.isoformat()}",
        entry_ids=tuple(_entry_ids(content, workspace_id)) if _is_about_entries(headers) else (),
    )


def _is_about_entries(headers: Mapping[str, str]) -> bool:
    event = headers.get(EVENT_HEADER, "")
    return not event or "TIME_ENTRY" in event or "TIMER" in event


def _entry_ids(content: Any, workspace_id: str) -> Iterator[str]:
    """The ids in a flat entry, or in the list of ids that a deletion in bulk sends."""
    items = content if isinstance(content, list) else [content]
    for item in items:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            if item.get("workspaceId", workspace_id) != workspace_id:
                continue
            if isinstance(item.get("id"), str):
                yield item["id"]
            yield from (each for each in item.get("ids") or item.get("timeEntryIds") or [] if isinstance(each, str))
        else:
            raise Malformed(PRODUCT, "the body of a webhook call names no entries")
