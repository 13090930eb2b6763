"""Webhooks of the sandbox's Zendesk: subscriptions, and signed calls.

Events queue up until :meth:`ZendeskWebhooks.deliver` sends them, so that whoever moves the clock also decides when they
arrive. The product promises neither order nor once: ``sends_twice`` and ``newest_first`` show it.

A subscription to *events* gets Zendesk's own body; a *trigger* sends what its author wrote, here
``{"ticket_id": "<number>"}``. Sources: "Verifying webhook authenticity", "Ticket events"; envelope and headers as
recorded from the live service.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from connectors.sandbox.zendesk_admin import secret_of
from connectors.sandbox.zendesk_shapes import ACCOUNT, FORM, instant
from connectors.sandbox.zendesk_state import ZendeskAccount, ZendeskEvent

TIMEOUT_SECONDS = 12
VERSION = "2022-11-06"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where calls go, the secret they are signed with, and whether a trigger sends them or an event."""

    id: int
    endpoint: str
    secret: str
    is_by_trigger: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signed call as it goes over the line; ``headers`` have names in lower case."""

    headers: dict[str, str]
    body: bytes


class ZendeskWebhooks:
    """The webhooks of one account, and the events that wait to be sent."""

    def __init__(self, account: ZendeskAccount) -> None:
        self.account = account
        self.webhooks: list[Webhook] = []
        self.waiting: list[ZendeskEvent] = []
        self.sends_twice = False
        self.newest_first = False
        account.listeners.append(self.waiting.append)

    def subscribe(self, endpoint: str, secret: str, *, by_trigger: bool = False) -> Webhook:
        """Enter a webhook."""
        webhook = Webhook(self.account.records.next_id("webhook"), endpoint, secret, by_trigger)
        self.webhooks.append(webhook)
        return webhook

    def deliver(self) -> list[int]:
        """Send everything that waits to every webhook; gives the HTTP statuses."""
        events = [*self.waiting] * (2 if self.sends_twice else 1)
        self.waiting.clear()
        if self.newest_first:
            events.reverse()
        return [
            self._send(webhook, self.call(event, webhook))
            for event in events
            for webhook in (*self.webhooks, *self.triggered(event))
        ]

    def triggered(self, event: ZendeskEvent) -> Iterator[Webhook]:
        """Webhooks that triggers made through the API call for an event: not for what their exception did."""
        made = self.account.records.made
        for trigger in made.get("trigger", {}).values():
            conditions = trigger["conditions"]["all"]
            if any(
                condition["field"] == "role" and str(condition["value"]) == str(event.author_id)
                for condition in conditions
            ):
                continue
            for action in trigger["actions"]:
                if action["field"] == "notification_webhook" and trigger["active"]:
                    webhook_id = action["value"][0]
                    endpoint = made["webhook"][webhook_id]["endpoint"]
                    yield Webhook(int(webhook_id[6:]), endpoint, secret_of(webhook_id), is_by_trigger=True)

    def call(self, event: ZendeskEvent, webhook: Webhook) -> Delivery:
        """The signed call that tells ``event``."""
        body = {"ticket_id": str(event.ticket_id)} if webhook.is_by_trigger else self._envelope(event)
        return self.sign(webhook, json.dumps(body, indent=3, ensure_ascii=False).encode())

    def sign(self, webhook: Webhook, body: bytes) -> Delivery:
        """Put ``body`` into a signed call of now."""
        stamp = instant(self.account.now())
        digest = hmac.new(webhook.secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Zendesk Webhook",
            "x-zendesk-account-id": str(ACCOUNT),
            "x-zendesk-webhook-id": f"01HAN{webhook.id:021d}",
            "x-zendesk-webhook-invocation-id": f"01HANA{self.account.records.next_id('event'):020d}",
            "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
            "x-zendesk-webhook-signature-timestamp": stamp,
        }
        return Delivery(headers, body)

    def _envelope(self, event: ZendeskEvent) -> dict[str, Any]:
        ticket = self.account.records.tickets[event.ticket_id]
        digest = hashlib.sha256(f"{self.account.subdomain}:{event.id}".encode()).hexdigest()
        detail = {
            "actor_id": str(ticket.submitter_id),
            "assignee_id": str(ticket.assignee_id or ""),
            "brand_id": "6130830354842",
            "created_at": instant(ticket.created_at),
            "custom_status": "",
            "description": ticket.description,
            "external_id": ticket.external_id,
            "form_id": str(FORM),
            "group_id": "",
            "id": str(ticket.id),
            "is_public": ticket.is_public,
            "organization_id": str(ticket.organization_id or ""),
            "priority": (ticket.priority or "").upper() or None,
            "requester_id": str(ticket.requester_id),
            "status": ticket.status.upper(),
            "subject": ticket.subject,
            "submitter_id": str(ticket.submitter_id),
            "tags": list(ticket.tags),
            "type": ticket.type,
            "updated_at": instant(ticket.updated_at),
            "via": {"channel": ticket.channel},
        }
        return {
            "account_id": ACCOUNT,
            "detail": detail,
            "event": {"current": event.current, "previous": event.previous} if event.current is not None else {},
            "id": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
            "subject": f"zen:ticket:{ticket.id}",
            "time": instant(event.at),
            "type": f"zen:event-type:ticket.{event.kind}",
            "zendesk_event_version": VERSION,
        }

    def _send(self, webhook: Webhook, delivery: Delivery) -> int:
        answer = requests.post(webhook.endpoint, data=delivery.body, headers=delivery.headers, timeout=TIMEOUT_SECONDS)
        return answer.status_code
