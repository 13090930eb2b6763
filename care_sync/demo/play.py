"""The demo: a month of an agency, the night after it, the same night again, a day of changes, and its night.

It goes through the same doors as a site: a settings file, the store, :func:`care_sync.application.open_application`,
webhooks, real HTTP. Only the products are stand-ins, and the clock follows the script.

Promise: the same version shows the same. Nothing leaves this machine, and nothing but the demo's folder is written.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

from rich.markup import escape

from care_sync.clock import Clock
from care_sync.demo.agency import ZONE
from care_sync.demo.day import Day
from care_sync.demo.follow import Look, cards_moved, followed, look, posted
from care_sync.demo.keep import keep_running
from care_sync.demo.layout import happening, headline, rows, told
from care_sync.demo.listening import Listening, listening
from care_sync.demo.month_end import TUESDAY, end_the_month
from care_sync.demo.quiet_time import let_quiet_time_pass
from care_sync.demo.show import show_calls, show_outcome, show_pass
from care_sync.demo.show_change import show_followed, show_ledger
from care_sync.demo.stage import DAY, NIGHT, Stage
from care_sync.pipeline.run import PassKind
from care_sync.terminal import console, say


def play(folder: Path, machine: Clock, *, program: str = "care-sync", keep: bool = False) -> int:
    """Show everything; with ``keep`` leave products and daemon running until Ctrl-C. Gives the exit code.

    ``program`` is what a person types to start us.
    """
    began = machine.now()
    with Stage.open(folder) as stage:
        _introduce(stage)
        _first_night(stage)
        _again(stage)
        with listening(stage.application, stage.workplace) as webhooks:
            lost = _day(stage, webhooks)
        _night_after(stage, lost)
        end_the_month(stage)
        _once_more(stage)
        _farewell(stage, (machine.now() - began).total_seconds(), program, keep=keep)
        return keep_running(stage, machine, program) if keep else 0


def _introduce(stage: Stage) -> None:
    agency = stage.agency
    with_sla = sum(customer.has_sla for customer in agency.customers)
    customers = f"{len(agency.customers)} customers, {with_sla} with an SLA"
    deleted = sum(entry.is_deleted for entry in agency.worked)
    edited = sum(entry.edited_from_seconds is not None for entry in agency.worked)
    cards = stage.enter_cards()
    headline("One month of a web agency, on this machine alone")
    told("agency", f"{len(agency.people)} people; {customers}; {cards} hour cards")
    told("Zendesk", f"{len(agency.tickets)} tickets in Dutch and English (a stand-in that speaks Zendesk's API)")
    told("Toggl", f"{len(agency.worked)} time entries, {edited} edited and {deleted} deleted since (a stand-in, too)")
    rows("CareSync", [f"settings and ledger in {stage.config.parent}"])  # in one piece, so that it can be copied


def _first_night(stage: Stage) -> None:
    headline("The nightly sync, over everything", stage.clock.now())
    calls = stage.workplace.calls()
    report = stage.run(PassKind.FULL, is_watched=True)
    outcome = stage.outcome()
    show_pass(report, outcome, stage.workplace.calls().since(calls), stage.workplace.written())
    show_outcome(outcome, stage.application.site.rules)


def _again(stage: Stage) -> None:
    stage.clock.advance(timedelta(minutes=15))
    headline("The same again: nothing is new, so nothing is written", stage.clock.now())
    _run_without_news(stage)


def _run_without_news(stage: Stage) -> None:
    calls, updates, transactions = stage.workplace.calls(), stage.workplace.written().updates, stage.transactions()
    report = stage.run(PassKind.FULL, is_watched=True)
    show_calls(stage.workplace.calls().since(calls))
    told(
        "written",
        f"{report.counts['decisions']} decisions, {stage.transactions() - transactions} ledger transactions, "
        f"{stage.workplace.written().updates - updates} updates of tickets",
    )
    told(
        "proven",
        f"{stage.prove()} transactions, hash by hash; Zendesk shows what they say, and Toggl holds the same time",
    )


def _day(stage: Stage, webhooks: Listening) -> list[int]:
    """Play the day; gives the tickets whose webhooks were lost."""
    headline("A day of changes, announced by webhooks", datetime.combine(DAY, time(9), ZONE))
    lost = []
    for change in Day(stage.application, stage.agency, stage.workplace).changes():
        stage.clock.move_to(change.at)
        change.do()
        happening(change.at, change.told, change.why)
        if change.is_lost:
            webhooks.lose()
            lost.append(change.number)
            continue
        before, calls = look(stage.application, stage.workplace), stage.workplace.calls()
        webhooks.deliver()
        stage.run(PassKind.WAKE)
        _show_what_followed(stage, change.number, before, is_brief=change.is_brief)
        show_calls(stage.workplace.calls().since(calls))
        # Our own writes come back as webhooks; the tickets are as we left them, and nothing follows.
        while webhooks.deliver():
            stage.run(PassKind.WAKE)
        let_quiet_time_pass(stage)
    return lost


def _night_after(stage: Stage, lost: list[int]) -> None:
    stage.clock.move_to(datetime.combine(DAY + timedelta(days=1), NIGHT, ZONE))
    headline("The next nightly sync finds what no webhook announced", stage.clock.now())
    before, calls = look(stage.application, stage.workplace), stage.workplace.calls()
    report = stage.run(PassKind.FULL, is_watched=True)
    gone = report.counts.get("entries_gone", 0)
    told("found", f"{gone} entry is missing from the window, and Toggl confirms that it is gone")
    show_calls(stage.workplace.calls().since(calls))
    for number in lost:
        _show_what_followed(stage, number, before)


def _once_more(stage: Stage) -> None:
    stage.clock.move_to(datetime.combine(TUESDAY + timedelta(days=1), NIGHT, ZONE))
    headline("And once more, with nothing new", stage.clock.now())
    _run_without_news(stage)


def _show_what_followed(stage: Stage, number: int, before: Look, *, is_brief: bool = False) -> None:
    found = followed(before, look(stage.application, stage.workplace))
    transactions = posted(stage.application, before)
    show_followed(number, stage.workplace.ticket(number).subject, found, is_brief=is_brief)
    show_ledger(transactions, cards_moved(stage.application, transactions))


def _farewell(stage: Stage, took_seconds: float, program: str, *, keep: bool) -> None:
    customer = next(customer.name for customer in stage.agency.customers if customer.cards)
    with stage.application.store.read() as work:
        card = work.cards.all()[-1]
    number = next(ticket.number for ticket in stage.agency.tickets if ticket.story == "incident_at_a_third_party")
    headline(f"That took {took_seconds:.0f} seconds. Look around in the demo's own site")
    say(f"  export CARE_SYNC_CONFIG={stage.config}")
    commands = (
        ("status", "passes, queue, limits, what needs attention"),
        ("cards list", "hour cards and what is left on them"),
        (f"cards show {card.card_id}", "one card, with everything that moved it"),
        ("entries unlinked", "time that found no ticket, and what to do"),
        (f"ledger show --ticket {number}", "where every minute of a ticket went"),
        (f'ledger show --customer "{customer}"', "what stands on a customer's accounts"),
        (f"rules explain {number}", "what was decided, by which clause, from which facts"),
        ("invoices list 2026-10", "what October comes to, by customer"),
        ("audit --offline", "prove the ledger from its first row to its last"),
    )
    width = max(len(command) for command, _ in commands) + 2
    for command, what in commands:
        console().print(f"  {program} {escape(command):{width}}[dim]{what}[/]", soft_wrap=True)
    if not keep:
        say("")
        say(f"The stand-ins for Zendesk and Toggl have stopped. `{program} demo --keep` leaves them and the daemon")
        say("running, so that you can change a ticket and watch what follows.")
