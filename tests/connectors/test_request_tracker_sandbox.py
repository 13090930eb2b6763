"""The sandbox's Request Tracker answers as Request Tracker does: the same conversation is held with both."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from connectors.conformance.helpdesk_words import reply
from connectors.records import TicketStatus
from tests.conformance.request_tracker_bed import ACTIVITY, TAGS, WORKED_ON, RequestTrackerBed
from tests.real_servers.request_tracker import RealRequestTracker

STAMPS = {"Created", "LastUpdated"}
OUT_OF_SIGHT = {"_url", "next_page", "prev_page"}
"""Addresses: of this server, and with its numbers."""
LINKS = {"self", "comment", "correspond"}
INTERFACE = re.compile(r"X-RT-Interface: (\w+)")
LONG_AGO = "2020-01-01 00:00:00"
TICKET_FIELDS = "id,Subject,Status,Created,LastUpdated,EffectiveId,Queue,Owner,Requestor,CustomFields"
PEOPLE = {"fields[Requestor]": "id,Name,RealName,EmailAddress,Organization,Lang", "fields[Owner]": "id,Name"}


class Conversation:
    """What was asked and what came back, without what differs from run to run.

    Numbers are replaced by their order of appearance (those of custom fields, which come in any order, by 0), times by
    whether there is one, names of this run by ``RUN``. Words about what was written come in any order.
    """

    def __init__(self, bed: RequestTrackerBed) -> None:
        self.bed = bed
        self.told: list[tuple[str, int, Any]] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def ask(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """Ask as CareSync's user."""
        proof = self.bed.place.token if token is None else token
        headers = {"Authorization": f"token {proof}"} if proof else {}
        headers |= more.pop("headers", {})
        url = f"{self.bed.place.url}/REST/2.0{path}"
        answer = requests.request(method, url, headers=headers, timeout=30, **more)
        data = answer.json() if answer.content else None
        verb = f"{method} {re.sub(r'[0-9]+', 'N', path)}"
        kind = path.split("/")[1].removesuffix("s")
        self.told.append((verb, answer.status_code, self._told(data, kind=kind)))
        return answer

    def _told(self, data: Any, name: str = "", kind: str = "") -> Any:
        if isinstance(data, dict):
            of = str(data.get("type") or kind)
            shown = {key: self._told(data[key], key, of) for key in sorted(data) if key not in OUT_OF_SIGHT}
            if isinstance(shown.get("_hyperlinks"), list):
                shown["_hyperlinks"] = sorted(one["ref"] for one in data["_hyperlinks"] if one["ref"] in LINKS)
            return shown
        if isinstance(data, list):
            told = [self._told(one, name, kind) for one in data]
            if name == "CustomFields" or all(isinstance(one, str) for one in told):
                told.sort(key=lambda one: one if isinstance(one, str) else str(one.get("name")))
            return told
        if name in ("id", "ObjectId", "TransactionId", "EffectiveId") and str(data).isdecimal():
            of = {"ObjectId": "ticket", "EffectiveId": "ticket", "TransactionId": "transaction"}.get(name, kind)
            number = 0 if of == "customfield" else self._numbers.setdefault((of, str(data)), len(self._numbers))
            return number if isinstance(data, int) else str(number)
        if name in STAMPS:
            return bool(data)
        if name == "Headers":
            return INTERFACE.findall(data)
        return self._plain(data) if isinstance(data, str) else data

    def _plain(self, text: str) -> str:
        text = re.sub(r"\d+-[0-9a-f]{8}", "RUN", text.partition(" at /usr/")[0])
        return re.sub(r"(?<=[Tt]icket[ /])\d+", "N", text)


def conversation(bed: RequestTrackerBed) -> list[tuple[str, int, Any]]:
    """What a connector may ask in every situation, with what came back."""
    talk = Conversation(bed)
    ask = talk.ask
    first = bed.file_ticket("Menu broken", "It does not open.", tags=("vip", "call back"), cause="care")
    second = bed.file_ticket("Second", organization="Globex", expected_minutes=30, fix_adopted=True)
    third = bed.file_ticket("Third")
    queue = str(ask("GET", f"/ticket/{first}").json()["Queue"]["id"])
    in_queue = f"EffectiveId > 0 AND Queue = {queue}"
    lists: list[dict[str, str]] = [
        {"query": in_queue, "fields": TICKET_FIELDS, **PEOPLE, "fields[Queue]": "id", "orderby": "id"},
        {"query": f"{in_queue} AND LastUpdated > '{LONG_AGO}'", "orderby": "id", "order": "DESC", "per_page": "2"},
        {"query": f"{in_queue} AND LastUpdated > '2999-01-01 00:00:00'"},
        {"query": f"{in_queue} AND (id = {first} OR id = 999999)", "fields": "id"},
        {
            "query": f"id > 0 AND Queue = {queue}",
            "orderby": "id",
            "order": "DESC",
            "per_page": "1",
            "fields": "_hyperlinks",
        },
        {"query": in_queue, "per_page": "500"},
        {"query": in_queue, "per_page": "2", "page": "2"},
        {"query": in_queue, "page": "9"},
    ]
    for params in lists:
        ask("GET", "/tickets", params=params)
    ask(
        "GET", "/tickets", params=[("query", in_queue), ("orderby", "LastUpdated"), ("orderby", "id"), ("fields", "id")]
    )

    # ---- writing fields and tags ---------------------------------------------------------------------
    etag = ask("GET", f"/ticket/{first}").headers["ETag"]
    for given, headers in (
        ({"CARE scope": "included", "CARE minuten": "0"}, {"If-Match": etag}),
        ({"CARE scope": "late"}, {"If-Match": etag}),
        ({TAGS: ["vip", "sla_included", "é日本 🧾"]}, {}),
        ({"Oorzaak": "moon_phase"}, {}),
        ({"Oorzaak": "CUSTOMER"}, {}),
        ({"No such field": "x"}, {}),
        ({"CARE scope": None}, {}),
        ({"CARE minuten": None}, {}),
        ({TAGS: []}, {}),
    ):
        ask("PUT", f"/ticket/{first}", json={"CustomFields": given}, headers=headers)
        ask("GET", "/tickets", params={"query": f"id = {first}", "fields": "CustomFields"})
    ask("PUT", f"/ticket/{first}", json={"Subject": "not ours to change"})
    ask("PUT", "/ticket/999999", json={"CustomFields": {}})

    # ---- comments, time, and what is told of them ------------------------------------------------------
    said = {"Content": "Binnen de SLA ✔ 🧾\n\nCS-1", "ContentType": "text/plain"}
    ask("POST", f"/ticket/{first}/comment", json=said)
    ask("POST", f"/ticket/{first}/correspond", json=said)
    ask("POST", f"/ticket/{first}/comment", json={"Content": "x"})
    ask("POST", "/ticket/999999/comment", json=said)
    bed.edit(second, status=TicketStatus.SOLVED)
    ask("POST", f"/ticket/{second}/comment", json=said)
    ask("POST", f"/ticket/{second}/correspond", json=said)
    bed.comment(second, reply("We are looking at it."))
    ask("GET", f"/ticket/{second}")
    booked = {"Content": "x", "ContentType": "text/plain", "TimeTaken": 25}
    booked["TxnCustomFields"] = {WORKED_ON: "2026-10-20", ACTIVITY: ["admin", "vip"]}
    bed.ask("POST", f"/ticket/{first}/comment", by="anna", json=booked, expect=201)
    bed.ask("PUT", f"/ticket/{first}", by="anna", json={"TimeWorked": 40})
    bed.ask("PUT", f"/ticket/{first}", by="bert", json={"TimeWorked": 10})
    fields = "id,ObjectId,Type,Field,OldValue,NewValue,TimeTaken,Created,Creator,CustomFields"
    of_first = f"ObjectType = 'RT::Ticket' AND ObjectId = {first}"
    created: list[str] = []
    for condition in (
        "TimeTaken != 0",
        "TimeTaken < 0",
        f"TimeTaken != 0 AND TicketQueue = {queue} AND Created >= '{LONG_AGO}'",
        f"(Created >= '2999-01-01 00:00:00' OR CF.{{{WORKED_ON}}} >= '2026-10-20') AND TimeTaken != 0",
        f"CF.{{{WORKED_ON}}} > '2026-10-20'",
        f"Creator = {bed.place.user_id} AND (Type = 'Comment' OR Type = 'Correspond')",
        "Type = 'Create'",
    ):
        params = {"query": f"{of_first} AND {condition}", "fields": fields, "orderby": "id"}
        params["fields[Creator]"] = "id,Name,RealName"
        found = ask("GET", "/transactions", params=params).json()["items"]
        created = [str(one["id"]) for one in found]
    parts = [{"field": "TransactionId", "value": one} for one in created]
    parts += [{"field": "ContentType", "operator": "STARTSWITH", "value": one} for one in ("text/", "multipart/")]
    parts.append({"field": "id", "operator": ">", "value": 0})
    of_texts = {"fields": "id,TransactionId,ContentType,Filename,Headers,Content", "orderby": "id"}
    ask("POST", "/attachments", json=parts, params=of_texts)
    ask("GET", f"/transaction/{created[0]}")
    ask("GET", "/transaction/999999999")
    ask("GET", f"/ticket/{first}/history", params={"fields": "Type", "per_page": "3"})

    # ---- what goes -------------------------------------------------------------------------------------
    bed.merge(second, third)
    bed.delete(first)
    for params in (
        {"query": f"{in_queue} AND (id = {first} OR id = {second})", "fields": "id,EffectiveId,Status"},
        {"query": f"id > 0 AND Queue = {queue}", "fields": "id"},
        {"query": f"EffectiveId = {third}", "fields": "id", "orderby": "id"},
    ):
        ask("GET", "/tickets", params=params)
    ask("GET", f"/ticket/{first}")
    ask("GET", f"/ticket/{second}")
    ask("GET", "/ticket/999999")
    gone = "((Type = 'Status' AND NewValue = 'deleted') OR (Type = 'AddLink' AND Field = 'MergedInto'))"
    query = f"ObjectType = 'RT::Ticket' AND Created >= '{LONG_AGO}' AND {gone} AND TicketQueue = {queue}"
    ask("GET", "/transactions", params={"query": query, "fields": "ObjectId,Type,NewValue", "orderby": "id"})
    ask("POST", f"/ticket/{first}/comment", json=said)

    # ---- customers, people, and what is set up -----------------------------------------------------------
    bed.add_organization("Initech", sla=True, covered_services="website, webshop")
    bed.edit_organization("Initech", new_name="Initrode", covered_services="website")
    catalogs = ask("GET", "/catalogs/all", params={"fields": "Name", "per_page": "100"}).json()["items"]
    catalog = next(one["id"] for one in catalogs if one["Name"] == bed.catalog)
    query = f"Catalog = {catalog} AND id > 0"
    ask("GET", "/assets", params={"query": query, "fields": "id,Name,Status,CustomFields", "orderby": "id"})
    bed.remove_organization("Initrode")
    ask("GET", "/assets", params={"query": query, "fields": "Name,Status", "orderby": "id", "per_page": "2"})
    people = [{"field": "Name", "value": bed.requestor("Acme")}, {"field": "Name", "value": "anna"}]
    ask("POST", "/users", json=people, params={"fields": "id,Name,RealName,EmailAddress,Organization,Lang"})
    ask("GET", f"/user/{bed.place.user_id}")
    for kind, number in (("queue", queue), ("catalog", catalog)):
        ask("GET", f"/{kind}/{number}/customfields", params={"fields": "Name,LookupType,MaxValues", "per_page": "100"})
    ask("GET", "/tickets", params={"query": "nonsense ="})

    # ---- who is refused ----------------------------------------------------------------------------------
    ask("GET", f"/ticket/{third}", token="")
    ask("GET", f"/ticket/{third}", token=f"1-{bed.place.user_id}-nobodys")
    bed.take_permission_away()
    for path in (f"/ticket/{third}", f"/transaction/{created[0]}", "/queues/all", "/catalogs/all"):
        ask("GET", path)
    ask("GET", "/tickets", params={"query": f"id = {third}"})
    ask("GET", "/transactions", params={"query": f"ObjectType = 'RT::Ticket' AND ObjectId = {third}"})
    ask("GET", "/assets", params={"query": query})
    ask("PUT", f"/ticket/{third}", json={"CustomFields": {TAGS: ["x"]}})
    ask("POST", f"/ticket/{third}/comment", json=said)
    return talk.told


def of_ours(mine: Any, theirs: Any) -> Any:
    """The part of their answer that ours has too: single things have more in the product."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return {name: of_ours(value, theirs.get(name)) for name, value in mine.items()}
    return theirs


@pytest.mark.slow
def test_a_real_server_and_the_sandbox_answer_alike(real_request_tracker: RealRequestTracker) -> None:
    with RequestTrackerBed.on(real_request_tracker) as bed:
        real = conversation(bed)
    with RequestTrackerBed.open() as bed:
        ours = conversation(bed)

    assert len(real) == len(ours)
    for number, (theirs, mine) in enumerate(zip(real, ours, strict=True)):
        assert (number, *mine[:2]) == (number, *theirs[:2])
        single = mine[0].startswith(("GET /ticket/N", "GET /transaction/N", "GET /user/N"))
        expected = of_ours(mine[2], theirs[2]) if single else theirs[2]
        assert (number, mine[0], mine[2]) == (number, mine[0], expected)
