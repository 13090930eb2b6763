"""``care-sync rules``: what the rules say, without a store and without settings."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from care_sync.cli.rules_input import SHIPPED_NAME, STANDARD_INPUT, RulesArgument, open_rules, read_day, read_file
from care_sync.errors import UserError
from care_sync.terminal import print_json, say, write
from rules.deciding.rule_book import RuleBook
from rules.model.decision import Decision
from rules.model.errors import Problem, RulesError, TooEntangled
from rules.reading.fact_files import read_fact_lines, read_facts


def decide(
    rules: RulesArgument = SHIPPED_NAME,
    facts: Annotated[
        str | None,
        typer.Option("--facts", metavar="FILE", help="One YAML or JSON mapping of facts; - reads standard input."),
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="JSON objects on standard input, one a line; one decision a line out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="Decide by the rules in force on that day. Default: the newest."),
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option("--organization", metavar="ID", help="Apply the agreement of this customer."),
    ] = None,
) -> None:
    """Decide from facts alone: scope, route, next step, and what is still to be asked.

    ```
    echo '{kind: incident, sla: yes, cause: third_party}' | care-sync rules decide --facts -
    care-sync rules decide --facts ticket.yaml --json
    care-sync rules decide our.yaml --facts ticket.yaml
    care-sync rules decide --jsonl < facts.jsonl > decisions.jsonl
    ```
    """
    if (facts is None) == (not jsonl):
        raise UserError("Give either --facts FILE or --jsonl.")
    if rules == STANDARD_INPUT:
        raise UserError("Rules and facts cannot both come from standard input: name the rules file.")
    day = read_day(on)
    book = open_rules(rules)
    try:
        if facts is not None:
            source = "standard input" if facts == STANDARD_INPUT else facts
            given = read_facts(read_file(facts), source)
            decision = book.decide(given, on=day, organization=organization)
            print_json(decision.as_json()) if as_json else _tell(decision, book)
        else:
            _print_lines(_decide_lines(book, read_file(STANDARD_INPUT), day, organization))
    except TooEntangled as error:
        raise UserError("These rules cannot be used.", list(map(str, error.problems))) from None
    except RulesError as error:
        raise UserError("These facts cannot be used.", list(map(str, error.problems))) from None


def code(
    rules: RulesArgument = SHIPPED_NAME, on: Annotated[str | None, typer.Option("--on", metavar="DATE")] = None
) -> None:
    """Show the rules as the Python that replays run: what `decide` says, without why.

    ```
    care-sync rules code | less
    ```
    """
    write(open_rules(rules).decider(read_day(on)).engine.generated.source)


def _decide_lines(book: RuleBook, text: str, day: date | None, organization: str | None) -> list[Decision]:
    """Every decision, or every line that is wrong; nothing is printed before all are known to be right."""
    decisions: list[Decision] = []
    lines, problems = read_fact_lines(text, "standard input")
    for number, given in lines:
        try:
            decisions.append(book.decide(given, on=day, organization=organization))
        except RulesError as error:
            problems.extend(
                Problem(problem.message, "standard input", number, 1, problem.suggestion) for problem in error.problems
            )
    if problems:
        raise RulesError(sorted(problems, key=lambda problem: problem.line))
    return decisions


def _print_lines(decisions: list[Decision]) -> None:
    for decision in decisions:
        print_json(decision.as_json(), indent=None)


def _tell(decision: Decision, book: RuleBook) -> None:
    say(f"scope      {decision.scope}")
    say(f"route      {decision.route}")
    say(f"next step  {decision.next_step}")
    say(f"because    {decision.reason['en']}")
    say(f"rules      {', '.join(decision.rules) or '-'}")
    say(f"clauses    {', '.join(decision.clauses) or '-'}")
    for fact in decision.questions:
        say(f"to ask     {fact}: {book.question(fact, 'en')}")
