"""The object manager of the sandbox's Zammad: attributes that wait for the database to be updated.

What is made, changed or deleted through the API waits; *execute migrations* makes the column, takes the new options
over, or drops the column with everything that stood in it. An update without ``data_option`` empties the options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.sandbox import zammad_shapes as shapes
from connectors.sandbox.server import Answer
from connectors.sandbox.zammad_calls import Call, absent, failed
from connectors.sandbox.zammad_conditions import clauses
from connectors.sandbox.zammad_records import ZammadAttribute, ZammadTicket
from connectors.sandbox.zammad_state import ZammadSite

OBJECTS = {"Ticket": 2, "Organization": 5, "User": 1, "Group": 6}
DATA_TYPES = frozenset(
    {
        *("input", "user_autocompletion", "checkbox", "select", "multiselect", "tree_select", "multi_tree_select"),
        *("datetime", "date", "tag", "richtext", "textarea", "integer", "autocompletion_ajax", "boolean"),
        *("user_permission", "group_permissions", "active"),
    }
)
WITH_OPTIONS = frozenset({"select", "multiselect", "tree_select", "multi_tree_select"})
INPUT_TYPES = frozenset({"text", "password", "tel", "fax", "email", "url"})
RESERVED = frozenset(
    {
        *("destroy", "true", "false", "integer", "select", "drop", "create", "alter", "index", "table", "varchar"),
        *("blob", "date", "datetime", "timestamp", "url", "icon", "initials", "avatar", "permission", "validate"),
        *("subscribe", "unsubscribe", "translate", "search", "_type", "_doc", "_id", "id", "action", "scope"),
        *("constructor", "preferences", "data", "article"),
        # What every object of the product answers to, which is reserved as well.
        *("test", "method", "send", "hash", "freeze", "open", "system", "format", "display", "touch", "update"),
    }
)
LARGEST_INTEGER = 2_147_483_647
OF_A_TICKET = frozenset({*shapes.EMPTY_OF_TICKET, *ZammadTicket.__slots__})


class ZammadAttributes:
    """The calls of the object manager; each gives an answer."""

    def __init__(self, site: ZammadSite) -> None:
        self._site = site

    def show(self, call: Call) -> Answer:
        """Every attribute, with whether it can be deleted."""
        return Answer(data=[self._listed(item) for item in self._sorted()])

    def create(self, call: Call) -> Answer:
        """Have an attribute made."""
        kind, name = str(call.given.get("object")), str(call.given.get("name", "")).lower()
        if self._find(kind, name) is not None:
            return failed(422, "Object already exists!")
        records = self._site.records
        position = (
            max(
                (attribute.position for attribute in records.attributes.values() if attribute.object == kind), default=0
            )
            + 1
        )
        one = ZammadAttribute(
            records.next_ids["attribute"],
            kind,
            name,
            str(call.given.get("display") or ""),
            str(call.given.get("data_type")),
            _based(str(call.given.get("data_type")), call.given.get("data_option")),
            screens=dict(call.given.get("screens") or {}),
            position=call.given.get("position") or position,
            active=bool(call.given.get("active", True)),
            to_create=True,
            to_migrate=True,
        )
        wrong = next(iter((*_wrong_name(one), *_wrong_definition(one, one.data_option))), None)
        if kind not in OBJECTS or wrong is not None:
            return failed(422, wrong or f"No such object {kind}")
        records.attributes[records.next_id("attribute")] = one
        return Answer(201, _answered(one))

    def change(self, call: Call) -> Answer:
        """Have an attribute changed: the one of that name, whatever the id."""
        given = call.given
        one = self._find(str(given.get("object")), str(given.get("name", "")).lower())
        if one is None:
            return failed(422, "does not exist")
        if not one.editable:
            return failed(422, "Name attribute is not editable")
        if given.get("data_type") != one.data_type:
            return failed(422, "Data type can't be altered after creation")
        option = _based(one.data_type, given.get("data_option"))
        wrong = next(_wrong_definition(one, option), None)
        if given.get("active") is False and (used := self._users(one)):
            wrong = f"{one.object}.{one.name} is referenced by {used} and thus cannot be set to inactive!"
        if wrong is not None:
            return failed(422, wrong)
        own = {"display": one.display, "position": one.position, "active": one.active}
        is_renamed = any(given.get(key) != standing for key, standing in own.items())
        if option != one.data_option or is_renamed:
            one.to_migrate = one.to_migrate or option.get("maxlength") != one.data_option.get("maxlength")
            one.data_option_new, one.to_config = option, True
        for key in own.keys() & given.keys():
            setattr(one, key, given[key])
        one.screens = dict(given.get("screens", one.screens))
        return Answer(200, _answered(one))

    def delete(self, call: Call) -> Answer:
        """Have an attribute deleted; one that was never made goes at once."""
        one = self._site.records.attributes.get(call.number)
        if one is None:
            return absent("ObjectManager::Attribute", call.number)
        if not one.editable:
            return failed(422, f"{one.object}.{one.name} can't be removed!")
        if used := self._users(one):
            return failed(422, f"{one.object}.{one.name} is referenced by {used} and thus cannot be deleted!")
        if one.to_create:
            del self._site.records.attributes[one.id]
        one.to_delete = True
        return Answer(200, {})

    def migrate(self, call: Call) -> Answer:
        """Update the database: all that waits, whoever it is from."""
        records = self._site.records
        for attribute in [each for each in records.attributes.values() if each.is_pending]:
            if attribute.to_delete:
                del records.attributes[attribute.id]
                holders = records.tickets if attribute.object == "Ticket" else records.organizations
                for holder in holders.values():
                    holder.attributes.pop(attribute.name, None)
                continue
            if attribute.to_config:
                before, attribute.data_option, attribute.data_option_new = (
                    attribute.data_option,
                    attribute.data_option_new,
                    {},
                )
                _remember_options(attribute, before)
            _remember_options(attribute, attribute.data_option)
            attribute.to_create = attribute.to_migrate = attribute.to_config = False
        return Answer(200, {})

    # ---- underneath --------------------------------------------------------------------------------

    def _sorted(self) -> list[ZammadAttribute]:
        return sorted(
            self._site.records.attributes.values(), key=lambda attribute: (attribute.position, attribute.name)
        )

    def _find(self, kind: str, name: str) -> ZammadAttribute | None:
        return next((item for item in self._sorted() if (item.object, item.name) == (kind, name)), None)

    def _listed(self, one: ZammadAttribute) -> dict[str, Any]:
        used = self._users(one)
        told = f"This attribute is referenced by {used} and thus cannot be deleted!"
        reason = {"not_deletable_reason": told} if used else {}
        return {**shapes.attribute(one), "deletable": one.editable and not used, **reason}

    def _users(self, one: ZammadAttribute) -> str:
        """Which triggers and overviews speak of an attribute, as people are told."""
        if one.object != "Ticket":
            return ""
        records, named = self._site.records, []
        for kind, things in (("Trigger", records.triggers), ("Overview", records.overviews)):
            users = [str(each["name"]) for each in things.values() if one.name in _spoken_of(each)]
            named += [f"{kind}: {','.join(sorted(users))}"] if users else []
        return "; ".join(named)


def _spoken_of(thing: dict[str, Any]) -> set[str]:
    """The ticket attributes that a trigger or an overview speaks of."""
    found = {name.removeprefix("ticket.") for name, _ in clauses(thing["condition"])}
    shown = [column for columns in thing.get("view", {}).values() if isinstance(columns, list) for column in columns]
    return {*found, *shown, str(thing.get("order", {}).get("by"))}


def _answered(one: ZammadAttribute) -> dict[str, Any]:
    """An attribute as those who write it see it."""
    shown = shapes.attribute(one)
    return {**shown, "object_lookup_id": OBJECTS[shown.pop("object")]}


def _based(data_type: str, given: Any) -> dict[str, Any]:
    """The options with what the product adds."""
    if not isinstance(given, dict):
        return {"default": "", "options": {}, "relation": "", "null": True}
    option = dict(given)
    option.setdefault("default", "" if data_type in ("input", "select", "multiselect", "tree_select") else None)
    option["null"] = True if option.get("null") is None else option["null"]
    option["options"] = option["options"] if isinstance(option.get("options"), (dict, list)) else {}
    option["relation"] = option["relation"] if isinstance(option.get("relation"), str) else ""
    if data_type in WITH_OPTIONS:
        option.setdefault("nulloption", True)
        option.setdefault("maxlength", 255)
    return option


def _remember_options(one: ZammadAttribute, before: dict[str, Any]) -> None:
    """What was ever chosen from stays known."""
    options = (before.get("options"), one.data_option.get("options"))
    if one.data_type in WITH_OPTIONS and all(isinstance(each, dict) for each in options):
        known = {**before.get("historical_options", {}), **before["options"], **one.data_option["options"]}
        one.data_option["historical_options"] = known


def _wrong_name(one: ZammadAttribute) -> Iterator[str]:
    if re.search(r".+?_(id|ids)$", one.name):
        yield "Name can't be used because *_id and *_ids are not allowed"
    if re.search(r"\s", one.name):
        yield "Name spaces are not allowed"
    if not re.fullmatch(r"[a-z0-9_]+", one.name):
        yield "Name only lowercase letters, numbers, and '_' are allowed"
    if not re.search(r"[a-z]", one.name):
        yield "Name at least one letter is required"
    if one.name in RESERVED:
        yield f"Name {one.name} is a reserved word"
    if one.object == "Ticket" and one.name in OF_A_TICKET:
        yield f"Name {one.name} already exists"


def _wrong_definition(one: ZammadAttribute, option: dict[str, Any]) -> Iterator[str]:
    if not one.display:
        yield "Display can't be blank"
    if one.data_type not in DATA_TYPES:
        yield "Data type is not included in the list"
    if one.data_type == "input" and option.get("type") not in INPUT_TYPES:
        yield "Input field must be text, password, tel, fax, email or url type."
    if one.data_type in ("input", "textarea", "richtext") and not re.fullmatch(r"\d+", str(option.get("maxlength"))):
        yield "Max length must be an integer."
    if one.data_type == "integer":
        least, most = option.get("min"), option.get("max")
        if not isinstance(least, int) or not -LARGEST_INTEGER <= least <= LARGEST_INTEGER:
            yield "Minimal value must be an integer"
        elif not isinstance(most, int) or not -LARGEST_INTEGER <= most <= LARGEST_INTEGER:
            yield "Maximal value must be an integer"
        elif least > most:
            yield "Maximal value must be higher than or equal to minimal value"
    if one.data_type == "datetime" and (option.get("future") is None or option.get("past") is None):
        yield "Allow future dates toggle value is required."
