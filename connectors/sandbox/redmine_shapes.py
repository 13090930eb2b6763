"""How Redmine 5.0 writes its things as JSON: what is absent, what is null, and how hours are rounded."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from connectors.sandbox.redmine_state import (
    STATUSES,
    RedmineEntry,
    RedmineIssue,
    RedmineMembership,
    RedmineProject,
    RedmineRole,
    RedmineSite,
    RedmineUser,
)


def time_entry(site: RedmineSite, entry: RedmineEntry) -> dict[str, Any]:
    """An entry; ``issue`` is absent where it has none."""
    return {
        "id": entry.id,
        "project": _named(entry.project_id, site.projects[entry.project_id].name),
        **({} if entry.issue_id is None else {"issue": {"id": entry.issue_id}}),
        "user": _named(entry.user_id, site.users[entry.user_id].name),
        "activity": _named(entry.activity_id, site.activities[entry.activity_id]),
        "hours": hours(entry.hours),
        "comments": entry.comments,
        "spent_on": entry.spent_on.isoformat(),
        "created_on": instant(entry.created_on),
        "updated_on": instant(entry.updated_on),
        "custom_fields": _custom_fields(site, "time_entry", entry.values),
    }


def issue(site: RedmineSite, found: RedmineIssue, *, is_new: bool = False) -> dict[str, Any]:
    """An issue; the answer to its making tells of no spent time."""
    status, is_closed = STATUSES[found.status_id]
    spent = float(sum((entry.hours for entry in site.entries.values() if entry.issue_id == found.id), Fraction()))
    return {
        "id": found.id,
        "project": _named(found.project_id, site.projects[found.project_id].name),
        "tracker": _named(1, "Bug"),
        "status": {**_named(found.status_id, status), "is_closed": is_closed},
        "priority": _named(2, "Normal"),
        "author": _named(found.author_id, site.users[found.author_id].name),
        "subject": found.subject,
        "description": None,
        "start_date": found.created_on.astimezone(UTC).date().isoformat(),
        "due_date": None,
        "done_ratio": 0,
        "is_private": False,
        "estimated_hours": None,
        "total_estimated_hours": None,
        **({} if is_new else {"spent_hours": spent, "total_spent_hours": spent}),
        "custom_fields": _custom_fields(site, "issue", found.values),
        "created_on": instant(found.created_on),
        "updated_on": instant(found.updated_on),
        "closed_on": instant(found.closed_on) if found.closed_on else None,
    }


def project(found: RedmineProject) -> dict[str, Any]:
    """A project, as in a list."""
    return {
        "id": found.id,
        "name": found.name,
        "identifier": found.identifier,
        "description": None,
        "status": found.status,
        "is_public": found.is_public,
        "inherit_members": False,
        "created_on": instant(found.created_on),
        "updated_on": instant(found.created_on),
    }


def user(found: RedmineUser, *, to_administrator: bool) -> dict[str, Any]:
    """A user, as administrators see everybody and others see themselves."""
    return {
        "id": found.id,
        "login": found.login,
        "admin": found.admin,
        "firstname": found.firstname,
        "lastname": found.lastname,
        **({"mail": found.mail} if to_administrator else {}),
        "created_on": instant(found.created_on),
        "updated_on": instant(found.created_on),
        "last_login_on": None,
        "passwd_changed_on": instant(found.created_on),
        "twofa_scheme": None,
        "api_key": found.api_key,
        **({"status": 1} if to_administrator else {}),
    }


def membership(site: RedmineSite, found: RedmineMembership, *, with_user: bool) -> dict[str, Any]:
    """A membership; below a user it does not name the user."""
    return {
        "id": found.id,
        "project": _named(found.project_id, site.projects[found.project_id].name),
        **({"user": _named(found.user_id, site.users[found.user_id].name)} if with_user else {}),
        "roles": [_named(role_id, site.roles[role_id].name) for role_id in found.role_ids],
    }


def role(found: RedmineRole) -> dict[str, Any]:
    """A role with its permissions."""
    return {
        **_named(found.id, found.name),
        "assignable": True,
        "issues_visibility": "all",
        "time_entries_visibility": found.time_entries_visibility,
        "users_visibility": "all",
        "permissions": list(found.permissions),
    }


def hours(exact: Fraction) -> float:
    """Hours as the API tells them: two digits, half away from zero."""
    told = Decimal(exact.numerator) / Decimal(exact.denominator)
    return float(told.quantize(Decimal("0.01"), ROUND_HALF_UP))


def instant(value: datetime) -> str:
    """An instant in whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(identifier: int, name: str) -> dict[str, Any]:
    return {"id": identifier, "name": name}


def _custom_fields(site: RedmineSite, customized: str, values: dict[int, str]) -> list[dict[str, Any]]:
    return [{**_named(item.id, item.name), "value": values.get(item.id)} for item in site.fields_of(customized)]
