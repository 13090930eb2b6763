"""Making a Freshdesk account ready: ticket fields, company fields, and the automation rules that call our webhook.

What carries which mark
    automation rules   :data:`connectors.preparation.MARK` as their description
    ticket fields      the same as their label for customers, who do not see them
    company fields     none, for Freshdesk keeps no text with them: nobody can tell who made one, so none is taken away

Yes-or-no facts become dropdowns, not checkboxes: an unticked box is no answer. The choices of a dropdown are the words
of the rules, for Freshdesk knows no value beside what people read. Two rules call the webhook, one for new tickets and
one for changed ones. The first comes after every rule that is there, because Freshdesk may run the first that fits
alone. Events are those whose form is known; a person adds the changes of custom fields, and what was added is kept.
Views cannot be made through the API.

All this takes the key of an administrator.

Sources: the API reference (v2), "Ticket fields", "Company fields", "Automations"; the form of webhook actions and of
choices as other clients send them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from connectors.errors import PermissionMissing
from connectors.freshdesk.client import PRODUCT, READ, FreshdeskClient
from connectors.freshdesk.webhooks import HEADER
from connectors.preparation import MARK, Action, Job, Preparation, Stage, Step, Wanted, WantedField, WantedFieldKind
from connectors.value_reader import Object

TYPES: Mapping[WantedFieldKind, str] = {
    WantedFieldKind.CHOICE: "custom_dropdown",
    WantedFieldKind.YES_NO: "custom_dropdown",
    WantedFieldKind.DATE: "custom_date",
    WantedFieldKind.WHOLE_NUMBER: "custom_number",
    WantedFieldKind.TEXT: "custom_text",
}
ALIKE: Mapping[str, frozenset[str]] = {
    "custom_dropdown": frozenset({"custom_dropdown"}),
    "custom_date": frozenset({"custom_date"}),
    "custom_number": frozenset({"custom_number", "custom_decimal"}),
    "custom_text": frozenset({"custom_text", "custom_paragraph"}),
}
"""Types of fields that people made which serve as well."""
CHECKBOX = "custom_checkbox"
"""Serves for a choice of companies: whether there is an SLA."""
NEEDS_ADMINISTRATOR = (
    "Give setup the key of an administrator, for this one run: CARE_SYNC_HELPDESK__API_KEY=… care-sync setup."
)
KNOWN_EVENTS: tuple[Mapping[str, str], ...] = (
    {"field_name": "status", "from": "--", "to": "--"},
    {"field_name": "reply_sent"},
    {"field_name": "note_type", "value": "public"},
)
AGENT_OR_REQUESTER = 3
EVERY_PRIORITY = [1, 2, 3, 4]
"""A rule needs a condition; each ticket has one of these."""
ADVANCED = "2"
"""The layout of a webhook's content that its author writes."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where definitions of a kind of field are."""

    kind: str
    path: str
    page: str
    has_mark: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of ours: ``occasion`` is Freshdesk's number for when rules of its list run."""

    occasion: int
    name: str
    runs: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where the rules of its list are."""
        return f"/api/v2/automations/{self.occasion}/rules"


TICKETS = _Place("ticket field", "/api/v2/admin/ticket_fields", "Admin, Ticket Fields", has_mark=True)
COMPANIES = _Place("company field", "/api/v2/company_fields", "Admin, Company Fields", has_mark=False)
ON_CREATION = _Rule(
    1,
    "CareSync: tell of new tickets",
    {
        "conditions": [
            {
                "name": "condition_set_1",
                "match_type": "any",
                "properties": [
                    {"resource_type": "ticket", "field_name": "priority", "operator": "in", "value": EVERY_PRIORITY}
                ],
            }
        ]
    },
)
ON_UPDATE = _Rule(
    4,
    "CareSync: tell of changed tickets",
    {"performer": {"type": AGENT_OR_REQUESTER}, "events": [dict(definition) for definition in KNOWN_EVENTS]},
)
RULES = (ON_CREATION, ON_UPDATE)


class FreshdeskPreparation(Preparation):
    """Looks at an account and makes it ready; ``secret`` is the configured one, and one is made where there is none."""

    def __init__(self, client: FreshdeskClient, secret: SecretStr | None) -> None:
        self._client = client
        self._secret = secret

    def stages(self) -> Sequence[Stage]:
        """All of it. Looking raises :class:`PermissionMissing` for a key that may not administer."""
        return (self._jobs,)

    def removal_stages(self) -> Sequence[Stage]:
        """The rules first, which speak of tickets that hold the fields; and what a person may have to take away."""
        return (self._removal_jobs,)

    def signing_secret(self, wanted: Wanted) -> SecretStr | None:
        """What our rules send in ``X-CareSync-Secret``."""
        if wanted.webhook_url is None:
            return None
        return next(filter(None, (_secret_of(self._ours(rule), wanted.webhook_url) for rule in RULES)), None)

    # ---- what there is to do -----------------------------------------------------------------------

    def _jobs(self, wanted: Wanted) -> list[Job]:
        return [
            *self._field_jobs(TICKETS, wanted.ticket_fields),
            *self._field_jobs(COMPANIES, wanted.organization_fields),
            *self._rule_jobs(wanted),
            *(
                Job(
                    Step(
                        Action.BY_HAND,
                        "view",
                        definition.title,
                        f"filter tickets by the tag {definition.tag} and by status not Resolved or Closed, "
                        "and save the view",
                    )
                )
                for definition in wanted.views
            ),
        ]

    def _field_jobs(self, place: _Place, fields: Sequence[WantedField]) -> list[Job]:
        if not fields:
            return []
        there = self._list(place.path, f"{place.kind}s")
        return [self._field_job(place, definition, there) for definition in fields]

    def _field_job(self, place: _Place, wanted: WantedField, there: Sequence[Object]) -> Job:
        existing = next((definition for definition in there if _is_field(definition, wanted)), None)
        needed = TYPES[wanted.kind]
        if existing is None:
            return self._new_field(place, wanted, needed)
        kind = READ.text(existing.get("type"), "field.type")
        if place is COMPANIES and wanted.kind is WantedFieldKind.CHOICE and kind in (CHECKBOX, *ALIKE["custom_text"]):
            return Job(Step(Action.KEEP, place.kind, wanted.title))
        if kind not in ALIKE[needed]:
            detail = f"it is there as {kind}, and {needed} is needed: rename it, or give another name in the settings"
            return Job(Step(Action.CONFLICT, place.kind, wanted.title, detail))
        if existing.get("archived") is True:
            detail = f"it is archived: take it out of the archive ({place.page})"
            return Job(Step(Action.CONFLICT, place.kind, wanted.title, detail))
        if not wanted.options:
            return Job(Step(Action.KEEP, place.kind, wanted.title))
        path = f"{place.path}/{_id(existing)}"
        # Lists may leave choices out, or show them without their numbers.
        present = _choices(self._administer("GET", path).get("choices"))
        if not (words := wanted.lacking(str(definition.get("value")) for definition in present)):
            return Job(Step(Action.KEEP, place.kind, wanted.title))
        body = {"choices": [*present, *_new_choices(words, after=len(present))]}
        step = Step(Action.COMPLETE, place.kind, wanted.title, f"add {', '.join(words)}")
        return Job(step, lambda: self._administer("PUT", path, body))

    def _new_field(self, place: _Place, wanted: WantedField, needed: str) -> Job:
        if wanted.title.startswith("cf_"):
            detail = "there is no field of that name, and Freshdesk gives the names: write the label that people read"
            return Job(Step(Action.CONFLICT, place.kind, wanted.title, detail))
        body: dict[str, Any] = {"label": wanted.title, "type": needed}
        if place.has_mark:
            body |= {
                "label_for_customers": MARK,
                "displayed_to_customers": False,
                "customers_can_edit": False,
                "required_for_agents": False,
                "required_for_closure": False,
            }
        if wanted.options:
            body["choices"] = _new_choices(wanted.options, after=0)
        step = Step(Action.CREATE, place.kind, wanted.title, ", ".join(wanted.options))
        return Job(step, lambda: self._administer("POST", place.path, body))

    def _rule_jobs(self, wanted: Wanted) -> list[Job]:
        url = wanted.webhook_url
        if url is None:
            return []
        if not url.startswith("https://"):
            detail = f"{url} must begin with https://, or the secret goes over the line for all to read"
            return [Job(Step(Action.CONFLICT, "automation rule", rule.name, detail)) for rule in RULES]
        there = {rule.occasion: self._list(rule.path, "automation rules") for rule in RULES}
        secret = self._secret or next(
            filter(None, (_secret_of(_marked(there[rule.occasion], rule), url) for rule in RULES)),
            SecretStr(secrets.token_hex(32)),
        )
        self._secret = secret
        jobs = [self._rule_job(rule, there[rule.occasion], url, secret) for rule in RULES]
        known = {definition["field_name"] for definition in KNOWN_EVENTS}
        events = READ.objects((_marked(there[ON_UPDATE.occasion], ON_UPDATE) or {}).get("events") or [], "events")
        if wanted.ticket_fields and all(definition.get("field_name") in known for definition in events):
            detail = (
                "add the ticket fields that agents fill in to its events; till then such changes are seen by polling"
            )
            jobs.append(Job(Step(Action.BY_HAND, "automation rule", ON_UPDATE.name, detail)))
        return jobs

    def _rule_job(self, rule: _Rule, there: Sequence[Object], url: str, secret: SecretStr) -> Job:
        existing = _marked(there, rule)
        action = {
            "field_name": "trigger_webhook",
            "request_type": "POST",
            "content_type": "JSON",
            "content_layout": ADVANCED,
            "url": url,
            "content": {"ticket_id": "{{ticket.id}}"},
            "custom_headers": {HEADER: secret.get_secret_value()},
        }
        if existing is None:
            if any(definition.get("name") == rule.name for definition in there):
                detail = "a rule of that name is there that setup did not make: rename it"
                return Job(Step(Action.CONFLICT, "automation rule", rule.name, detail))
            body = {"name": rule.name, "description": MARK, "active": True, "actions": [action], **rule.runs}
            body["position"] = len(there) + 1
            step = Step(Action.CREATE, "automation rule", rule.name, url)
            return Job(step, lambda: self._administer("POST", rule.path, body))
        drifted = []
        if existing.get("active") is False:
            drifted.append("switch it on")
        if _secret_of(existing, url) is None:
            drifted.append(f"let it call {url}")
        elif _secret_of(existing, url) != secret:
            drifted.append("let it send the secret of the settings")
        if not drifted:
            return Job(Step(Action.KEEP, "automation rule", rule.name))
        step = Step(Action.COMPLETE, "automation rule", rule.name, ", ".join(drifted))
        path = f"{rule.path}/{_id(existing)}"
        return Job(step, lambda: self._administer("PUT", path, {"active": True, "actions": [action]}))

    def _removal_jobs(self, wanted: Wanted) -> list[Job]:
        jobs = [
            self._removal("automation rule", rule.name, f"{rule.path}/{_id(existing)}")
            for rule in RULES
            if (existing := self._ours(rule)) is not None
        ]
        jobs += [
            self._removal(TICKETS.kind, str(definition.get("label")), f"{TICKETS.path}/{_id(definition)}")
            for definition in self._list(TICKETS.path, "ticket fields")
            if definition.get("label_for_customers") == MARK
            and any(_is_field(definition, field) for field in wanted.ticket_fields)
        ]
        detail = f"Freshdesk keeps no note of who made it: delete it if nobody needs it ({COMPANIES.page})"
        jobs += [
            Job(Step(Action.BY_HAND, COMPANIES.kind, str(definition.get("label")), detail))
            for definition in self._list(COMPANIES.path, "company fields")
            if any(_is_field(definition, field) for field in wanted.organization_fields)
        ]
        return jobs

    # ---- calls -------------------------------------------------------------------------------------

    def _removal(self, kind: str, title: str, path: str) -> Job:
        return Job(Step(Action.REMOVE, kind, title), lambda: self._administer("DELETE", path))

    def _ours(self, rule: _Rule) -> Object | None:
        return _marked(self._list(rule.path, "automation rules"), rule)

    def _list(self, path: str, what: str) -> Sequence[Object]:
        try:
            return self._client.definitions(path, what)
        except PermissionMissing as error:
            raise _not_allowed(error) from None

    def _administer(self, method: str, path: str, body: Object | None = None) -> Object:
        try:
            return self._client.administer(method, path, body)
        except PermissionMissing as error:
            raise _not_allowed(error) from None


def _not_allowed(error: PermissionMissing) -> PermissionMissing:
    detail = "the agent of the API key may not administer the account"
    return PermissionMissing(PRODUCT, detail, request=error.request, status=error.status, remedy=NEEDS_ADMINISTRATOR)


def _id(item: Object) -> str:
    return READ.identity(item.get("id"), "id")


def _is_field(item: Object, wanted: WantedField) -> bool:
    return wanted.is_called(item.get("name"), item.get("label"))


def _choices(value: Any) -> list[dict[str, Any]]:
    """The choices of a dropdown, each an object; some lists show their words alone."""
    listed = value if isinstance(value, list) else []
    return [
        {"value": definition} if isinstance(definition, str) else dict(READ.an_object(definition, "a choice"))
        for definition in listed
    ]


def _new_choices(words: Sequence[str] | Mapping[str, str], *, after: int) -> list[dict[str, Any]]:
    return [{"value": word, "position": position} for position, word in enumerate(words, start=after + 1)]


def _marked(there: Sequence[Object], rule: _Rule) -> Object | None:
    return next(
        (
            definition
            for definition in there
            if definition.get("name") == rule.name and definition.get("description") == MARK
        ),
        None,
    )


def _secret_of(rule: Object | None, url: str) -> SecretStr | None:
    """What a rule sends to ``url`` as our secret; ``None`` where it does not."""
    for action in READ.objects((rule or {}).get("actions") or [], "actions"):
        headers = action.get("custom_headers")
        if action.get("url") == url and isinstance(headers, dict):
            existing = next((str(value) for name, value in headers.items() if name.casefold() == HEADER), "")
            return SecretStr(existing) if existing else None
    return None
