"""Making a Request Tracker ready, as far as its API goes; the rest is left to a script (:mod:`.script`).

What who can do
    custom fields   the API makes those of tickets, for one queue or for every queue, and adds options to any. It
                    applies none to several queues, and those of customers to no catalog
    catalog         the API makes it
    saved searches  the API shows them, and makes none
    rights, scrips  the API does not show them. The script leaves a receipt where the API shows it: with it they are as
                    the script made them, unless a person changed them since

Custom fields cannot be deleted, only switched off: what stands in them is kept, and comes back when they are created
again.
All writing takes a token of somebody who may administer; looking takes none but CareSync's own.

Sources: "RT::REST2" of Request Tracker's documentation, and 5.0.3 as it answered. That a custom field is applied when
it is made with ``Queue`` stands in "RT::CustomField", ``Create``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from connectors.preparation import MARK, Action, Job, Script, ScriptedPreparation, Stage, Step, Wanted, WantedView
from connectors.request_tracker.administration import Administration, is_off, is_ours
from connectors.request_tracker.definitions import OF_TICKETS, Definition, definitions, type_of
from connectors.request_tracker.script import (
    GROUP,
    LOAD,
    MARKED_SEARCH,
    OPENS,
    SECRET_OPTION,
    TELLS,
    preparation_script,
    receipt,
    removal_script,
    search_name,
    search_query,
    secret_howto,
)
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.request_tracker.value_reader import READ
from connectors.value_reader import Object

LOAD_REMOVAL = "load the script that care-sync setup --remove --script FILE writes"


@dataclass(frozen=True, slots=True)
class _Place:
    """Queues, or the customers' catalog, by name with their numbers; ``new`` says how a field is applied to them."""

    numbers: Mapping[str, str]
    new: Mapping[str, str | int] | None


class RequestTrackerPreparation(ScriptedPreparation):
    """Looks at a site and makes it ready."""

    def __init__(self, administration: Administration, settings: RequestTrackerSettings) -> None:
        self._site = administration
        self._settings = settings

    def stages(self) -> Sequence[Stage]:
        """What the API can. Looking raises :class:`PermissionMissing` when the queues are out of sight."""
        return (self._jobs,)

    def removal_stages(self) -> Sequence[Stage]:
        """What we made of what is wanted is switched off; the rest the script has to take away."""
        return (self._removal_jobs,)

    def signing_secret(self, wanted: Wanted) -> SecretStr | None:
        """The configured one: Request Tracker has it in its own configuration, where no API reaches."""
        return self._settings.webhook_secret

    def script(self, wanted: Wanted) -> Script:
        """A script that makes the whole site ready."""
        return preparation_script(wanted, self._settings)

    def removal_script(self, wanted: Wanted) -> Script:
        """A script that takes back what the other one made."""
        return removal_script(wanted, self._settings)

    # ---- what there is to do -----------------------------------------------------------------------

    def _jobs(self, wanted: Wanted) -> list[Job]:
        fields = definitions(wanted, self._settings)
        return [
            *self._field_jobs([item for item in fields if item.lookup == OF_TICKETS], self._queues()),
            *self._catalog_jobs(),
            *self._field_jobs([item for item in fields if item.lookup != OF_TICKETS], self._catalog()),
            *self._search_jobs(wanted.views),
            *self._hidden_jobs(wanted),
        ]

    def _queues(self) -> _Place:
        """The queues that count. A new field is applied to one, or to every one; to several of many it cannot be."""
        named, numbers = self._settings.queues, self._site.queues(self._settings.queues)
        new: Mapping[str, str | int] | None = None if named else {"Queue": 0}
        return _Place(numbers, {"Queue": int(numbers[named[0]])} if len(named) == 1 else new)

    def _catalog(self) -> _Place:
        existing = self._site.catalog(self._settings.customers.catalog)
        is_there = existing is not None and not is_off(existing)
        return _Place(
            {self._settings.customers.catalog: _id(existing)} if existing is not None and is_there else {}, None
        )

    def _field_jobs(self, wanted: Sequence[Definition], place: _Place) -> list[Job]:
        if not wanted:
            return []
        lookup = wanted[0].lookup
        applied = {name: self._site.applied(lookup, number) for name, number in place.numbers.items()}
        there = self._site.fields(lookup)
        return [self._field_job(item, place, applied, there) for item in wanted]

    def _field_job(
        self, wanted: Definition, place: _Place, applied: Mapping[str, Sequence[Object]], there: Sequence[Object]
    ) -> Job:
        """What to do about a field: ``applied`` are those of each queue or catalog, ``there`` all that are seen."""
        on = {name: next(iter(_called(wanted, fields)), None) for name, fields in applied.items()}
        lacking = [name for name, field in on.items() if field is None]
        existing = {_id(item): item for item in on.values() if item is not None}
        known = _called(wanted, there)
        ours = [item for item in known if is_ours(item)]
        if on and not lacking:
            return self._applied_job(wanted, list(existing.values()))
        if not existing and (off := next((item for item in ours if is_off(item)), None)) is not None:
            if (detail := _unfit(wanted, off)) is not None:
                return Job(Step(Action.CONFLICT, wanted.kind, wanted.name, detail))
            step = Step(Action.COMPLETE, wanted.kind, wanted.name, "switch it on")
            return Job(step, lambda: self._switch_on(wanted, off))
        candidates = [*existing.values(), *ours, *(item for item in known if not is_off(item))]
        if candidates and (detail := _unfit(wanted, candidates[0])) is not None:
            return Job(Step(Action.CONFLICT, wanted.kind, wanted.name, detail))
        if not candidates and place.new is not None:
            body = {**wanted.creation, "Name": wanted.name, "Description": MARK, **place.new}
            step = Step(Action.CREATE, wanted.kind, wanted.name, ", ".join(wanted.wanted.options))
            return Job(step, lambda: self._create(wanted, body))
        where = ", ".join(lacking) or self._settings.customers.catalog
        detail = f"apply it to {where}, or {LOAD}" if candidates else f"{LOAD}: it makes it and applies it to {where}"
        return Job(Step(Action.UNDONE, wanted.kind, wanted.name, detail))

    def _applied_job(self, wanted: Definition, existing: Sequence[Object]) -> Job:
        """About a field that is applied everywhere: one, or several of the same name."""
        if (detail := next(filter(None, (_unfit(wanted, item) for item in existing)), None)) is not None:
            return Job(Step(Action.CONFLICT, wanted.kind, wanted.name, detail))
        lacking = {_id(item): self._lacking(wanted, item) for item in existing}
        words = list(dict.fromkeys(word for some in lacking.values() for word in some))
        if not words:
            return Job(Step(Action.KEEP, wanted.kind, wanted.name))
        step = Step(Action.COMPLETE, wanted.kind, wanted.name, ", ".join(words))
        return Job(step, lambda: self._add_all(wanted, lacking))

    def _catalog_jobs(self) -> list[Job]:
        name = self._settings.customers.catalog
        existing = self._site.catalog(name)
        if existing is None:
            body = {"Name": name, "Description": MARK, "Lifecycle": "assets"}
            return [Job(Step(Action.CREATE, "catalog", name), lambda: self._site.create("catalog", body))]
        if not is_off(existing):
            return [Job(Step(Action.KEEP, "catalog", name))]
        if not is_ours(existing):
            detail = "a catalog of that name is switched off: switch it on, or name another"
            return [Job(Step(Action.CONFLICT, "catalog", name, detail))]
        step = Step(Action.COMPLETE, "catalog", name, "switch it on")
        return [Job(step, lambda: self._site.switch("catalog", _id(existing), on=True))]

    def _search_jobs(self, views: Sequence[WantedView]) -> list[Job]:
        there = self._site.searches()
        return [Job(self._search_step(item, there.get(search_name(item.title)))) for item in views]

    def _search_step(self, wanted: WantedView, existing: Object | None) -> Step:
        if existing is None:
            return Step(Action.UNDONE, "saved search", wanted.title, LOAD)
        if existing.get(MARKED_SEARCH) != MARK:
            detail = "a saved search of that name is there that setup did not make: rename it"
            return Step(Action.CONFLICT, "saved search", wanted.title, detail)
        if existing.get("Query") != search_query(wanted.tag, self._settings):
            return Step(Action.UNDONE, "saved search", wanted.title, f"it asks for something else: {LOAD}")
        return Step(Action.KEEP, "saved search", wanted.title)

    def _hidden_jobs(self, wanted: Wanted) -> Iterator[Job]:
        """What the API does not show: known by the receipt of the script that made it."""
        left = self._site.receipt(GROUP)
        action, detail = Action.KEEP, "as the script made it"
        if left is None:
            action, detail = Action.BY_HAND, f"the API does not show it: {LOAD}"
        elif left != receipt(wanted, self._settings):
            action, detail = Action.UNDONE, f"what was made is out of date: {LOAD}"
        yield Job(Step(action, "rights of the group", GROUP, detail))
        if wanted.webhook_url is not None:
            yield Job(Step(action, "scrip", TELLS, detail))
            yield Job(Step(Action.BY_HAND, "option", SECRET_OPTION, secret_howto()))
        yield Job(Step(action, "condition of the scrip", OPENS, detail))

    def _removal_jobs(self, wanted: Wanted) -> list[Job]:
        jobs: list[Job] = []
        wanted_fields = definitions(wanted, self._settings)
        for lookup in dict.fromkeys(item.lookup for item in wanted_fields):
            there = [item for item in self._site.fields(lookup) if is_ours(item) and not is_off(item)]
            for definition in (item for item in wanted_fields if item.lookup == lookup):
                jobs += [self._removal(definition, item) for item in _called(definition, there)]
        jobs += self._catalog_removal()
        searches = self._site.searches()
        jobs += [
            Job(Step(Action.BY_HAND, "saved search", item.title, LOAD_REMOVAL))
            for item in wanted.views
            if searches.get(search_name(item.title), {}).get(MARKED_SEARCH) == MARK
        ]
        if self._site.receipt(GROUP) is not None:
            jobs.append(Job(Step(Action.BY_HAND, "rights and scrips", GROUP, LOAD_REMOVAL)))
        return jobs

    def _removal(self, definition: Definition, field: Object) -> Job:
        step = Step(Action.REMOVE, definition.kind, definition.name, "switch it off; what stands in it is kept")
        return Job(step, lambda: self._site.switch("customfield", _id(field), on=False))

    def _catalog_removal(self) -> list[Job]:
        name = self._settings.customers.catalog
        existing = self._site.catalog(name)
        if existing is None or is_off(existing) or not is_ours(existing):
            return []
        if self._site.has_assets(_id(existing)):
            detail = "it holds customers: switch it off if nobody needs them"
            return [Job(Step(Action.BY_HAND, "catalog", name, detail))]
        return [
            Job(Step(Action.REMOVE, "catalog", name), lambda: self._site.switch("catalog", _id(existing), on=False))
        ]

    # ---- doing it ----------------------------------------------------------------------------------

    def _create(self, wanted: Definition, body: Object) -> None:
        self._add(wanted, self._site.create("customfield", body), list(wanted.wanted.options))

    def _switch_on(self, wanted: Definition, field: Object) -> None:
        self._site.switch("customfield", _id(field), on=True)
        self._add(wanted, _id(field), self._lacking(wanted, field))

    def _lacking(self, wanted: Definition, field: Object) -> list[str]:
        if not wanted.wanted.options or not type_of(field).startswith("Select"):
            return []
        return wanted.wanted.lacking(self._site.options(_id(field)))

    def _add_all(self, wanted: Definition, lacking: Mapping[str, Sequence[str]]) -> None:
        for field_id, words in lacking.items():
            self._add(wanted, field_id, words)

    def _add(self, wanted: Definition, field_id: str, words: Sequence[str]) -> None:
        place = {word: position for position, word in enumerate(wanted.wanted.options, start=1)}
        for option in wanted.options(words):
            self._site.create(f"customfield/{field_id}/value", {**option, "SortOrder": place[option["Name"]]})


def _called(wanted: Definition, fields: Sequence[Object]) -> list[Object]:
    """The fields of that name, those that are written alike first."""
    existing = [item for item in fields if wanted.wanted.is_called(item.get("Name"))]
    return sorted(existing, key=lambda item: item.get("Name") != wanted.name)


def _unfit(wanted: Definition, field: Object) -> str | None:
    """Why a field of that name cannot be used; ``None`` when it can."""
    name = READ.text(field.get("Name"), "customfield.Name")
    if name != wanted.name:
        return f'it is called "{name}" there: write it so in the settings'
    kind = type_of(field)
    return (
        None if kind in wanted.alike else f"its type is {kind}; it should be {wanted.type}: rename it or name another"
    )


def _id(field: Object) -> str:
    return READ.identity(field.get("id"), "customfield.id")
