"""What a workspace calls its projects, clients and tags: read rarely, kept for a while.

Promise: three requests fetch what the entries' names need. They are repeated at the beginning of a complete
reading, when an hour has passed, and (at most once a minute) when an entry names a project that is not
known yet. Tags are read only where the report leaves their names out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from connectors.toggl.client import TogglClient
from connectors.toggl.translate import Names, names_from
from connectors.value_reader import Object

KEPT_FOR = timedelta(hours=1)
NOT_READ_TWICE_WITHIN = timedelta(minutes=1)


class NameBook:
    """The names of one workspace."""

    def __init__(self, client: TogglClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._names = Names()
        self._read_at: datetime | None = None
        self._needs_tags = False
        self._workspace: Object | None = None
        """As it was just read, and not yet used for the names."""

    def names_for(self, items: list[Any]) -> Names:
        """The names for rows of the report or entries of the API."""
        lacks_tags = not self._needs_tags and any(_has_unnamed_tags(item) for item in items)
        self._needs_tags = self._needs_tags or lacks_tags
        lacks_projects = any(self._is_unknown_project(item) for item in items)
        if (
            self._is_older_than(KEPT_FOR)
            or lacks_tags
            or (lacks_projects and self._is_older_than(NOT_READ_TWICE_WITHIN))
        ):
            self._read()
        return self._names

    def forget(self) -> None:
        """Read again at the next need: somebody may have renamed something."""
        self._read_at = None
        self._workspace = None

    def is_administrators(self) -> bool:
        """Whether the token is an administrator's; asked together with the names where those are read again."""
        if self._workspace is None:
            self._workspace = self._client.workspace()
        is_administrators = self._workspace.get("admin") is True
        if not is_administrators:
            self._workspace = None
        return is_administrators

    def _read(self) -> None:
        workspace, self._workspace = self._workspace or self._client.workspace(), None
        self._names = names_from(
            self._client.projects(),
            self._client.clients(),
            self._client.tags() if self._needs_tags else [],
            knows_billable=workspace.get("premium") is True,
        )
        self._read_at = self._now()

    def _is_older_than(self, age: timedelta) -> bool:
        return self._read_at is None or self._now() - self._read_at > age

    def _is_unknown_project(self, item: Any) -> bool:
        project_id = item.get("project_id") if isinstance(item, dict) else None
        return project_id is not None and str(project_id) not in self._names.projects


def _has_unnamed_tags(item: Any) -> bool:
    return isinstance(item, dict) and bool(item.get("tag_ids")) and not (item.get("tag_names") or item.get("tags"))
