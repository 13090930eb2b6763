"""Webhook calls from the scrip ``tell_of_changes.pl``: proven by signature and age, then read for what they point at.

Request Tracker itself calls nobody; a scrip with user-defined code does. Ours signs
``sha256=<hex of HMAC-SHA256(secret, time stamp + "." + raw body)>`` and sends the time stamp beside it, in seconds. Its
body is ``{"ticket": 7, "transactions": [90, 91], "worked": [91]}``, where ``worked`` are the transactions that booked
time. A call that fails is never sent again, so it only makes things faster.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.reading import Object
from connectors.request_tracker.reading import PRODUCT, READ

SIGNATURE_HEADER = "x-caresync-signature"
TIMESTAMP_HEADER = "x-caresync-timestamp"
OLDEST_SECONDS = 300
"""How far a call's time stamp may lie from our clock, either way."""


@dataclass(frozen=True, slots=True)
class Told:
    """A genuine call: the ticket that changed, and the transactions that booked time on it."""

    delivery_id: str
    ticket_id: str
    worked_ids: tuple[str, ...]


def read_call(headers: Mapping[str, str], body: bytes, now: datetime, secret: SecretStr | None) -> Told:
    """What a genuine call says; ``headers`` have names in lower case. Deliveries go by their signature.

    Raises :class:`BadSignature` and :class:`Malformed`.
    """
    if secret is None:
        raise BadSignature(
            PRODUCT,
            "a webhook call came but no secret is configured",
            remedy="Set webhook_secret to CareSyncWebhookSecret of Request Tracker's configuration.",
        )
    stamp, given = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    if not hmac.compare_digest(given.encode(errors="replace"), signature(secret, stamp, body).encode()):
        raise BadSignature(
            PRODUCT,
            "the signature of a webhook call does not hold",
            remedy="Compare webhook_secret with CareSyncWebhookSecret of Request Tracker's configuration.",
        )
    if not (stamp.isascii() and stamp.isdecimal()) or abs(now.timestamp() - int(stamp)) > OLDEST_SECONDS:
        raise BadSignature(
            PRODUCT,
            "a webhook call is too old or from the future",
            remedy="It may be a replay; if it happens always, set this machine's clock by NTP.",
        )
    content = _content(body)
    worked = content.get("worked")
    if not isinstance(worked, list):
        raise Malformed(PRODUCT, "a webhook call does not tell what was worked")
    ids = tuple(READ.identity(one, "worked") for one in worked)
    return Told(delivery_id=given, ticket_id=READ.identity(content.get("ticket"), "ticket"), worked_ids=ids)


def signature(secret: SecretStr, stamp: str, body: bytes) -> str:
    """What the signature header must say."""
    signed = stamp.encode(errors="replace") + b"." + body
    return "sha256=" + hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()


def _content(body: bytes) -> Object:
    try:
        return READ.an_object(json.loads(body), "a webhook call")
    except (ValueError, RecursionError):
        raise Malformed(PRODUCT, "the body of a webhook call is not JSON") from None
