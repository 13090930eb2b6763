"""Clockify's webhook calls: the webhook's own token as proof, and what they point at.

``Clockify-Signature`` carries the token of the webhook, **not** a signature over the body: whoever once saw
a call could forge another. So nothing in a body is believed; it only names entries to be read again. There
is no handshake and no delivery id: calls are told apart by their content and the moment they came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from connectors.clockify.translate import PRODUCT, is_entry_id
from connectors.errors import Malformed
from connectors.records import WebhookCall
from connectors.webhook_proof import json_of, named_ids, require_proof

PROOF_HEADER = "clockify-signature"
EVENT_HEADER = "clockify-webhook-event-type"


def read_call(
    headers: Mapping[str, str], body: bytes, *, tokens: Sequence[SecretStr], workspace_id: str, now: datetime
) -> WebhookCall:
    """Prove a call genuine by its token and read which entries it points at.

    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    require_proof(
        PRODUCT,
        headers.get(PROOF_HEADER, ""),
        tokens,
        lambda token: token.decode(),
        setting="webhook_tokens",
        source="the token that Clockify shows beside each webhook",
    )
    content = json_of(PRODUCT, body)
    event = headers.get(EVENT_HEADER, "")
    entry_ids = named_ids(_entry_ids(content, workspace_id), is_entry_id)
    is_about_entries = not event or "TIME_ENTRY" in event or "TIMER" in event
    digest = hashlib.sha256(event.encode(errors="replace") + body).hexdigest()
    return WebhookCall(
        delivery_id=f"{digest}:{now.isoformat()}",
        entry_ids=entry_ids if is_about_entries else (),
    )


def _entry_ids(content: object, workspace_id: str) -> Iterator[object]:
    """The ids in a flat entry, or in the list of ids that a deletion in bulk sends."""
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            if item.get("workspaceId", workspace_id) != workspace_id:
                continue
            yield item.get("id")
            ids = item.get("ids") or item.get("timeEntryIds")
            yield from ids if isinstance(ids, list) else ()
        else:
            raise Malformed(PRODUCT, "the body of a webhook call names no entries")
