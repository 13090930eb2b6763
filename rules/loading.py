"""Loading rules: text in, a :class:`~rules.deciding.rule_book.RuleBook` out, or every mistake with its line and column.

The shipped policy lies beside this module: ``care.yaml``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rules.deciding.rule_book import RuleBook
from rules.model.contract import Contract
from rules.model.errors import RulesError, TooEntangled
from rules.reading.definition_file import read_definition, read_text

SHIPPED = Path(__file__).with_name("care.yaml")
"""The policy that comes with CareSync."""


def load_rules(path: Path | None = None, contract: Contract | None = None) -> RuleBook:
    """Load a rules file, the shipped policy when ``path`` is ``None``; where given, held to ``contract``.

    Raises :class:`RulesError` for a file that cannot be read and for every mistake in it.
    """
    file = SHIPPED if path is None else path
    return load_text(read_text(file), str(file), contract)


def load_text(text: str, source: str = "rules", contract: Contract | None = None) -> RuleBook:
    """Load rules from text; ``source`` names it in messages. Raises :class:`RulesError` with every mistake."""
    book = RuleBook(read_definition(text, source, contract))
    try:
        book.decider()
    except TooEntangled as error:
        raise RulesError([replace(problem, source=source) for problem in error.problems]) from None
    return book
