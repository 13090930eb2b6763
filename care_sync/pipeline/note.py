"""What an internal note speaks of: a ticket's explanation, filled in with clauses, questions and cards."""

from __future__ import annotations

from care_sync.messages import CardBalance, Clause, NoteContext, Question, Suggestion
from care_sync.model.explanation import Explanation
from care_sync.pipeline.customer import Customer
from connectors.records import Ticket
from rules.deciding.rule_book import RuleBook
from rules.model.decision import Decision
from rules.model.words import FactName


def note_context(ticket: Ticket, explanation: Explanation, customer: Customer | None, rules: RuleBook) -> NoteContext:
    """What the internal note speaks of."""
    decision = explanation.decision
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
        cards=card_balances(customer),
        suggestion=_suggestion(ticket, decision, rules),
        customer=customer.organization.name if customer else None,
    )


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
