"""The automation rules of the sandbox's Freshdesk that call webhooks: added here, or made through the API.

Calls queue up until :meth:`FreshdeskWebhooks.deliver` sends them, so that whoever moves the clock also decides when
they arrive. Nothing is signed: a rule sends the headers that its author wrote. A call that fails is kept and sent with
the next delivery, as the product tries again for a while.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from connectors.sandbox.freshdesk_admin import ON_CREATION, ON_UPDATE
from connectors.sandbox.freshdesk_state import FreshdeskAccount, FreshdeskEvent

TIMEOUT_SECONDS = 10
MOST_TRIES = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that calls ``address``; ``is_simple`` has the product's own body instead of its author's ``content``."""

    address: str
    headers: dict[str, str]
    is_simple: bool = False
    content: Mapping[str, str] | None = None


@dataclass(slots=True)
class Delivery:
    """A call as it goes over the line; ``headers`` have names in lower case."""

    rule: Rule
    headers: dict[str, str]
    body: bytes
    tries: int = field(default=0)


class FreshdeskWebhooks:
    """The rules of one account, and the calls that wait to be sent."""

    def __init__(self, account: FreshdeskAccount) -> None:
        self.account = account
        self.rules: list[Rule] = []
        self.waiting: list[Delivery] = []
        account.listeners.append(self._take)

    def add_rule(self, address: str, headers: dict[str, str], *, is_simple: bool = False) -> Rule:
        """Make a rule that calls for every ticket that is made or changed."""
        rule = Rule(address, headers, is_simple)
        self.rules.append(rule)
        return rule

    def call(self, rule: Rule, ticket_id: int) -> Delivery:
        """The call of a rule about a ticket."""
        ticket = self.account.records.tickets[ticket_id]
        simple = {"ticket_id": ticket.id, "ticket_subject": ticket.subject, "ticket_description": ticket.description}
        body: Mapping[str, Any] = {"freshdesk_webhook": simple} if rule.is_simple else {"ticket_id": ticket.id}
        if rule.content is not None:
            body = {name: text.replace("{{ticket.id}}", str(ticket.id)) for name, text in rule.content.items()}
        headers = {"content-type": "application/json", "user-agent": "Freshdesk"}
        headers |= {name.lower(): value for name, value in rule.headers.items()}
        return Delivery(rule, headers, json.dumps(body, ensure_ascii=False).encode())

    def deliver(self) -> list[int]:
        """Send everything that waits; gives the HTTP statuses."""
        sent, self.waiting = self.waiting, []
        statuses = []
        for record in sent:
            record.tries += 1
            answer = requests.post(
                record.rule.address, data=record.body, headers=record.headers, timeout=TIMEOUT_SECONDS
            )
            statuses.append(answer.status_code)
            if answer.status_code >= 300 and record.tries < MOST_TRIES:
                self.waiting.append(record)
        return statuses

    def _take(self, event: FreshdeskEvent) -> None:
        # The product has no rule for what is deleted: such a ticket is told by polling alone.
        if event.kind != "ticket_deleted":
            self.waiting += [self.call(rule, event.ticket_id) for rule in [*self.rules, *self._made(event)]]

    def _made(self, event: FreshdeskEvent) -> list[Rule]:
        """The rules made through the API that run for an event."""
        occasion = ON_CREATION if event.kind == "ticket_created" else ON_UPDATE
        return [
            Rule(action["url"], action["custom_headers"], content=action["content"])
            for rule in self.account.records.rules.get(occasion, ())
            if rule["active"]
            and (occasion == ON_CREATION or any(self._is(event, condition) for condition in rule["events"]))
            for action in rule["actions"]
            if action["field_name"] == "trigger_webhook"
        ]

    def _is(self, event: FreshdeskEvent, wanted: Mapping[str, Any]) -> bool:
        name = wanted["field_name"]
        if name == "note_type":
            last = self.account.records.conversations[event.ticket_id][-1:]
            return event.kind == "note_added" and all(item.private == (wanted["value"] == "private") for item in last)
        if name == "reply_sent":
            return event.kind in ("reply_sent", "requester_responds")
        return name in event.changed
