"""What CareSync expects of a rules file: the words that its ledger, tags, notes and questions go by.

A file that renames one of them consistently is proven, and would stop a customer's time or leave old tags for ever.
:func:`care_sync.rules_file.read_rules` reads no rules without this contract.
"""

from __future__ import annotations

from enum import StrEnum

from connectors.records import Channel
from rules.model.contract import Contract, FactContract
from rules.model.facts import FactType
from rules.model.words import TELL_THE_CUSTOMER, Activity, Estimate, FactName, NextStep, Route, Scope


def _words(*words: StrEnum) -> tuple[str, ...]:
    """Enums as the plain words that files hold and messages show."""
    return tuple(word.value for word in words)


_FACTS = {
    FactName.KIND: FactContract(type=FactType.CHOICE),
    FactName.CHANNEL: FactContract(type=FactType.CHOICE, words=_words(*Channel), is_closed=True),
    FactName.REPORTED_ON: FactContract(type=FactType.DATE),
    FactName.EXPECTED_MINUTES: FactContract(type=FactType.NUMBER, unit="minutes"),
    FactName.ESTIMATE: FactContract(type=FactType.CHOICE, words=_words(Estimate.AGREED)),
    FactName.SLA: FactContract(type=FactType.BOOL),
    FactName.COVERED_SERVICES: FactContract(type=FactType.TEXTS),
    FactName.HOUR_CARD: FactContract(type=FactType.BOOL),
    FactName.ACTIVITY: FactContract(
        type=FactType.CHOICE, words=_words(*Activity), is_closed=True, absence_has_a_meaning=True
    ),
    FactName.FAIR_USE_LEFT_MINUTES: FactContract(type=FactType.NUMBER, unit="minutes"),
}

CONTRACT = Contract(
    program="CareSync",
    outcomes={
        "scope": _words(Scope.INCLUDED, Scope.NOT_INCLUDED),
        "route": _words(*Route),
        "next_step": _words(*NextStep),
    },
    undetermined={
        "scope": _words(Scope.UNDETERMINED),
        "route": _words(Route.PENDING, Route.REVIEW),
        "next_step": _words(NextStep.ASK, NextStep.REVIEW),
    },
    facts={name.value: expected for name, expected in _FACTS.items()},
    clauses=(TELL_THE_CUSTOMER,),
)
