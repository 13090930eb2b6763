"""The writing calls of the sandbox's Zendesk: tickets made, updated one by one or as a job, tagged, merged, deleted.

Results of ``update_many`` that succeed are as recorded from the live service; those that fail carry ``success: false``
with ``error`` and ``details`` ("Job statuses").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.parameters import plain
from connectors.sandbox.server import Answer
from connectors.sandbox.zendesk_jobs import ZendeskJobs
from connectors.sandbox.zendesk_records import ZendeskUser
from connectors.sandbox.zendesk_shapes import ZendeskShapes
from connectors.sandbox.zendesk_state import ZendeskAccount
from connectors.sandbox.zendesk_updates import Refused

MOST_TICKETS = 100
KNOWN = frozenset(
    {
        *("subject", "status", "type", "priority", "external_id", "requester_id", "assignee_id", "organization_id"),
        *("tags", "additional_tags", "remove_tags", "custom_fields", "comment", "metadata"),
    }
)
MOST_UPDATES, TEN_MINUTES = 30, timedelta(minutes=10)
TOO_MANY_UPDATES = Answer(
    429,
    {"error": "APIRateLimitExceeded", "description": "Number of allowed updates of one ticket exceeded"},
    {"Retry-After": "600"},
)
GONE = Answer(404, {"error": "RecordNotFound", "description": "Not found"})


class ZendeskWrites:
    """What the API changes. ``changes_tags_in_batches`` says whether ``update_many`` heeds single tags of a batch."""

    def __init__(self, account: ZendeskAccount, shapes: ZendeskShapes, jobs: ZendeskJobs) -> None:
        self._account = account
        self._shapes = shapes
        self._jobs = jobs
        self.changes_tags_in_batches = True
        self._updates: dict[tuple[int, int], deque[datetime]] = {}

    def create(self, user: ZendeskUser, body: Any) -> Answer:
        """``POST /tickets``."""
        given = _part(body, "ticket")
        comment = given.get("comment")
        comment = comment if isinstance(comment, dict) else {"body": given.get("description")}
        text = str(comment.get("body") or comment.get("html_body") or "")
        if not text:
            return _invalid({"base": [{"description": "Description: cannot be blank", "error": "BlankValue"}]})
        more = {name: value for name, value in _update(given).items() if name not in ("subject", "comment")}
        requester_id = more.pop("requester_id", None) or user.id
        if requester_id not in self._account.records.users:
            return _invalid({"requester": [{"description": "Requester is invalid", "error": "InvalidValue"}]})
        try:
            ticket_id = self._account.file_ticket(
                str(given.get("subject") or text[:80]),
                text,
                requester_id,
                channel="api",
                filed_by=user.id,
                public=bool(comment.get("public", True)),
                **more,
            )
        except Refused as refused:
            return _invalid(refused.details)
        location = {"Location": self._shapes.url(f"tickets/{ticket_id}")}
        return Answer(201, self._with_audit(ticket_id), location)

    def update(self, user: ZendeskUser, ticket_id: int, body: Any) -> Answer:
        """``PUT /tickets/{id}``."""
        if self._are_too_many(user, ticket_id):
            return TOO_MANY_UPDATES
        try:
            self._account.update(ticket_id, user.id, _update(_part(body, "ticket")), channel="api")
        except KeyError:
            return GONE
        except Refused as refused:
            return _invalid(refused.details)
        return Answer(data=self._with_audit(ticket_id))

    def update_many(self, user: ZendeskUser, query: Mapping[str, str], body: Any) -> Answer:
        """``PUT /tickets/update_many``: a batch, or the same update for ``ids``."""
        batch = body.get("tickets") if isinstance(body, dict) else None
        updates: list[Mapping[str, Any]]
        if "ids" in query:
            same, ids = _part(body, "ticket"), query["ids"].split(",")
            updates = [{**same, "id": int(key)} for key in ids if key.strip().isdecimal()]
        elif isinstance(batch, list) and all(
            isinstance(item, dict) and isinstance(item.get("id"), int) for item in batch
        ):
            updates = [item if self.changes_tags_in_batches else _without_single_tags(item) for item in batch]
        else:
            return Answer(400, {"error": "BadRequest", "description": "Invalid parameters: tickets must be an array"})
        if len(updates) > MOST_TICKETS:
            told = f"Parameter  cannot specify more than {MOST_TICKETS} values"
            return Answer(400, {"error": "TooManyValues", "description": told, "max_count": MOST_TICKETS})
        return self._queued([self._task(user, update) for update in updates])

    def delete(self, ticket_id: int) -> Answer:
        """``DELETE /tickets/{id}``."""
        try:
            self._account.delete(ticket_id)
        except KeyError:
            return GONE
        return Answer(204, is_empty=True)

    def merge(self, user: ZendeskUser, target_id: int, body: Any) -> Answer:
        """``POST /tickets/{id}/merge``."""
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list) or not ids:
            return Answer(400, {"error": "BadRequest", "description": "Invalid parameters: ids must be an array"})

        def task() -> Mapping[str, Any]:
            try:
                self._account.merge([int(key) for key in ids], target_id, user.id)
            except KeyError:
                return {"id": target_id, "success": False, "error": "RecordNotFound", "details": "Not found"}
            except Refused as refused:
                return {"id": target_id, "success": False, "error": "RecordInvalid", "details": str(refused)}
            return {"action": "merge", "id": target_id, "status": "Merged", "success": True}

        return self._queued([task])

    def change_tags(self, user: ZendeskUser, ticket_id: int, name: str, body: Any) -> Answer:
        """``POST``, ``PUT`` and ``DELETE /tickets/{id}/tags``: set, add and remove; ``name`` says which."""
        tags = body.get("tags") if isinstance(body, dict) else None
        if self._are_too_many(user, ticket_id):
            return TOO_MANY_UPDATES
        try:
            self._account.update(ticket_id, user.id, {name: tags or []}, channel="api")
        except KeyError:
            return GONE
        except Refused as refused:
            return _invalid(refused.details)
        told = {"tags": list(self._account.living(ticket_id).tags)}
        return Answer(201 if name == "tags" else 200, told)

    def _are_too_many(self, user: ZendeskUser, ticket_id: int) -> bool:
        """Whether somebody updates one ticket more than thirty times in ten minutes ("Update Ticket", rate limit)."""
        recent, now = self._updates.setdefault((user.id, ticket_id), deque()), self._account.now()
        while recent and recent[0] <= now - TEN_MINUTES:
            recent.popleft()
        recent.append(now)
        return len(recent) > MOST_UPDATES

    def _queued(self, tasks: list[Callable[[], Mapping[str, Any]]]) -> Answer:
        if self._jobs.are_too_many():
            told = "Too many jobs are queued or running for this account. Try again later"
            return Answer(429, {"error": "TooManyJobs", "description": told})
        job = self._jobs.queue(tasks)
        told_now = self._jobs.told(job, self._shapes)
        return Answer(data={"job_status": {**told_now, "status": "queued", "progress": None, "results": None}})

    def _task(self, user: ZendeskUser, given: Mapping[str, Any]) -> Callable[[], Mapping[str, Any]]:
        ticket_id, update = given["id"], _update(given)

        def task() -> Mapping[str, Any]:
            try:
                self._account.update(ticket_id, user.id, update, channel="api")
            except KeyError:
                return {"id": ticket_id, "success": False, "error": "RecordNotFound", "details": "Not found"}
            except Refused as refused:
                return {"id": ticket_id, "success": False, "error": "RecordInvalid", "details": str(refused)}
            return {"action": "update", "status": "Updated", "success": True, "id": ticket_id}

        return task

    def _with_audit(self, ticket_id: int) -> dict[str, Any]:
        records = self._account.records
        audit = records.audits[ticket_id][-1]
        return {"ticket": self._shapes.ticket(records.tickets[ticket_id]), "audit": self._shapes.audit(audit)}


def _part(body: Any, name: str) -> Mapping[str, Any]:
    part = body.get(name) if isinstance(body, dict) else None
    return part if isinstance(part, dict) else {}


def _update(given: Mapping[str, Any]) -> dict[str, Any]:
    """What of a ticket object is known; fields with ids that are no numbers are ignored."""
    update = {name: given[name] for name in KNOWN if name in given}
    given.get("id")  # the address says it already
    if "custom_fields" in update:
        rows = update["custom_fields"] if isinstance(update["custom_fields"], list) else []
        update["custom_fields"] = [
            {"id": row["id"], "value": plain(row.get("value"))}
            for row in rows
            if isinstance(row, dict) and isinstance(row.get("id"), int)
        ]
    if "metadata" in update:
        update["metadata"] = plain(update["metadata"])
    return update


def _without_single_tags(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in given.items() if name not in ("additional_tags", "remove_tags")}


def _invalid(details: Mapping[str, Any]) -> Answer:
    return Answer(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": dict(details)})
