"""``care-sync rules explain TICKET``: what was decided, by which rule and clause, from which facts, from where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.messages import Language
from care_sync.model.decision import WHOLE_TICKET, StoredDecision
from care_sync.model.duration import rounded_clock
from care_sync.model.explanation import time_by_account
from care_sync.rules_in_force import site_rules
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import local, print_json, print_table, say
from connectors.records import Ticket
from rules.deciding.rule_book import RuleBook
from rules.proving.why_not import MOST_FACTS, Way, why_not


def explain(
    context: typer.Context,
    ticket: Annotated[str, typer.Argument(help="The ticket's number, as people see it, or its id.")],
    language: Annotated[
        str | None, typer.Option(help="nl or en. Default: the company's language.", show_default=False)
    ] = None,
    why_not_wish: Annotated[
        str | None,
        typer.Option("--why-not", metavar="PART=OUTCOME", help="What would have to be different for this outcome."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell what was decided on a ticket and why: the rule, the clause, each fact and where it came from.

    ```
    care-sync rules explain 1042
    care-sync rules explain 1042 --why-not route=sla
    care-sync rules explain 1042 --json | jq .facts
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        stored = work.tickets.by_number(ticket.removeprefix("#")) or work.tickets.get(ticket)
        if stored is None:
            raise UserError(
                f"ticket {ticket} is not in the store", [f"read it with `care-sync sync --ticket {ticket}`"]
            )
        standing = {activity: decision for (_, activity), decision in work.decisions.current([stored.id]).items()}
        if WHOLE_TICKET not in standing:
            raise UserError(f"ticket {ticket} was not decided yet", ["run `care-sync sync`"])
        rules = site_rules(settings)
        ways = None if why_not_wish is None else _ways(rules, stored, standing[WHOLE_TICKET], why_not_wish, settings)
        if as_json:
            document = _document(work, stored, standing)
            if ways is not None:
                document["why_not"] = [{name: _plain(value) for name, value in way.facts.items()} for way in ways]
            print_json(document)
        else:
            _show(work, settings, rules, stored, standing, Language.of(language, settings.company.locale))
            if ways is not None:
                _show_ways(ways, str(why_not_wish), standing[WHOLE_TICKET])


def _ways(rules: RuleBook, ticket: Ticket, whole: StoredDecision, wish: str, settings: Settings) -> list[Way]:
    part, _, outcome = wish.partition("=")
    on = ticket.created_at.astimezone(settings.company.zone).date()
    try:
        return why_not(rules, whole.facts, part, outcome, on=on, organization=ticket.organization_id)
    except ValueError as error:
        raise UserError(f"--why-not {error}", ["write it as route=sla, scope=included or next_step=do_now"]) from None


def _show_ways(ways: list[Way], wish: str, whole: StoredDecision) -> None:
    part, _, outcome = wish.partition("=")
    if whole.outcome[part] == outcome:
        say("")
        say(f"It is {wish} already.")
    elif not ways:
        say("")
        say(f"No {MOST_FACTS} facts that a person can change lead to {wish}.")
    else:
        print_table(
            f"\nFor {wish}, one of these would have to hold",
            ("facts", "then"),
            (
                (
                    ", ".join(f"{name}: {_word(value)}" for name, value in way.facts.items()),
                    f"{way.decision.scope} · {way.decision.route} · {way.decision.next_step}",
                )
                for way in ways
            ),
        )


def _document(work: UnitOfWork, ticket: Ticket, standing: dict[str, StoredDecision]) -> dict[str, Any]:
    whole = standing[WHOLE_TICKET]
    time = time_by_account(work.ledger.posted_of_tickets([ticket.id]).get(ticket.id, ()))
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "decision": dict(whole.outcome),
        "decided_at": whole.decided_at.isoformat(),
        "rules_hash": whole.rules_hash,
        "facts": {
            name: {"value": _plain(value), "source": whole.sources.get(name, "")}
            for name, value in sorted(whole.facts.items())
        },
        "activities": {activity: dict(decision.outcome) for activity, decision in sorted(standing.items()) if activity},
        "seconds": {part.account: part.seconds for part in time},
    }


def _show(
    work: UnitOfWork,
    settings: Settings,
    rules: RuleBook,
    ticket: Ticket,
    standing: dict[str, StoredDecision],
    language: Language,
) -> None:
    whole = standing[WHOLE_TICKET]
    outcome = whole.outcome
    say(f"#{ticket.number}  {ticket.subject}")
    say(
        f"scope {outcome['scope']} · route {outcome['route']} · next step {outcome['next_step']}"
        f"   (decided {local(whole.decided_at, settings.company.zone)}, rules {whole.rules_hash[:12]})"
    )
    say(language.text(outcome["reason"]))
    print_table(
        "\nBecause",
        ("clause", "says"),
        (
            (clause, language.text(rules.clauses[clause].text) if clause in rules.clauses else "")
            for clause in outcome["clauses"]
        ),
    )
    say(f"Rules: {', '.join(outcome['rules']) or 'none'}")
    _show_exceptions(rules, outcome["rules"], language)
    _show_facts(rules, whole, language)
    _show_work(work, ticket, standing)


def _show_exceptions(rules: RuleBook, applied: Sequence[str], language: Language) -> None:
    """Exceptions to the rules that led to a decision, which did not apply."""
    exceptions = [
        (exception.id, name, language.text(exception.reason))
        for name in applied
        if name in rules.rules
        for exception in rules.rules[name].unless
        if exception.id not in applied
    ]
    if exceptions:
        print_table("\nExceptions that did not apply", ("exception", "to rule", "it would have said"), exceptions)


def _show_work(work: UnitOfWork, ticket: Ticket, standing: dict[str, StoredDecision]) -> None:
    print_table(
        "\nTime by kind of work",
        ("kind of work", "scope", "route", "rules"),
        (
            (activity, decision.outcome["scope"], decision.outcome["route"], ", ".join(decision.outcome["rules"]))
            for activity, decision in sorted(standing.items())
            if activity
        ),
    )
    time = time_by_account(work.ledger.posted_of_tickets([ticket.id]).get(ticket.id, ()))
    print_table(
        "\nTime by account",
        ("account", "hours"),
        ((part.account, rounded_clock(part.seconds)) for part in time),
        right=("hours",),
    )


def _show_facts(rules: RuleBook, whole: StoredDecision, language: Language) -> None:
    """The facts that were known with their sources, and the questions about those that were not."""
    questions = whole.outcome["questions"]
    print_table(
        "\nFacts",
        ("fact", "value", "from"),
        ((name, _word(value), whole.sources.get(name, "")) for name, value in sorted(whole.facts.items())),
    )
    if questions:
        print_table(
            "\nTo be answered, the most telling first",
            ("fact", "question"),
            ((fact, rules.question(fact, language.code)) for fact in questions),
        )


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (set, frozenset, tuple, list)):
        return ", ".join(sorted(map(str, value)))
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset, tuple, list)):
        return sorted(map(str, value))
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
