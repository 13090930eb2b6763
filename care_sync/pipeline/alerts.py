"""Alerts: who is told that a customer's hour cards run low, and that a card is recalculated.

Terms
    owner    the account owner: the ticket in the organization field ``owner_ticket``, the address in ``owner_email``
    memo     what the owner reads, in the company's language; its first line is the subject of the mail

Promise: told once, in the transaction that writes down that it is told. A ticket that takes no comment any more is told
a person. Nothing is sent from here: comments go by the outbox, mail by :mod:`care_sync.mail`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from care_sync.ledger import cards
from care_sync.ledger.alerts import LOW_BALANCE, Crossing, take_crossings
from care_sync.ledger.recalculation import judge
from care_sync.messages import AlertContext, CardBalance, MemoKind, Recalculated, RecalculationContext, ReplyContext
from care_sync.messages.formats import LANGUAGES
from care_sync.model.notices import NoticeKind
from care_sync.model.recalculation import Recalculation, RecalculationState
from care_sync.pipeline.references import plan_comment
from care_sync.pipeline.site import Site
from care_sync.store import Store, UnitOfWork
from connectors.records import Comment, CommentKind, Organization, Ticket

NOT_TOLD = "owner_not_told"
"""The kind of attention for an owner's ticket or address that cannot be used; its subject is the customer."""

RECALCULATION = "recalculation"
"""The kind of telling; its subject is the card, its key the due day and what became of it."""

TOLD = (RecalculationState.PROPOSED, RecalculationState.APPLIED)

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def tell_low_balances(store: Store, site: Site) -> int:
    """Tell of every level that a customer's cards came down to; return how many customers were told of."""
    settings = site.settings.alerts
    if not settings.levels:
        return 0
    now = site.now()
    with store.begin() as work:
        work.ledger.lock_head()
        crossings = take_crossings(
            work, settings.levels, forecast_days=settings.forecast_days, today=site.today(), now=now
        )
        for crossing in crossings:
            _tell(work, site, crossing, now)
        _settle_attention(work)
    return len(crossings)


def judge_due_days(store: Store, site: Site, read_on: date) -> int:
    """Judge the cards that are due (H4) when a full pass has read everything; return how many due days are new.

    The reading began on ``read_on``, so that the days before it are known to their end.
    """
    with store.begin() as work:
        section = site.settings.ledger.hour_card
        return judge(work, section, through=read_on - timedelta(days=1), now=site.now())


def tell_recalculations(store: Store, site: Site) -> int:
    """Tell the owners of cards what is proposed and what was applied, whoever did it; return how many were told."""
    now = site.now()
    with store.begin() as work:
        known = [recalculation for recalculation in work.recalculations.all() if recalculation.state in TOLD]
        told_keys = work.tellings.told(RECALCULATION, {str(record.card_id) for record in known})
        new = [record for record in known if _key(record) not in told_keys.get(str(record.card_id), set())]
        if new:
            work.ledger.lock_head()
        for record in new:
            if work.tellings.tell(RECALCULATION, str(record.card_id), _key(record), now):
                _tell_recalculation(work, site, record, now)
    return len(new)


def _key(one: Recalculation) -> str:
    return f"{one.due_on}:{one.state.value}"


def _tell_recalculation(work: UnitOfWork, site: Site, one: Recalculation, now: datetime) -> None:
    """What its recalculation comes to, with the customer's notice in both languages."""
    card = cards.require(work, one.card_id)
    organization = work.organizations.get(card.organization_id) or Organization(card.organization_id, "?")
    balance = CardBalance(str(card.card_id), card.bought_on, card.seconds, cards.left_on(work, card))
    recalculated = Recalculated(one.due_on, one.left_before, one.left_after, one.old_rate, one.new_rate or one.old_rate)
    memo = site.messages.render_memo(
        MemoKind.RECALCULATION,
        RecalculationContext(organization.name, balance, recalculated, applied=one.state is RecalculationState.APPLIED),
    )
    reply = ReplyContext(
        "", site.settings.company.name, customer=organization.name, card=balance, recalculation=recalculated
    )
    notices = [site.messages.render_reply(NoticeKind.RECALCULATED, reply, language) for language in LANGUAGES]
    key = f"recalculation-{one.card_id}-{one.due_on}-{one.state.value}"
    _tell_owner(work, site, organization, "\n\n---\n\n".join([memo, *notices]), key, now)


def _tell(work: UnitOfWork, site: Site, crossing: Crossing, now: datetime) -> None:
    settings = site.settings.alerts
    organization = work.organizations.get(crossing.organization_id) or Organization(crossing.organization_id, "?")
    ticket = work.tickets.get(crossing.ticket_id) if crossing.ticket_id is not None else None
    # A customer is not written to about hours that a person took off a card: that was not their work.
    customer_told = (
        settings.customer and crossing.by_work and _tell_customer(work, site, crossing, organization, ticket, now)
    )
    balances = tuple(
        CardBalance(str(card.card.card_id), card.card.bought_on, card.card.seconds, card.left)
        for card in crossing.cards
    )
    memo = site.messages.render_memo(
        MemoKind.CARD_ALERT,
        AlertContext(
            customer=organization.name,
            level_seconds=crossing.level,
            left_seconds=crossing.left,
            cards=balances,
            runs_out_on=crossing.runs_out_on,
            ticket_number=ticket.number if ticket else None,
            customer_told=customer_told,
        ),
    )
    _tell_owner(work, site, organization, memo, f"low-balance-{organization.id}-{crossing.level}-{now:%Y%m%d%H%M}", now)
    work.attention.raise_(LOW_BALANCE, organization.id, f"{memo.splitlines()[0]}. Offer the customer a new card.", now)


def _tell_customer(
    work: UnitOfWork,
    site: Site,
    crossing: Crossing,
    organization: Organization,
    ticket: Ticket | None,
    now: datetime,
) -> bool:
    """Reply on the ticket whose work brought the cards down; tells whether there is one that takes a reply."""
    if ticket is None or not ticket.status.is_writable or ticket.organization_id != organization.id:
        return False
    people = work.people.get_many([ticket.requester_id] if ticket.requester_id else [])
    requester = people.get(ticket.requester_id or "")
    low = crossing.running_low
    context = ReplyContext(
        ticket_number=ticket.number,
        company=site.settings.company.name,
        requester=requester.name if requester else None,
        customer=organization.name,
        card=CardBalance(str(low.card.card_id), low.card.bought_on, low.card.seconds, low.left),
        cards_left_seconds=crossing.left,
        runs_out_on=crossing.runs_out_on,
        rest_on_invoice=site.settings.ledger.hour_card.overdraft_seconds is not None,
    )
    locale = requester.locale if requester and requester.locale else organization.locale
    body = site.messages.render_reply(NoticeKind.LOW_BALANCE, context, locale)
    plan_comment(work, ticket.id, Comment(CommentKind.REPLY, body), "low balance", now)
    return True


def _tell_owner(work: UnitOfWork, site: Site, organization: Organization, memo: str, key: str, now: datetime) -> None:
    """A note on the owner's ticket, and mail to the owner and to those who are always told."""
    settings = site.settings.alerts
    problems: list[str] = []
    recipients = list(settings.mail_to)
    if settings.owner:
        named = _text(organization.fields, "owner_ticket")
        if named and not _note(work, named, memo, now):
            problems.append(f"the ticket {named} in the field owner_ticket takes no note")
        address = _text(organization.fields, "owner_email")
        if address and _ADDRESS.fullmatch(address):
            recipients.append(address)
        elif address:
            problems.append(f'"{address}" in the field owner_email is no e-mail address')
    if site.settings.mail.host is not None:
        subject, _, body = memo.partition("\n")
        domain = str(site.settings.mail.sender).partition("@")[2]
        for number, recipient in enumerate({recipient.casefold(): recipient for recipient in recipients}.values()):
            work.mails.plan(f"<{key}.{number}@{domain}>", recipient, subject.strip(), body.strip() + "\n", now)
    if problems:
        message = (
            f"The owner of {organization.name} could not be told: {'; '.join(problems)}. Correct the organization."
        )
        work.attention.raise_(NOT_TOLD, organization.id, message, now)
    else:
        work.attention.resolve(NOT_TOLD, [organization.id])


def _note(work: UnitOfWork, named: str, memo: str, now: datetime) -> bool:
    """A note on the ticket of that number or id; one that was never read is taken at its word."""
    number = named.removeprefix("#")
    ticket = work.tickets.by_number(number) or work.tickets.get(number)
    if ticket is not None and not ticket.status.is_writable:
        return False
    plan_comment(work, ticket.id if ticket else number, Comment(CommentKind.NOTE, memo), "alert", now)
    return True


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value).strip()


def _settle_attention(work: UnitOfWork) -> None:
    """Customers whose cards hold enough again leave the list."""
    listed = [attention.subject for attention in work.attention.all(LOW_BALANCE)]
    told_keys = work.tellings.told(LOW_BALANCE, listed)
    work.attention.resolve(LOW_BALANCE, _without(listed, told_keys))


def _without(subjects: Iterable[str], told: Mapping[str, set[str]]) -> list[str]:
    return [subject for subject in subjects if subject not in told]
