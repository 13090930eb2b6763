"""A Clockify workspace behind real HTTP on 127.0.0.1: the core below ``/api/v1``, the reports below ``/report/v1``."""

from __future__ import annotations

from connectors.sandbox.clockify_api import ClockifyApi
from connectors.sandbox.clockify_state import ClockifyWorkspace
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer


class SandboxClockify(SandboxServer):
    """``with SandboxClockify(workspace) as server: server.core_url, server.reports_url``."""

    def __init__(
        self, workspace: ClockifyWorkspace, *, most_rows: int = 1000, faults: Faults | None = None, port: int = 0
    ) -> None:
        super().__init__(workspace.now, faults, port)
        self.workspace = workspace
        self.api = ClockifyApi(workspace, most_rows=most_rows)

    @property
    def core_url(self) -> str:
        """Where API v1 is."""
        return f"{self.base_url}/api/v1"

    @property
    def reports_url(self) -> str:
        """Where the reports are."""
        return f"{self.base_url}/report/v1"

    def answer(self, request: Request) -> Answer:
        """What Clockify answers."""
        return self.api.answer(request)
