"""The plain reference model of a whole office: what must stand and show, worked out from what the products hold now.

It reads tickets and time entries in Zendesk and Toggl themselves, decides by a few lines of its own, and lays the
seconds down by the ledger's own reference model. It shares no code with what it judges.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from connectors.sandbox.zendesk_records import ZendeskTicket
from tests.ledger.reference import Agreement, Card, Item, Outcome, Reference
from tests.system.office import FIELDS, Office

ZONE = ZoneInfo("Europe/Amsterdam")
PLACES = ("sla", "hour_card", "invoice", "quote", "fair_use")
ACTIVITIES = ("administration", "intake", "alignment", "extra_work")


@dataclass(frozen=True)
class Expected:
    """What a ticket must show: our tags but for the next step, and its minutes."""

    tags: frozenset[str]
    minutes: int
    card_minutes: int


class OfficeModel:
    """The model. ``merged`` is told of merges, ``agreed`` of SLAs that begin or end, ``ledger`` of everything else."""

    def __init__(self, office: Office, free_seconds: int) -> None:
        self.office = office
        self.free_seconds = free_seconds
        self.merged: dict[int, int] = {}
        self.agreed: dict[int, list[tuple[datetime, bool]]] = {}
        self.ledger = Reference({}, "2026-09")

    def look(self) -> Outcome:
        """Look at the products, and lay everything down."""
        self.ledger.agreements = {
            str(one.id): Agreement(monthly=partial(self.free_seconds_in, one.id))
            for one in self.office.account.records.organizations.values()
        }
        self.ledger.entries = self.items()
        return self.ledger.outcome()

    def items(self) -> dict[str, Item]:
        """Every entry that counts, with its ticket's customer and where its decision sends it."""
        workspace = self.office.toggl.workspace
        tickets = self.office.account.records.tickets
        found = {}
        for entry in workspace.living():
            named = re.search(r"#(\d+)", entry.description)
            ticket = tickets.get(self.survivor(int(named[1]))) if named else None
            if ticket is None or ticket.organization_id is None or entry.is_running:
                continue
            if entry.project_id is not None:
                client = workspace.clients[workspace.projects[entry.project_id].client_id or 0]
                if client != self.office.account.records.organizations[ticket.organization_id].name:
                    continue
            activity = next((one for one in ACTIVITIES if one in entry.tags), "work")
            found[f"toggl:{workspace.workspace_id}:{entry.id}"] = Item(
                customer=str(ticket.organization_id),
                ticket=str(ticket.id),
                route=self.route(ticket, activity),
                seconds=entry.duration,
                day=entry.start.astimezone(ZONE).date(),
                minute=int(entry.start.timestamp()),
            )
        return found

    def balances(self) -> dict[tuple[str, str], int]:
        """By customer and account, zeros left out."""
        return {key: seconds for key, seconds in self.look().balances.items() if seconds}

    def shown(self) -> dict[str, Expected]:
        """What each ticket that can still be written must show."""
        outcome = self.look()
        return {
            str(ticket.id): self._expected(ticket, outcome)
            for ticket in self.office.account.records.tickets.values()
            if ticket.status not in ("closed", "deleted")
        }

    def _expected(self, ticket: ZendeskTicket, outcome: Outcome) -> Expected:
        facts, customer = self.facts(ticket), ticket.organization_id
        open_accounts: Counter[str] = Counter()
        all_accounts: Counter[str] = Counter()
        own: Counter[str] = Counter()
        word = "" if customer is None else self.route(ticket, "")
        for key, item in self.ledger.entries.items():
            if item.ticket == str(ticket.id):
                booked, accounts = self._stands_on(key, outcome)
                all_accounts.update(accounts)
                if item.route == word:
                    own.update(account.partition(":")[0].replace("card", "hour_card") for account in accounts)
                if booked > self.ledger.closed_through:
                    open_accounts.update(accounts)
        if customer is None:
            return Expected(frozenset({f"sla_{_scope_of_nobody(facts)}"}), 0, 0)
        has_sla = self.has_sla(ticket)
        if word == "charged":
            has_left = any(
                outcome.balances[card.customer, f"card:{card.card_id}"] < 0
                for card in self.ledger.cards
                if card.customer == str(customer)
            )
            draws = any(name.startswith("card:") for name in open_accounts)
            word = "hour_card" if has_left or draws else "invoice"
        if own:
            word = next((one for one in ("review", "pending") if one in own), _most(own))
        tags = {f"sla_{scope(facts, has_sla)}", f"route_{word}"}
        on_cards = sum(seconds for name, seconds in all_accounts.items() if name.startswith("card:"))
        return Expected(frozenset(tags), sum(all_accounts.values()) // 60, on_cards // 60)

    def _stands_on(self, key: str, outcome: Outcome) -> tuple[str, list[str]]:
        """The month that an entry is booked in, and the account of each of its seconds."""
        if key in outcome.laid:
            booked, accounts = outcome.laid[key]
            return booked, accounts
        if not self.ledger.entries[key].seconds:
            return "", []  # shortened to nothing after its month closed: all that was settled is taken back
        settled = self.ledger.settled.get(key)
        return (settled.item.month, settled.accounts) if settled is not None else ("", [])

    def survivor(self, ticket_id: int) -> int:
        """The ticket that a merged one lives on in."""
        while ticket_id in self.merged:
            ticket_id = self.merged[ticket_id]
        return ticket_id

    def route(self, ticket: ZendeskTicket, activity: str) -> str:
        """Where time on a ticket goes; what a month without free minutes cannot give, a person judges."""
        word = route(self.facts(ticket), self.has_sla(ticket), activity)
        assert ticket.organization_id is not None
        reported_in = f"{ticket.created_at.astimezone(ZONE):%Y-%m}"
        has_none = word == "fair_use" and not self.free_seconds_in(ticket.organization_id, reported_in)
        return "review" if has_none else word

    def agree(self, organization_id: int, has_sla: bool, moment: datetime) -> None:
        """An SLA begins or ends, and CareSync saw it at ``moment``."""
        self.agreed[organization_id].append((moment, has_sla))

    def has_sla(self, ticket: ZendeskTicket) -> bool:
        """Whether a ticket's customer had an SLA when the ticket was reported."""
        assert ticket.organization_id is not None
        return [has for since, has in self.agreed[ticket.organization_id] if since <= ticket.created_at][-1]

    def free_seconds_in(self, organization_id: int, month: str) -> int:
        """What a month gives for nothing: all of it, when there was an SLA at any of its moments."""
        had = False
        for since, has in self.agreed[organization_id]:
            begun_in = f"{since.astimezone(ZONE):%Y-%m}"
            if begun_in < month:
                had = has  # what the month begins with
            elif begun_in == month:
                had = had or has
        return self.free_seconds if had else 0

    def facts(self, ticket: ZendeskTicket) -> Mapping[str, str]:
        """What is filled in, and the channel."""
        titles = {one.id: one.title for one in self.office.account.records.ticket_fields.values()}
        by_title = {titles[key]: value for key, value in ticket.custom_fields.items() if value is not None}
        found = {
            name: str(by_title[title]).removeprefix(f"{name}_")
            for name, (title, _, _) in FIELDS.items()
            if title in by_title
        }
        return {**found, "channel": ticket.channel}

    def put_on_card(self, card_id: int, customer: str, bought_on: object, seconds: int) -> None:
        """A card is bought."""
        card = Card(card_id, customer, bought_on)  # type: ignore[arg-type]
        self.ledger.cards.append(card)
        self.ledger.put_on_card(card, seconds)


def scope(facts: Mapping[str, str], sla: bool) -> str:
    """Whether a ticket is inside the SLA (S3, I2, I3a, I4, C2); what it says works and did before is the website."""
    kind, cause = facts.get("kind"), facts.get("cause")
    if not sla:
        return "not_included"
    if kind is None or (kind == "incident" and cause is None):
        return "undetermined"
    return "included" if kind == "admin_question" or (kind, cause) == ("incident", "care") else "not_included"


def route(facts: Mapping[str, str], sla: bool, activity: str) -> str:
    """Where time goes: ``charged`` is by the hour; an empty ``activity`` is the ticket as a whole."""
    kind, is_phone = facts.get("kind"), facts["channel"] == "voice"
    if activity == "extra_work":
        return "charged"  # W3
    if activity in ("administration", "intake") and sla:
        return "sla"  # C1, W1
    if kind is None:
        return "pending"
    if activity == "alignment" and kind not in ("incident", "admin_question"):
        return _quoted(facts, otherwise="fair_use", is_phone=is_phone)  # M5, O3, O4
    if kind == "incident":
        return {"included": "sla", "not_included": "charged", "undetermined": "pending"}[scope(facts, sla)]
    if kind == "admin_question":
        return "sla" if sla else "charged" if is_phone else "fair_use"  # C2, N5, K1
    if kind == "other":
        return "review"  # X1
    if kind == "short_question":
        if is_phone:
            return "charged"  # N5
        if "expected_minutes" not in facts:
            return "pending"
        if int(facts["expected_minutes"]) <= 15:
            return "fair_use"  # K1
    return _quoted(facts, otherwise="charged", is_phone=is_phone)


def _quoted(facts: Mapping[str, str], *, otherwise: str, is_phone: bool) -> str:
    """Where work goes that may be on a quote (Q1-Q5)."""
    kind, quote = facts["kind"], facts.get("quote")
    expected = int(facts["expected_minutes"]) if "expected_minutes" in facts else None
    if kind == "other" or (kind == "short_question" and (is_phone or (expected is not None and expected <= 15))):
        return otherwise
    if kind == "short_question" and expected is None:
        return "pending"
    must_be_quoted = kind in ("new_build", "quote_request") or (expected is not None and expected > 240)
    if quote is None or (quote == "none" and expected is None and not must_be_quoted):
        return "pending"
    if quote == "none" and not must_be_quoted:
        return otherwise
    if quote == "declined":
        return "review"
    if quote == "accepted" and otherwise == "charged":
        return {"fixed": "quote", "time_and_materials": "charged"}.get(facts.get("quote_basis", ""), "pending")
    return "quote"


def _most(own: Counter[str]) -> str:
    """Where most of a ticket's own time stands; what a person let go is told when there is nothing else."""
    return max(PLACES, key=own.__getitem__) if any(own[place] for place in PLACES) else "waived"


def _scope_of_nobody(facts: Mapping[str, str]) -> str:
    """Whose SLA is unknown, that is: what all customers have in common."""
    with_sla, without = scope(facts, sla=True), scope(facts, sla=False)
    return with_sla if with_sla == without else "undetermined"
