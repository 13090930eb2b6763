"""Single edits of the shipped rules, each of which the cases or the proof must catch; the long run is a command.

    python -m tests.rules.mutation --every 1

An edit that neither catches must mean the same, which ``rules diff`` proves.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_rules, load_text
from rules.model.errors import RulesError
from rules.proving.cases import Case, read_cases, run_cases
from rules.proving.diff import diff_rules
from rules.proving.proof import prove
from tests.rules.mutants import mutants


def edits_tried(book: RuleBook, cases: Sequence[Case], every: int) -> Iterator[tuple[str, bool]]:
    """Each ``every``-th edit in words, and whether it is caught or changes nothing in meaning."""
    for number, (name, text) in enumerate(mutants(book)):
        if number % every == 0 and text != book.text:
            yield name, _is_caught(text, cases) or _means_the_same(book, text)


def _is_caught(text: str, cases: Sequence[Case]) -> bool:
    try:
        changed = load_text(text)
    except RulesError:
        return True
    return next(run_cases(changed, cases), None) is not None or bool(prove(changed.definition).violations)


def _means_the_same(book: RuleBook, text: str) -> bool:
    return diff_rules(book.definition, load_text(text).definition).is_none


def main() -> None:
    """Run it over as many edits as the command line says."""
    parser = argparse.ArgumentParser(description="Try single edits of the shipped rules.")
    parser.add_argument("--every", type=int, default=1, help="try each so many-th edit")
    wanted = parser.parse_args()
    book = load_rules()
    path = SHIPPED.with_name("care.cases.yaml")
    tried = dict(edits_tried(book, read_cases(path.read_text("utf-8"), str(path), book), wanted.every))
    uncaught = [name for name, is_caught in tried.items() if not is_caught]
    print(f"{len(tried)} edits tried, {len(uncaught)} uncaught.", *uncaught, sep="\n")
    raise SystemExit(bool(uncaught))


if __name__ == "__main__":
    main()
