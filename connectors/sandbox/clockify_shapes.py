"""What Clockify's answers look like: the workspace of the sandbox as JSON, of the core and of the reports."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from connectors.sandbox.clockify_state import ClockifyEntry, ClockifyProject, ClockifyUser, ClockifyWorkspace

QUARTER_SECONDS = 900


def row(workspace: ClockifyWorkspace, entry: ClockifyEntry, *, rounded: bool, zone: tzinfo) -> dict[str, Any]:
    """A row of the detailed report, its times in a zone; it does not tell what kind of entry it is."""
    user, project = workspace.users[entry.user_id], workspace.projects.get(entry.project_id or "")
    seconds = entry.seconds or 0
    return {
        "_id": entry.id,
        "description": entry.description,
        "userId": user.id,
        "userName": user.name,
        "userEmail": user.email,
        "billable": entry.billable,
        "projectId": project.id if project else None,
        "projectName": project.name if project else None,
        "projectColor": "#03A9F4" if project else None,
        "clientId": project.client_id if project else None,
        "clientName": project.client_name if project else None,
        "taskId": None,
        "taskName": None,
        "tags": [{"id": workspace.tags[tag], "name": tag} for tag in entry.tags],
        "locked": entry.locked,
        "approvalRequestId": None,
        "timeInterval": {
            "start": _in_zone(entry.start, zone),
            "end": _in_zone(entry.end, zone) if entry.end else None,
            "duration": -(-seconds // QUARTER_SECONDS) * QUARTER_SECONDS if rounded else seconds,
        },
    }


def plain(workspace: ClockifyWorkspace, entry: ClockifyEntry) -> dict[str, Any]:
    """An entry of the core."""
    return {
        "id": entry.id,
        "description": entry.description,
        "tagIds": [workspace.tags[tag] for tag in entry.tags] or None,
        "userId": entry.user_id,
        "billable": entry.billable,
        "taskId": None,
        "projectId": entry.project_id,
        "workspaceId": workspace.workspace_id,
        "timeInterval": {
            "start": instant(entry.start),
            "end": instant(entry.end),
            "duration": _iso_duration(entry.seconds),
        },
        "customFieldValues": [],
        "type": entry.type,
        "kioskId": None,
        "hourlyRate": None,
        "costRate": None,
        "isLocked": entry.locked,
    }


def hydrated(workspace: ClockifyWorkspace, entry: ClockifyEntry) -> dict[str, Any]:
    """An entry of the core with names."""
    user, project = workspace.users[entry.user_id], workspace.projects.get(entry.project_id or "")
    shown = plain(workspace, entry)
    shown["user"] = {"id": user.id, "name": user.name, "email": user.email}
    shown["tags"] = [{"id": workspace.tags[tag], "name": tag} for tag in entry.tags]
    shown["project"] = (
        {
            "id": project.id,
            "name": project.name,
            "clientId": project.client_id,
            "clientName": project.client_name,
        }
        if project
        else None
    )
    return shown


def user(person: ClockifyUser, workspace: ClockifyWorkspace) -> dict[str, Any]:
    """A member."""
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "status": "ACTIVE",
        "activeWorkspace": workspace.workspace_id,
        "defaultWorkspace": workspace.workspace_id,
        "profilePicture": "https://example.com/avatar.png",
        "memberships": [],
        "customFields": [],
        "settings": {"timeZone": "UTC", "timeFormat": "HOUR24", "dateFormat": "DD/MM/YYYY", "weekStart": "MONDAY"},
    }


def project(each: ClockifyProject, workspace: ClockifyWorkspace) -> dict[str, Any]:
    """A project with its client."""
    return {
        "id": each.id,
        "name": each.name,
        "hourlyRate": {"amount": 0, "currency": "EUR"},
        "clientId": each.client_id,
        "workspaceId": workspace.workspace_id,
        "billable": True,
        "memberships": [],
        "color": "#03A9F4",
        "archived": False,
        "duration": "PT0S",
        "clientName": each.client_name,
        "note": "",
        "costRate": None,
        "timeEstimate": {"estimate": "PT0S", "type": "AUTO", "active": False, "includeNonBillable": True},
        "budgetEstimate": None,
        "template": False,
        "public": True,
    }


def client(client_id: str, name: str, workspace: ClockifyWorkspace) -> dict[str, Any]:
    """A client."""
    return {
        "id": client_id,
        "name": name,
        "email": None,
        "workspaceId": workspace.workspace_id,
        "archived": False,
        "address": None,
        "note": None,
        "currencyCode": "EUR",
    }


def tag(tag_id: str, name: str, workspace: ClockifyWorkspace) -> dict[str, Any]:
    """A tag."""
    return {"id": tag_id, "name": name, "workspaceId": workspace.workspace_id, "archived": False}


def _in_zone(value: datetime, zone: tzinfo) -> str:
    return value.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def instant(value: datetime | None) -> str | None:
    """A time as the API writes it."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def _iso_duration(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")
