"""The facts of a ticket, and where each came from.

Terms
    fact      a value that the rules know by name; unknown facts are absent, never guessed
    source    where a fact came from, in words that an agent understands: ``ticket field cause``
    option    what a dropdown of the helpdesk holds; ``third_party``, or with its fact before it: ``cause_third_party``
    problem   what somebody filled in and the rules cannot read; the fact is unknown then, and a person is told

In this order, the first that says anything: the ticket's field, a tag such as ``kind_incident``, the configured
default. ``sla`` and ``covered_services`` come from the organization, as it was when the ticket was reported;
``hour_card`` from the ledger, *without* the ticket's own open postings, so that a decision does not flip because of
its own effect. ``fair_use_left_minutes`` is what the agreement gives the month of the report: the ledger lays a month's
time over it in the order of work, so that no decision rests on which ticket was looked at first.

Promise: pure. What the words of a ticket suggest is no fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from connectors.records import FieldValue, Organization, Ticket
from rules.model.facts import Fact, FactType, parse_fact

NO_SLA = frozenset({"no", "none", "nee", "geen", "false", "0", "sla_none", "sla_no", "sla_geen"})
"""What an organization's field ``sla`` says when there is none; any other text is the level of the SLA."""

WITHOUT_LEVEL = "default"
COMPUTED = frozenset(
    {"channel", "reported_on", "sla", "covered_services", "hour_card", "fair_use_left_minutes", "activity"}
)
"""Facts that no ticket field can hold."""


class FactAnswers(Protocol):
    """What a site says about facts."""

    @property
    def values(self) -> Mapping[str, Mapping[str, str]]:
        """Fact → option of the helpdesk → the rules' word."""

    @property
    def defaults(self) -> Mapping[str, str]:
        """Fact → value where nobody filled it in."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Facts by name, the source of each, and by fact what could not be read."""

    facts: Mapping[str, Any]
    sources: Mapping[str, str]
    problems: Mapping[str, str]

    def of_activity(self, activity: str) -> Mapping[str, Any]:
        """The facts of a time entry of this kind of work."""
        return {**self.facts, "activity": activity}


@dataclass(frozen=True, slots=True)
class FromLedger:
    """What the ledger tells of a customer: an open card with time left, and the month's free minutes (K1)."""

    hour_card: bool
    fair_use_minutes: int

    @property
    def facts(self) -> Mapping[str, Any]:
        """The same by the names of the facts."""
        return {"hour_card": self.hour_card, "fair_use_left_minutes": self.fair_use_minutes}


@dataclass(slots=True)
class _Collecting:
    facts: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def take(self, fact: Fact, value: Any, source: str) -> bool:
        """Read ``value``; tells whether it said anything, understood or not."""
        try:
            parsed = parse_fact(fact, value)
        except ValueError as error:
            self.problems[fact.name] = f"{source} holds {value!r}; {fact.name} {error}"
            return True
        if parsed is None:
            return False
        self.facts[fact.name], self.sources[fact.name] = parsed, source
        return True


def collect(
    ticket: Ticket,
    organization: Organization | None,
    ledger: FromLedger | None,
    declared: Mapping[str, Fact],
    answers: FactAnswers,
    reported_on: date,
) -> Collected:
    """Gather what is known of a ticket, by the facts that the rules declare."""
    collecting = _Collecting()
    for name, fact in declared.items():
        if name in COMPUTED or fact.type.is_derived:
            continue
        for value, source in _said(ticket, fact, answers):
            if collecting.take(fact, value, source):
                break
    computed: dict[str, tuple[Any, str]] = {
        "channel": (ticket.channel.value, "the ticket's channel"),
        "reported_on": (reported_on, "the ticket's date"),
    }
    if organization is not None:
        computed["sla"] = (has_sla(organization), f"what was agreed in sla, as of {reported_on}")
        services = f"what was agreed in covered_services, as of {reported_on}"
        computed["covered_services"] = (_services(organization), services)
    if ledger is not None:
        computed.update({name: (value, "ledger") for name, value in ledger.facts.items()})
    for name, (value, source) in computed.items():
        if name not in declared:
            continue
        if not collecting.take(declared[name], value, source) and name in answers.defaults:
            collecting.take(declared[name], answers.defaults[name], f"setting facts.defaults.{name}")
    return Collected(collecting.facts, collecting.sources, collecting.problems)


def sla_level(organization: Organization) -> str | None:
    """The level that the organization's field ``sla`` names; ``None`` where there is no SLA, or nobody said."""
    if not has_sla(organization):
        return None
    value = organization.fields.get("sla")
    return value.strip() if isinstance(value, str) else WITHOUT_LEVEL


def has_sla(organization: Organization) -> bool | None:
    """Whether the customer has an SLA; ``None`` while the field is empty: an empty field is no answer."""
    value = organization.fields.get("sla")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and not value.strip():
        return None
    return str(value).strip().casefold() not in NO_SLA


def _said(ticket: Ticket, fact: Fact, answers: FactAnswers) -> Iterable[tuple[Any, str]]:
    """What the ticket says of a fact, the strongest first."""
    value = ticket.fields.get(fact.name)
    if value is not None and value not in ("", ()):
        yield _word(fact, value, answers), f"ticket field {fact.name}"
    if fact.type in (FactType.CHOICE, FactType.BOOL):
        tags = sorted(tag for tag in ticket.tags if _by_tag(fact, tag) is not None)
        if len({_by_tag(fact, tag) for tag in tags}) == 1:
            yield _by_tag(fact, tags[0]), f"tag {tags[0]}"
    if fact.name in answers.defaults:
        yield answers.defaults[fact.name], f"setting facts.defaults.{fact.name}"


def _word(fact: Fact, value: FieldValue, answers: FactAnswers) -> Any:
    """The rules' word for an option of the helpdesk."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    translated = {option.casefold(): word for option, word in answers.values.get(fact.name, {}).items()}
    if text.casefold() in translated:
        return translated[text.casefold()]
    if fact.type in (FactType.CHOICE, FactType.BOOL):
        lowered = text.casefold().replace(" ", "_").replace("-", "_")
        word = lowered if lowered in fact.values else lowered.removeprefix(f"{fact.name}_")
        return word if _is_read(fact, word) else text  # a person is told what the field holds, as it stands there
    return text


def _is_read(fact: Fact, word: str) -> bool:
    try:
        parse_fact(fact, word)
    except ValueError:
        return False
    return True


def _by_tag(fact: Fact, tag: str) -> Any:
    """What a tag says of a fact: ``kind_incident`` says that ``kind`` is ``incident``; ``None`` for other tags."""
    before, _, word = tag.casefold().partition(f"{fact.name}_")
    if before or not word:
        return None
    try:
        return parse_fact(fact, word)
    except ValueError:
        return None


def _services(organization: Organization) -> Any:
    value = organization.fields.get("covered_services")
    if isinstance(value, str):
        value = tuple(part.strip() for part in value.replace(";", ",").split(",") if part.strip())
    return value or None
