"""``care-sync rules new``: a rule and its case, from questions and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.files import write_file
from care_sync.cli.rules_input import open_rules
from care_sync.errors import UserError
from care_sync.rules_file import cases_beside, read_rules_text
from care_sync.terminal import say
from rules.deciding.rule_book import RuleBook
from rules.model.errors import RulesError
from rules.model.facts import parse_facts
from rules.proving.cases import Case, answer, as_yaml, read_cases
from rules.proving.proof import prove
from rules.reading.fact_files import read_facts
from rules.reading.insertion import NewRule, with_rule
from rules.reading.reader import BASES


def new(file: Annotated[Path, typer.Argument(help="The rules file that gets the rule.")]) -> None:
    """Write a rule with its case, from questions and answers.

    What you answered is read first: nothing is written when it is no rule. Then the proof shows whether the rules still
    hold, and if not, what to do.

    ```
    care-sync rules new our.yaml
    ```
    """
    book = open_rules(str(file))
    rule = _asked(book)
    changed = read_rules_text(with_rule(book.definition, rule), str(file))
    case = _case(changed, rule)
    say(f"With it that situation is decided as {' · '.join(case.expect)}.")
    if not typer.confirm("Write the rule and the case?", default=True):
        say("Nothing was written.")
        return
    cases = cases_beside(file)
    standing = cases.read_text("utf-8").rstrip("\n") + "\n" if cases.exists() else "cases:\n"
    with_case = standing + as_yaml([case])
    try:
        read_cases(with_case, str(cases), changed)
    except RulesError as error:
        raise UserError("The case does not fit into the cases.", list(map(str, error.problems))) from None
    write_file(file, changed.text.encode())
    write_file(cases, with_case.encode())
    say(f"Written: rule {rule.id} in {file}, and a case in {cases}.")
    violations = prove(changed.definition).violations
    for violation in violations:
        say(f"{file}:{violation.line}:{violation.column}: {violation.kind}: {violation.message}")
        if violation.remedy:
            say(f"    {violation.remedy}")
    if violations:
        raise typer.Exit(1)


def _asked(book: RuleBook) -> NewRule:
    """The rule that a person describes."""
    definition = book.definition
    decision = _one_of("Which decision does it belong to", tuple(definition.decisions))
    parents = [rule.id for rule in definition.decisions[decision].each_rule()]
    parent = typer.prompt("Which rule is it an exception to (empty: none)", default="", show_default=False).strip()
    if parent and parent not in parents:
        raise UserError(f"{parent!r} is not a rule of {decision}.", [f"there are {', '.join(parents)}"])
    basis = _one_of("What does it rest on", BASES)
    return NewRule(
        decision=decision,
        parent=parent,
        id=typer.prompt("A name of its own, such as scope-chat"),
        when=typer.prompt("When does it apply, such as {channel: chat, sla: yes}"),
        then=_one_of("What does it say then", definition.decisions[decision].outcomes),
        clauses=[clause.strip() for clause in typer.prompt("Which clauses does it cite, such as K1, S3").split(",")],
        basis=basis,
        ask_owner=typer.prompt("The question for the owner") if basis == "decision" else "",
        reason={"nl": typer.prompt("The reason in Dutch"), "en": typer.prompt("The reason in English")},
    )


def _one_of(question: str, words: tuple[str, ...]) -> str:
    word = typer.prompt(f"{question} ({', '.join(words)})").strip()
    if word not in words:
        raise UserError(f"{word!r} is not one of {', '.join(words)}.")
    return str(word)


def _case(book: RuleBook, rule: NewRule) -> Case:
    """A situation that shows the rule, with the answer that it gets by the changed rules."""
    text = typer.prompt("Facts of a ticket that it decides, such as {kind: change, sla: yes}")
    try:
        facts = parse_facts(read_facts(text, "the facts"), book.facts)
        decision = book.decide(facts)
    except RulesError as error:
        raise UserError("These facts cannot be used.", list(map(str, error.problems))) from None
    if rule.id not in decision.rules:
        raise UserError(
            f"Rule {rule.id} does not decide that ticket.",
            [f"the rules that do are {', '.join(decision.rules) or 'none'}", "nothing was written"],
        )
    name = typer.prompt("What is the case called, such as a chat question is free")
    return Case(name, facts, answer(book, facts), tuple(rule.clauses))
