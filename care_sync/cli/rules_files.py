"""What the commands about rules share: rules files and facts, or words about what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from care_sync.errors import UserError
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_rules, load_text
from rules.model.errors import RulesError
from rules.reading.definition_file import read_text

STANDARD_INPUT = "-"
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FILE", help="Rules file; the shipped policy when left out.", show_default=False),
]


def open_rules(path: Path | None) -> RuleBook:
    """Load a rules file, the shipped policy when ``path`` is ``None``, or tell the person what is wrong with it."""
    with telling_what_is_wrong():
        return load_rules(path)


def open_rules_named(name: str) -> RuleBook:
    """As :func:`open_rules`; ``-`` is standard input and ``shipped`` the policy that comes with CareSync."""
    with telling_what_is_wrong():
        if name == STANDARD_INPUT:
            return load_text(read_file(STANDARD_INPUT), "standard input")
        path = SHIPPED if name == "shipped" else Path(name)
        return load_text(read_text(path), name)


@contextmanager
def telling_what_is_wrong() -> Iterator[None]:
    """Tell the person what is wrong with rules."""
    try:
        yield
    except RulesError as error:
        raise UserError("These rules cannot be used.", list(map(str, error.problems))) from None


def read_file(name: str) -> str:
    """The text of a file, or of standard input for ``-``."""
    try:
        data = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is not UTF-8 text (byte {error.start}).") from None


def read_day(text: str | None) -> date | None:
    """The day of an option."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"A date such as 2026-01-31 is wanted, not {text!r}.") from None
