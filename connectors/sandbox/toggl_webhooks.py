"""Webhooks of the sandbox's Toggl: subscriptions, the validation handshake, and signed events.

Events queue up until :meth:`TogglWebhooks.deliver` sends them, so that whoever moves the clock also decides
when, in what order and how often they arrive (the product promises neither order nor once). A subscription
gets events only after it answered the ping with its ``validation_code`` (Webhooks API v1, "Validating a
subscription").
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests

from connectors.sandbox.toggl_shapes import entry_json
from connectors.sandbox.toggl_state import TogglEvent, TogglWorkspace

TIMEOUT_SECONDS = 10


@dataclass(slots=True)
class Subscription:
    """Where events go, and the secret they are signed with."""

    id: int
    url_callback: str
    secret: str
    validated: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signed call as it goes over the line; ``headers`` have names in lower case."""

    headers: dict[str, str]
    body: bytes


class TogglWebhooks:
    """The subscriptions of one workspace, and the events that wait to be sent."""

    def __init__(self, workspace: TogglWorkspace) -> None:
        self.workspace = workspace
        self.subscriptions: list[Subscription] = []
        self.waiting: list[TogglEvent] = []
        workspace.listener = self.waiting.append

    def subscribe(self, url_callback: str, secret: str) -> Subscription:
        """Enter a subscription and validate it by a ping, as the product does."""
        subscription = Subscription(len(self.subscriptions) + 1, url_callback, secret)
        self.subscriptions.append(subscription)
        code = hashlib.sha256(f"{subscription.id}{secret}".encode()).hexdigest()[:32]
        ping = {**self._envelope(subscription, 0), "metadata": {"request_type": "POST"}, "payload": "ping"}
        answer = self._send(subscription, sign(secret, {**ping, "validation_code": code}))
        subscription.validated = answer.ok and answer.json().get("validation_code") == code
        return subscription

    def deliver(self, events: Iterable[TogglEvent] | None = None) -> list[int]:
        """Send ``events`` (all that wait, without) to every validated subscription; gives the HTTP statuses."""
        chosen = list(self.waiting if events is None else events)
        if events is None:
            self.waiting.clear()
        return [
            self._send(subscription, self.call(event, subscription)).status_code
            for event in chosen
            for subscription in self.subscriptions
            if subscription.validated
        ]

    def call(self, event: TogglEvent, subscription: Subscription) -> Delivery:
        """The signed call that tells ``event``."""
        entry = event.entry
        metadata = {
            "action": event.action,
            "model": "time_entry",
            "path": f"/api/v9/workspaces/{entry.workspace_id}/time_entries/{entry.id}",
            "request_type": {"created": "POST", "updated": "PUT", "deleted": "DELETE"}[event.action],
            "time_entry_id": str(entry.id),
            "workspace_id": str(entry.workspace_id),
            "event_user_id": str(event.user_id),
        }
        envelope = self._envelope(subscription, event.id)
        payload = entry_json(self.workspace, entry)
        return sign(subscription.secret, {**envelope, "metadata": metadata, "payload": payload})

    def _envelope(self, subscription: Subscription, event_id: int) -> dict[str, Any]:
        now = self.workspace.now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        return {
            "event_id": event_id,
            "created_at": now,
            "creator_id": min(self.workspace.users, default=0),
            "subscription_id": subscription.id,
            "timestamp": now,
            "url_callback": subscription.url_callback,
        }

    def _send(self, subscription: Subscription, delivery: Delivery) -> requests.Response:
        return requests.post(
            subscription.url_callback, data=delivery.body, headers=delivery.headers, timeout=TIMEOUT_SECONDS
        )


def sign(secret: str, content: dict[str, Any]) -> Delivery:
    """Put ``content`` into a signed call."""
    body = json.dumps(content, separators=(",", ":")).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-webhook-signature-256": f"sha256={signature}"}
    return Delivery(headers, body)
