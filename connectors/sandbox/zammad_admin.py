"""What administrators make in the sandbox's Zammad through the API: webhooks, triggers and overviews.

Newer releases hide the secrets of webhooks behind :data:`MASK`, and take the mask in an update for what stands there;
older ones show them. Names that a kind of thing does not have are ignored, as the product does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox import zammad_shapes as shapes
from connectors.sandbox.parameters import plain
from connectors.sandbox.server import Answer
from connectors.sandbox.zammad_calls import Call, absent, failed
from connectors.sandbox.zammad_conditions import is_valid
from connectors.sandbox.zammad_state import ZammadSite

MASK = "**********"
SECRETS = ("signature_token", "basic_auth_password", "bearer_token")
Thing = dict[str, Any]

WEBHOOK: Thing = {
    "name": None,
    "endpoint": None,
    "signature_token": None,
    "ssl_verify": True,
    "basic_auth_username": None,
    "basic_auth_password": None,
    "bearer_token": None,
    "http_method": "post",
    "customized_payload": False,
    "custom_payload": None,
    "note": None,
    "active": True,
}
TRIGGER: Thing = {
    "name": None,
    "condition": {},
    "perform": {},
    "disable_notification": True,
    "activator": "action",
    "execution_condition_mode": "selective",
    "note": None,
    "active": True,
}
OVERVIEW: Thing = {
    "name": None,
    "link": "",
    "prio": None,
    "condition": {},
    "order": {},
    "group_by": None,
    "group_direction": None,
    "organization_shared": False,
    "out_of_office": False,
    "view": {},
    "role_ids": [],
    "user_ids": [],
    "active": True,
}
"""What a new one of each kind holds that nobody gave."""
LONGEST_NOTE = {"Webhook": 500, "Trigger": 250}


class ZammadAdmin:
    """The calls of administrators for one kind of thing each; ``masks_secrets``: whether this is a newer release."""

    def __init__(self, site: ZammadSite) -> None:
        self._site = site
        self.masks_secrets = True

    def routes(self) -> Iterator[tuple[str, str, Callable[[Call], Answer], str]]:
        """Verbs, path, what answers, and the permission that it takes."""
        records = self._site.records
        for kind, path, blank, things in (
            ("Webhook", "webhooks", WEBHOOK, records.webhooks),
            ("Trigger", "triggers", TRIGGER, records.triggers),
            ("Overview", "overviews", OVERVIEW, records.overviews),
        ):
            permission = f"admin.{kind.lower()}"
            yield "GET", path, self._list(things), permission
            yield "POST", path, self._create(kind, blank, things), permission
            yield "GET", rf"{path}/(?P<id>\d+)", self._show(kind, things), permission
            yield "PUT", rf"{path}/(?P<id>\d+)", self._change(kind, blank, things), permission
            yield "DELETE", rf"{path}/(?P<id>\d+)", self._delete(kind, things), permission

    # ---- what the calls do -------------------------------------------------------------------------

    def _list(self, things: dict[int, Thing]) -> Callable[[Call], Answer]:
        return lambda call: call.page([self._shown(thing) for thing in things.values()])

    def _show(self, kind: str, things: dict[int, Thing]) -> Callable[[Call], Answer]:
        def show(call: Call) -> Answer:
            one = things.get(call.number)
            return absent(kind, call.number) if one is None else Answer(data=self._shown(one))

        return show

    def _create(self, kind: str, blank: Thing, things: dict[int, Thing]) -> Callable[[Call], Answer]:
        def create(call: Call) -> Answer:
            one = {**blank, **{name: plain(call.given[name]) for name in blank.keys() & call.given.keys()}}
            if (wrong := self._wrong(kind, one, things)) is not None:
                return failed(422, wrong)
            one["id"] = self._site.records.next_id(kind.lower())
            self._settle(kind, one, things)
            one |= {"created_by_id": call.user.id, "created_at": shapes.instant(self._site.moment())}
            return self._keep(one, call, things, 201)

        return create

    def _change(self, kind: str, blank: Thing, things: dict[int, Thing]) -> Callable[[Call], Answer]:
        def change(call: Call) -> Answer:
            if (standing := things.get(call.number)) is None:
                return absent(kind, call.number)
            given = {name: plain(call.given[name]) for name in blank.keys() & call.given.keys()}
            given |= {name: standing[name] for name in SECRETS if given.get(name) == MASK}
            one = {**standing, **given}
            if (wrong := self._wrong(kind, one, things)) is not None:
                return failed(422, wrong)
            self._settle(kind, one, things)
            return self._keep(one, call, things, 200)

        return change

    def _delete(self, kind: str, things: dict[int, Thing]) -> Callable[[Call], Answer]:
        def delete(call: Call) -> Answer:
            if call.number not in things:
                return absent(kind, call.number)
            users = [
                f"Trigger / {trigger['name']} (#{trigger['id']})"
                for trigger in self._site.records.triggers.values()
                if kind == "Webhook" and called(trigger) == call.number
            ]
            if users:
                told = "This object is referenced by other object(s) and thus cannot be deleted"
                return failed(422, f"{told}: {', '.join(users)}")
            del things[call.number]
            return Answer(200, {})

        return delete

    # ---- underneath --------------------------------------------------------------------------------

    def _keep(self, one: Thing, call: Call, things: dict[int, Thing], status: int) -> Answer:
        one |= {"updated_by_id": call.user.id, "updated_at": shapes.instant(self._site.moment())}
        things[one["id"]] = one
        return Answer(status, self._shown(one))

    def _shown(self, one: Thing) -> Thing:
        hidden = [name for name in SECRETS if name in one] if self.masks_secrets else []
        return {**one, **dict.fromkeys(hidden, MASK)}

    def _wrong(self, kind: str, one: Thing, things: dict[int, Thing]) -> str | None:
        """What is wrong with a thing, in the product's words."""
        if not one["name"]:
            return "Name can't be blank"
        if len(one.get("note") or "") > LONGEST_NOTE.get(kind, 0):
            return f"Note is too long (maximum is {LONGEST_NOTE[kind]} characters)"
        if kind == "Webhook":
            return _wrong_webhook(one)
        if kind == "Trigger":
            taken = {str(each["name"]).casefold() for each in things.values() if each["id"] != one.get("id")}
            if str(one["name"]).casefold() in taken:
                return "Name has already been taken"
            if (wrong := _wrong_trigger(one)) is not None:
                return wrong
        if kind == "Overview" and not one["role_ids"]:
            return "Roles can't be blank"
        if kind == "Overview" and (
            strange := [each for each in one["role_ids"] if each not in self._site.records.roles]
        ):
            return f"No value found for 'roles' with id {strange[0]}"
        return None if is_valid(one["condition"], self._site.records) else "Invalid object selector conditions"

    def _settle(self, kind: str, one: Thing, things: dict[int, Thing]) -> None:
        """What the product itself makes of what was given."""
        if kind == "Webhook" and not one["customized_payload"]:
            one["custom_payload"] = None
        if kind == "Overview":
            link = re.sub(r"[^a-z0-9_-]+", "_", str(one["link"] or one["name"]).lower()).strip("_")
            taken = {each["link"] for each in things.values() if each["id"] != one["id"]}
            numbered = (f"{link}_{number}" for number in range(1, len(taken) + 2))
            one["link"] = next(each for each in (link, *numbered) if each not in taken)
            if one["prio"] is None:
                one["prio"] = max((each["prio"] for each in things.values()), default=-1) + 1


def called(trigger: Thing) -> int | None:
    """The webhook that a trigger calls."""
    webhook_id = trigger["perform"].get("notification.webhook", {}).get("webhook_id")
    return None if webhook_id in (None, "") else int(webhook_id)


def _wrong_webhook(one: Thing) -> str | None:
    address = urlsplit(str(one["endpoint"]))
    if address.scheme not in ("http", "https"):
        return "Endpoint The provided endpoint is invalid, no http or https protocol was specified."
    if not address.hostname:
        return "Endpoint The provided endpoint is invalid, no hostname was specified."
    try:
        json.loads(one["custom_payload"] or "{}")
    except ValueError:
        return "Custom payload The provided payload is invalid. Please check your syntax."
    return None


def _wrong_trigger(one: Thing) -> str | None:
    if one["activator"] not in ("action", "time"):
        return "Activator is not included in the list"
    if one["execution_condition_mode"] not in ("selective", "always"):
        return "Execution condition mode is not included in the list"
    if "notification.webhook" in one["perform"] and called(one) is None:
        return "The required 'perform' value for notification.webhook, webhook_id is missing!"
    return None
