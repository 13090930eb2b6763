"""The webhooks of the sandbox's Zammad: triggers that call, and signed calls.

A trigger that was made through the API calls its webhook when its condition holds of a change. One that is *selective*
does so for articles, and for changes of an attribute that it speaks of.

Calls queue up until :meth:`ZammadWebhooks.deliver` sends them. One that fails is sent again with the next delivery,
under the id that it had, four times more.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass

import requests

from connectors.sandbox import zammad_shapes as shapes
from connectors.sandbox.zammad_admin import called
from connectors.sandbox.zammad_conditions import clauses, holds
from connectors.sandbox.zammad_state import ZammadEvent, ZammadSite

TIMEOUT_SECONDS = 30
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where calls go, the token they are signed with, and the body that somebody wrote for them."""

    endpoint: str
    signature_token: str
    custom_payload: str | None = None


@dataclass(slots=True)
class Delivery:
    """A signed call as it goes over the line; ``headers`` have names in lower case."""

    webhook: Webhook
    headers: dict[str, str]
    body: bytes
    tries: int = 0


class ZammadWebhooks:
    """The webhooks of one site, and the calls that wait to be sent."""

    def __init__(self, site: ZammadSite) -> None:
        self.site = site
        self.webhooks: list[Webhook] = []
        self.waiting: list[Delivery] = []
        site.listeners.append(self._take)

    def subscribe(self, endpoint: str, signature_token: str) -> Webhook:
        """Make a trigger that calls for every change of a ticket."""
        webhook = Webhook(endpoint, signature_token)
        self.webhooks.append(webhook)
        return webhook

    def call(self, webhook: Webhook, event: ZammadEvent) -> Delivery:
        """The signed call that tells ``event``."""
        records = self.site.records
        if webhook.custom_payload is not None:
            body = webhook.custom_payload.replace("#{ticket.id}", str(event.ticket_id))
            return self.sign(webhook, json.dumps(json.loads(body)).encode())
        ticket = shapes.ticket(records, records.tickets[event.ticket_id], expand=True)
        article = shapes.article(records, records.articles[event.article_id]) if event.article_id else {}
        return self.sign(webhook, json.dumps({"ticket": ticket, "article": article}, ensure_ascii=False).encode())

    def sign(self, webhook: Webhook, body: bytes) -> Delivery:
        """Put ``body`` into a signed call."""
        digest = hmac.new(webhook.signature_token.encode(), body, "sha1").hexdigest()
        number = self.site.records.next_id("delivery")
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Zammad User Agent",
            "x-zammad-trigger": "CareSync",
            "x-zammad-delivery": f"00000000-0000-4000-8000-{number:012d}",
            "x-hub-signature": f"sha1={digest}",
        }
        return Delivery(webhook, headers, body)

    def deliver(self) -> list[int]:
        """Send everything that waits; gives the HTTP statuses."""
        sent, self.waiting = self.waiting, []
        statuses = []
        for record in sent:
            record.tries += 1
            answer = requests.post(
                record.webhook.endpoint, data=record.body, headers=record.headers, timeout=TIMEOUT_SECONDS
            )
            statuses.append(answer.status_code)
            if answer.status_code >= 300 and record.tries < MOST_TRIES:
                self.waiting.append(record)
        return statuses

    def _take(self, event: ZammadEvent) -> None:
        self.waiting += [self.call(webhook, event) for webhook in (*self.webhooks, *self._triggered(event))]

    def _triggered(self, event: ZammadEvent) -> Iterator[Webhook]:
        records = self.site.records
        for trigger in records.triggers.values():
            webhook = records.webhooks.get(called(trigger) or 0)
            if webhook is None or not (webhook["active"] and trigger["active"] and trigger["activator"] == "action"):
                continue
            spoken_of = {name.removeprefix("ticket.") for name, _ in clauses(trigger["condition"])}
            is_meant = trigger["execution_condition_mode"] == "always" or event.article_id is not None
            if not is_meant and event.changes.isdisjoint(spoken_of):
                continue
            if holds(trigger["condition"], records.tickets[event.ticket_id], event):
                yield Webhook(webhook["endpoint"], webhook["signature_token"] or "", webhook["custom_payload"])
