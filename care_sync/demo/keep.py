"""Letting the demo run on: products and daemon stay until Ctrl-C, and the story's time goes by the machine's clock."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import requests

from care_sync.application import open_application
from care_sync.clock import Clock
from care_sync.daemon import run_daemon
from care_sync.demo.listening import subscribe
from care_sync.demo.stage import Stage
from care_sync.demo.workplace import AGENT_TOKEN, Workplace
from care_sync.logs import configure_logs
from care_sync.scheduler import StoppableClock
from care_sync.terminal import say, say_lines
from connectors.sandbox.toggl_state import TogglEvent


def keep_running(stage: Stage, machine: Clock, program: str) -> int:
    """Run the daemon on the demo's site until it is stopped; gives its exit code."""
    stage.clock.run_by(machine)
    settings = stage.settings
    configure_logs(clock=stage.clock, level="info", style=settings.logs.format, secrets=settings.secrets())
    clock = StoppableClock(stage.clock)

    def announce(address: str) -> None:
        subscribe(stage.workplace, address)
        Courier(stage.workplace).start()
        say("")
        say(f"CareSync listens on {address}. Its products are at {stage.workplace.zendesk.base_url} (Zendesk) and")
        say(f"{stage.workplace.toggl.base_url} (Toggl). Ctrl-C ends it. In another terminal, set a ticket's cause:")
        say("")
        say_lines(a_change_to_try(stage, program))
        say("")

    with open_application(settings, clock) as application:
        return run_daemon(application, clock, announce)


def a_change_to_try(stage: Stage, program: str) -> str:
    """A command that sets the cause of a ticket that waits for it, as an agent would in Zendesk."""
    workplace = stage.workplace
    waiting = next(
        ticket.number
        for ticket in stage.agency.tickets
        if ticket.story == "cause_still_unknown" and "sla_undetermined" in workplace.ticket(ticket.number).tags
    )
    field = workplace.field_number("cause")
    return (
        f"  curl -s -H 'Authorization: Bearer {AGENT_TOKEN}' -X PUT -H 'Content-Type: application/json' \\\n"
        f"    {workplace.zendesk.base_url}/api/v2/tickets/{waiting}.json \\\n"
        f'    -d \'{{"ticket": {{"custom_fields": [{{"id": {field}, "value": "cause_third_party"}}]}}}}\' > /dev/null\n'
        f"  {program} --config {stage.config} rules explain {waiting}"
    )


class Courier:
    """Sends webhooks as soon as something happens. One that finds nobody is lost; the next poll makes up for it."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._bells: SimpleQueue[None] = SimpleQueue()
        self._thread = threading.Thread(target=self._deliver, name="courier", daemon=True)

    def start(self) -> None:
        """Listen to both products."""
        workspace = self._workplace.workspace
        waiting = workspace.listener
        self._workplace.account.listeners.append(lambda _event: self._bells.put(None))

        def told(event: TogglEvent) -> None:
            if waiting is not None:
                waiting(event)
            self._bells.put(None)

        workspace.listener = told
        self._thread.start()

    def _deliver(self) -> None:
        while True:
            self._bells.get()
            try:
                self._workplace.zendesk.webhooks.deliver()
                self._workplace.toggl.webhooks.deliver()
            except requests.RequestException:
                continue
