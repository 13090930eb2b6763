"""What Toggl's answers look like: the workspace of the sandbox as JSON, in the shapes of API v9 and Reports v3.

Instants of entries are whole seconds with ``+00:00``, changes carry microseconds with ``Z``, and the report
renders instants in its creator's zone, as the product does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.toggl_state import TogglEntry, TogglUser, TogglWorkspace


def entry_json(workspace: TogglWorkspace, entry: TogglEntry, *, meta: bool = False) -> dict[str, Any]:
    """An entry of API v9; ``meta`` adds the names."""
    shown: dict[str, Any] = {
        "id": entry.id,
        "workspace_id": entry.workspace_id,
        "project_id": entry.project_id,
        "task_id": None,
        "billable": entry.billable,
        "start": _whole_second(entry.start),
        "stop": _whole_second(entry.stop) if entry.stop else None,
        "duration": entry.duration,
        "description": entry.description or None,
        "tags": list(entry.tags),
        "tag_ids": [workspace.tags[tag] for tag in entry.tags],
        "duronly": True,
        "at": _microseconds(entry.at),
        "server_deleted_at": _whole_second(entry.server_deleted_at) if entry.server_deleted_at else None,
        "user_id": entry.user_id,
        "uid": entry.user_id,
        "wid": entry.workspace_id,
    }
    project = workspace.projects.get(entry.project_id or 0)
    if project is not None:
        shown["pid"] = project.id
    if meta:
        shown["user_name"] = workspace.users[entry.user_id].fullname
        shown["user_avatar_url"] = ""
        if project is not None:
            shown |= {
                "client_name": workspace.clients.get(project.client_id or 0, ""),
                "project_name": project.name,
                "project_color": "#d92b2b",
                "project_active": project.active,
                "project_billable": False,
            }
    return shown


def row_json(workspace: TogglWorkspace, entries: list[TogglEntry], number: int, *, enriched: bool) -> dict[str, Any]:
    """A row of the detailed report: several entries that agree in all but their times, or one."""
    first = entries[0]
    user = workspace.users[first.user_id]
    row: dict[str, Any] = {
        "user_id": user.id,
        "username": user.fullname,
        "email": user.email,
        "project_id": first.project_id,
        "task_id": None,
        "billable": first.billable,
        "description": first.description,
        "tag_ids": [workspace.tags[tag] for tag in first.tags],
        "billable_amount_in_cents": None,
        "hourly_rate_in_cents": None,
        "currency": "EUR",
        "row_number": number,
        "time_entries": [_part_json(entry, user) for entry in entries],
    }
    if enriched:
        project = workspace.projects.get(first.project_id or 0)
        row["project_name"] = project.name if project else None
        row["client_name"] = workspace.clients.get(project.client_id or 0) if project else None
        row["task_name"] = None
        row["tag_names"] = list(first.tags)
    return row


def me_json(workspace: TogglWorkspace, user: TogglUser) -> dict[str, Any]:
    """``/me``."""
    return {
        "id": user.id,
        "api_token": user.api_token,
        "email": user.email,
        "fullname": user.fullname,
        "timezone": user.timezone,
        "toggl_accounts_id": f"account-of-{user.id}".ljust(22, "0"),
        "default_workspace_id": workspace.workspace_id,
        "beginning_of_week": 1,
        "image_url": "https://example.com/avatar.png",
        "created_at": "2016-03-20T20:40:08.017845Z",
        "updated_at": "2024-11-26T17:13:54.850204Z",
        "openid_email": None,
        "openid_enabled": False,
        "country_id": None,
        "has_password": True,
        "at": "2024-12-11T17:43:57.206072Z",
        "intercom_hash": f"{user.id:064x}",
        "oauth_providers": None,
        "authorization_updated_at": "2024-07-02T14:55:08.008327Z",
    }


def workspace_json(workspace: TogglWorkspace, user: TogglUser) -> dict[str, Any]:
    """``/workspaces/{id}`` as ``user`` sees it."""
    return {
        "id": workspace.workspace_id,
        "organization_id": workspace.organization_id,
        "name": "Sandbox",
        "premium": workspace.premium,
        "business_ws": False,
        "admin": user.admin,
        "role": "admin" if user.admin else "user",
        "suspended_at": None,
        "server_deleted_at": None,
        "default_hourly_rate": None,
        "rate_last_updated": None,
        "default_currency": "EUR",
        "only_admins_may_create_projects": False,
        "only_admins_may_create_tags": False,
        "only_admins_see_team_dashboard": False,
        "projects_billable_by_default": True,
        "projects_private_by_default": True,
        "projects_enforce_billable": False,
        "limit_public_project_data": False,
        "last_modified": "2024-07-02T14:55:08.008327Z",
        "reports_collapse": True,
        "rounding": 1,
        "rounding_minutes": 15,
        "api_token": None,
        "at": "2024-07-02T14:55:08+00:00",
        "logo_url": "https://example.com/logo.png",
        "ical_url": "",
        "ical_enabled": False,
        "csv_upload": None,
        "subscription": None,
        "hide_start_end_times": False,
        "working_hours_in_minutes": None,
    }


def organizations_json(workspace: TogglWorkspace) -> list[dict[str, Any]]:
    """``/me/organizations``."""
    made = "2016-03-20T20:40:08.017845Z"
    return [
        {
            "id": workspace.organization_id,
            "name": "Sandbox",
            "pricing_plan_id": 0,
            "created_at": made,
            "at": made,
            "server_deleted_at": None,
            "is_multi_workspace_enabled": False,
            "suspended_at": None,
            "user_count": len(workspace.users),
            "admin": True,
            "owner": True,
            "permissions": None,
            "max_workspaces": 20,
        }
    ]


def projects_json(workspace: TogglWorkspace) -> list[dict[str, Any]]:
    """``/workspaces/{id}/projects``."""
    return [
        {
            "id": project.id,
            "workspace_id": workspace.workspace_id,
            "client_id": project.client_id,
            "cid": project.client_id,
            "client_name": workspace.clients.get(project.client_id or 0),
            "name": project.name,
            "is_private": False,
            "active": project.active,
            "at": _whole_second(project.created_at),
            "created_at": _whole_second(project.created_at),
            "server_deleted_at": None,
            "color": "#d92b2b",
            "billable": None,
            "template": None,
            "template_id": None,
            "auto_estimates": None,
            "estimated_hours": None,
            "estimated_seconds": None,
            "rate": None,
            "rate_last_updated": None,
            "currency": None,
            "recurring": False,
            "recurring_parameters": None,
            "fixed_fee": None,
            "actual_hours": 0,
            "actual_seconds": 0,
            "can_track_time": True,
            "start_date": project.created_at.date().isoformat(),
            "status": "active" if project.active else "archived",
            "wid": workspace.workspace_id,
        }
        for project in workspace.projects.values()
    ]


def clients_json(workspace: TogglWorkspace) -> list[dict[str, Any]]:
    """``/workspaces/{id}/clients``."""
    return [
        {
            "id": client_id,
            "wid": workspace.workspace_id,
            "archived": False,
            "name": name,
            "at": "2024-07-02T14:55:08+00:00",
            "creator_id": min(workspace.users, default=0),
            "integration_provider": None,
            "notes": None,
        }
        for client_id, name in workspace.clients.items()
    ]


def tags_json(workspace: TogglWorkspace) -> list[dict[str, Any]]:
    """``/workspaces/{id}/tags``."""
    return [
        {"id": tag_id, "workspace_id": workspace.workspace_id, "name": name} for name, tag_id in workspace.tags.items()
    ]


def users_json(workspace: TogglWorkspace) -> list[dict[str, Any]]:
    """``/workspaces/{id}/users``."""
    return [
        {"id": user.id, "email": user.email, "fullname": user.fullname, "inactive": False, "is_admin": user.admin}
        for user in workspace.users.values()
    ]


def _part_json(entry: TogglEntry, user: TogglUser) -> dict[str, Any]:
    zone = ZoneInfo(user.timezone)
    stop = entry.stop
    return {
        "id": entry.id,
        "seconds": entry.duration,
        "start": entry.start.astimezone(zone).isoformat(timespec="seconds"),
        "stop": stop.astimezone(zone).isoformat(timespec="seconds") if stop else None,
        "at": _whole_second(entry.at),
        "at_tz": entry.at.astimezone(zone).isoformat(timespec="seconds"),
    }


def _whole_second(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _microseconds(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
