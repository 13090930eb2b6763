"""What Request Tracker's REST 2 answers about queues, customers, custom fields and people."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from connectors.sandbox.request_tracker_lists import FORBIDDEN, NO_CONTENT, NOT_FOUND, USUAL_PAGE, Call, Lists, Route
from connectors.sandbox.request_tracker_query import Query, meets_json
from connectors.sandbox.request_tracker_shapes import Shapes
from connectors.sandbox.request_tracker_state import (
    ADMINISTER_CATALOGS,
    ADMINISTER_FIELDS,
    ASSIGN_FIELDS,
    OF_ASSETS,
    OF_TICKETS,
    OF_TRANSACTIONS,
    ROOT,
    SEE_FIELD,
    SEE_GROUP,
    SEE_QUEUE,
    SHOW_ASSET,
    RequestTrackerSite,
    RtField,
    RtQueue,
)
from connectors.sandbox.server import Answer


class SetUpApi:
    """The answers of one site about what an administrator sets up."""

    def __init__(self, site: RequestTrackerSite, shapes: Shapes, lists: Lists) -> None:
        self.site = site
        self._shapes = shapes
        self._lists = lists

    @property
    def routes(self) -> Sequence[Route]:
        """What is answered here."""
        return (
            (r"GET /queues/all", self._list_queues),
            (r"GET /queue/(\d+)/customfields", self._list_queue_fields),
            (r"POST /queue", self._begin_queue),
            (r"DELETE /queue/(\d+)", self._end_queue),
            (r"GET /catalogs/all", self._list_catalogs),
            (r"GET /catalog/(\d+)/customfields", self._list_catalog_fields),
            (r"POST /catalog", self._begin_catalog),
            (r"DELETE /catalog/(\d+)", self._end_catalog),
            (r"GET /assets", self._list_assets),
            (r"POST /asset", self._enter_asset),
            (r"PUT /asset/(\d+)", self._change_asset),
            (r"PUT /catalog/(\d+)", self._change_catalog),
            (r"GET /customfields", self._list_fields),
            (r"POST /customfield", self._make_field),
            (r"PUT /customfield/(\d+)", self._change_field),
            (r"GET /customfield/(\d+)/values", self._list_options),
            (r"POST /customfield/(\d+)/value", self._add_option),
            (r"DELETE /customfield/(\d+)", self._end_field),
            (r"POST /users", self._find_users),
            (r"GET /user/(\d+)", self._show_user),
            (r"POST /user", self._enter_user),
            (r"PUT /user/(\d+)", self._change_user),
            (r"DELETE /user/(\d+)/group/(\d+)", self._leave_group),
            (r"GET /groups", self._list_groups),
            (r"PUT /group/(\d+)/members", self._join_group),
            (r"GET /searches", self._list_searches),
        )

    # ---- queues, customers, custom fields ----------------------------------------------------------------

    def _list_queues(self, call: Call) -> Answer:
        found = [queue for queue in self.site.queues.values() if not queue.disabled]
        return self._lists.all_or_nothing("queue", found, call, SEE_QUEUE)

    def _begin_queue(self, call: Call) -> Answer:
        return self._made("queue", self.site.add_queue(call.body["Name"]).id)

    def _end_queue(self, call: Call) -> Answer:
        self.site.queues[call.number].disabled = True
        return NO_CONTENT

    def _list_catalogs(self, call: Call) -> Answer:
        is_listed = _is_listed(call)
        found = [one for one in self.site.catalogs.values() if is_listed(one)]
        return self._lists.all_or_nothing("catalog", found, call, SHOW_ASSET)

    def _begin_catalog(self, call: Call) -> Answer:
        if not self.site.may(call.user, ADMINISTER_CATALOGS):
            return FORBIDDEN
        call.body.ignore("Lifecycle")
        catalog = self.site.add_catalog(call.body["Name"])
        catalog.description = call.body.get("Description", "")
        return self._made("catalog", catalog.id)

    def _change_catalog(self, call: Call) -> Answer:
        if not self.site.may(call.user, ADMINISTER_CATALOGS):
            return FORBIDDEN
        self.site.catalogs[call.number].disabled = bool(int(call.body["Disabled"]))
        return Answer(data=["Catalog changed"])

    def _end_catalog(self, call: Call) -> Answer:
        self.site.catalogs[call.number].disabled = True
        return NO_CONTENT

    def _list_assets(self, call: Call) -> Answer:
        query = Query(call.query.get("query", ""), ("id", "Catalog", "Name", "Status"))

        def read(one: Any, name: str) -> Any:
            catalog = self.site.catalogs[one.catalog_id]
            return {"id": one.id, "Catalog": [catalog.id, catalog.name], "Name": one.name, "Status": one.status}[name]

        found = [
            one
            for one in self.site.assets.values()
            if query.meets(lambda name, one=one: read(one, name)) and one.status != "deleted"  # type: ignore[misc]
        ]
        return self._lists.all_or_nothing("asset", found, call, SHOW_ASSET)

    def _enter_asset(self, call: Call) -> Answer:
        catalog = next(
            catalog for catalog in self.site.catalogs.values() if call.body["Catalog"] in (catalog.name, catalog.id)
        )
        asset = self.site.add_asset(catalog.id, call.body["Name"])
        self.site.set_values(asset, call.body.get("CustomFields", {}))
        return self._made("asset", asset.id)

    def _change_asset(self, call: Call) -> Answer:
        asset = self.site.assets[call.number]
        asset.name = call.body.get("Name", asset.name)
        asset.status = call.body.get("Status", asset.status)
        done = self.site.set_values(asset, call.body.get("CustomFields", {}))
        return Answer(data=[words for *_, words in done])

    def _list_queue_fields(self, call: Call) -> Answer:
        return self._applied(call, OF_TICKETS, OF_TRANSACTIONS)

    def _list_catalog_fields(self, call: Call) -> Answer:
        return self._applied(call, OF_ASSETS)

    def _applied(self, call: Call, *lookups: str) -> Answer:
        found = [
            field for field in self.site.fields.values() if field.lookup in lookups and field.is_applied(call.number)
        ]
        return self._lists.all_or_nothing("customfield", found, call, SEE_FIELD)

    def _list_fields(self, call: Call) -> Answer:
        wanted, is_listed = json.loads(call.query.get("query", "[]")), _is_listed(call)
        found = [
            one
            for one in self.site.fields.values()
            if is_listed(one) and meets_json(wanted, {"Name": one.name, "LookupType": one.lookup}.__getitem__)
        ]
        return self._lists.all_or_nothing("customfield", found, call, SEE_FIELD)

    def _make_field(self, call: Call) -> Answer:
        """With ``Queue`` it is applied at once: to every queue (0), or to one."""
        given = call.body
        given.ignore("RenderType", "Pattern")  # how it looks, and what is checked when people type
        needed = (ADMINISTER_FIELDS, ASSIGN_FIELDS) if "Queue" in given else (ADMINISTER_FIELDS,)
        if not all(self.site.may(call.user, right) for right in needed):
            return FORBIDDEN
        places: frozenset[int] | None = frozenset()
        if "Queue" in given:
            named = [queue.id for queue in self.site.queues.values() if given["Queue"] in (queue.id, queue.name)]
            if given["Queue"] and not named:
                return Answer(400, {"message": "Queue not found"})
            places = frozenset(named) if given["Queue"] else None
        field = self.site.add_field(given["Name"], given["LookupType"], most_values=int(given["MaxValues"]))
        field.type, field.description, field.places = given["Type"], given.get("Description", ""), places
        return self._made("customfield", field.id)

    def _change_field(self, call: Call) -> Answer:
        if not self.site.may(call.user, ADMINISTER_FIELDS):
            return FORBIDDEN
        self.site.fields[call.number].disabled = bool(int(call.body["Disabled"]))
        return Answer(data=["Enabled"])

    def _end_field(self, call: Call) -> Answer:
        self.site.fields[call.number].disabled = True
        return NO_CONTENT

    def _list_options(self, call: Call) -> Answer:
        if not self.site.may(call.user, SEE_FIELD):
            return FORBIDDEN
        options = self.site.fields[call.number].options
        shown = [{"type": "customfieldvalue", "id": at, "name": one} for at, one in enumerate(options, start=1)]
        size, page = int(call.query.get("per_page", USUAL_PAGE)), int(call.query.get("page", 1))
        rows = shown[(page - 1) * size : page * size]
        return Answer(data={"items": rows, "count": len(rows), "total": len(shown), "page": page, "per_page": size})

    def _add_option(self, call: Call) -> Answer:
        """The product takes the same value twice."""
        if not self.site.may(call.user, ADMINISTER_FIELDS):
            return FORBIDDEN
        field = self.site.fields[call.number]
        call.body.ignore("Description", "SortOrder")
        field.options = (*field.options, call.body["Name"])
        return Answer(201, self._shapes.pointer("customfieldvalue", len(field.options)))

    def _list_searches(self, call: Call) -> Answer:
        call.query.ignore("fields", "page", "per_page")  # few enough for one page, shown whole
        found = [
            {"type": "search", "id": str(at), "Name": name, "Content": content}
            for at, (name, content) in enumerate(self.site.searches.items(), start=1)
        ]
        return Answer(data={"items": found, "count": len(found), "total": None, "page": 1})

    # ---- people --------------------------------------------------------------------------------------

    def _find_users(self, call: Call) -> Answer:
        found = [
            user
            for user in self.site.users.values()
            if meets_json(call.body, {"Name": user.name, "EmailAddress": user.email}.__getitem__)
        ]
        return self._lists.page("user", found, call, is_whole=True)

    def _show_user(self, call: Call) -> Answer:
        found = self.site.users.get(call.number)
        if found is None:
            return NOT_FOUND
        return Answer(data=self._shapes.user(found, is_oneself=call.user.id in (ROOT, found.id)))

    def _enter_user(self, call: Call) -> Answer:
        call.body.ignore("Privileged")
        names = {"EmailAddress": "email", "RealName": "real_name", "Organization": "organization", "Lang": "lang"}
        given = {ours: call.body[theirs] for theirs, ours in names.items() if theirs in call.body}
        user = self.site.add_user(call.body["Name"], **given)
        return Answer(201, self._shapes.pointer("user", user.name), {"Location": f"/REST/2.0/user/{user.id}"})

    def _change_user(self, call: Call) -> Answer:
        user = self.site.users[call.number]
        user.timezone = call.body.get("Timezone", user.timezone)
        user.organization = call.body.get("Organization", user.organization)
        return Answer(data=[f"User {user.name}: changed"])

    def _leave_group(self, call: Call) -> Answer:
        self.site.groups[int(call.parts[1])].member_ids.discard(call.number)
        return NO_CONTENT

    def _list_groups(self, call: Call) -> Answer:
        wanted = json.loads(call.query["query"])
        found = [group for group in self.site.groups.values() if meets_json(wanted, {"Name": group.name}.__getitem__)]
        return self._lists.all_or_nothing("group", found, call, SEE_GROUP)

    def _join_group(self, call: Call) -> Answer:
        self.site.groups[call.number].member_ids.update(int(item) for item in call.body)
        return Answer(data=["Member added"])

    def _made(self, kind: str, number: int) -> Answer:
        return Answer(201, self._shapes.pointer(kind, number), {"Location": f"/REST/2.0/{kind}/{number}"})


def _is_listed(call: Call) -> Callable[[RtQueue | RtField], bool]:
    shows_disabled = "find_disabled_rows" in call.query
    return lambda thing: shows_disabled or not thing.disabled
