"""Request Tracker's JSON: things as its REST 2 shows them, and the fields that a list is asked for.

Numbers are text in what a list tells by itself, and numbers where ``id`` is asked for; people are named by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.request_tracker_state import (
    COMMENT,
    NOBODY,
    REPLY,
    RequestTrackerSite,
    RtAsset,
    RtAttachment,
    RtField,
    RtGroup,
    RtQueue,
    RtTicket,
    RtTransaction,
    RtUser,
)

Thing = RtTicket | RtTransaction | RtAttachment | RtQueue | RtField | RtAsset | RtUser | RtGroup
Query = Mapping[str, str]
NEVER = "1970-01-01T00:00:00Z"


def instant(at: datetime) -> str:
    """A time as REST 2 shows it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shapes:
    """The JSON of one site's things."""

    def __init__(self, site: RequestTrackerSite, address: Callable[[], str]) -> None:
        self._site = site
        self._address = address

    def pointer(self, kind: str, number: int | str) -> dict[str, Any]:
        """What stands for a thing."""
        return {"type": kind, "id": str(number), "_url": f"{self._address()}/REST/2.0/{kind}/{number}"}

    def values(self, thing: RtTicket | RtAsset | RtTransaction) -> list[dict[str, Any]]:
        """The custom fields of a thing, with what stands in them."""
        return [
            {**self.pointer("customfield", item.id), "name": item.name, "values": list(thing.values.get(item.id, ()))}
            for item in self._site.applied(thing)
        ]

    # ---- what a list is asked for ------------------------------------------------------------------

    def listed(self, kind: str, thing: Thing, query: Query, caller: RtUser) -> dict[str, Any]:
        """A thing in a list, with the fields that the list was asked for."""
        shown = self.pointer(kind, thing.name if isinstance(thing, RtUser) else thing.id)
        for name in filter(None, query.get("fields", "").split(",")):
            shown[name] = self._links(thing, caller) if name == "_hyperlinks" else self._field(thing, name, query)
        return shown

    def _field(self, thing: Thing, name: str, query: Query) -> Any:
        site = self._site
        if name == "CustomFields" and isinstance(thing, (RtTicket, RtTransaction, RtAsset)):
            return self.values(thing)
        if isinstance(thing, RtTicket) and name == "Requestor":
            return [self._person(site.users[requestor_id], name, query) for requestor_id in thing.requestor_ids]
        if isinstance(thing, RtTicket) and name == "Queue":
            return self._nested(self.pointer("queue", thing.queue_id), site.queues[thing.queue_id], name, query)
        person = {"Owner": "owner_id", "Creator": "creator_id"}.get(name)
        if person is not None and hasattr(thing, person):
            return self._person(site.users[getattr(thing, person)], name, query)
        return _plain(thing).get(name, "")

    def _person(self, user: RtUser, name: str, query: Query) -> dict[str, Any]:
        return self._nested(self.pointer("user", user.name), user, name, query)

    def _nested(self, shown: dict[str, Any], thing: Thing, name: str, query: Query) -> dict[str, Any]:
        for wanted in filter(None, query.get(f"fields[{name}]", "").split(",")):
            shown[wanted] = _plain(thing).get(wanted, "")
        return shown

    def _links(self, thing: Thing, caller: RtUser) -> list[dict[str, Any]]:
        if not isinstance(thing, RtTicket):
            return []
        site, address = self._site, f"{self._address()}/REST/2.0/ticket/{thing.id}"
        verbs = (("correspond", REPLY), ("comment", COMMENT))
        return [
            {"ref": "self", "type": "ticket", "id": thing.id, "_url": address},
            *({"ref": verb, "_url": f"{address}/{verb}"} for verb, right in verbs if site.may(caller, right)),
        ]

    # ---- single things -----------------------------------------------------------------------------

    def ticket(self, ticket: RtTicket, query: Query, caller: RtUser) -> dict[str, Any]:
        """A ticket that is asked for by its number."""
        users = self._site.users
        queue = self.pointer("queue", ticket.queue_id)
        return {
            "id": ticket.id,
            "Type": "ticket",
            "Subject": ticket.subject,
            "Status": ticket.status,
            "Queue": self._nested(queue, self._site.queues[ticket.queue_id], "Queue", query),
            "Owner": self.pointer("user", users[ticket.owner_id].name),
            "Creator": self.pointer("user", users[ticket.creator_id].name),
            "Requestor": [self.pointer("user", users[requestor_id].name) for requestor_id in ticket.requestor_ids],
            "Cc": [],
            "AdminCc": [],
            "EffectiveId": self.pointer("ticket", ticket.effective_id),
            "Created": instant(ticket.created),
            "LastUpdated": instant(ticket.updated),
            "TimeWorked": str(ticket.time_worked),
            "CustomFields": self.values(ticket),
            "_hyperlinks": self._links(ticket, caller),
        }

    def transaction(self, transaction: RtTransaction) -> dict[str, Any]:
        """A transaction that is asked for by its number."""
        return {
            "id": transaction.id,
            "Type": transaction.type,
            "Object": self.pointer("ticket", transaction.ticket_id),
            "Creator": self.pointer("user", self._site.users[transaction.creator_id].name),
            "Created": instant(transaction.created),
            "TimeTaken": str(transaction.minutes),
            "CustomFields": self.values(transaction),
        }

    def user(self, user: RtUser, *, is_oneself: bool) -> dict[str, Any]:
        """Somebody; others who are no administrators see little."""
        little = {"Name": user.name, "RealName": user.real_name, "EmailAddress": user.email}
        if not is_oneself:
            return little
        return {**little, "id": user.id, "Disabled": "0", **({"Timezone": user.timezone} if user.timezone else {})}


def _plain(thing: Thing) -> dict[str, Any]:
    """The fields of a thing that are plain values."""
    if isinstance(thing, RtUser):
        return {
            "id": thing.id,
            "Name": thing.name,
            "RealName": "Nobody in particular" if thing.id == NOBODY else thing.real_name,
            "EmailAddress": thing.email,
            "Organization": thing.organization,
            "Lang": thing.lang,
        }
    if isinstance(thing, RtTicket):
        return {
            "id": thing.id,
            "Subject": thing.subject,
            "Status": thing.status,
            "Created": instant(thing.created),
            "LastUpdated": instant(thing.updated),
            "EffectiveId": str(thing.effective_id),
            "TimeWorked": str(thing.time_worked),
        }
    if isinstance(thing, RtTransaction):
        return {
            "id": thing.id,
            "ObjectId": str(thing.ticket_id),
            "ObjectType": "RT::Ticket",
            "Type": thing.type,
            "Field": thing.changed,
            "OldValue": thing.old,
            "NewValue": thing.new,
            "TimeTaken": str(thing.minutes),
            "Created": instant(thing.created),
        }
    if isinstance(thing, RtAttachment):
        return {
            "id": thing.id,
            "TransactionId": str(thing.transaction_id),
            "Content": thing.content,
            "ContentType": thing.content_type,
            "Headers": thing.headers,
            "Subject": thing.subject,
            "Filename": "",
        }
    if isinstance(thing, RtField):
        return {
            "id": thing.id,
            "Name": thing.name,
            "LookupType": thing.lookup,
            "Type": thing.type,
            "MaxValues": str(thing.most_values),
            "Description": thing.description,
            "Disabled": str(int(thing.disabled)),
        }
    if isinstance(thing, RtAsset):
        return {"id": thing.id, "Name": thing.name, "Status": thing.status, "Description": ""}
    shown: dict[str, Any] = {"id": thing.id, "Name": thing.name, "Description": thing.description}
    return shown if isinstance(thing, RtGroup) else {**shown, "Disabled": str(int(thing.disabled))}
