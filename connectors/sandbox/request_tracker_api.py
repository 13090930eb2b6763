"""What Request Tracker's REST 2 answers, route by route, as 5.0.3 does where connectors and the people of tests ask.

Kept as in the product: what somebody may not see is left out of lists without a word, and only who sees everything is
told a total; what is not taken is told in words with status 200; tickets that are deleted stand in no list and may
still be changed; a number that no transaction has is an internal error.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.sandbox.request_tracker_lists import FORBIDDEN, NO_CONTENT, NOT_FOUND, Call, Lists, Route
from connectors.sandbox.request_tracker_query import NotUnderstood, Query, meets_json
from connectors.sandbox.request_tracker_setup import SetUpApi
from connectors.sandbox.request_tracker_shapes import Shapes
from connectors.sandbox.request_tracker_state import (
    COMMENT,
    CREATE_TICKET,
    MODIFY_FIELD,
    MODIFY_TICKET,
    REPLY,
    SHOW_TICKET,
    RequestTrackerSite,
    RtTicket,
    RtTransaction,
    RtUser,
)
from connectors.sandbox.server import Answer, Request

TICKET_FIELDS = ("id", "EffectiveId", "Queue", "LastUpdated", "Created", "Status", "Subject", "TimeWorked")
TRANSACTION_FIELDS = (
    "id",
    "ObjectId",
    "ObjectType",
    "Type",
    "Field",
    "OldValue",
    "NewValue",
    "TimeTaken",
    "Created",
    "Creator",
    "TicketQueue",
)
VERBS = {"comment": ("Comment", COMMENT), "correspond": ("Correspond", REPLY)}
UNAUTHORIZED = Answer(401, {"message": "Unauthorized"})
INTERNAL_ERROR = Answer(500, {"message": "Internal Server Error"})


class RequestTrackerApi:
    """The answers of one site; ``address`` is where it is."""

    def __init__(self, site: RequestTrackerSite, address: Callable[[], str]) -> None:
        self.site = site
        self.shapes = Shapes(site, address)
        self._lists = Lists(site, self.shapes)
        self._set_up = SetUpApi(site, self.shapes, self._lists)
        routes: tuple[Route, ...] = (
            (r"GET /rt", lambda _: Answer(data={"Version": "5.0.3"})),
            (r"GET /tickets", self._list_tickets),
            (r"POST /ticket", self._file_ticket),
            (r"GET /ticket/(\d+)", self._show_ticket),
            (r"PUT /ticket/(\d+)", self._change_ticket),
            (r"DELETE /ticket/(\d+)", self._delete_ticket),
            (r"POST /ticket/(\d+)/(comment|correspond)", self._say),
            (r"GET /ticket/(\d+)/history", self._list_history),
            (r"GET /ticket/(\d+)/attachments", self._list_texts),
            (r"GET /transactions", self._list_transactions),
            (r"GET /transaction/(\d+)", self._show_transaction),
            (r"POST /attachments", self._find_attachments),
            *self._set_up.routes,
        )
        self._routes = [(re.compile(f"{pattern}/?"), does) for pattern, does in routes]

    def answer(self, request: Request) -> Answer:
        """What Request Tracker answers."""
        with self.site.lock:
            user = self._user(request.headers.get("authorization", ""))
            if user is None:
                return UNAUTHORIZED
            asked = f"{request.method} {request.path.removeprefix('/REST/2.0')}"
            for pattern, does in self._routes:
                if matched := pattern.fullmatch(asked):
                    try:
                        return does(
                            Call(user, request.query, request.pairs, request.headers, request.json, matched.groups())
                        )
                    except NotUnderstood as error:
                        return Answer(400, {"message": str(error)})
        return NOT_FOUND

    def _user(self, proof: str) -> RtUser | None:
        kind, _, given = proof.partition(" ")
        if kind.lower() == "token":
            return next((user for user in self.site.users.values() if user.token and user.token == given), None)
        if kind.lower() != "basic":
            return None
        name, _, password = base64.b64decode(given).decode().partition(":")
        found = self.site.named(name)
        return found if found is not None and found.password and found.password == password else None

    # ---- tickets -------------------------------------------------------------------------------------

    def _list_tickets(self, call: Call) -> Answer:
        query = Query(call.query.get("query", ""), TICKET_FIELDS, call.user.timezone)
        found = [
            one
            for one in self.site.tickets.values()
            if query.meets(lambda name, one=one: self._of_ticket(one, name))  # type: ignore[misc]
            and one.status != "deleted"
            and (one.effective_id == one.id or "EffectiveId" in query.fields)
        ]
        visible = found if self.site.may(call.user, SHOW_TICKET) else []
        order = [value for name, value in call.pairs if name == "orderby"] or ["id"]
        visible.sort(key=lambda record: [self._of_ticket(record, name) for name in order], reverse=call.is_descending)
        return self._lists.page("ticket", visible, call, is_whole=True)

    def _of_ticket(self, ticket: RtTicket, name: str) -> Any:
        queue = self.site.queues[ticket.queue_id]
        values: dict[str, Any] = {
            "id": ticket.id,
            "EffectiveId": ticket.effective_id,
            "Queue": [queue.id, queue.name],
            "LastUpdated": ticket.updated,
            "Created": ticket.created,
            "Status": ticket.status,
            "Subject": ticket.subject,
            "TimeWorked": ticket.time_worked,
        }
        return values[name]

    def _show_ticket(self, call: Call) -> Answer:
        ticket = self.site.effective(call.number)
        if ticket is None:
            return NOT_FOUND
        if not self.site.may(call.user, SHOW_TICKET):
            return FORBIDDEN
        shown = self.shapes.ticket(ticket, call.query, call.user)
        return Answer(data=shown, headers={"ETag": self._etag(ticket, call.user)})

    def _etag(self, ticket: RtTicket, user: RtUser) -> str:
        """The newest transaction that somebody sees."""
        return f'"{max(item.id for item in self.site.history(ticket) if self.site.sees(user, item))}"'

    def _file_ticket(self, call: Call) -> Answer:
        given = call.body
        queue = next(
            (queue for queue in self.site.queues.values() if given.get("Queue") in (queue.name, queue.id)), None
        )
        if queue is None or queue.disabled or not self.site.may(call.user, CREATE_TICKET):
            told = f"No permission to create tickets in the queue '{given.get('Queue')}'"
            return Answer(403, {"message": told})
        asking = [self._requestor(value) for value in _listed(given.get("Requestor"))]
        ticket = self.site.file_ticket(queue.id, given.get("Subject", ""), call.user, [item.id for item in asking])
        self.site.set_values(ticket, given.get("CustomFields", {}))
        created = self.site.note(ticket, call.user.id, "Create", minutes=int(given.get("TimeWorked", 0)))
        if "Content" in given:
            kind = given.get("ContentType", "text/plain")
            self.site.attach(created, given["Content"], kind, ticket.subject)
        return Answer(201, self.shapes.pointer("ticket", ticket.id), {"Location": f"/REST/2.0/ticket/{ticket.id}"})

    def _requestor(self, name: str) -> RtUser:
        return self.site.named(name) or self.site.add_user(name, email=name)

    def _change_ticket(self, call: Call) -> Answer:
        ticket = self.site.effective(call.number)
        if ticket is None:
            return Answer(404, {"message": "Resource does not exist; use POST to create"})
        if not self.site.may(call.user, SHOW_TICKET):
            return FORBIDDEN
        etag = self._etag(ticket, call.user)
        if call.headers.get("if-match", etag) != etag:
            return Answer(412, {"message": "Precondition Failed"})
        words = list(self._changed(ticket, call.user, call.body))
        words += self._set_fields(ticket, call.user, call.body.get("CustomFields", {}))
        if "MergeInto" in call.body:
            self.site.merge(ticket, self.site.tickets[int(call.body["MergeInto"])], call.user)
            words.append("Merge Successful")
        return Answer(data=words)

    def _changed(self, ticket: RtTicket, user: RtUser, given: Mapping[str, Any]) -> Iterable[str]:
        """Write subject, status and time worked, each as a transaction."""
        may = self.site.may(user, MODIFY_TICKET)
        for name in ("Subject", "Status", "TimeWorked"):
            if name in given and not may:
                yield f"Ticket {ticket.id}: Permission Denied"
        if may and "Subject" in given and given["Subject"] != ticket.subject:
            old, ticket.subject = ticket.subject, given["Subject"]
            self.site.note(ticket, user.id, "Set", changed="Subject", old=old, new=ticket.subject)
            yield f"Ticket {ticket.id}: Subject changed from '{old}' to '{ticket.subject}'"
        if may and "Status" in given and given["Status"] != ticket.status:
            yield f"Ticket {ticket.id}: Status changed from '{ticket.status}' to '{given['Status']}'"
            self.site.set_status(ticket, user.id, given["Status"])
        if may and "TimeWorked" in given and (more := int(given["TimeWorked"]) - ticket.time_worked):
            old, new = str(ticket.time_worked), str(ticket.time_worked + more)
            self.site.note(ticket, user.id, "Set", changed="TimeWorked", old=old, new=new, minutes=more)
            told = f"Worked {more} minutes" if more > 0 else f"Adjusted time worked by {more} minutes"
            yield f"Ticket {ticket.id}: {told}"

    def _set_fields(self, ticket: RtTicket, user: RtUser, given: Mapping[str, Any]) -> list[str]:
        if given and not self.site.may(user, MODIFY_FIELD):
            return ["Permission Denied"] * len(given)
        words = []
        for found, old, new, told in self.site.set_values(ticket, given):
            if told != "Invalid value for custom field":
                self.site.note(ticket, user.id, "CustomField", changed=str(found.id), old=old, new=new)
            words.append(told)
        return words

    def _delete_ticket(self, call: Call) -> Answer:
        ticket = self.site.effective(call.number)
        if ticket is None:
            return NOT_FOUND
        if not self.site.may(call.user, MODIFY_TICKET):
            return FORBIDDEN
        self.site.set_status(ticket, call.user.id, "deleted")
        return NO_CONTENT

    def _say(self, call: Call) -> Answer:
        ticket, (kind, right) = self.site.effective(call.number), VERBS[call.parts[1]]
        if ticket is None:
            return Answer(400, {"message": "Message could not be recorded"})
        if not self.site.may(call.user, right):
            return Answer(400, {"message": "Permission Denied"})
        given = call.body
        if given.get("Content") and not given.get("ContentType"):
            return Answer(400, {"message": "ContentType is a required field for application/json"})
        content = given.get("Content", "")
        minutes = int(given.get("TimeTaken") or 0)
        number = self.site.say(ticket, call.user, kind, content, given.get("ContentType", "text/plain"), minutes)
        words = ["Comments added" if kind == "Comment" else "Correspondence added"]
        words += self._set_fields(ticket, call.user, given.get("CustomFields", {}))
        if of_transaction := given.get("TxnCustomFields"):
            self.site.set_values(self.site.transactions[number], of_transaction)
            words.append("Custom fields updated")
        return Answer(201, words, {"Location": f"/REST/2.0/transaction/{number}"})

    # ---- transactions and what was written -------------------------------------------------------------

    def _list_transactions(self, call: Call) -> Answer:
        query = Query(call.query.get("query", ""), TRANSACTION_FIELDS, call.user.timezone)
        found = [
            one
            for one in self.site.transactions.values()
            if query.meets(lambda name, one=one: self._of_transaction(one, name))  # type: ignore[misc]
        ]
        found.sort(key=lambda record: record.id, reverse=call.is_descending)
        return self._lists.seen("transaction", found, call, lambda one: self.site.sees(call.user, one))

    def _of_transaction(self, one: RtTransaction, name: str) -> Any:
        if name.startswith("CF.{"):
            field = next((one for one in self.site.applied(one) if one.name == name[4:-1]), None)
            return [value for value in one.values.get(field.id, ()) if value] if field else []
        queue = self.site.queues[self.site.tickets[one.ticket_id].queue_id]
        values: dict[str, Any] = {
            "id": one.id,
            "ObjectId": one.ticket_id,
            "ObjectType": "RT::Ticket",
            "Type": one.type,
            "Field": one.changed,
            "OldValue": one.old,
            "NewValue": one.new,
            "TimeTaken": one.minutes,
            "Created": one.created,
            "Creator": [one.creator_id, self.site.users[one.creator_id].name],
            "TicketQueue": [queue.id, queue.name],
        }
        return values[name]

    def _show_transaction(self, call: Call) -> Answer:
        found = self.site.transactions.get(call.number)
        if found is None:
            return INTERNAL_ERROR
        return Answer(data=self.shapes.transaction(found)) if self.site.sees(call.user, found) else FORBIDDEN

    def _list_history(self, call: Call) -> Answer:
        ticket = self.site.effective(call.number)
        found = self.site.history(ticket) if ticket is not None else []
        return self._lists.seen("transaction", found, call, lambda one: self.site.sees(call.user, one))

    def _list_texts(self, call: Call) -> Answer:
        ticket = self.site.effective(call.number)
        history = {item.id for item in self.site.history(ticket)} if ticket is not None else set()
        return self._texts(call, lambda one: one.transaction_id in history)

    def _find_attachments(self, call: Call) -> Answer:
        def meets(one: Any) -> bool:
            values = {"id": one.id, "TransactionId": one.transaction_id, "ContentType": one.content_type}
            return meets_json(call.body, values.__getitem__)

        return self._texts(call, meets)

    def _texts(self, call: Call, meets: Callable[[Any], bool]) -> Answer:
        found = [attachment for attachment in self.site.attachments.values() if meets(attachment)]
        transactions = self.site.transactions
        return self._lists.seen(
            "attachment", found, call, lambda one: self.site.sees(call.user, transactions[one.transaction_id])
        )


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given] if given else []
