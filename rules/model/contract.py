"""What a program that acts on decisions expects of a rules file, so that a file it would misread is refused.

The engine itself knows three decisions and no words: any vocabulary can be decided and proven. A program that acts on
the answers brings its contract, and :func:`rules.reading.contract.hold_to` holds a file to it.

Terms
    known      words that the program acts on; a file may lack some, and may hold no other
    filled     facts that the program fills by itself, or reads: they stand in the file by their name and type
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.model.facts import FactType


@dataclass(frozen=True, slots=True, kw_only=True)
class FactContract:
    """What is expected of one fact.

    ``words`` are those that the program fills in or acts on, so that the file has them all; where it ``is_closed``,
    nothing fills in any other. ``unit`` is that of a number. ``absence_has_a_meaning``: the program leaves it out on
    purpose, and the file says by ``absent`` what that means.
    """

    type: FactType
    words: tuple[str, ...] = ()
    is_closed: bool = False
    unit: str = ""
    absence_has_a_meaning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The words of a program: ``program`` is its name in messages.

    ``outcomes`` are the known words of each decision that it asks for; the values of ``undetermined`` are among them:
    what it understands as "not settled yet". ``clauses`` are those that it acts on when a decision cites them.
    """

    program: str
    outcomes: Mapping[str, tuple[str, ...]]
    undetermined: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, FactContract]
    clauses: tuple[str, ...] = ()
