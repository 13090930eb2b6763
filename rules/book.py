"""A rule book: one rules file, ready to decide.

Promise: deciding asks no clock and changes nothing; the same book, facts, day and customer give the same decision for
ever. ``hash`` names the book, so that an old decision can be taken again to the letter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from rules.cells import dependents
from rules.completions import Completions
from rules.engine import MOST_REMEMBERED, Engine, Locate, Verdict, locators, with_facts_asked
from rules.errors import RulesError
from rules.facts import Fact, parse_facts
from rules.generated import Outcomes
from rules.quantities import said
from rules.ruleset import LANGUAGES, Agreement, Clause, Decision, Definition, Parameter, Rule
from rules.suggest import Suggester, Suggestion
from rules.tables import Tables
from rules.versions import Terms, terms_of, versions_of

_STILL_OPEN = {"nl": "Wat bekend is, laat dit nog open.", "en": "What is known leaves this open."}
_EITHER = {"nl": ("Ofwel: ", "Ofwel: "), "en": ("Either: ", "Or: ")}


@dataclass(frozen=True)
class Court:
    """Terms with what decides by them."""

    terms: Terms
    engine: Engine
    locate: tuple[Locate, ...]
    numbers: Mapping[str, Mapping[str, str]]
    """The numbers of the terms as reasons say them, by language."""
    remembered: dict[tuple[object, ...], Decision]
    """Decisions taken before; tickets repeat themselves."""

    def cells(self, known: Mapping[str, Any]) -> tuple[int, ...]:
        """The cell of each variable, given facts that were read by their types."""
        return tuple([locate(known) for locate in self.locate])

    @cached_property
    def outcomes(self) -> Callable[[Mapping[str, Any]], Outcomes]:
        """What decides without saying why, given facts that were read by their types."""
        return self.engine.generated.bound(self.terms)


class RuleBook:
    """One rules file, ready to decide."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._versions = versions_of(definition)
        self._first_days = [version.first for version in self._versions]
        self._agreements: dict[str, list[Agreement]] = {}
        for agreement in definition.agreements:
            self._agreements.setdefault(agreement.organization.casefold(), []).append(agreement)
        self._courts: dict[tuple[date, int], Court] = {}
        self._engines: dict[tuple[object, ...], Engine] = {}
        self._asked = dependents(definition.facts)
        self._parents = [parent for fact in definition.facts.values() for parent in fact.parents]
        self._suggester = Suggester(definition.keywords)

    @property
    def hash(self) -> str:
        """The SHA-256 of the file's text."""
        return self.definition.hash

    @property
    def text(self) -> str:
        """The file as it was read."""
        return self.definition.text

    @property
    def source(self) -> str:
        """Where it was read from."""
        return self.definition.source

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Every fact by name, those computed from others included."""
        return self.definition.facts

    @property
    def clauses(self) -> Mapping[str, Clause]:
        """Every clause by id."""
        return self.definition.clauses

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Every number of the policy by name."""
        return self.definition.parameters

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by id, of all versions."""
        return self.definition.rules

    def question(self, fact: str, locale: str) -> str:
        """What a person is asked when a fact is unknown, in the language of ``locale``; English where there is none."""
        language = locale.replace("_", "-").split("-")[0].lower()
        ask = self.definition.facts[fact].ask
        return ask.get(language) or ask.get("en") or fact

    def suggest(self, subject: str, body: str) -> Suggestion | None:
        """The kind that the words of a ticket speak for. It is a suggestion and never decides."""
        return self._suggester.suggest(subject, body)

    def decide(self, facts: Mapping[str, Any], *, on: date | None = None, organization: str | None = None) -> Decision:
        """Decide a ticket, or one time entry when ``activity`` is among the facts.

        Facts are raw (as in YAML or JSON) or read already; an absent or null one is unknown. ``on`` picks the version
        in force on that day, the newest when it is ``None``; ``organization`` (an id or a name) the customer's
        agreement.
        Raises :class:`RulesError` for a name that is no fact and a value that its fact does not take.
        """
        court, known = self.situation(facts, on=on, organization=organization)
        cells = court.cells(known)
        key = (cells, tuple([name in known for name in self._parents]))
        decision = court.remembered.get(key)
        if decision is None:
            if len(court.remembered) >= MOST_REMEMBERED:
                court.remembered.clear()
            verdict = with_facts_asked(court.engine.judge(cells), known, self._asked)
            decision = court.remembered[key] = self._decision(verdict, court)
        return decision

    def outcomes(
        self, facts: Mapping[str, Any], *, on: date | None = None, organization: str | None = None
    ) -> Outcomes:
        """As :meth:`decide`, without the questions, the rules and the reason."""
        court, known = self.situation(facts, on=on, organization=organization)
        return court.outcomes(known)

    def outcomes_of_read(
        self, known: Mapping[str, Any], *, on: date | None = None, organization: str | None = None
    ) -> Outcomes:
        """As :meth:`outcomes`, for facts that were read by their types: for a whole history at once."""
        agreement = self.agreement(organization, on)
        if agreement is not None:
            known = self._agreed(dict(known), agreement)
        return self.court(on, agreement).outcomes(known)

    def situation(
        self, facts: Mapping[str, Any], *, on: date | None = None, organization: str | None = None
    ) -> tuple[Court, dict[str, Any]]:
        """Who judges these facts, and the facts read by their types with the customer's agreement applied."""
        known = parse_facts(facts, self.definition.facts)
        agreement = self.agreement(organization, on)
        if agreement is not None:
            known = self._agreed(known, agreement)
        return self.court(on, agreement), known

    def _agreed(self, known: dict[str, Any], agreement: Agreement) -> dict[str, Any]:
        """The facts with what a customer agreed otherwise."""
        for name, agreed in agreement.facts.items():
            given = known.get(name, self.definition.facts[name].absent)
            known[name] = given | agreed if isinstance(given, frozenset) else agreed if given is None else given
        return known

    def agreement(self, organization: str | None, on: date | None) -> Agreement | None:
        """The agreement of a customer that holds on a day; the newest when no day is given."""
        if organization is None or not self._agreements:
            return None
        found = self._agreements.get(organization.casefold(), ())
        holding = [one for one in found if on is None or one.period.holds(on)]
        return max(holding, key=lambda one: one.period.first or date.min, default=None)

    def court(self, on: date | None = None, agreement: Agreement | None = None) -> Court:
        """Who judges on a day, for customers with that agreement."""
        position = len(self._versions) if on is None else max(1, bisect_right(self._first_days, on))
        version = self._versions[position - 1]
        key = (version.first, 0 if agreement is None or not agreement.parameters else id(agreement))
        court = self._courts.get(key)
        if court is None:
            terms = terms_of(self.definition, version, agreement)
            engine = self._engines.get(terms.signature)
            if engine is None:
                completions = Completions(Tables(terms), self.definition.facts)
                engine = self._engines[terms.signature] = Engine(completions)
            locate = locators(terms.variables, self.definition.facts)
            court = self._courts[key] = Court(terms, engine, locate, self._numbers(terms), {})
        return court

    def _numbers(self, terms: Terms) -> dict[str, dict[str, str]]:
        units = {name: parameter.unit for name, parameter in self.definition.parameters.items()}
        return {
            language: {name: said(number, units[name], language) for name, number in terms.parameters.items()}
            for language in LANGUAGES
        }

    def why(
        self, decision: Decision, part: str, *, on: date | None = None, organization: str | None = None
    ) -> Mapping[str, str]:
        """The reasons that led to one part of a decision (``scope``), by language; empty where no rule tells one."""
        court = self.court(on, self.agreement(organization, on))
        rules = [rule for name in decision.rules if (rule := self.definition.rules.get(name)) and rule.decision == part]
        return {
            language: " ".join(
                dict.fromkeys(rule.reason[language].format_map(court.numbers[language]) for rule in rules)
            )
            for language in LANGUAGES
        }

    def _decision(self, verdict: Verdict, court: Court) -> Decision:
        told = [rule for name in verdict.rules if not (rule := self.definition.rules[name]).silent]
        return Decision(
            verdict.outcomes["scope"],
            verdict.outcomes["route"],
            verdict.outcomes["next_step"],
            verdict.questions,
            tuple(rule.id for rule in told),
            tuple(dict.fromkeys(clause for rule in told for clause in rule.clauses)),
            {language: self._reason(told, verdict, court.numbers[language], language) for language in LANGUAGES},
        )

    def _reason(self, told: list[Rule], verdict: Verdict, numbers: Mapping[str, str], language: str) -> str:
        """The reasons of the rules as one text; when there is none yet, that it is open. The questions stand beside it.

        Where what is not known leaves several rules, and the outcome is the same by each, it says so.
        """
        sentences: dict[str, None] = {}
        either = {rule.decision: iter(_EITHER[language]) for rule in told if rule.id in verdict.alternatives}
        for rule in told:
            sentence = rule.reason[language].format_map(numbers)
            if rule.id in verdict.alternatives:
                sentence = next(either[rule.decision], _EITHER[language][1]) + sentence
            sentences[sentence] = None
        if verdict.questions and not sentences:
            return _STILL_OPEN[language]
        return " ".join(sentences)


__all__ = ["Court", "RuleBook", "RulesError"]
