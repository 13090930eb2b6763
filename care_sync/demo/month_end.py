"""How the month ends: October is closed, what was undetermined is charged, and a cause that is found later corrects it.

Then the hour cards that are a year old are recalculated.

Told on the Monday and the Tuesday after the month.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from care_sync.billing.invoice import read_invoices
from care_sync.demo.agency import ZONE
from care_sync.demo.follow import cards_moved, followed, look, posted
from care_sync.demo.layout import happening, headline, quoted, told
from care_sync.demo.quiet_time import let_quiet_time_pass
from care_sync.demo.show_change import show_followed, show_ledger
from care_sync.demo.site import BOOKKEEPER
from care_sync.demo.stage import Stage
from care_sync.ledger import cards, recalculation
from care_sync.ledger.closing import Closing, close_month
from care_sync.model.duration import clock
from care_sync.model.month import Month
from care_sync.model.recalculation import Recalculation, RecalculationState
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.run import PassKind

PERIOD = Month("2026-10")
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
    _recalculate(stage)


def _close(stage: Stage) -> Closing:
    application, now = stage.application, stage.clock.now()
    settings = application.settings
    with application.store.begin() as work:
        organizations = {organization.id: organization for organization in work.organizations.all()}
        closing = close_month(
            work,
            PERIOD,
            terms=lambda key: terms_of(work, settings, organizations[key]),
            prices=settings.ledger.prices,
            now=now,
            today=application.site.today(),
            actor=BOOKKEEPER,
        )
        invoices = read_invoices(work, PERIOD, settings).invoices
    seconds = sum(charge.seconds for charge in closing.charged)
    told(
        "closed",
        f"{clock(seconds)} hours on {len(closing.charged)} tickets are still held; they are charged now (I4)",
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
    told("told", f"{len(replies)} replies to customers whose tickets were not known to be inside the SLA or outside")
    number = next(reply for reply in replies if stage.agency.ticket(reply).locale == "en")
    told("ticket", f"#{number} {stage.workplace.ticket(number).subject}")
    for body in replies[number]:
        quoted("reply", body)
    return closing


def _credit_back(stage: Stage, closing: Closing) -> None:
    stage.clock.move_to(datetime.combine(TUESDAY, time(10, 15), ZONE))
    seconds = {int(charge.ticket_id): charge.seconds for charge in closing.charged}
    waiting = [
        ticket
        for ticket in stage.agency.tickets
        if ticket.number in seconds and ticket.story == STORY and ticket.locale == "nl"
    ]
    ticket = max(waiting, key=lambda item: seconds[item.number])
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
    let_quiet_time_pass(stage)


def _recalculate(stage: Stage) -> None:
    """Cards that are a year old: what is left of them is worth what it was bought for (H4-H6)."""
    stage.clock.move_to(datetime.combine(TUESDAY, time(11, 30), ZONE))
    application, now = stage.application, stage.clock.now()
    settings = application.settings
    happening(
        now,
        "The bookkeeper looks at the hour cards that were bought twelve months ago, and approves what is proposed",
        "What is left keeps its worth at this year's rate (H4, H5), unless more than 90 % was used (H6).",
    )
    before = look(application, stage.workplace)
    with application.store.begin() as work:
        recalculations = work.recalculations.all()
        names = {organization.id: organization.name for organization in work.organizations.all()}
        for record in recalculations:
            card = cards.require(work, record.card_id)
            told(
                "due",
                f"card {record.card_id} of {names[card.organization_id]}, bought on {card.bought_on}: {_due(record)}",
            )
            if record.state is RecalculationState.PROPOSED:
                organization = work.organizations.get(card.organization_id)
                assert organization is not None
                recalculation.approve(
                    work,
                    record.card_id,
                    record.due_on,
                    terms=terms_of(work, settings, organization),
                    now=now,
                    actor=BOOKKEEPER,
                    reason="",
                )
    transactions = posted(application, before)
    show_ledger(transactions, cards_moved(application, transactions))


def _due(one: Recalculation) -> str:
    if one.state is RecalculationState.SETTLED:
        return one.reason
    left, becomes = clock(one.left_before), clock(one.left_after)
    return f"{left} hours at € {one.old_rate} become {becomes} at € {one.new_rate}"
