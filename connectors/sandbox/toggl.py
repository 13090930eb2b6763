"""A Toggl Track workspace behind real HTTP on 127.0.0.1: ``with SandboxToggl(workspace) as server: …``.

People act through :class:`connectors.sandbox.toggl_state.TogglWorkspace`, connectors and other clients
through ``server.base_url``; ``server.webhooks`` sends the events that wait.
"""

from __future__ import annotations

from connectors.sandbox.server import Answer, Faults, Request, SandboxServer
from connectors.sandbox.toggl_api import TogglApi
from connectors.sandbox.toggl_state import TogglWorkspace
from connectors.sandbox.toggl_webhooks import TogglWebhooks


class SandboxToggl(SandboxServer):
    """API v9, Reports v3 and webhooks of one workspace.

    ``quota`` are the requests per sliding hour, ``me_quota`` those of ``/me`` paths; ``None`` counts nothing.
    """

    def __init__(
        self,
        workspace: TogglWorkspace,
        *,
        quota: int | None = None,
        me_quota: int | None = None,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(workspace.now, faults, port)
        self.workspace = workspace
        self.api = TogglApi(workspace, quota=quota, me_quota=me_quota)
        self.webhooks = TogglWebhooks(workspace)

    def answer(self, request: Request) -> Answer:
        """What Toggl answers."""
        return self.api.answer(request)
