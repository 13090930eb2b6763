"""Attributes of tickets and organizations, made ready: defined with their options, then taken into the database.

Terms
    definition   what the object manager keeps of an attribute; what was defined or changed *waits* until the database
                 is updated, which carries out all that waits, whoever it is from
    name         what the API calls an attribute, and the column of the database; it never changes
    display      what people read

The mark stands as the note of a definition, which Zammad shows beside the field as its help. Whoever edits the
definition in Zammad makes the note go, and the attribute their own.

Yes-or-no facts become selections, not booleans: a boolean that nobody ticked is no answer. The keys of a selection are
the words of the rules. Dates get no day by default, and customers see nothing of any of it. Where others have changes
waiting the database is left as it is, for updating it would also drop a column that somebody has second thoughts on.

Sources: "Object" of the API documentation; Zammad's source (``ObjectManager::Attribute``, its validators, and its
controller) for the names that it takes, what waits, and that an update without its options empties them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.preparation import MARK, Action, Job, Step, Wanted, WantedField, WantedFieldKind
from connectors.value_reader import Object
from connectors.zammad.client import ATTRIBUTES, READ, UPDATE_DATABASE, ZammadClient
from connectors.zammad.translate import options_of

SELECTION = "select"
TYPES: Mapping[WantedFieldKind, str] = {
    WantedFieldKind.CHOICE: SELECTION,
    WantedFieldKind.YES_NO: SELECTION,
    WantedFieldKind.DATE: "date",
    WantedFieldKind.WHOLE_NUMBER: "integer",
    WantedFieldKind.TEXT: "input",
}
ALIKE: Mapping[str, frozenset[str]] = {
    SELECTION: frozenset({SELECTION}),
    "date": frozenset({"date"}),
    "integer": frozenset({"integer"}),
    "input": frozenset({"input", "textarea", "richtext"}),
}
"""Types of attributes that people made which serve as well."""
SERVES_ORGANIZATIONS = frozenset({"boolean", "input", "textarea"})
"""Serves for a choice of organizations: whether there is an SLA."""
LONGEST_TEXT = 1000
"""Zammad refuses what is longer; the questions of a ticket come to some hundreds of characters."""
LARGEST_NUMBER = 999_999_999
NAME = re.compile(r"(?!.*_ids?$)[a-z0-9_]*[a-z][a-z0-9_]*")
"""A name that Zammad takes."""
LONGEST_NAME = 60
"""Databases cut off the names of columns that are longer."""
PREFIX = "care_"
"""Before the names that setup gives, for every word that Zammad's own objects know is taken: ``test``, ``open`` …"""
WHERE = "System, Objects"
RESTART = (
    "restart Zammad, unless it does so by itself: processes that were running do not know the columns (not to be seen "
    "through the API)"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A kind of object that has attributes, and where its attributes show; only to those who work there."""

    kind: str
    object: str
    screens: Mapping[str, Any]


_FILLED_IN = {"shown": True, "required": False}
TICKETS = _Place(
    "ticket attribute",
    "Ticket",
    {
        "create_middle": {"ticket.agent": {**_FILLED_IN, "item_class": "column"}},
        "edit": {"ticket.agent": _FILLED_IN},
    },
)
ORGANIZATIONS = _Place(
    "organization attribute",
    "Organization",
    {
        screen: dict.fromkeys(("ticket.agent", "admin.organization"), shown)
        for screen, shown in (("create", _FILLED_IN), ("edit", _FILLED_IN), ("view", {"shown": True}))
    },
)


class AttributePreparation:
    """Looks at a site's attributes and makes them ready."""

    def __init__(self, client: ZammadClient) -> None:
        self._client = client

    def jobs(self, wanted: Wanted) -> list[Job]:
        """The definitions: to be kept, made, or completed."""
        there = self._there(wanted)
        return [self._job(place, item, there) for place, item in _placed(wanted)]

    def database_jobs(self, wanted: Wanted, coming: Sequence[Step] = ()) -> list[Job]:
        """What makes of definitions what tickets have; ``coming`` are steps that will have been done by then."""
        there = self._there(wanted)
        ours = [item for place, field in _placed(wanted) if (item := _found(place, field, there)) is not None]
        waiting = [item for item in ours if _waits(item) and item.get("to_delete") is not True]
        are_coming = [item for item in coming if item.action in (Action.CREATE, Action.COMPLETE)]
        if not waiting and not are_coming:
            return []
        is_column = any(item.get("to_create") or item.get("to_migrate") for item in waiting) or any(
            item.action is Action.CREATE for item in are_coming
        )
        return self._update([item for item in there if _waits(item) and item not in waiting], is_column=is_column)

    def removal_jobs(self, wanted: Wanted) -> list[Job]:
        """The definitions that we made, marked to be deleted; those in use are left."""
        return [
            self._removal(place.kind, item) for place, item in self._made(wanted) if item.get("to_delete") is not True
        ]

    def database_removal_jobs(self, wanted: Wanted) -> list[Job]:
        """What drops the columns of definitions that go."""
        made = [item for _, item in self._made(wanted)]
        if not any(_is_deletable(item) and item.get("to_create") is not True for item in made):
            return []
        return self._update([item for item in self._there(wanted) if _waits(item) and item not in made], is_column=True)

    # ---- what there is to do -----------------------------------------------------------------------

    def _job(self, place: _Place, wanted: WantedField, there: Sequence[Object]) -> Job:
        existing, needed = _found(place, wanted, there), TYPES[wanted.kind]
        if existing is None:
            return self._new(place, wanted, there)

        def conflict(problem: str) -> Job:
            return Job(Step(Action.CONFLICT, place.kind, wanted.title, problem))

        data_type = READ.text(existing.get("data_type"), "attribute.data_type")
        serves = place is ORGANIZATIONS and wanted.kind is WantedFieldKind.CHOICE and data_type in SERVES_ORGANIZATIONS
        if existing.get("to_delete") is True:
            return conflict(
                f"it waits to be deleted: discard that, or update the database ({WHERE}); then run this again"
            )
        if data_type not in ALIKE[needed] and not serves:
            return conflict(f"it is there as {data_type}, and {needed} is needed: give another name in the settings")
        option = _option(existing)
        lacking = wanted.lacking(options_of(option)) if data_type == SELECTION else []
        drifted = [f"add {', '.join(lacking)}"] if lacking else []
        if existing.get("active") is False:
            drifted.insert(0, "switch it on")
        if not drifted:
            detail = "waits for the database" if _waits(existing) else ""
            return Job(Step(Action.KEEP, place.kind, wanted.title, detail))
        if existing.get("editable") is False:
            return conflict(f"Zammad lets nobody change it ({', '.join(drifted)}): give another name in the settings")
        # The whole definition, for what is left out counts as changed, and left-out options as emptied.
        body = {
            **{name: existing.get(name) for name in ("name", "object", "display", "data_type", "position")},
            "active": True,
            "data_option": _completed(option, {word: wanted.options[word] for word in lacking}),
        }
        step = Step(Action.COMPLETE, place.kind, wanted.title, ", ".join(drifted))
        return Job(step, lambda: self._client.administer("PUT", ATTRIBUTES, body, number=_id(existing)))

    def _new(self, place: _Place, wanted: WantedField, there: Sequence[Object]) -> Job:
        name, display = _name_and_display(wanted)
        problem = ""
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            problem = f"Zammad takes no attribute of the name {name}: give another in the settings"
        elif any(item.get("object") == place.object and item.get("name") == name for item in there):
            problem = (
                f"the attribute {name} is there under another display: write {name} in the settings, or its display"
            )
        if problem:
            return Job(Step(Action.CONFLICT, place.kind, wanted.title, problem))
        body = {
            "object": place.object,
            "name": name,
            "display": display,
            "data_type": TYPES[wanted.kind],
            "data_option": {**_new_option(wanted), "note": MARK},
            "active": True,
            "screens": place.screens,
        }
        step = Step(Action.CREATE, place.kind, wanted.title, ", ".join(wanted.options))
        return Job(step, lambda: self._client.administer("POST", ATTRIBUTES, body))

    def _removal(self, kind: str, made: Object) -> Job:
        title = READ.text(made.get("display"), "attribute.display")
        if not _is_deletable(made):
            problem = (
                READ.text(made.get("not_deletable_reason"), "not_deletable_reason") or "Zammad lets nobody delete it"
            )
            return Job(Step(Action.CONFLICT, kind, title, problem))
        step = Step(Action.REMOVE, kind, title, "with all that stands in it")
        return Job(step, lambda: self._client.administer("DELETE", ATTRIBUTES, number=_id(made)))

    def _update(self, strange: Sequence[Object], *, is_column: bool) -> list[Job]:
        if strange:
            names = ", ".join(sorted(f"{item.get('object')}.{item.get('name')}" for item in strange))
            problem = (
                f"changes that are not ours wait as well ({names}), and would be carried out too: "
                f"have an administrator update the database or discard them ({WHERE}), and run this again"
            )
            return [Job(Step(Action.CONFLICT, "database", "update", problem))]
        step = Step(Action.COMPLETE, "database", "update", "take the definitions over")
        jobs = [Job(step, lambda: self._client.administer("POST", UPDATE_DATABASE))]
        return [*jobs, Job(Step(Action.BY_HAND, "database", "restart", RESTART))] if is_column else jobs

    # ---- what is there -----------------------------------------------------------------------------

    def _there(self, wanted: Wanted) -> Sequence[Object]:
        return self._client.attributes() if wanted.ticket_fields or wanted.organization_fields else ()

    def _made(self, wanted: Wanted) -> list[tuple[_Place, Object]]:
        """What of the wanted we made."""
        there = self._there(wanted)
        existing = ((place, _found(place, item, there)) for place, item in _placed(wanted))
        return [(place, item) for place, item in existing if item is not None and _option(item).get("note") == MARK]


def _placed(wanted: Wanted) -> Iterator[tuple[_Place, WantedField]]:
    yield from ((TICKETS, item) for item in wanted.ticket_fields)
    yield from ((ORGANIZATIONS, item) for item in wanted.organization_fields)


def _found(place: _Place, wanted: WantedField, there: Sequence[Object]) -> Object | None:
    """The attribute that is meant, as readings find it: one in use before one that is not, by its name before by its
    display."""
    meant = [
        item
        for item in there
        if item.get("object") == place.object and wanted.is_called(item.get("name"), item.get("display"))
    ]
    return min(
        meant,
        key=lambda item: (
            item.get("active") is False or item.get("to_delete") is True,
            item.get("name") != wanted.title,
        ),
        default=None,
    )


def _name_and_display(wanted: WantedField) -> tuple[str, str]:
    """What is written like a name is one; for anything else the name is our own for the fact."""
    if re.fullmatch(r"[a-z0-9_]+", wanted.title):
        words = wanted.title.replace("_", " ").strip()
        return wanted.title, words[:1].upper() + words[1:]
    own = re.sub(r"[^a-z0-9]+", "_", wanted.name.lower()).strip("_")
    return own if own.startswith(PREFIX) else f"{PREFIX}{own}", wanted.title


def _new_option(wanted: WantedField) -> dict[str, Any]:
    if wanted.kind is WantedFieldKind.DATE:
        # A difference would put a day into every new ticket.
        return {"future": True, "past": True, "diff": None, "null": True}
    if wanted.kind is WantedFieldKind.WHOLE_NUMBER:
        # Minutes that were given back to a card are below zero.
        return {"min": -LARGEST_NUMBER, "max": LARGEST_NUMBER, "default": None, "null": True}
    if wanted.kind is WantedFieldKind.TEXT:
        return {"type": "text", "maxlength": LONGEST_TEXT, "default": "", "null": True}
    return {
        "options": dict(wanted.options),
        "default": "",
        "null": True,
        "nulloption": True,
        "multiple": False,
        "translate": False,
        "maxlength": 255,
    }


def _option(existing: Object) -> Object:
    """The options of a definition, with what waits."""
    waiting = READ.an_object(existing.get("data_option_new") or {}, "attribute.data_option_new")
    standing = READ.an_object(existing.get("data_option") or {}, "attribute.data_option")
    return waiting if existing.get("to_config") is True and waiting else standing


def _completed(option: Object, lacking: Mapping[str, str]) -> dict[str, Any]:
    """``option`` with the options that it lacks, in the form and in the order that its own have."""
    options = option.get("options")
    if isinstance(options, list):
        return {**option, "options": [*options, *({"name": label, "value": word} for word, label in lacking.items())]}
    return {**option, "options": {**(options or {}), **lacking}}


def _waits(item: Object) -> bool:
    return any(item.get(mark) is True for mark in ("to_create", "to_migrate", "to_delete", "to_config"))


def _is_deletable(item: Object) -> bool:
    return item.get("deletable") is not False and item.get("editable") is not False


def _id(item: Object) -> str:
    return READ.identity(item.get("id"), "attribute.id")
