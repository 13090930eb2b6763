"""``care-sync rules test``: the cases beside the rules."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.rules_input import SHIPPED_NAME, RulesArgument, open_rules, path_of
from care_sync.errors import UserError
from care_sync.rules_file import cases_beside, rules_cases
from care_sync.terminal import print_json, print_table, say
from rules.deciding.rule_book import RuleBook
from rules.proving.cases import Case, as_yaml, neighbouring_cases, run_cases
from rules.proving.coverage import coverage_of

SHOWN = 20


def run_cases_beside(
    rules: RulesArgument = SHIPPED_NAME,
    add: Annotated[
        bool, typer.Option("--generate", help="Add neighbours that no case shows yet, to be approved.")
    ] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="Tell what no case shows.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Run the cases beside a rules file: each is a situation and the answer that it must get.

    They lie in `NAME.cases.yaml` beside `NAME.yaml`. With `--generate`, one case is added for each way in which the
    rules come to an answer that no case shows yet; it fails until you take its `approved: no` away.

    ```
    care-sync rules test
    care-sync rules test our.yaml --generate
    care-sync rules test our.yaml --coverage
    ```
    """
    book = open_rules(rules)
    path = cases_beside(path_of(rules))
    cases = rules_cases(path, book)
    if cases is None:
        raise UserError(f"there are no cases at {path}", ["write one by hand: care.cases.yaml shows how"])
    if add:
        _generate(path, book, cases)
        return
    failures = list(run_cases(book, cases))
    if as_json:
        print_json(
            {
                "cases": len(cases),
                "failures": [
                    {"name": failure.case.name, "expected": failure.case.expect, "got": failure.got}
                    for failure in failures
                ],
            }
        )
    else:
        for failure in failures[:SHOWN]:
            for line in failure.lines():
                say(line)
        if len(failures) > SHOWN:
            say(f"and {len(failures) - SHOWN} more")
        say(f"{len(cases)} cases, {len(failures)} failed.")
        if coverage:
            _show_coverage(book, cases)
    if failures:
        raise typer.Exit(1)


def _generate(path: Path, book: RuleBook, cases: list[Case]) -> None:
    new = neighbouring_cases(book, cases)
    if new:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.rstrip("\n") + "\n" + as_yaml(new), encoding="utf-8")
    say(f"{len(new)} cases added to {path}, to be looked at and approved." if new else "Every way is shown already.")


def _show_coverage(book: RuleBook, cases: list[Case]) -> None:
    coverage = coverage_of(book, cases)
    rules = coverage.rules_shown | coverage.rules_missing
    clauses = coverage.clauses_shown | coverage.clauses_missing
    say(
        f"The cases show {len(coverage.rules_shown)} of {len(rules)} rules with a reason "
        f"and {len(coverage.clauses_shown)} of {len(clauses)} clauses."
    )
    print_table("Sides of each threshold", ("threshold", "below", "at", "above"), _sides(coverage.sides))
    for what, missing in (("rule", coverage.rules_missing), ("clause", coverage.clauses_missing)):
        for name in sorted(missing):
            say(f"no case shows {what} {name}")


def _sides(sides: Counter[tuple[str, str]]) -> list[tuple[object, ...]]:
    names = sorted({name for name, _ in sides})
    return [(name, *(sides[name, side] for side in ("below", "at", "above"))) for name in names]
