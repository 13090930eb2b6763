"""What an internal note speaks of: a ticket's explanation, filled in with clauses, questions and cards."""

from __future__ import annotations

from dataclasses import replace

from care_sync.messages import CardBalance, Clause, NoteContext, Question, Suggestion
from care_sync.model.explanation import Explanation
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.site import Site
from connectors.records import Ticket
from rules.deciding.rule_book import RuleBook
from rules.model.decision import Decision
from rules.model.words import FactName

ROUTE = "route"
"""The decision on where time goes, as rules files name it."""


def note_context(ticket: Ticket, explanation: Explanation, customer: Customer | None, site: Site) -> NoteContext:
    """What the internal note speaks of.

    Where the ledger holds the time elsewhere than the rules send the next minute, the rules' words on that are left
    out: "there is no hour card" is not so of time that a card paid.
    """
    rules = site.rules
    decision = explanation.decision
    if explanation.further is not None:
        decision = _without_route(ticket, decision, site)
    return NoteContext(
        ticket_number=ticket.number,
        scope=decision.scope,
        route=explanation.route,
        next_step=decision.next_step,
        reason=decision.reason,
        rules=decision.rules,
        clauses=tuple(
            Clause(clause, rules.clauses[clause].text) for clause in decision.clauses if clause in rules.clauses
        ),
        questions=tuple(
            Question(fact, {language: rules.question(fact, language) for language in ("nl", "en")})
            for fact in decision.questions
        ),
        time=explanation.time,
        further=explanation.further,
        cards=card_balances(customer),
        suggestion=_suggestion(ticket, decision, rules),
        customer=customer.organization.name if customer else None,
    )


def _without_route(ticket: Ticket, decision: Decision, site: Site) -> Decision:
    """The decision without what its rules say on where time goes: their ids, clauses and reasons."""
    rules, on = site.rules, site.local_date(ticket.created_at)
    left = tuple(name for name in decision.rules if name not in rules.rules or rules.rules[name].decision != ROUTE)
    clauses = dict.fromkeys(clause for name in left if name in rules.rules for clause in rules.rules[name].clauses)
    why = rules.why(decision, ROUTE, on=on, organization=ticket.organization_id)
    reason = {language: " ".join(text.replace(why[language], "").split()) for language, text in decision.reason.items()}
    return replace(decision, rules=left, clauses=tuple(clauses), reason=reason)


def card_balances(customer: Customer | None) -> tuple[CardBalance, ...]:
    """The customer's cards that hold time."""
    if customer is None:
        return ()
    return tuple(
        CardBalance(str(card.card_id), card.bought_on, card.seconds, customer.left[card.card_id])
        for card in customer.cards
        if customer.left[card.card_id] > 0
    )


def _suggestion(ticket: Ticket, decision: Decision, rules: RuleBook) -> Suggestion | None:
    """What the words of the ticket suggest, where its kind is asked for."""
    if FactName.KIND not in decision.questions:
        return None
    suggestion = rules.suggest(ticket.subject, ticket.description)
    return None if suggestion is None else Suggestion(suggestion.kind, tuple(suggestion.words))
