"""What Zendesk's answers look like: the account of the sandbox as JSON, in the shapes of the Support API v2.

Instants are whole seconds in UTC with ``Z``. Names and order follow answers recorded from the live service.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from connectors.sandbox.zendesk_records import (
    ZendeskAudit,
    ZendeskField,
    ZendeskOrganization,
    ZendeskRecords,
    ZendeskTicket,
    ZendeskUser,
)

BRAND, FORM, ACCOUNT = 6_130_830_354_842, 6_130_830_344_474, 18_525_119
STATUS_IDS = {"new": 1, "open": 2, "pending": 3, "hold": 4, "solved": 5, "closed": 5, "deleted": 1}
SYSTEM_FIELDS = (
    ("subject", "Subject"),
    ("description", "Description"),
    ("status", "Status"),
    ("tickettype", "Type"),
    ("priority", "Priority"),
    ("group", "Group"),
    ("assignee", "Assignee"),
)


class ZendeskShapes:
    """The JSON of one account; ``base_url`` is where it is served."""

    def __init__(self, records: ZendeskRecords, base_url: str) -> None:
        self._records = records
        self._base_url = base_url

    def url(self, path: str) -> str:
        """The address of a resource."""
        return f"{self._base_url}/api/v2/{path}.json"

    def ticket(self, ticket: ZendeskTicket, *, exported: bool = False) -> dict[str, Any]:
        """A ticket; the export adds ``generated_timestamp``."""
        fields = [
            {
                "id": ticket_field.id,
                "value": ticket.custom_fields.get(ticket_field.id, False if ticket_field.type == "checkbox" else None),
            }
            for ticket_field in self._records.ticket_fields.values()
        ]
        told = {
            "url": self.url(f"tickets/{ticket.id}"),
            "id": ticket.id,
            "external_id": ticket.external_id,
            "via": _via(ticket.channel, {}),
            "created_at": instant(ticket.created_at),
            "updated_at": instant(ticket.updated_at),
            "type": ticket.type,
            "subject": ticket.subject,
            "raw_subject": ticket.subject,
            "description": ticket.description,
            "priority": ticket.priority,
            "status": ticket.status,
            "recipient": None,
            "requester_id": ticket.requester_id,
            "submitter_id": ticket.submitter_id,
            "assignee_id": ticket.assignee_id,
            "organization_id": ticket.organization_id,
            "group_id": None,
            "collaborator_ids": [],
            "follower_ids": [],
            "email_cc_ids": [],
            "forum_topic_id": None,
            "problem_id": None,
            "has_incidents": False,
            "is_public": ticket.is_public,
            "due_at": None,
            "tags": list(ticket.tags),
            "custom_fields": fields,
            "satisfaction_rating": None,
            "sharing_agreement_ids": [],
            "custom_status_id": 6_130_830_355_737 + STATUS_IDS[ticket.status],
            "fields": fields,
            "followup_ids": [],
            "ticket_form_id": FORM,
            "brand_id": BRAND,
            "allow_channelback": False,
            "allow_attachments": True,
            "from_messaging_channel": False,
        }
        return told | ({"generated_timestamp": ticket.generated_timestamp} if exported else {})

    def deleted_ticket(self, ticket: ZendeskTicket) -> dict[str, Any]:
        """A ticket in the list of deleted ones."""
        return {
            "id": ticket.id,
            "subject": ticket.subject,
            "description": ticket.description,
            "actor": {"id": ticket.submitter_id, "name": self._records.users[ticket.submitter_id].name},
            "deleted_at": instant(ticket.updated_at),
            "previous_state": ticket.status_before,
        }

    def user(self, user: ZendeskUser) -> dict[str, Any]:
        """A person."""
        is_agent = user.role != "end-user"
        return {
            "id": user.id,
            "url": self.url(f"users/{user.id}"),
            "name": user.name,
            "email": user.email,
            "created_at": instant(user.created_at),
            "updated_at": instant(user.updated_at),
            "time_zone": user.time_zone,
            "iana_time_zone": f"Europe/{user.time_zone}",
            "phone": None,
            "shared_phone_number": None,
            "photo": None,
            "locale_id": 1,
            "locale": user.locale,
            "organization_id": user.organization_id,
            "role": user.role,
            "verified": True,
            "external_id": None,
            "tags": [],
            "alias": None,
            "active": True,
            "shared": False,
            "shared_agent": False,
            "last_login_at": instant(user.updated_at) if is_agent else None,
            "two_factor_auth_enabled": None,
            "signature": None,
            "details": None,
            "notes": None,
            "role_type": 4 if is_agent else None,
            "custom_role_id": None,
            "moderator": is_agent,
            "ticket_restriction": None if is_agent else "requested",
            "only_private_comments": False,
            "restricted_agent": user.role != "admin",
            "suspended": False,
            "default_group_id": None,
            "report_csv": user.role == "admin",
            "user_fields": {},
        }

    def organization(self, organization: ZendeskOrganization) -> dict[str, Any]:
        """An organization with all of its fields; a date comes as an instant."""
        fields = {}
        for organization_field in self._records.organization_fields.values():
            value = organization.fields.get(
                str(organization_field.key), False if organization_field.type == "checkbox" else None
            )
            is_date = organization_field.type == "date" and value is not None
            fields[str(organization_field.key)] = f"{value}T00:00:00+00:00" if is_date else value
        return {
            "url": self.url(f"organizations/{organization.id}"),
            "id": organization.id,
            "name": organization.name,
            "shared_tickets": False,
            "shared_comments": False,
            "external_id": None,
            "created_at": instant(organization.created_at),
            "updated_at": instant(organization.updated_at),
            "domain_names": [],
            "details": None,
            "notes": None,
            "group_id": None,
            "tags": list(organization.tags),
            "organization_fields": fields,
        }

    def ticket_field(self, one: ZendeskField) -> dict[str, Any]:
        """The definition of a ticket field."""
        told = {
            "url": self.url(f"ticket_fields/{one.id}"),
            "id": one.id,
            "type": one.type,
            "title": one.title,
            "raw_title": one.title,
            "description": one.title,
            "raw_description": one.title,
            "position": 9999,
            "active": one.active,
            "required": False,
            "collapsed_for_agents": False,
            "regexp_for_validation": None,
            "title_in_portal": one.title,
            "raw_title_in_portal": one.title,
            "visible_in_portal": False,
            "editable_in_portal": False,
            "required_in_portal": False,
            "tag": one.tag,
            "created_at": instant(one.created_at),
            "updated_at": instant(one.updated_at),
            "removable": one.removable,
            "key": None,
            "agent_description": one.description,
        }
        return told | self._options(one)

    def system_fields(self, made_at: datetime) -> list[dict[str, Any]]:
        """The definitions that every account has."""
        return [
            self.ticket_field(ZendeskField(6_130_830_000_000 + number, kind, title, made_at, made_at, removable=False))
            for number, (kind, title) in enumerate(SYSTEM_FIELDS)
        ]

    def organization_field(self, one: ZendeskField) -> dict[str, Any]:
        """The definition of an organization field."""
        told = {
            "url": self.url(f"organization_fields/{one.id}"),
            "id": one.id,
            "type": one.type,
            "key": one.key,
            "title": one.title,
            "description": one.description or one.title,
            "raw_title": one.title,
            "raw_description": one.description or one.title,
            "position": 9999,
            "active": one.active,
            "system": False,
            "regexp_for_validation": None,
            "created_at": instant(one.created_at),
            "updated_at": instant(one.updated_at),
        }
        return told | self._options(one)

    def audit(self, audit: ZendeskAudit) -> dict[str, Any]:
        """One update of a ticket."""
        return {
            "id": audit.id,
            "ticket_id": audit.ticket_id,
            "created_at": instant(audit.created_at),
            "author_id": audit.author_id,
            "metadata": {"system": {}, "custom": audit.custom},
            "events": list(audit.events),
            "via": _via(audit.channel, audit.source),
        }

    def comment(self, event: dict[str, Any]) -> dict[str, Any]:
        """A comment as ``/tickets/{id}/comments`` shows it, out of :meth:`ZendeskAccount.comments`."""
        audit = event["audit"]
        told = {name: value for name, value in event.items() if name != "audit"}
        shown = self.audit(audit)
        return told | {name: shown[name] for name in ("created_at", "via", "metadata")}

    def beside(self, tickets: Iterable[ZendeskTicket], include: str) -> dict[str, Any]:
        """What is side-loaded: ``users`` and ``organizations`` of these tickets."""
        wanted, shown = {name.strip() for name in include.split(",")}, list(tickets)
        beside: dict[str, Any] = {}
        if "users" in wanted:
            ids = {item for ticket in shown for item in (ticket.requester_id, ticket.submitter_id, ticket.assignee_id)}
            beside["users"] = [self.user(user) for user_id, user in self._records.users.items() if user_id in ids]
        if "organizations" in wanted:
            ids = {ticket.organization_id for ticket in shown}
            beside["organizations"] = [
                self.organization(one) for one_id, one in self._records.organizations.items() if one_id in ids
            ]
        return beside

    def _options(self, one: ZendeskField) -> dict[str, Any]:
        if one.type not in ("tagger", "multiselect", "dropdown"):
            return {}
        return {
            "custom_field_options": [
                {"id": one.id * 100 + number, "name": name, "raw_name": name, "value": value, "default": False}
                for number, (value, name) in enumerate(one.options.items())
            ]
        }


def instant(value: datetime) -> str:
    """A time as Zendesk writes it."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def _via(channel: str, source: dict[str, Any]) -> dict[str, Any]:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None} | source}
