"""How the month ends: October is closed, what was undetermined is charged, and a cause that is found later corrects it.

Told on the Monday and the Tuesday after the month.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from care_sync.billing.invoice import read_invoices
from care_sync.billing.texts import clock
from care_sync.demo.agency import ZONE
from care_sync.demo.follow import cards_moved, followed, look, posted
from care_sync.demo.layout import happening, headline, quoted, told
from care_sync.demo.show_change import show_followed, show_ledger
from care_sync.demo.site import BOOKKEEPER
from care_sync.demo.stage import Stage
from care_sync.ledger.closing import Closing, close_month
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.run import PassKind

PERIOD = "2026-10"
STORY = "cause_still_unknown"
EXPORT_GAP = timedelta(seconds=61)
"""Zendesk's export leaves out what changed within the last minute."""

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


def end_the_month(stage: Stage) -> None:
    """Close October, let the customers be told, and find a cause on the day after."""
    stage.clock.move_to(datetime.combine(MONDAY, time(9), ZONE))
    headline("October is closed", stage.clock.now())
    closing = _close(stage)
    _credit_back(stage, closing)


def _close(stage: Stage) -> Closing:
    application, now = stage.application, stage.clock.now()
    settings = application.settings
    with application.store.begin() as work:
        organizations = {one.id: one for one in work.organizations.all()}
        closing = close_month(
            work,
            PERIOD,
            terms=lambda key: terms_of(work, settings, organizations[key]),
            now=now,
            today=application.site.today(),
            actor=BOOKKEEPER,
        )
        invoices = read_invoices(work, PERIOD, settings)
    seconds = sum(one.seconds for one in closing.charged)
    told(
        "closed",
        f"{clock(seconds)} hours on {len(closing.charged)} tickets are still undetermined; they are charged now (I4)",
    )
    hours = clock(sum(invoice.seconds for invoice in invoices))
    net = sum(invoice.net for invoice in invoices)
    told(
        "invoices",
        f"{len(invoices)} customers, {hours} hours, € {net:,.2f} without VAT; nothing of them moves any more",
    )
    before = look(application, stage.workplace)
    stage.run(PassKind.POLL)
    found = followed(before, look(application, stage.workplace))
    replies = {number: one.replies for number, one in found.items() if one.replies}
    unheard = sum(one.kind == "customer_not_told" for one in stage.outcome().attention)
    told(
        "told",
        f"{len(replies)} customers in their tickets; {unheard} tickets are closed, and a person is asked to tell",
    )
    number = next(one for one in replies if stage.agency.ticket(one).locale == "en")
    told("ticket", f"#{number} {stage.workplace.ticket(number).subject}")
    for body in replies[number]:
        quoted("reply", body)
    return closing


def _credit_back(stage: Stage, closing: Closing) -> None:
    stage.clock.move_to(datetime.combine(TUESDAY, time(10, 15), ZONE))
    seconds = {int(one.ticket_id): one.seconds for one in closing.charged}
    waiting = [
        one for one in stage.agency.tickets if one.number in seconds and one.story == STORY and one.locale == "nl"
    ]
    ticket = max(waiting, key=lambda one: seconds[one.number])
    number, agent = ticket.number, ticket.assignee
    stage.workplace.fill_in(number, agent, cause="care")
    happening(
        stage.clock.now(),
        f"{agent.split(maxsplit=1)[0]} finds the cause of #{number} after all: CARE itself",
        "The closed month stays as it is. The open one corrects it, citing what it corrects, and the customer is told.",
    )
    stage.clock.advance(EXPORT_GAP)
    before = look(stage.application, stage.workplace)
    stage.run(PassKind.POLL)
    found = followed(before, look(stage.application, stage.workplace))
    transactions = posted(stage.application, before)
    show_followed(number, stage.workplace.ticket(number).subject, found, is_brief=True)
    show_ledger(transactions, cards_moved(stage.application, transactions))
