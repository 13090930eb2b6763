"""What the commands about rules take: a rules file as their argument, facts, and a day."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from care_sync.errors import UserError
from care_sync.rules_file import read_rules, read_rules_text
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED

STANDARD_INPUT = "-"
SHIPPED_NAME = "shipped"
"""How a command line names the policy that comes with CareSync."""

RulesArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="Rules file; `shipped` is the policy of CareSync, - is standard input.")
]


def open_rules(name: str) -> RuleBook:
    """The rules that a command line names. Raises :class:`UserError` with every mistake and its place."""
    if name == STANDARD_INPUT:
        return read_rules_text(read_file(STANDARD_INPUT), "standard input")
    return read_rules(path_of(name))


def path_of(name: str) -> Path:
    """Where the rules that a command line names lie. Raises :class:`UserError` for standard input."""
    if name == STANDARD_INPUT:
        raise UserError("This command takes a rules file, not standard input.")
    return SHIPPED if name == SHIPPED_NAME else Path(name)


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
        raise UserError(f"{text!r} is not a date; write it as 2026-01-31.") from None
