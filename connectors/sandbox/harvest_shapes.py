"""What Harvest's answers look like: the account of the sandbox as JSON, in the shapes of API v2."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.harvest_state import HarvestAccount, HarvestEntry, HarvestUser

FIRST_TASK = 8_083_365


def task_id(name: str) -> int:
    """The number of a task: made from its name, so that the same name is the same task."""
    return FIRST_TASK + sum(name.encode()) % 1000


def time_entry(account: HarvestAccount, entry: HarvestEntry) -> dict[str, Any]:
    """A time entry; ``hours`` with the running part, ``rounded_hours`` up to quarters."""
    user = account.users[entry.user_id]
    project, client_id, client = account.projects[entry.project_id]
    hours = account.hours(entry)
    stamps = {"created_at": instant(entry.created_at), "updated_at": instant(entry.updated_at)}
    return {
        "id": entry.id,
        "spent_date": entry.spent_date.isoformat(),
        "user": {"id": user.id, "name": user.name},
        "client": {"id": client_id, "name": client},
        "project": {"id": entry.project_id, "name": project},
        "task": {"id": task_id(entry.task), "name": entry.task},
        "user_assignment": {"id": 1, "is_project_manager": False, "is_active": True, "budget": None, **stamps},
        "task_assignment": {"id": 1, "billable": True, "is_active": True, "budget": None, **stamps},
        "hours": float(hours),
        "hours_without_timer": float(entry.hours),
        "rounded_hours": float(-(-hours * 4 // 1) / 4),
        "notes": entry.notes or None,
        **stamps,
        "is_locked": entry.billed,
        "locked_reason": "Item Invoiced" if entry.billed else None,
        "is_closed": False,
        "is_billed": entry.billed,
        "timer_started_at": instant(entry.timer_started_at) if entry.timer_started_at else None,
        "started_time": None,
        "ended_time": None,
        "is_running": entry.timer_started_at is not None,
        "invoice": {"id": 1, "number": "1"} if entry.billed else None,
        "external_reference": entry.external_reference,
        "billable": True,
        "budgeted": True,
        "billable_rate": 100.0,
        "cost_rate": 50.0,
    }


def user(account: HarvestAccount, person: HarvestUser) -> dict[str, Any]:
    """A member."""
    first_name, _, last_name = person.name.partition(" ")
    return {
        "id": person.id,
        "first_name": first_name,
        "last_name": last_name,
        "email": f"{'.'.join(person.name.lower().split())}@example.com",
        "telephone": "",
        "timezone": "Amsterdam",
        "has_access_to_all_future_projects": False,
        "is_contractor": False,
        "is_active": True,
        "weekly_capacity": 126_000,
        "default_hourly_rate": 100.0,
        "cost_rate": 50.0,
        "roles": [],
        "access_roles": ["administrator"] if person.administrator else ["member"],
        "avatar_url": "https://example.com/avatar.png",
        "created_at": instant(person.created_at),
        "updated_at": instant(person.created_at),
    }


def client(account: HarvestAccount, client_id: int, name: str) -> dict[str, Any]:
    """A client."""
    made_at = instant(account.made_at[client_id])
    return {
        "id": client_id,
        "name": name,
        "is_active": True,
        "address": None,
        "statement_key": f"{client_id:032x}",
        "currency": "EUR",
        "created_at": made_at,
        "updated_at": made_at,
    }


def project(account: HarvestAccount, project_id: int) -> dict[str, Any]:
    """A project with its client."""
    name, client_id, client_name = account.projects[project_id]
    made_at = instant(account.made_at[project_id])
    return {
        "id": project_id,
        "name": name,
        "code": None,
        "is_active": True,
        "is_billable": True,
        "is_fixed_fee": False,
        "bill_by": "Project",
        "hourly_rate": 100.0,
        "budget": None,
        "budget_by": "none",
        "budget_is_monthly": False,
        "notify_when_over_budget": False,
        "over_budget_notification_percentage": 80.0,
        "over_budget_notification_date": None,
        "show_budget_to_all": False,
        "cost_budget": None,
        "cost_budget_include_expenses": False,
        "fee": None,
        "notes": None,
        "starts_on": None,
        "ends_on": None,
        "created_at": made_at,
        "updated_at": made_at,
        "client": {"id": client_id, "name": client_name, "currency": "EUR"},
    }


def task(account: HarvestAccount, name: str) -> dict[str, Any]:
    """A kind of work."""
    made_at = instant(min((person.created_at for person in account.users.values()), default=account.now()))
    return {
        "id": task_id(name),
        "name": name,
        "billable_by_default": True,
        "default_hourly_rate": None,
        "is_default": False,
        "is_active": True,
        "created_at": made_at,
        "updated_at": made_at,
    }


def instant(value: datetime) -> str:
    """A time as the API writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
