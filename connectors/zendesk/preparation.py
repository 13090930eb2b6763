"""Making a Zendesk account ready: ticket fields, organization fields, a webhook with its trigger, and views.

Everything that we make carries :data:`connectors.preparation.MARK` in its description, by which it is found again and
taken away. Yes-or-no facts become drop-downs, not checkboxes: an unticked box is no answer. Options of drop-downs are
tags, which are unique in an account: ``cause_third_party``.

The trigger calls the webhook when a ticket was created or changed by anybody but us: our own writes do not come back.

Sources: the Support API reference ("Ticket fields", "Organization fields", "Triggers", "Views", "Conditions
reference") and "Webhooks" of the Event Connectors reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from connectors.errors import Malformed
from connectors.http import HttpClient
from connectors.preparation import (
    MARK,
    Action,
    Job,
    Preparation,
    Stage,
    Step,
    Wanted,
    WantedField,
    WantedFieldKind,
    WantedView,
)
from connectors.zendesk.settings import PRODUCT
from connectors.zendesk.value_reader import READ

TYPES: Mapping[WantedFieldKind, str] = {
    WantedFieldKind.CHOICE: "tagger",
    WantedFieldKind.YES_NO: "tagger",
    WantedFieldKind.DATE: "date",
    WantedFieldKind.WHOLE_NUMBER: "integer",
    WantedFieldKind.TEXT: "text",
}
ALIKE: Mapping[str, frozenset[str]] = {
    "tagger": frozenset({"tagger", "dropdown"}),
    "text": frozenset({"text", "textarea"}),
    "integer": frozenset({"integer", "decimal"}),
    "date": frozenset({"date"}),
}
"""Types of fields that people made which serve as well. Organization fields call a ``tagger`` ``dropdown``."""

WEBHOOK = "CareSync"
TRIGGER = "CareSync: tell of changed tickets"
Object = Mapping[str, Any]


class ZendeskPreparation(Preparation):
    """Looks at an account and makes it ready, through ``http``."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def stages(self) -> Sequence[Stage]:
        """Fields, webhook, trigger, views: the trigger is planned when its webhook is there."""
        return (self._field_jobs, self._webhook_jobs, self._trigger_jobs, self._view_jobs)

    def removal_stages(self) -> Sequence[Stage]:
        """The trigger before the webhook that it calls."""
        return (self._removal_jobs,)

    def signing_secret(self, wanted: Wanted) -> SecretStr | None:
        """The secret of our webhook."""
        webhook = self._webhook(wanted)
        if webhook is None:
            return None
        data = self._object("GET", f"/api/v2/webhooks/{_id(webhook)}/signing_secret")
        secret = READ.an_object(data.get("signing_secret"), "signing_secret").get("secret")
        if not isinstance(secret, str):
            raise Malformed(PRODUCT, "the webhook's signing secret is not text")
        return SecretStr(secret)

    # ---- what there is to do -----------------------------------------------------------------------

    def _field_jobs(self, wanted: Wanted) -> list[Job]:
        jobs = []
        for kind, what, fields in (
            ("ticket field", "ticket_field", wanted.ticket_fields),
            ("organization field", "organization_field", wanted.organization_fields),
        ):
            if fields:
                there = self._list(f"/api/v2/{what}s.json", f"{what}s")
                jobs += [self._field_job(kind, what, definition, there) for definition in fields]
        return jobs

    def _field_job(self, kind: str, what: str, wanted: WantedField, there: Sequence[Object]) -> Job:
        is_organizations = what == "organization_field"
        existing = next((definition for definition in there if _is_field(definition, wanted)), None)
        wanted_type = TYPES[wanted.kind]
        options = [{"name": label, "value": f"{wanted.name}_{word}"} for word, label in wanted.options.items()]
        if existing is None:
            if wanted.title.isdigit():
                return Job(Step(Action.CONFLICT, kind, wanted.title, "there is no field of that number"))
            body: dict[str, Any] = {
                "type": "dropdown" if is_organizations and wanted_type == "tagger" else wanted_type,
                "title": wanted.title,
                "description": MARK,
                **({"key": wanted.title} if is_organizations else {"agent_description": MARK}),
                **({"custom_field_options": options} if options else {}),
            }
            detail = ", ".join(wanted.options)
            return self._write(
                Step(Action.CREATE, kind, wanted.title, detail), "POST", f"/api/v2/{what}s.json", {what: body}
            )
        if existing.get("type") not in ALIKE[wanted_type]:
            problem = (
                f"it is there as {existing.get('type')}, and {wanted_type} is needed: rename it, or give another title"
            )
            return Job(Step(Action.CONFLICT, kind, wanted.title, problem))
        if existing.get("active") is False:
            path = f"/api/v2/{what}s/{_id(existing)}.json"
            return self._write(
                Step(Action.COMPLETE, kind, wanted.title, "switch on"), "PUT", path, {what: {"active": True}}
            )
        present = READ.objects(existing.get("custom_field_options") or [], "custom_field_options")
        words = wanted.lacking(str(definition.get("value")) for definition in present)
        lacking = [definition for definition in options if definition["value"].removeprefix(f"{wanted.name}_") in words]
        if not lacking:
            return Job(Step(Action.KEEP, kind, wanted.title))
        path = f"/api/v2/{what}s/{_id(existing)}.json"
        detail = ", ".join(str(definition["value"]) for definition in lacking)
        return self._write(
            Step(Action.COMPLETE, kind, wanted.title, f"add {detail}"),
            "PUT",
            path,
            {what: {"custom_field_options": [*map(dict, present), *lacking]}},
        )

    def _webhook_jobs(self, wanted: Wanted) -> list[Job]:
        if wanted.webhook_url is None:
            return []
        if self._webhook(wanted) is not None:
            return [Job(Step(Action.KEEP, "webhook", WEBHOOK))]
        body = {
            "name": WEBHOOK,
            "description": MARK,
            "endpoint": wanted.webhook_url,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
            "subscriptions": ["conditional_ticket_events"],
        }
        step = Step(Action.CREATE, "webhook", WEBHOOK, wanted.webhook_url)
        return [self._write(step, "POST", "/api/v2/webhooks", {"webhook": body})]

    def _trigger_jobs(self, wanted: Wanted) -> list[Job]:
        if wanted.webhook_url is None:
            return []
        webhook = self._webhook(wanted)
        existing = self._ours("triggers", TRIGGER)
        step = Step(Action.CREATE, "trigger", TRIGGER)
        if webhook is None:
            return [Job(step)]
        action = {
            "field": "notification_webhook",
            "value": [_id(webhook), json.dumps({"ticket_id": "{{ticket.id}}"})],
        }
        if existing is not None:
            calls = [
                definition
                for definition in READ.objects(existing.get("actions") or [], "actions")
                if definition.get("value") == action["value"]
            ]
            if calls and existing.get("active") is not False:
                return [Job(Step(Action.KEEP, "trigger", TRIGGER))]
            path = f"/api/v2/triggers/{_id(existing)}.json"
            body: dict[str, Any] = {"active": True, "actions": [action]}
            return [self._write(Step(Action.COMPLETE, "trigger", TRIGGER), "PUT", path, {"trigger": body})]
        body = {
            "title": TRIGGER,
            "description": MARK,
            "all": [{"field": "role", "operator": "is_not", "value": self._own_id()}],
            "any": [
                {"field": "update_type", "operator": "is", "value": "Create"},
                {"field": "update_type", "operator": "is", "value": "Change"},
            ],
            "actions": [action],
        }
        return [self._write(step, "POST", "/api/v2/triggers.json", {"trigger": body})]

    def _view_jobs(self, wanted: Wanted) -> list[Job]:
        if not wanted.views:
            return []
        titles = {str(definition.get("title")) for definition in self._list("/api/v2/views.json", "views")}
        return [
            Job(Step(Action.KEEP, "view", view.title)) if view.title in titles else self._view_job(view)
            for view in wanted.views
        ]

    def _view_job(self, view: WantedView) -> Job:
        body = {
            "title": view.title,
            "description": MARK,
            "all": [
                {"field": "current_tags", "operator": "includes", "value": view.tag},
                {"field": "status", "operator": "less_than", "value": "solved"},
            ],
            "output": {"columns": ["status", "requester", "assignee", "updated"]},
        }
        return self._write(
            Step(Action.CREATE, "view", view.title, view.tag), "POST", "/api/v2/views.json", {"view": body}
        )

    def _removal_jobs(self, wanted: Wanted) -> list[Job]:
        jobs = []
        if (trigger := self._ours("triggers", TRIGGER)) is not None:
            jobs.append(self._removal("trigger", TRIGGER, f"/api/v2/triggers/{_id(trigger)}.json"))
        webhook = next(
            (definition for definition in self._list("/api/v2/webhooks", "webhooks") if _is_ours(definition, WEBHOOK)),
            None,
        )
        if webhook is not None:
            jobs.append(self._removal("webhook", WEBHOOK, f"/api/v2/webhooks/{_id(webhook)}"))
        titles = {view.title for view in wanted.views}
        jobs += [
            self._removal("view", str(view["title"]), f"/api/v2/views/{_id(view)}.json")
            for view in self._list("/api/v2/views.json", "views")
            if view.get("title") in titles and _is_marked(view)
        ]
        for kind, what, fields in (
            ("ticket field", "ticket_field", wanted.ticket_fields),
            ("organization field", "organization_field", wanted.organization_fields),
        ):
            jobs += [
                self._removal(kind, str(definition["title"]), f"/api/v2/{what}s/{_id(definition)}.json")
                for definition in self._list(f"/api/v2/{what}s.json", f"{what}s")
                if _is_marked(definition) and any(_is_field(definition, field) for field in fields)
            ]
        return jobs

    # ---- calls ---------------------------------------------------------------------------------------

    def _write(self, step: Step, method: str, path: str, body: Object) -> Job:
        return Job(step, lambda: self._send(method, path, body))

    def _removal(self, kind: str, title: str, path: str) -> Job:
        return Job(Step(Action.REMOVE, kind, title), lambda: self._send("DELETE", path, None))

    def _send(self, method: str, path: str, body: Object | None) -> None:
        self._http.request(method, path, json=body)

    def _webhook(self, wanted: Wanted) -> Object | None:
        there = self._list("/api/v2/webhooks", "webhooks")
        return next(
            (
                definition
                for definition in there
                if definition.get("endpoint") == wanted.webhook_url and _is_marked(definition)
            ),
            None,
        )

    def _ours(self, what: str, title: str) -> Object | None:
        return next(
            (definition for definition in self._list(f"/api/v2/{what}.json", what) if _is_ours(definition, title)), None
        )

    def _own_id(self) -> str:
        user = READ.an_object(self._object("GET", "/api/v2/users/me.json").get("user"), "user")
        return READ.identity(user.get("id"), "user.id")

    def _list(self, path: str, what: str) -> list[Object]:
        params: dict[str, Any] = {"page[size]": 100}
        existing: list[Object] = []
        while True:
            data = self._object("GET", path, params)
            existing += READ.objects(data.get(what), what)
            meta = READ.an_object(data.get("meta") or {}, "meta")
            following = meta.get("after_cursor")
            if not meta.get("has_more") or not isinstance(following, str) or following == params.get("page[after]"):
                return existing
            params = {**params, "page[after]": following}

    def _object(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> Object:
        return READ.an_object(self._http.request(method, path, params=params).data, path)


def _id(item: Object) -> str:
    value = item.get("id")
    if not isinstance(value, (int, str)) or isinstance(value, bool):
        raise Malformed(PRODUCT, "something that is there has no id")
    return str(value)


def _is_field(item: Object, wanted: WantedField) -> bool:
    return wanted.is_called(item.get("id"), item.get("key"), item.get("title"))


def _is_marked(item: Object) -> bool:
    return MARK in (item.get("description"), item.get("agent_description"))


def _is_ours(item: Object, title: str) -> bool:
    return title in (item.get("title"), item.get("name")) and _is_marked(item)
