"""The writing calls of the sandbox's Freshdesk: tickets made and updated, one by one or as a job, notes, replies, time.

What is not valid is refused with the product's own body: ``{"description": "Validation failed", "errors": [{"field",
"message", "code"}]}``.

Terms
    job    an update of many tickets that runs in the background, some seconds after it was asked for
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.html_text import text_of
from connectors.sandbox import freshdesk_shapes as shapes
from connectors.sandbox.freshdesk_records import SOURCES, STATUS_NAMES, FreshdeskField, FreshdeskPerson
from connectors.sandbox.freshdesk_state import FreshdeskAccount
from connectors.sandbox.server import Answer

MOST_TICKETS = 100
LONGEST_TAG = 32
KNOWN = frozenset(
    {"subject", "status", "priority", "type", "company_id", "responder_id", "tags", "custom_fields", "description"}
)
FORBIDDEN = Answer(403, {"code": "access_denied", "message": "You are not authorized to perform this action."})
NOT_FOUND = Answer(404, is_empty=True)
TYPES: Mapping[str, tuple[type, ...]] = {
    "custom_checkbox": (bool,),
    "custom_number": (int,),
    "custom_decimal": (int, float),
    "custom_multi_select_dropdown": (list,),
}
"""What a field takes; any other takes text."""
WORDS = {bool: "Boolean", int: "Integer", float: "Number", list: "Array", str: "String"}


@dataclass(slots=True)
class FreshdeskJob:
    """``breaks_for`` are tickets that the job fails for; a job that is ``lost`` is not found any more."""

    id: str
    at: datetime
    ticket_ids: tuple[int, ...]
    properties: Mapping[str, Any]
    results: list[dict[str, Any]] = field(default_factory=list)
    is_done: bool = False


class FreshdeskWrites:
    """What the API changes. ``job_seconds`` is how long a job takes; ``loses_jobs`` and ``breaks_for`` spoil them."""

    def __init__(self, account: FreshdeskAccount, base_url: str) -> None:
        self._account = account
        self._base_url = base_url
        self._jobs: dict[str, FreshdeskJob] = {}
        self.job_seconds = 2
        self.loses_jobs = False
        self.breaks_for: set[int] = set()

    # ---- tickets -----------------------------------------------------------------------------------

    def create(self, agent: FreshdeskPerson, body: Any) -> Answer:
        """``POST /tickets``."""
        given = dict(body) if isinstance(body, dict) else {}
        errors = [
            _missing(name) for name in ("subject", "description", "status", "priority") if given.get(name) in (None, "")
        ]
        known = self._account.records.contacts
        email = given.get("email")
        requester = given.get("requester_id") or next(
            (record.id for record in known.values() if record.email == email), 0
        )
        if not requester and isinstance(email, str) and email:
            requester = self._account.add_contact(email.split("@")[0], email=email)
        if requester not in known and requester not in self._account.records.agents:
            errors.append(_missing("requester_id"))
        properties = {name: given[name] for name in KNOWN if name in given}
        errors += self._errors(properties)
        if errors:
            return invalid(errors)
        text = text_of(properties.pop("description"))
        source = given.get("source", SOURCES["portal"])
        ticket_id = self._account.file_ticket(properties.pop("subject"), text, requester, source=source, **properties)
        return Answer(201, self._shown(ticket_id))

    def update(self, agent: FreshdeskPerson, ticket_id: int, body: Any) -> Answer:
        """``PUT /tickets/{id}``; what is in the trash or archived is not found."""
        ticket = self._account.records.tickets.get(ticket_id)
        if ticket is None or ticket.deleted or ticket.archived:
            return NOT_FOUND
        if not agent.may_edit:
            return FORBIDDEN
        given = body if isinstance(body, dict) else {}
        errors = self._errors(given) or (
            [] if given else [_error("request", "It should not be empty", "missing_field")]
        )
        if errors:
            return invalid(errors)
        self._account.update(ticket_id, given)
        return Answer(data=self._shown(ticket_id))

    def delete(self, agent: FreshdeskPerson, ticket_id: int) -> Answer:
        """``DELETE /tickets/{id}``."""
        ticket = self._account.records.tickets.get(ticket_id)
        if ticket is None or ticket.deleted:
            return NOT_FOUND
        if not agent.may_edit:
            return FORBIDDEN
        self._account.delete(ticket_id)
        return Answer(204, is_empty=True)

    def restore(self, ticket_id: int) -> Answer:
        """``PUT /tickets/{id}/restore``."""
        ticket = self._account.records.tickets.get(ticket_id)
        if ticket is None or not ticket.deleted:
            return NOT_FOUND
        self._account.restore(ticket_id)
        return Answer(204, is_empty=True)

    def merge(self, agent: FreshdeskPerson, body: Any) -> Answer:
        """``PUT /tickets/merge``."""
        given = body if isinstance(body, dict) else {}
        primary, ids = given.get("primary_id"), given.get("ticket_ids")
        if not isinstance(ids, list) or {primary, *ids} - set(self._account.records.tickets):
            return invalid([_error("ticket_ids", "There are no records matching the ids", "invalid_value")])
        self._account.merge([key for key in ids if key != primary], int(str(primary)), agent.id)
        return Answer(204, is_empty=True)

    def converse(self, agent: FreshdeskPerson, ticket_id: int, kind: str, body: Any) -> Answer:
        """``POST /tickets/{id}/notes`` and ``/reply``."""
        ticket = self._account.records.tickets.get(ticket_id)
        if ticket is None or ticket.deleted or ticket.archived:
            return NOT_FOUND
        if not agent.may_edit:
            return FORBIDDEN
        given = body if isinstance(body, dict) else {}
        text = given.get("body")
        if not isinstance(text, str) or not text:
            return invalid([_missing("body")])
        if kind == "reply":
            made = self._account.reply(ticket_id, agent.id, text)
        else:
            made = self._account.note(ticket_id, agent.id, text, private=given.get("private", True) is True)
        return Answer(201, shapes.conversation(made))

    # ---- jobs --------------------------------------------------------------------------------------

    def update_many(self, agent: FreshdeskPerson, body: Any) -> Answer:
        """``POST /tickets/bulk_update``."""
        action = body.get("bulk_action") if isinstance(body, dict) else None
        ids = action.get("ids") if isinstance(action, dict) else None
        properties = action.get("properties") if isinstance(action, dict) else None
        if not isinstance(ids, list) or not ids or not all(isinstance(key, int) for key in ids):
            return invalid([_missing("ids")])
        if len(ids) > MOST_TICKETS:
            told = f"Has {len(ids)} values, it can have maximum of {MOST_TICKETS} values"
            return invalid([_error("ids", told, "invalid_value")])
        if not agent.may_edit:
            return FORBIDDEN
        if errors := self._errors(properties or {}):
            return invalid(errors)
        job_id = f"{len(self._jobs) + 1:024x}"
        at = self._account.second() + timedelta(seconds=self.job_seconds)
        self._jobs[job_id] = FreshdeskJob(job_id, at, tuple(ids), properties or {})
        return Answer(202, {"job_id": job_id, "href": f"{self._base_url}/api/v2/jobs/{job_id}"})

    def job(self, job_id: str) -> Answer:
        """``GET /jobs/{id}``."""
        job = self._jobs.get(job_id)
        if job is None or self.loses_jobs:
            return NOT_FOUND
        told: dict[str, Any] = {"id": job_id, "status": "COMPLETED" if job.is_done else "IN_PROGRESS"}
        return Answer(data=told | ({"data": job.results} if job.is_done else {}))

    def catch_up(self) -> None:
        """Let the jobs run that are due."""
        for job in self._jobs.values():
            if not job.is_done and job.at <= self._account.second():
                job.is_done = True
                job.results = [self._run(ticket_id, job.properties) for ticket_id in job.ticket_ids]

    def _run(self, ticket_id: int, properties: Mapping[str, Any]) -> dict[str, Any]:
        ticket = self._account.records.tickets.get(ticket_id)
        if ticket is None or ticket.deleted or ticket.archived or ticket_id in self.breaks_for:
            return {"id": ticket_id, "success": False, "error": {"message": "There is no ticket matching the given id"}}
        self._account.update(ticket_id, properties)
        return {"id": ticket_id, "success": True}

    # ---- time entries ------------------------------------------------------------------------------

    def create_entry(self, agent: FreshdeskPerson, ticket_id: int, body: Any) -> Answer:
        """``POST /tickets/{id}/time_entries``."""
        if ticket_id not in self._account.records.tickets:
            return NOT_FOUND
        given = body if isinstance(body, dict) else {}
        minutes, errors = _minutes(given.get("time_spent", "00:00"))
        if errors:
            return invalid(errors)
        runs = given.get("timer_running", "time_spent" not in given)
        executed_at = datetime.fromisoformat(given["executed_at"]) if "executed_at" in given else self._account.second()
        entry_id = self._account.write_down(
            ticket_id,
            given.get("agent_id", agent.id),
            minutes,
            executed_at,
            note=given.get("note", ""),
            billable=given.get("billable", True),
            running=bool(runs),
        )
        return Answer(201, self._entry(entry_id))

    def update_entry(self, entry_id: int, body: Any) -> Answer:
        """``PUT /time_entries/{id}``."""
        if entry_id not in self._account.records.time_entries:
            return NOT_FOUND
        given = body if isinstance(body, dict) else {}
        minutes, errors = _minutes(given["time_spent"]) if "time_spent" in given else (None, [])
        if errors:
            return invalid(errors)
        executed_at = datetime.fromisoformat(given["executed_at"]) if "executed_at" in given else None
        kept = {name: given[name] for name in ("note", "billable") if name in given}
        self._account.edit_entry(entry_id, minutes=minutes, executed_at=executed_at, **kept)
        return Answer(data=self._entry(entry_id))

    def change_entry(self, entry_id: int, change: Callable[[int], None]) -> Answer:
        """``PUT /time_entries/{id}/toggle_timer`` and ``DELETE /time_entries/{id}``."""
        if entry_id not in self._account.records.time_entries:
            return NOT_FOUND
        change(entry_id)
        if entry_id not in self._account.records.time_entries:
            return Answer(204, is_empty=True)
        return Answer(data=self._entry(entry_id))

    def _entry(self, entry_id: int) -> dict[str, Any]:
        records = self._account.records
        return shapes.time_entry(records, records.time_entries[entry_id])

    # ---- what is valid -----------------------------------------------------------------------------

    def _shown(self, ticket_id: int) -> dict[str, Any]:
        records = self._account.records
        return shapes.ticket(records, records.tickets[ticket_id], include=frozenset(), listed=False)

    def _errors(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        errors = [
            _error(name, "Unexpected/invalid field in request", "invalid_field") for name in sorted(set(given) - KNOWN)
        ]
        if "status" in given and given["status"] not in STATUS_NAMES:
            told = f"It should be one of these values: '{','.join(str(item) for item in STATUS_NAMES)}'"
            errors.append(_error("status", told, "invalid_value"))
        tags = given.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            errors.append(_error("tags", "It should be a/an Array", "datatype_mismatch"))
        elif any(len(tag) > LONGEST_TAG for tag in tags):
            told = f"It should only contain elements that have maximum of {LONGEST_TAG} characters"
            errors.append(_error("tags", told, "invalid_value"))
        for name, value in (given.get("custom_fields") or {}).items():
            known = self._account.records.ticket_fields.get(name)
            if known is None:
                errors.append(_error(f"custom_fields.{name}", "Unexpected/invalid field in request", "invalid_field"))
            elif value is not None and (misfit := _misfit(known, value)):
                errors.append(_error(f"custom_fields.{name}", *misfit))
        return errors


def invalid(errors: list[dict[str, Any]]) -> Answer:
    """A request that is refused."""
    return Answer(400, {"description": "Validation failed", "errors": errors})


def _misfit(known: FreshdeskField, value: Any) -> tuple[str, str] | None:
    wanted = TYPES.get(known.type, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return f"It should be a/an {WORDS[wanted[-1]]}", "datatype_mismatch"
    if known.choices and value not in known.choices:
        return f"It should be one of these values: '{','.join(known.choices)}'", "invalid_value"
    if known.type == "custom_date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        return "It should be in the 'yyyy-mm-dd' format", "invalid_date"
    return None


def _minutes(told: Any) -> tuple[int, list[dict[str, Any]]]:
    matched = re.fullmatch(r"(\d{1,4}):([0-5]\d)", told) if isinstance(told, str) else None
    if matched is None:
        return 0, [_error("time_spent", "It should be a valid 'hh:mm' value", "invalid_value")]
    return int(matched[1]) * 60 + int(matched[2]), []


def _missing(name: str) -> dict[str, Any]:
    return _error(name, "It should not be blank as this is a mandatory field", "missing_field")


def _error(name: str, message: str, code: str) -> dict[str, Any]:
    return {"field": name, "message": message, "code": code}
