"""Reading a rules file and the cases beside it: every mistake is a :class:`UserError` that names its place."""

from __future__ import annotations

from pathlib import Path

from care_sync.errors import UserError
from care_sync.rules_contract import CONTRACT
from rules.deciding.rule_book import RuleBook
from rules.loading import load_rules, load_text
from rules.model.errors import RulesError
from rules.proving.cases import Case, read_cases


def read_rules(path: Path | None) -> RuleBook:
    """Read rules, those that come with CareSync for ``None``, and hold them to what CareSync acts on.

    Raises :class:`UserError` with every mistake and its place.
    """
    try:
        return load_rules(path, CONTRACT)
    except RulesError as error:
        raise _unusable(str(path or "that come with CareSync"), error) from None


def read_rules_text(text: str, source: str) -> RuleBook:
    """As :func:`read_rules`, from text; ``source`` names it in messages."""
    try:
        return load_text(text, source, CONTRACT)
    except RulesError as error:
        raise _unusable(f"of {source}", error) from None


def _unusable(which: str, error: RulesError) -> UserError:
    return UserError(f"The rules {which} cannot be used.", list(map(str, error.problems)))


def cases_beside(path: Path) -> Path:
    """Where the cases of a rules file lie: ``our.cases.yaml`` beside ``our.yaml``."""
    return path.with_name(f"{path.stem}.cases.yaml")


def rules_cases(path: Path, book: RuleBook) -> list[Case] | None:
    """Read cases, ``None`` where there are none. Raises :class:`UserError` with every mistake and its place."""
    try:
        return read_cases(path.read_text(encoding="utf-8"), str(path), book)
    except FileNotFoundError:
        return None
    except RulesError as error:
        raise UserError(f"The cases {path} cannot be used.", [str(problem) for problem in error.problems]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
        ) from None
