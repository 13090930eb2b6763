"""``care-sync rules check``: the proof that a rules file holds, or where it does not."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from care_sync.cli.rules_input import SHIPPED_NAME, RulesArgument, open_rules
from care_sync.terminal import console, print_json, say
from rules.model.definition import Definition
from rules.proving.examples import in_words, region_in_words
from rules.proving.proof import Proof, prove
from rules.proving.text_only import LeftOpen, left_open, questions_to_owner


def check(
    rules: RulesArgument = SHIPPED_NAME,
    text_only: Annotated[
        bool,
        typer.Option(
            "--text-only", help="Show what the policy's text alone leaves open, and what to ask the owner instead."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Prove that the rules hold, over every combination of known and unknown facts.

    No situation is left undecided or decided twice, every rule and clause is of use, and everything under `properties`
    is kept. Each failure is shown with its place and its smallest example. Ends with exit code 1 when there is one.

    ```
    care-sync rules check
    care-sync rules check new.yaml
    care-sync rules check --text-only
    ```
    """
    definition = open_rules(rules).definition
    if text_only:
        _text_only(definition, as_json=as_json)
        return
    proof = prove(definition)
    if as_json:
        print_json(proof.as_json())
    else:
        _tell(proof, definition.source)
    if not proof.holds:
        raise typer.Exit(1)


def _tell(proof: Proof, source: str) -> None:
    for violation in proof.violations:
        place = f"{source}:{violation.line}:{violation.column}"
        console().print(f"[red]✗[/] {escape(place)}: {violation.kind}: {escape(violation.message)}", soft_wrap=True)
        if violation.remedy:
            console().print(f"    {escape(violation.remedy)}", soft_wrap=True)
    parts = [f"{proof.rules} rules in {proof.decisions} decisions", f"{proof.properties} properties"]
    if proof.versions > 1:
        parts.append(f"{proof.versions} versions")
    if proof.agreements:
        parts.append(f"{proof.agreements} agreements")
    looked_at = f"{', '.join(parts)}, {proof.situations:,} situations"
    if proof.holds:
        console().print(f"[green]✓[/] {escape(source)} holds: {looked_at}", soft_wrap=True)
    else:
        count = len(proof.violations)
        say(f"{source} does not hold: {count} {'failure' if count == 1 else 'failures'} in {looked_at}")


def _text_only(definition: Definition, *, as_json: bool) -> None:
    decisions, questions = left_open(definition), questions_to_owner(definition)
    if as_json:
        print_json(
            {
                "left_open": [_as_json(decision) for decision in decisions],
                "questions": [
                    {
                        "about": question.about,
                        "basis": question.basis,
                        "clauses": list(question.clauses),
                        "question": question.question,
                        "line": question.line,
                    }
                    for question in questions
                ],
            }
        )
        return
    for decision in decisions:
        say(f"{decision.decision}: the text alone leaves {decision.open_share:.1%} of the situations open")
        for region in decision.open_regions:
            say(f"  {region_in_words(region.words)}, for example {in_words(region.example)}")
        if decision.twice_regions:
            say(f"{decision.decision}: the text alone decides {decision.twice_share:.1%} of the situations twice")
        for region in decision.twice_regions:
            say(f"  {region_in_words(region.words)}, for example {in_words(region.example)}")
    say("")
    say("To ask the owner:")
    for question in questions:
        say(
            f"  {definition.source}:{question.line}: {question.about} ({', '.join(question.clauses)}; "
            f"rests on {question.basis}): {question.question}"
        )


def _as_json(decision: LeftOpen) -> dict[str, object]:
    return {
        "decision": decision.decision,
        "open_share": decision.open_share,
        "open_regions": [{"words": region.words, "example": region.example} for region in decision.open_regions],
        "twice_share": decision.twice_share,
        "twice_regions": [{"words": region.words, "example": region.example} for region in decision.twice_regions],
    }
