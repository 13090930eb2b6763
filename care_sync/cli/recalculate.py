"""``care-sync cards recalculate``: what is left on a card after twelve months (H4-H6)."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.ledger import cards, recalculation
from care_sync.messages import CardBalance, Messages, Recalculated, ReplyContext
from care_sync.model.duration import rounded_clock
from care_sync.model.notices import NoticeKind
from care_sync.model.recalculation import Recalculation, RecalculationState
from care_sync.model.terms import Terms
from care_sync.pipeline.customer import terms_of
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import print_json, print_table, say, say_lines
from connectors.records import Organization


def recalculate(
    context: typer.Context,
    card_id: Annotated[
        int | None,
        typer.Argument(
            metavar="CARD", help="The card's number. Without it: every card that is due.", show_default=False
        ),
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Apply what is proposed.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Leave the card as it is, for good.")] = False,
    reason: Annotated[str, typer.Option(help="Why; a refusal needs one.")] = "",
    notice: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Show what the customer reads: nl or en.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show the cards that are due, and approve or decline what is proposed.

    The nightly pass finds them. Twelve months after purchase what is left is worth what it was bought for: hours × old
    rate ÷ rate of that year, unless more than 90 % was used by then. Work that becomes known later changes what it
    comes to, until the month of the due day closes.

    ```
    care-sync cards recalculate
    care-sync cards recalculate 7 --notice nl
    care-sync cards recalculate 7 --approve
    care-sync cards recalculate 7 --decline --reason "agreed when they renewed"
    ```
    """
    if approve and decline:
        raise typer.BadParameter("approve it or decline it, not both", param_hint="--decline")
    if (decline or notice) and card_id is None:
        raise typer.BadParameter("say which card", param_hint="CARD")
    session = Session.of(context)
    with session.store() as (settings, store), store.begin() as work:
        if notice is not None and card_id is not None:
            say_lines(_notice(work, settings, card_id, notice))
            return
        now = session.clock.now()
        proposals = _decided(work, settings, now, card_id, approve=approve, decline=decline, reason=reason)
        names = _customers(work, proposals)
        waiting = recalculation.unjudged(work, settings.ledger.hour_card, now.astimezone(settings.company.zone).date())
    if as_json:
        print_json([_as_json(proposal) for proposal in proposals])
        return
    _show(proposals, names, is_all=not waiting)
    for card, due in waiting:
        say(f"Card {card.card_id} fell due on {due}, and is judged by the next full pass: `care-sync sync`.")


def _decided(
    work: UnitOfWork,
    settings: Settings,
    now: datetime,
    card_id: int | None,
    *,
    approve: bool,
    decline: bool,
    reason: str,
) -> list[Recalculation]:
    """What is due, of one card or of all, after what the person decided on it."""
    due = [recalculation.require_open(work, card_id)] if card_id is not None else recalculation.open_proposals(work)
    if decline and card_id is not None:
        terms = _terms(work, settings, card_id)
        actor = getpass.getuser()
        return [recalculation.decline(work, card_id, terms=terms, now=now, actor=actor, reason=reason)]
    if not approve:
        return due
    return [
        recalculation.approve(
            work,
            proposal.card_id,
            proposal.due_on,
            terms=_terms(work, settings, proposal.card_id),
            now=now,
            actor=getpass.getuser(),
            reason=reason,
        )
        for proposal in due
        if card_id is not None or proposal.state is RecalculationState.PROPOSED
    ]


def _terms(work: UnitOfWork, settings: Settings, card_id: int) -> Terms:
    organization_id = cards.require(work, card_id).organization_id
    return terms_of(work, settings, work.organizations.get(organization_id) or Organization(organization_id, "?"))


def _show(proposals: list[Recalculation], names: dict[int, str], *, is_all: bool) -> None:
    if not proposals:
        say("No card is due for recalculation." if is_all else "Nothing is proposed.")
        return
    print_table(
        "Recalculation",
        ("card", "customer", "due", "state", "left then", "becomes", "rate", "new rate", "why"),
        (
            (
                proposal.card_id,
                names[proposal.card_id],
                proposal.due_on,
                proposal.state.value,
                rounded_clock(proposal.left_before),
                rounded_clock(proposal.left_after),
                proposal.old_rate,
                proposal.new_rate or "",
                proposal.said or proposal.reason,
            )
            for proposal in proposals
        ),
        right=("card", "left then", "becomes", "rate", "new rate"),
    )


def _notice(work: UnitOfWork, settings: Settings, card_id: int, language: str) -> str:
    """What the customer reads about the card's last recalculation that was proposed or applied."""
    if language not in ("nl", "en"):
        raise typer.BadParameter(f'"{language}" is not nl or en', param_hint="--notice")
    card = cards.require(work, card_id)
    shown = [
        proposal
        for proposal in work.recalculations.of_cards([card_id])
        if proposal.state in _TOLD and proposal.new_rate is not None
    ]
    if not shown:
        raise UserError(
            f"nothing is proposed or applied for card {card_id}", ["`care-sync cards recalculate` finds due cards"]
        )
    return Messages(settings.messages.templates, default_locale=settings.company.locale).render_reply(
        NoticeKind.RECALCULATED,
        notice_context(work, settings.company.name, shown[-1], cards.left_on(work, card)),
        language,
    )


_TOLD = (RecalculationState.PROPOSED, RecalculationState.APPLIED)


def notice_context(work: UnitOfWork, company: str, proposal: Recalculation, left: int) -> ReplyContext:
    """What the customer's notice speaks of."""
    card = cards.require(work, proposal.card_id)
    customer = work.organizations.get(card.organization_id)
    return ReplyContext(
        ticket_number="",
        company=company,
        customer=customer.name if customer else None,
        card=CardBalance(str(card.card_id), card.bought_on, card.seconds, left),
        recalculation=Recalculated(
            proposal.due_on,
            proposal.left_before,
            proposal.left_after,
            proposal.old_rate,
            proposal.new_rate or proposal.old_rate,
        ),
    )


def _customers(work: UnitOfWork, proposals: list[Recalculation]) -> dict[int, str]:
    names = {}
    for proposal in proposals:
        card = cards.require(work, proposal.card_id)
        customer = work.organizations.get(card.organization_id)
        names[proposal.card_id] = customer.name if customer else card.organization_id
    return names


def _as_json(proposal: Recalculation) -> dict[str, object]:
    return {
        "card_id": proposal.card_id,
        "due_on": proposal.due_on.isoformat(),
        "state": proposal.state.value,
        "left_before_seconds": proposal.left_before,
        "left_after_seconds": proposal.left_after,
        "old_rate": str(proposal.old_rate),
        "new_rate": None if proposal.new_rate is None else str(proposal.new_rate),
        "reason": proposal.said or proposal.reason,
        "actor": proposal.actor,
        "transaction_id": proposal.transaction_id,
    }
