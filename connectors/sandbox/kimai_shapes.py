"""What Kimai's answers look like: the site of the sandbox as JSON.

A timesheet is told in its own zone, the offset without a colon, as PHP writes it. Text is ASCII with escapes, which is
how Symfony writes JSON.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.kimai_state import KimaiSite, KimaiTimesheet, KimaiUser

COLORS = {"color": None, "color-safe": "#5319e7"}
COMMON: dict[str, Any] = {
    "visible": True,
    "billable": True,
    "number": None,
    "comment": None,
    "metaFields": [],
    "teams": [],
    **COLORS,
}
"""What customers, projects and activities have alike."""


def listed(timesheet: KimaiTimesheet) -> dict[str, Any]:
    """A timesheet as a list shows it: ids alone."""
    zone = ZoneInfo(timesheet.timezone)
    return {
        "id": timesheet.id,
        "begin": instant(timesheet.begin, zone),
        "end": instant(timesheet.end, zone) if timesheet.end else None,
        "duration": timesheet.duration,
        "break": timesheet.pause_seconds,
        "description": timesheet.description,
        "activity": activity_id(timesheet.activity),
        "project": timesheet.project_id,
        "user": timesheet.user_id,
        "tags": list(timesheet.tags),
        "rate": 0.0,
        "internalRate": 0.0,
        "exported": timesheet.exported,
        "billable": timesheet.billable,
        "metaFields": [{"name": name, "value": value} for name, value in timesheet.meta.items()],
    }


def single(timesheet: KimaiTimesheet) -> dict[str, Any]:
    """A timesheet that was asked for by its id."""
    return {**listed(timesheet), "fixedRate": None, "hourlyRate": None}


def full(site: KimaiSite, timesheet: KimaiTimesheet) -> dict[str, Any]:
    """A timesheet of a list with ``full=1``: with its activity, project, customer and user."""
    _, customer_id, customer_name = site.projects[timesheet.project_id]
    of_timesheet = {name: value for name, value in COMMON.items() if name != "teams"}
    name = site.projects[timesheet.project_id][0]
    return {
        **listed(timesheet),
        "activity": {
            "id": activity_id(timesheet.activity),
            "name": timesheet.activity,
            "project": None,
            **of_timesheet,
        },
        "project": {
            "id": timesheet.project_id,
            "name": name,
            "customer": {"id": customer_id, "name": customer_name, "timezone": "Europe/Amsterdam", **of_timesheet},
            "orderNumber": None,
            "orderDate": None,
            "globalActivities": True,
            "start": None,
            "end": None,
            **of_timesheet,
        },
        "user": person(site.users[timesheet.user_id]),
    }


def customer(customer_id: int, name: str) -> dict[str, Any]:
    """A customer in a list."""
    return {"id": customer_id, "name": name, "currency": "EUR", **COMMON}


def project(site: KimaiSite, project_id: int) -> dict[str, Any]:
    """A project in a list."""
    name, customer_id, customer_name = site.projects[project_id]
    return {
        "id": project_id,
        "name": name,
        "customer": customer_id,
        "parentTitle": customer_name,
        "start": None,
        "end": None,
        "globalActivities": True,
        **COMMON,
    }


def activity(name: str) -> dict[str, Any]:
    """An activity in a list; here each is for every project."""
    return {"id": activity_id(name), "name": name, "project": None, "parentTitle": None, **COMMON}


def person(user: KimaiUser) -> dict[str, Any]:
    """Somebody with an account."""
    return {
        "id": user.id,
        "username": user.username,
        "alias": user.alias,
        "title": None,
        "initials": user.username[:2].upper(),
        "accountNumber": None,
        "enabled": True,
        "apiToken": False,
        "systemAccount": False,
        "language": "nl",
        "locale": "nl",
        "timezone": user.timezone,
        "avatar": None,
        **COLORS,
    }


def oneself(user: KimaiUser) -> dict[str, Any]:
    """Who asks."""
    roles = ["ROLE_SUPER_ADMIN", "ROLE_USER"] if user.super_administrator else ["ROLE_USER"]
    return {**person(user), "roles": roles, "teams": [], "memberships": [], "preferences": [], "supervisor": None}


def version(number: int) -> dict[str, Any]:
    """The release: 26600 is 2.66.0."""
    name = f"{number // 10_000}.{number // 100 % 100}.{number % 100}"
    return {"version": name, "versionId": number, "copyright": f"Kimai {name} by Kevin Papst."}


def activity_id(name: str) -> int:
    """The number of an activity: made from its name."""
    return 1 + sum(name.encode()) % 1000


def instant(value: datetime, zone: ZoneInfo) -> str:
    """A time in a zone."""
    return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")
