"""Webhook calls from the scrip ``tell_of_changes.pl``: proven by signature and age, then read for what they point at.

Request Tracker itself calls nobody; a scrip with user-defined code does. Ours signs
``sha256=<hex of HMAC-SHA256(secret, time stamp + "." + raw body)>`` and sends the time stamp beside it, in seconds. Its
body is ``{"ticket": 7, "transactions": [90, 91], "worked": [91]}``, where ``worked`` are the transactions that booked
time. A call that fails is never sent again, so it only makes things faster.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from connectors.errors import BadSignature
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.value_reader import is_number
from connectors.webhook_proof import content_of, named_ids, require_proof

SIGNATURE_HEADER = "x-caresync-signature"
TIMESTAMP_HEADER = "x-caresync-timestamp"
OLDEST_SECONDS = 300
"""How far a call's time stamp may lie from our clock, either way."""


@dataclass(frozen=True, slots=True)
class ScripCall:
    """A genuine call: the ticket that changed, and the transactions that booked time on it."""

    delivery_id: str
    ticket_ids: tuple[str, ...]
    worked_ids: tuple[str, ...]


def read_call(headers: Mapping[str, str], body: bytes, now: datetime, secrets: Sequence[SecretStr]) -> ScripCall:
    """What a genuine call says; ``headers`` have names in lower case. Deliveries go by their signature.

    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    stamp, given = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    require_proof(
        PRODUCT,
        given,
        secrets,
        lambda secret: _signature(secret, stamp, body),
        setting="webhook_secret",
        source="CareSyncWebhookSecret of Request Tracker's configuration",
    )
    if not is_number(stamp) or abs(now.timestamp() - int(stamp)) > OLDEST_SECONDS:
        raise BadSignature(
            PRODUCT,
            "a webhook call is too old or from the future",
            remedy="It may be a replay; if it happens always, set this machine's clock by NTP.",
        )
    content = content_of(PRODUCT, body)
    worked = READ.a_list(content.get("worked"), "worked")
    return ScripCall(
        delivery_id=given,
        ticket_ids=named_ids([READ.identity(content.get("ticket"), "ticket")]),
        worked_ids=named_ids(READ.identity(transaction, "worked") for transaction in worked),
    )


def signature(secret: SecretStr, stamp: str, body: bytes) -> str:
    """What the signature header must say."""
    return _signature(secret.get_secret_value().encode(), stamp, body)


def _signature(secret: bytes, stamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, stamp.encode(errors="replace") + b"." + body, hashlib.sha256).hexdigest()
