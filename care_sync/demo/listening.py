"""CareSync's web server in the demo, and the products that call it when something happens in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from care_sync.application import Application
from care_sync.demo.site import WEBHOOK_SECRET
from care_sync.demo.workplace import Workplace
from care_sync.errors import CareSyncError
from care_sync.web import WebContext, WebServer, create_app

LATE_AFTER_SECONDS = 900


class Listening:
    """Webhooks, delivered when the script says so; what happened before they were entered is not told."""

    def __init__(self, workplace: Workplace, address: str) -> None:
        self._workplace = workplace
        subscribe(workplace, address)
        self.lose()

    def deliver(self) -> int:
        """Let both products send the signed calls that wait; gives how many were taken."""
        statuses = [*self._workplace.zendesk.webhooks.deliver(), *self._workplace.toggl.webhooks.deliver()]
        if refused := [status for status in statuses if status >= 300]:
            raise CareSyncError(f"{len(refused)} webhook calls were answered with {sorted(set(refused))}")
        return len(statuses)

    def lose(self) -> None:
        """The calls that wait are lost on their way."""
        self._workplace.zendesk.webhooks.waiting.clear()
        self._workplace.toggl.webhooks.waiting.clear()


@contextmanager
def listening(application: Application, workplace: Workplace) -> Iterator[Listening]:
    """Serve the daemon's own routes while the block runs."""
    site = application.site
    context = WebContext(
        store=application.store,
        clock=site.clock,
        helpdesk=site.helpdesk,
        trackers=site.trackers,
        wake=lambda: None,
        late_after_seconds=LATE_AFTER_SECONDS,
    )
    server = WebServer(create_app(context), "127.0.0.1", 0)
    server.start()
    try:
        yield Listening(workplace, server.address)
    finally:
        server.stop()
        unsubscribe(workplace)


def subscribe(workplace: Workplace, address: str) -> None:
    """Enter CareSync's webhooks in both products; Toggl's handshake is answered by whoever listens there."""
    workplace.zendesk.webhooks.subscribe(f"{address}/webhooks/helpdesk/zendesk", WEBHOOK_SECRET)
    subscription = workplace.toggl.webhooks.subscribe(f"{address}/webhooks/tracker/toggl", WEBHOOK_SECRET)
    if not subscription.validated:
        raise CareSyncError("the webhook of Toggl could not be validated")


def unsubscribe(workplace: Workplace) -> None:
    """Take CareSync's webhooks out of both products."""
    workplace.zendesk.webhooks.webhooks.clear()
    workplace.toggl.webhooks.subscriptions.clear()
