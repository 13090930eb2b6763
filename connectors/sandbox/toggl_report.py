"""The detailed report of the sandbox's Toggl: filtering, order, rows, and the headers that lead on.

Follows Reports API v3, "Search time entries": dates count in each creator's own zone, running timers and
deleted entries are not in it, durations are rounded up to quarters of an hour unless ``rounding`` is 0 (that
is this workspace's preference), colleagues are seen by administrators only, and a range of more than 366
days is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.toggl_shapes import row_json
from connectors.sandbox.toggl_state import TogglEntry, TogglUser, TogglWorkspace
from connectors.sandbox.values import numbers, whole_number

DEFAULT_ROWS = 50
ORDERS = ("date", "user", "duration", "description", "last_update")
MOST_DAYS = 366
QUARTER_SECONDS = 900


class Refused(Exception):
    """The request is wrong; the message is Toggl's own."""


def search(
    workspace: TogglWorkspace, user: TogglUser, body: Parameters, most_rows: int
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Answer a search: the rows of one page, and the headers.

    Raises :class:`Refused`.
    """
    body.ignore("hide_amounts", "enrich_response", "rounding_minutes", "first_id", "first_timestamp")
    first, last = _range(workspace, body)
    entries = _ordered(_found(workspace, user, body, first, last), str(body.get("order_by") or "date"), body)
    rows = _rows(entries, grouped=bool(body.get("grouped")))
    size = min(whole_number(body, "page_size", DEFAULT_ROWS, least=1), most_rows)
    begin = whole_number(body, "first_row_number", 1, least=1) - 1
    page = rows[begin : begin + size]
    shown = [
        row_json(workspace, row, begin + number, enriched=bool(body.get("enrich_response")))
        for number, row in enumerate(page, start=1)
    ]
    if body.get("rounding", 1) != 0:
        _round_up(shown)
    headers = {"X-Range-Start": first, "X-Range-End": last}
    if begin + size < len(rows):
        following = rows[begin + size][0]
        headers |= {
            "X-Next-Row-Number": str(begin + size + 1),
            "X-Next-ID": str(following.id),
            "X-Next-Timestamp": str(int(following.start.timestamp())),
        }
    return shown, headers


def _range(workspace: TogglWorkspace, body: Parameters) -> tuple[str, str]:
    if not any(value not in (None, "", [], False) for value in body.whole().values()):
        raise Refused("At least one parameter must be set")
    today = workspace.now().date()
    try:
        first = date.fromisoformat(str(body.get("start_date") or (today - timedelta(days=6)).isoformat()))
        last = date.fromisoformat(str(body.get("end_date") or today.isoformat()))
    except ValueError as error:
        raise Refused("Invalid 'start_date' value, date should be formatted YYYY-MM-DD") from error
    if last < first:
        raise Refused("Invalid 'end_date' value, should be greater than start_date")
    if (last - first).days > MOST_DAYS:
        raise Refused(f"Maximum allowed date range is {MOST_DAYS} days")
    if body.get("order_by") not in (None, *ORDERS):
        raise Refused(f"Invalid 'order_by' value, allowed values are: '{', '.join(ORDERS)}'")
    return first.isoformat(), last.isoformat()


def _found(
    workspace: TogglWorkspace, user: TogglUser, body: Mapping[str, Any], first: str, last: str
) -> list[TogglEntry]:
    wanted_ids, wanted_users = numbers(body, "time_entry_ids"), numbers(body, "user_ids")
    wanted_projects = numbers(body, "project_ids")
    return [
        entry
        for entry in workspace.living()
        if entry.workspace_id == workspace.workspace_id
        and not entry.is_running
        and entry.at <= workspace.now() - workspace.report_lag
        and (user.admin or entry.user_id == user.id)
        and first <= workspace.local_date(entry) <= last
        and (not wanted_ids or entry.id in wanted_ids)
        and (not wanted_users or entry.user_id in wanted_users)
        and (not wanted_projects or entry.project_id in wanted_projects)
    ]


def _ordered(entries: list[TogglEntry], order: str, body: Mapping[str, Any]) -> list[TogglEntry]:
    keys: dict[str, Any] = {
        "date": lambda entry: (entry.start, entry.id),
        "user": lambda entry: (entry.user_id, entry.start, entry.id),
        "duration": lambda entry: (entry.duration, entry.id),
        "description": lambda entry: (entry.description, entry.id),
        "last_update": lambda entry: (entry.at, entry.id),
    }
    return sorted(entries, key=keys[order], reverse=body.get("order_dir", "ASC") == "DESC")


def _rows(entries: list[TogglEntry], *, grouped: bool) -> list[list[TogglEntry]]:
    if not grouped:
        return [[entry] for entry in entries]

    def likeness(entry: TogglEntry) -> tuple[Any, ...]:
        return (entry.user_id, entry.project_id or 0, entry.description, tuple(entry.tags), entry.billable)

    return [list(group) for _, group in groupby(sorted(entries, key=likeness), key=likeness)]


def _round_up(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for part in row["time_entries"]:
            part["seconds"] = -(-part["seconds"] // QUARTER_SECONDS) * QUARTER_SECONDS
