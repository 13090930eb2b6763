"""What an administrator sets up in a Request Tracker, as its API shows and takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from connectors.errors import Invalid, PermissionMissing
from connectors.preparation import MARK
from connectors.request_tracker.client import RequestTrackerClient, body_of, words_of
from connectors.request_tracker.definitions import OF_TICKETS
from connectors.request_tracker.script import LOAD
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.request_tracker.visibility import queue_ids
from connectors.value_reader import Object

FIELDS = (("fields", "Name,Description,LookupType,Type,MaxValues,Disabled"),)
THINGS = (("fields", "Name,Description,Disabled"),)
AND_OFF = (("find_disabled_rows", 1),)
"""Also what is switched off."""
REMEDY = (
    "Give setup a token of an administrator, for this one run (CARE_SYNC_HELPDESK__TOKEN=… care-sync setup; the rights "
    f"AdminCustomField, AssignCustomFields, SeeCustomField, ShowCatalog and AdminCatalog), or {LOAD}, which needs none."
)


class Administration:
    """Looks at a site, and changes it. Raises :class:`connectors.errors.ConnectorError`, and
    :class:`PermissionMissing` with the way out where the user of the token may not administer."""

    def __init__(self, client: RequestTrackerClient) -> None:
        self._client = client

    def queues(self, names: Sequence[str]) -> Mapping[str, str]:
        """The numbers of these queues by their names; of none named, of every queue that is seen."""
        try:
            numbers = queue_ids(self._client, names)
        except PermissionMissing as error:
            remedy = f"{error.remedy} Without those rights, {LOAD}: it gives them."
            raise PermissionMissing(PRODUCT, error.message, remedy=remedy) from None
        return dict(zip(names or sorted(self._client.queues()), numbers, strict=True))

    def catalog(self, name: str) -> Object | None:
        """The catalog of that name, switched off or not."""
        there = self._client.listed("/catalogs/all", (*THINGS, *AND_OFF))
        return next((item for item in there if item.get("Name") == name), None)

    def has_assets(self, catalog_id: str) -> bool:
        """Whether there are assets in a catalog."""
        return any(rows.items for rows in self._client.assets(catalog_id))

    def applied(self, lookup: str, number: str) -> Sequence[Object]:
        """The custom fields of that kind that a queue, or a catalog, has."""
        of = "queue" if lookup == OF_TICKETS else "catalog"
        return [
            item
            for item in self._client.listed(f"/{of}/{number}/customfields", FIELDS)
            if item.get("LookupType") == lookup
        ]

    def fields(self, lookup: str) -> Sequence[Object]:
        """Every custom field of that kind, applied or not, switched off or not."""
        query = json.dumps([{"field": "LookupType", "value": lookup}])
        return list(self._client.listed("/customfields", (("query", query), *FIELDS, *AND_OFF)))

    def options(self, field_id: str) -> Sequence[str]:
        """What can be selected in a custom field."""
        rows = self._client.listed(f"/customfield/{field_id}/values", ())
        return [READ.text(item.get("name"), "customfieldvalue.name") for item in rows]

    def searches(self) -> Mapping[str, Object]:
        """What the saved searches hold that we may use, by name."""
        rows = self._client.listed("/searches", (("fields", "Name,Content"),))
        named = ((READ.text(item.get("Name"), "search.Name"), item.get("Content")) for item in rows)
        return {name: content for name, content in named if isinstance(content, dict)}

    def receipt(self, group: str) -> str | None:
        """What a script of ours left in the description of its group; ``None`` when none is seen."""
        query = json.dumps([{"field": "Name", "value": group}])
        for item in self._client.listed("/groups", (("query", query), ("fields", "Name,Description"))):
            mark, _, left = READ.text(item.get("Description"), "group.Description").rpartition(" ")
            if mark == MARK:
                return left
        return None

    def create(self, kind: str, body: Object) -> str:
        """Make a thing; gives its number. Raises :class:`Invalid` with Request Tracker's own words."""
        answer = self._administer("POST", f"/{kind}", body)
        return READ.identity(answer.get("id"), f"{kind}.id")

    def switch(self, kind: str, number: str, *, on: bool) -> None:
        """Switch a thing on or off."""
        self._administer("PUT", f"/{kind}/{number}", {"Disabled": 0 if on else 1})

    def _administer(self, method: str, path: str, body: Object) -> Object:
        try:
            answer = self._client.administer(method, path, body)
        except PermissionMissing as error:
            detail = "the user of the token may not administer the site"
            raise PermissionMissing(
                PRODUCT, detail, request=error.request, status=error.status, remedy=REMEDY
            ) from None
        if answer.status == 400:
            detail = f"refuses {body.get('Name', 'this')}: {words_of(answer)}"
            raise Invalid(PRODUCT, detail, request=f"{method} {path}", status=400, remedy=REMEDY)
        return body_of(answer) if method == "POST" else {}


def is_ours(thing: Object) -> bool:
    """Whether setup made a thing."""
    return thing.get("Description") == MARK


def is_off(thing: Object) -> bool:
    """Whether a thing is switched off."""
    return READ.whole_number(thing.get("Disabled") or 0, "Disabled") == 1
