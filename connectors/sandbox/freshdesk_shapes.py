"""How the sandbox's Freshdesk shows what it holds, as JSON.

The names are those of the samples that other clients keep and of the API reference. Times end in ``Z`` and have no
fractions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.html_text import text_of
from connectors.sandbox.freshdesk_records import (
    STATUS_NAMES,
    FreshdeskCompany,
    FreshdeskConversation,
    FreshdeskField,
    FreshdeskPerson,
    FreshdeskRecords,
    FreshdeskTicket,
    FreshdeskTimeEntry,
)


def instant(value: datetime) -> str:
    """A time as the API writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def html_of(text: str) -> str:
    """A body that says ``text``."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<div>{escaped.replace(chr(10), '<br>')}</div>"


def ticket(records: FreshdeskRecords, one: FreshdeskTicket, *, include: frozenset[str], listed: bool) -> dict[str, Any]:
    """A ticket; a list shows the description only when it is asked for."""
    shown: dict[str, Any] = {
        "cc_emails": [],
        "fwd_emails": [],
        "reply_cc_emails": [],
        "fr_escalated": False,
        "spam": one.spam,
        "email_config_id": None,
        "group_id": None,
        "priority": one.priority,
        "requester_id": one.requester_id,
        "responder_id": one.responder_id,
        "source": one.source,
        "company_id": one.company_id,
        "status": one.status,
        "subject": one.subject,
        "to_emails": None,
        "product_id": None,
        "id": one.id,
        "type": one.type,
        "due_by": instant(one.created_at),
        "fr_due_by": instant(one.created_at),
        "is_escalated": False,
        "custom_fields": {name: one.custom_fields.get(name) for name in records.ticket_fields},
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "tags": list(one.tags),
    }
    if one.deleted:
        shown["deleted"] = True
    if not listed or "description" in include:
        shown |= {"description": html_of(one.description), "description_text": one.description}
    if not listed:
        shown["attachments"] = []
    if "requester" in include and (person := records.contacts.get(one.requester_id)) is not None:
        names = ("id", "name", "email")
        shown["requester"] = {name: getattr(person, name) for name in names} | {"mobile": None, "phone": None}
    if "company" in include:
        company = records.companies.get(one.company_id or 0)
        shown["company"] = {"id": company.id, "name": company.name} if company else {}
    if "conversations" in include:
        shown["conversations"] = [conversation(each) for each in records.conversations[one.id][:10]]
    if "stats" in include:
        times = ("agent_responded_at", "requester_responded_at", "first_responded_at", "reopened_at", "resolved_at")
        shown["stats"] = dict.fromkeys((*times, "closed_at", "pending_since")) | {
            "status_updated_at": instant(one.updated_at)
        }
    return shown


def conversation(one: FreshdeskConversation) -> dict[str, Any]:
    """A note or a reply."""
    return {
        "body": one.body,
        "body_text": text_of(one.body),
        "id": one.id,
        "incoming": one.incoming,
        "private": one.private,
        "user_id": one.user_id,
        "support_email": None,
        "source": one.source,
        "ticket_id": one.ticket_id,
        "to_emails": [],
        "from_email": None,
        "cc_emails": [],
        "bcc_emails": [],
        "attachments": [],
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
    }


def company(records: FreshdeskRecords, one: FreshdeskCompany) -> dict[str, Any]:
    """A company."""
    return {
        "id": one.id,
        "name": one.name,
        "description": None,
        "note": None,
        "domains": [],
        "health_score": None,
        "account_tier": None,
        "renewal_date": None,
        "industry": None,
        "custom_fields": {name: one.custom_fields.get(name) for name in records.company_fields},
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
    }


def contact(one: FreshdeskPerson) -> dict[str, Any]:
    """A customer's contact."""
    return {
        "id": one.id,
        "active": True,
        "address": None,
        "company_id": one.company_id,
        "description": None,
        "email": one.email,
        "job_title": None,
        "language": one.language,
        "mobile": None,
        "name": one.name,
        "phone": None,
        "time_zone": "Amsterdam",
        "twitter_id": None,
        "custom_fields": {},
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
    }


def agent(one: FreshdeskPerson) -> dict[str, Any]:
    """An agent."""
    times = {"created_at": instant(one.created_at), "updated_at": instant(one.updated_at)}
    return {
        "available": True,
        "occasional": False,
        "id": one.id,
        "signature": None,
        "ticket_scope": one.scope,
        "type": "support_agent",
        "group_ids": [],
        "role_ids": [1],
        "available_since": None,
        "contact": {
            "active": True,
            "email": one.email,
            "job_title": None,
            "language": one.language,
            "last_login_at": None,
            "mobile": None,
            "name": one.name,
            "phone": None,
            "time_zone": "Amsterdam",
            **times,
        },
        **times,
    }


def role(made_at: datetime) -> dict[str, Any]:
    """The role that every agent has here."""
    times = {"created_at": instant(made_at), "updated_at": instant(made_at)}
    return {"id": 1, "name": "Account Administrator", "description": "", "default": True, "agent_type": 1, **times}


def field(one: FreshdeskField, position: int) -> dict[str, Any]:
    """A custom field's definition."""
    shown: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "label": one.label,
        "description": one.label,
        "position": position,
        "required_for_closure": False,
        "required_for_agents": False,
        "type": one.type,
        "default": False,
        "customers_can_edit": False,
        "label_for_customers": one.label,
        "required_for_customers": False,
        "displayed_to_customers": False,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
    }
    return shown | ({"choices": list(one.choices)} if one.choices else {})


def system_fields(made_at: datetime) -> list[dict[str, Any]]:
    """Some of the ticket fields that every account has."""
    subject = FreshdeskField(1, "subject", "Subject", "default_subject", made_at)
    status = FreshdeskField(2, "status", "Status", "default_status", made_at)
    choices = {str(number): list(names) for number, names in STATUS_NAMES.items()}
    return [{**field(subject, 1), "default": True}, {**field(status, 2), "default": True, "choices": choices}]


def time_entry(records: FreshdeskRecords, one: FreshdeskTimeEntry) -> dict[str, Any]:
    """Time spent; of a timer that runs, what it came to before."""
    return {
        "billable": one.billable,
        "note": one.note,
        "id": one.id,
        "timer_running": one.running_since is not None,
        "agent_id": one.agent_id,
        "ticket_id": one.ticket_id,
        "company_id": records.tickets[one.ticket_id].company_id,
        "time_spent": f"{one.minutes // 60:02}:{one.minutes % 60:02}",
        "executed_at": instant(one.executed_at),
        "start_time": instant(one.start_time),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
    }
